#include "sim/demand/fidelity.hpp"

#include <fmt/format.h>

namespace berth {

bool is_fluid(Fidelity fidelity, const LoadSeries& load) {
  if (load.means == Meaning::listed) return false;  // each has a moment of its own
  if (fidelity != Fidelity::automatic) return fidelity == Fidelity::fluid;
  return load.expected_total() > kMostOneByOne;
}

// The errors are the bounds of tests/demand/fluid_error_test.cpp.
Assumption fluid_assumption(const std::string& service, Fidelity fidelity) {
  const std::string why =
      fidelity == Fidelity::automatic
          ? fmt::format("auto: more than {:.0f} million requests are expected in the run", kMostOneByOne / 1e6)
          : "as written";
  return {"service " + service,
          "fluid, no single requests: up to 95 % load CPU used within 1 % of the allotment, mean latency within 18 % "
          "(half of the cases 2 %) and p99 within 45 % (half 5 %) of those of single requests; health checks and "
          "probes are "
          "answered in time",
          why, "/services/" + service + "/demand/fidelity"};
}

}  // namespace berth
