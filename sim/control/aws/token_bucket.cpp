#include "sim/control/aws/token_bucket.hpp"

#include <algorithm>

namespace berth {

TokenBucket::TokenBucket(double burst, double per_s)
    : token_(from_seconds(1.0 / per_s)), full_(token_ * static_cast<Duration::rep>(burst)), empty_at_(Time{} - full_) {}

bool TokenBucket::take(Time now) {
  empty_at_ = std::max(empty_at_, now - full_);
  if (now - empty_at_ < token_) return false;
  empty_at_ += token_;
  return true;
}

Time TokenBucket::reserve(Time now) {
  empty_at_ = std::max(empty_at_, now - full_) + token_;
  return std::max(now, empty_at_);
}

Time TokenBucket::next(Time now, std::int64_t ahead) const {
  const Time empty_at = std::max(empty_at_, now - full_);
  return std::max(now, empty_at + token_ * (ahead + 1));
}

double TokenBucket::tokens(Time now) const {
  return seconds(std::clamp(now - empty_at_, Duration{0}, full_)) / seconds(token_);
}

}  // namespace berth
