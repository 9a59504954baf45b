#include "sim/lifecycle/nic_credits.hpp"

#include <algorithm>
#include <cmath>

#include "sim/base/check.hpp"

namespace berth {
namespace {

/// Less than this much time of burst is none: else their end would be looked for in ever smaller steps.
constexpr double kNothing_s = 1e-3;

}  // namespace

NicCredits::NicCredits(double baseline, double burst, Duration lasts, Time now)
    : baseline_(baseline), burst_(burst), most_((burst - baseline) * seconds(lasts)), left_(most_), since_(now) {
  SIM_CHECK(baseline > 0);
  SIM_CHECK(burst >= baseline);
}

void NicCredits::pass(Time now, double bytes) {
  SIM_CHECK(now >= since_);
  left_ = std::clamp(left_ + baseline_ * seconds(now - since_) - bytes, 0.0, most_);
  since_ = now;
}

bool NicCredits::spent() const { return left_ <= (burst_ - baseline_) * kNothing_s; }

Duration NicCredits::lasts() const {
  SIM_CHECK(burst_ > baseline_);
  return Duration{std::llround(std::ceil(left_ / (burst_ - baseline_) * 1e6))};
}

}  // namespace berth
