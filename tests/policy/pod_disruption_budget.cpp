// The arithmetic of PodDisruptionBudgets.
#include "sim/policy/rollout/pod_disruption_budget.hpp"

#include <doctest/doctest.h>

namespace berth {
namespace {

TEST_CASE("a disruption budget rounds percentages up, of those that stay as of those that may be missing") {
  struct Case {
    PdbSpec pdb;
    std::int64_t expected, healthy, allowed;
  };
  constexpr auto min = PdbSpec::Keeps::min_available;
  constexpr auto max = PdbSpec::Keeps::max_unavailable;
  const Case cases[] = {
      {{min, 2, false}, 3, 3, 1},
      {{min, 50, true}, 3, 3, 1},  // 1.5 → 2 stay
      {{max, 1, false}, 3, 3, 1},
      {{max, 30, true}, 7, 7, 3},  // 2.1 → 3 may be missing (kubernetes.io, "Specifying a
                                   // PodDisruptionBudget")
      {{max, 30, true}, 7, 5, 1},
      {{max, 0, false}, 3, 3, 0},
      {{max, 100, true}, 3, 3, 3},
      {{max, 5, false}, 3, 2, 2},  // never fewer than none must stay
      {{min, 5, false}, 3, 3, 0},  // more must stay than there are
      {{min, 0, false}, 0, 0, 0},  // nobody is expected
      {{min, 2, false}, 3, 1, 0},  // too few already
  };
  for (const Case& c : cases) {
    CAPTURE(&c - cases);
    CHECK(disruptions_allowed(c.pdb, c.expected, c.healthy) == c.allowed);
  }
}

}  // namespace
}  // namespace berth
