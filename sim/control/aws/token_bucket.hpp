// A token bucket, as AWS throttles its calls and launches, and Kubernetes its clients.
#pragma once

#include <cstdint>

#include "sim/base/time.hpp"

namespace berth {

/// A bucket that holds `burst` tokens and gets `per_s` a second, counted exactly in microseconds.
class TokenBucket {
 public:
  TokenBucket(double burst, double per_s);
  /// Takes a token if there is one at `now`.
  bool take(Time now);
  /// Takes the next token, even if others have taken all that is there now; says when it will be.
  Time reserve(Time now);
  /// When the next token will be there; or the one after so many others have been taken.
  Time next(Time now, std::int64_t ahead = 0) const;
  /// What it holds at `now`, parts of a token included; none where tokens to come have been taken.
  double tokens(Time now) const;
  double per_s() const { return 1.0 / seconds(token_); }

 private:
  Duration token_;  // the time in which one token drips
  Duration full_;   // a full bucket, in time
  Time empty_at_;   // the moment whose distance to now is what the bucket holds
};

}  // namespace berth
