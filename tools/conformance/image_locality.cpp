// ImageLocality: how many bytes a node already has, weighed by how many nodes have them.
#include <fmt/format.h>

#include <numeric>

#include "sim/policy/placement/kube_scores.hpp"
#include "tools/conformance/family.hpp"

namespace berth::conformance {
namespace {

/// A name without a tag means the latest.
std::string tagged(const std::string& image) {
  const auto colon = image.rfind(':'), slash = image.rfind('/');
  const bool has_tag = colon != std::string::npos && (slash == std::string::npos || colon > slash);
  return has_tag ? image : image + ":latest";
}

struct Image {
  Bytes size;
  std::vector<std::uint8_t> present;
  std::size_t nodes_with = 0;
};

Image image_on(const Field& in, const std::string& image) {
  Image found;
  for (const auto& node : in.at("nodes").items()) {
    const auto bytes = node.find("images_bytes");
    const bool there = bytes && bytes->has(image);
    if (there) found.size = Bytes{number_at(*bytes, image)};
    found.present.push_back(there ? 1 : 0);
    found.nodes_with += there ? 1 : 0;
  }
  return found;
}

/// `bounded_by`: the containers that the upper bound grows with.
void run_case(const Field& c, std::optional<std::size_t> bounded_by, Tally& tally) {
  const auto in = c.at("input");
  auto names = items_or_none(in, "container_images");
  const auto init = items_or_none(in, "init_container_images");
  names.insert(names.end(), init.begin(), init.end());
  std::vector<Image> images;
  for (const auto& n : names) images.push_back(image_on(in, tagged(n.text())));
  std::vector<ImageColumn> columns;
  for (const auto& i : images) columns.push_back({i.size, i.present, i.nodes_with});
  const auto nodes = in.at("nodes").items();
  std::vector<std::uint32_t> positions(nodes.size());
  std::iota(positions.begin(), positions.end(), 0u);
  std::vector<std::int64_t> totals(nodes.size(), 0);
  image_locality(columns, bounded_by.value_or(columns.size()), nodes.size(), positions, 1, totals);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto node = nodes[i].at("name").text();
    tally.expect(fmt::format("{} on {}", c.at("name").text(), node), number_at(c.at("expected").at("scores"), node),
                 totals[i]);
  }
}

}  // namespace

void run_image_locality(const Field& file, Tally& tally) {
  for (const auto& c : file.at("cases").items()) run_case(c, std::nullopt, tally);
  for (const auto& c : items_or_none(file, "legacy_cases")) run_case(c, 1, tally);  // up to release 1.19
}

}  // namespace berth::conformance
