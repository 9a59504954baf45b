// The four scores over resources of a node: least and most allocated, requested to capacity, balanced.
#include <fmt/format.h>

#include <map>
#include <numeric>

#include "sim/base/error.hpp"
#include "sim/policy/placement/kube_scores.hpp"
#include "sim/scenario/parts.hpp"
#include "tools/conformance/family.hpp"

namespace berth::conformance {
namespace {

constexpr std::int64_t kMissingCpuMilli = 100;
constexpr std::int64_t kMissingMemory = 209'715'200;

/// What one container asks of a resource; in the fit score missing requests are filled in.
std::int64_t request_of(const Field& container, const std::string& resource, bool fill_in) {
  if (resource == "cpu") return number_or(container, "cpu_milli", fill_in ? kMissingCpuMilli : 0);
  if (resource == "memory") return number_or(container, "memory_bytes", fill_in ? kMissingMemory : 0);
  const auto extended = container.find("extended");
  return extended ? number_or(*extended, resource, 0) : 0;
}

std::int64_t request_of_pod(const Field& pod, const std::string& resource, bool fill_in) {
  std::int64_t sum = 0;
  for (const auto& c : items_or_none(pod, "containers")) sum += request_of(c, resource, fill_in);
  return sum;
}

std::int64_t allocatable_of(const Field& node, const std::string& resource) {
  if (resource == "cpu") return number_at(node, "cpu_milli");
  if (resource == "memory") return number_at(node, "memory_bytes");
  const auto extended = node.find("extended");
  return extended ? number_or(*extended, resource, 0) : 0;
}

/// The columns of one case, a column a resource.
struct Cluster {
  std::vector<std::string> node_names;
  std::vector<std::vector<std::int64_t>> allocatable, used;
  std::vector<ScoredResource> resources;
};

Cluster cluster_of(const Field& in, bool fill_in) {
  Cluster c;
  std::map<std::string, std::size_t> position;
  for (const auto& n : in.at("nodes").items()) {
    position[n.at("name").text()] = c.node_names.size();
    c.node_names.push_back(n.at("name").text());
  }
  const auto resources = in.at("resources").items();
  c.allocatable.resize(resources.size());
  c.used.resize(resources.size());
  for (std::size_t r = 0; r < resources.size(); ++r) {
    const auto resource = resources[r].at("name").text();
    for (const auto& n : in.at("nodes").items()) c.allocatable[r].push_back(allocatable_of(n, resource));
    c.used[r].resize(c.node_names.size(), 0);
    for (const auto& pod : items_or_none(in, "existing_pods")) {
      if (!pod.has("node")) continue;  // not bound to any node: it uses nothing
      c.used[r][position.at(pod.at("node").text())] += request_of_pod(pod, resource, fill_in);
    }
    const auto request = request_of_pod(in.at("pod"), resource, fill_in);
    // An extended resource that the pod does not ask for is not scored.
    if (resource != "cpu" && resource != "memory" && request == 0) continue;
    c.resources.push_back({c.allocatable[r], c.used[r], request, number_or(resources[r], "weight", 1)});
  }
  return c;
}

std::string scores_as_text(const Field& expected) {
  std::string text;
  for (const auto& m : expected.at("scores").members()) text += fmt::format("{}={} ", m.key(), m.whole(0, 100));
  return text;
}

/// "resources", or the place of a weight in the list.
std::string expected_refusal(const Field& expected) {
  return expected.has("config_error_field") ? expected.at("config_error_field").text() : "resources";
}

/// What the cluster's settings of kube-scheduler say to these resources, where scenarios are read.
std::string refusal_of(const Field& in) {
  std::string text;
  const auto resources = in.at("resources").items();
  for (const auto& r : resources)
    text +=
        fmt::format("{}\"{}\": {}", text.empty() ? "" : ", ", r.at("name").text(), r.at("weight").whole(-1000, 1000));
  const Value scheduler = parse_json("{\"score\": \"least_allocated\", \"resources\": {" + text + "}}", "case");
  try {
    build_scheduler(Field(scheduler, "case"));
  } catch (const InputError& e) {
    for (std::size_t i = 0; i < resources.size(); ++i)
      if (e.parts().place == "/resources/" + resources[i].at("name").text())
        return fmt::format("scoringStrategy.resources[{}].weight", i);
    return "resources";
  }
  return "accepted";
}

template <class Score>
void run_scores(const Field& file, Tally& tally, bool fill_in, const Score& score) {
  for (const auto& c : file.at("cases").items()) {
    const auto name = c.at("name").text();
    if (!c.at("expected").has("scores")) {
      tally.expect(name, expected_refusal(c.at("expected")), refusal_of(c.at("input")));
      continue;
    }
    const auto cluster = cluster_of(c.at("input"), fill_in);
    std::vector<std::uint32_t> nodes(cluster.node_names.size());
    std::iota(nodes.begin(), nodes.end(), 0u);
    std::vector<std::int64_t> totals(nodes.size(), 0);
    score(c.at("input"), cluster.resources, nodes, totals);
    std::string ours;
    for (std::size_t i = 0; i < nodes.size(); ++i) ours += fmt::format("{}={} ", cluster.node_names[i], totals[i]);
    tally.expect(name, scores_as_text(c.at("expected")), ours);
  }
}

std::vector<ShapePoint> shape_of(const Field& in) {
  std::vector<ShapePoint> shape;
  for (const auto& p : in.at("shape").items()) shape.push_back({number_at(p, "utilization"), number_at(p, "score")});
  return shape;
}

}  // namespace

void run_least_allocated(const Field& file, Tally& tally) {
  run_scores(file, tally, true, [](const Field&, auto resources, Nodes nodes, Totals totals) {
    least_allocated(resources, nodes, 1, totals);
  });
}

void run_most_allocated(const Field& file, Tally& tally) {
  run_scores(file, tally, true, [](const Field&, auto resources, Nodes nodes, Totals totals) {
    most_allocated(resources, nodes, 1, totals);
  });
}

void run_requested_to_capacity(const Field& file, Tally& tally) {
  run_scores(file, tally, true, [](const Field& in, auto resources, Nodes nodes, Totals totals) {
    requested_to_capacity_ratio(resources, shape_of(in), nodes, 1, totals);
  });
  for (const auto& c : items_or_none(file, "broken_linear_cases")) {
    std::vector<ShapePoint> shape;
    for (const auto& p : c.at("shape").items()) {
      const auto pair = p.items();
      shape.push_back({pair[0].whole(-1000, 1000), pair[1].whole(-1000, 1000)});
    }
    for (const auto& p : c.at("points").items()) {
      const auto pair = p.items();
      const auto at = pair[0].whole(-1000, 1000);
      tally.expect(fmt::format("{} at {}", c.at("name").text(), at), pair[1].whole(-1000, 1000),
                   broken_linear(shape, at));
    }
  }
}

void run_balanced_allocation(const Field& file, Tally& tally) {
  run_scores(file, tally, false, [](const Field&, auto resources, Nodes nodes, Totals totals) {
    balanced_allocation(resources, nodes, 1, totals);
  });
}

}  // namespace berth::conformance
