// How many nodes kube-scheduler looks for, and where the next search starts.
#include <fmt/format.h>

#include "sim/policy/placement/kube_placement.hpp"
#include "tools/conformance/family.hpp"

namespace berth::conformance {
namespace {

/// Every node fits, so each cycle looks at exactly as many as it wants.
void run_round_robin(const Field& round_robin, Tally& tally) {
  const auto nodes = number_at(round_robin, "num_nodes");
  const auto wanted = number_at(round_robin, "nodes_to_find");
  ViewBuilder builder;
  for (std::int64_t n = 0; n < nodes; ++n) builder.node(kVcpu, kGiB);
  const auto view = builder.view();
  auto profile = default_kube_profile();
  profile.percent_of_nodes = number_at(round_robin, "percentage");
  Ask ask;
  ask.cpu = millicores(1);
  KubeMemory memory;
  for (std::int64_t cycle = 0; cycle < 10; ++cycle) {
    place_kube(view, ask, profile, memory, {}, 0);
    tally.expect(fmt::format("next start after cycle {}", cycle), (cycle + 1) * wanted % nodes, memory.next_start);
  }
}

}  // namespace

void run_percentage_of_nodes(const Field& file, Tally& tally) {
  for (const auto* list : {"cases", "computed_cases_not_from_upstream"}) {
    for (const auto& c : items_or_none(file, list)) {
      const auto in = c.at("input");
      tally.expect(
          c.at("name").text(), number_at(c.at("expected"), "num_nodes_to_find"),
          feasible_nodes_wanted(number_at(in, "num_all_nodes"), number_or(in, "percentage_of_nodes_to_score", 0)));
    }
  }
  if (file.has("round_robin")) run_round_robin(file.at("round_robin"), tally);
}

}  // namespace berth::conformance
