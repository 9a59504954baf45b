// A token bucket, as AWS throttles its calls and launches.
#pragma once

#include "sim/base/time.hpp"

namespace berth {

/// A bucket that holds `burst` tokens and gets `per_s` a second, counted exactly in microseconds.
class TokenBucket {
 public:
  TokenBucket(double burst, double per_s);
  /// Takes a token if there is one at `now`.
  bool take(Time now);
  /// When the next token will be there.
  Time next(Time now) const;

 private:
  Duration token_;  // the time in which one token drips
  Duration full_;   // a full bucket, in time
  Time empty_at_;   // the moment whose distance to now is what the bucket holds
};

}  // namespace berth
