// The score plug-ins that look at images and at pods of the same service.
#include "sim/policy/placement/kube_scores.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace berth {
namespace {

/// The weight of a topology with that many domains: more domains make each of them count more.
double domain_weight(std::size_t domains) { return std::log(static_cast<double>(domains + 2)); }

}  // namespace

void image_locality(std::span<const ImageColumn> images, std::size_t containers, std::size_t all_nodes, Nodes nodes,
                    std::int64_t weight, Totals totals) {
  if (images.empty() || all_nodes == 0 || containers == 0) return;
  const std::int64_t low = (23 * kMiB).count();
  const std::int64_t high = (1000 * kMiB).count() * static_cast<std::int64_t>(containers);
  std::vector<std::int64_t> worth;  // the bytes saved, scaled down where few nodes have the image
  for (const auto& image : images) {
    const double spread = static_cast<double>(image.nodes_with) / static_cast<double>(all_nodes);
    worth.push_back(static_cast<std::int64_t>(static_cast<double>(image.size.count()) * spread));
  }
  const auto has = [&](std::size_t image, std::uint32_t position) {
    return position < images[image].present.size() && images[image].present[position] != 0;
  };
  const auto score_of = [&](std::int64_t sum) {
    return weight * (kMaxScore * (std::clamp(sum, low, high) - low) / (high - low));
  };
  if (images.size() == 1) {  // two scores there are
    const std::int64_t with = score_of(worth.front()), without = score_of(0);
    if (with == 0 && without == 0) return;  // too few nodes have it to matter
    for (std::size_t k = 0; k < nodes.size(); ++k) totals[k] += has(0, nodes[k]) ? with : without;
    return;
  }
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < images.size(); ++i) {
      if (has(i, nodes[k])) sum += worth[i];
    }
    totals[k] += score_of(sum);
  }
}

namespace {

/// A node of the sample that has pods of the service already.
struct Occupied {
  std::size_t k;
  std::uint32_t pods;  // without those that are being deleted
};

/// Both lists ascend; whichever is shorter is looked up in the other.
void find_occupied(std::span<const NodeCount> same, Nodes nodes, std::size_t first, std::vector<Occupied>& occupied) {
  const auto before = [](const NodeCount& c, std::uint32_t p) { return c.position < p; };
  auto node = nodes.begin();
  auto held = same.begin();
  while (node != nodes.end() && held != same.end()) {
    if (same.size() < nodes.size()) {
      node = std::lower_bound(node, nodes.end(), held->position);
    } else {
      held = std::lower_bound(held, same.end(), *node, before);
    }
    if (node == nodes.end() || held == same.end()) return;
    if (*node == held->position)
      occupied.push_back({first + static_cast<std::size_t>(node - nodes.begin()), held->replicas - held->leaving});
    if (same.size() < nodes.size()) {
      ++held;
    } else {
      ++node;
    }
  }
}

/// In order of the sample, which ascends but where it went round the end.
std::vector<Occupied> occupied_nodes(std::span<const NodeCount> same, Nodes nodes) {
  std::vector<Occupied> occupied;
  const auto round = std::partition_point(nodes.begin(), nodes.end(),
                                          [&](std::uint32_t position) { return position >= nodes.front(); });
  const auto before = static_cast<std::size_t>(round - nodes.begin());
  find_occupied(same, nodes.first(before), 0, occupied);
  find_occupied(same, nodes.subspan(before), before, occupied);
  return occupied;
}

/// What all zones that are there have; nothing if they differ, or none is there.
std::optional<std::int64_t> score_of_all(std::span<const std::uint8_t> there, std::span<const std::int64_t> of_zone) {
  std::optional<std::int64_t> same;
  for (std::size_t z = 0; z < there.size(); ++z) {
    if (there[z] == 0) continue;
    if (same && *same != of_zone[z]) return std::nullopt;
    same = of_zone[z];
  }
  return same;
}

}  // namespace

void default_spread(const ClusterView& view, const Ask& ask, Nodes nodes, std::int64_t weight, Totals totals) {
  constexpr std::int64_t kHostSkew = 3, kZoneSkew = 5;
  if (nodes.empty()) return;
  const std::vector<Occupied> occupied = occupied_nodes(ask.same_service, nodes);
  const auto zone_of = [&](std::size_t k) { return static_cast<std::size_t>(view.zone[nodes[k]]); };
  std::vector<std::uint8_t> there(view.zones), there_without(view.zones);  // of any node; of one that has none
  std::size_t zones_without = 0;
  for (std::size_t k = 0, next = 0; k < nodes.size() && zones_without < view.zones; ++k) {
    const std::size_t end = next < occupied.size() ? occupied[next++].k : nodes.size();
    for (; k < end && zones_without < view.zones; ++k)
      zones_without += std::exchange(there_without[zone_of(k)], 1) == 0;
  }
  there = there_without;
  for (const Occupied& o : occupied) there[zone_of(o.k)] = 1;
  const double by_node = domain_weight(nodes.size());
  const double by_zone =
      domain_weight(static_cast<std::size_t>(std::count(there.begin(), there.end(), std::uint8_t{1})));
  const auto leaving_in = [&](std::size_t zone) {  // pods that are being deleted do not count
    return zone < ask.leaving_by_zone.size() ? ask.leaving_by_zone[zone] : 0;
  };
  const auto raw_of = [&](std::uint32_t here, std::size_t zone) {
    if (ask.same_service_by_zone.empty()) return std::llround(here * by_node + (kHostSkew - 1));  // without zones
    const double around =
        zone < ask.same_service_by_zone.size() ? ask.same_service_by_zone[zone] - leaving_in(zone) : 0;
    return std::llround(here * by_node + (kHostSkew - 1) + around * by_zone + (kZoneSkew - 1));
  };
  // All nodes of a zone that have none, by far the most, have one score.
  std::int64_t least = std::numeric_limits<std::int64_t>::max(), most = std::numeric_limits<std::int64_t>::min();
  const auto count_in = [&](std::int64_t raw) {
    least = std::min(least, raw);
    most = std::max(most, raw);
    return raw;
  };
  std::vector<std::int64_t> of_zone(view.zones);
  for (std::size_t z = 0; z < view.zones; ++z)
    if (there_without[z] != 0) of_zone[z] = count_in(raw_of(0, z));
  std::vector<std::int64_t> raw;
  for (const Occupied& o : occupied) raw.push_back(count_in(raw_of(o.pods, zone_of(o.k))));
  const auto score_of = [&](std::int64_t r) {
    return weight * (most == 0 ? kMaxScore : kMaxScore * (most + least - r) / most);
  };
  for (std::size_t z = 0; z < view.zones; ++z)
    if (there_without[z] != 0) of_zone[z] = score_of(of_zone[z]);
  if (const auto same = score_of_all(there_without, of_zone)) {
    for (std::size_t k = 0; k < nodes.size(); ++k) totals[k] += *same;
    std::fill(of_zone.begin(), of_zone.end(), *same);
  } else {
    for (std::size_t k = 0; k < nodes.size(); ++k) totals[k] += of_zone[zone_of(k)];
  }
  for (std::size_t i = 0; i < occupied.size(); ++i)
    totals[occupied[i].k] += score_of(raw[i]) - of_zone[zone_of(occupied[i].k)];
}

}  // namespace berth
