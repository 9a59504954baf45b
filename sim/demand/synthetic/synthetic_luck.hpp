// What is random in a synthetic load: bursts, sources that come and go, noise; each drawn by its own key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/demand/synthetic/synthetic.hpp"

namespace berth {

class SyntheticLuck {
 public:
  /// InputError when there would be too many changes.
  SyntheticLuck(const SyntheticSpec& spec, std::size_t intervals, std::uint64_t seed);

  // Of interval i:
  double bursts(std::size_t i) const { return bursts_.empty() ? 1 : bursts_[i]; }
  double on_off(std::size_t i) const { return on_off_.empty() ? 0 : on_off_[i]; }  ///< requests per second
  double noise(std::size_t i) const { return noise_.empty() ? 1 : noise_[i]; }

 private:
  std::vector<double> bursts_, on_off_, noise_;
};

}  // namespace berth
