// What a client does after a failed request, as asked for.
#pragma once

#include <cstdint>

namespace berth {

/// Why an attempt failed.
enum class Failure : std::uint8_t {
  timed_out,  ///< no answer within its time
  refused,    ///< 503: nobody to send it to, or a full queue
  dropped,    ///< whoever had it died
  error,      ///< it was answered with an error
};

/// What is left of a ceiling after luck has had its say.
enum class Jitter : std::uint8_t {
  full,   ///< uniform from nothing to the ceiling
  equal,  ///< uniform from half of the ceiling to the ceiling
  none,   ///< the ceiling
};

/// Times in nanoseconds.
struct RetrySpec {
  std::int64_t max = 0;      ///< attempts after the first; 0 = none
  std::int64_t initial = 0;  ///< the ceiling of the first back-off …
  double factor = 2;         ///< … which grows so much with each attempt, >= 1 …
  std::int64_t longest = 0;  ///< … up to this
  Jitter jitter = Jitter::full;
  std::uint8_t on = 0;        ///< bits, of Failure
  std::int64_t deadline = 0;  ///< from the first attempt on: then the client gives up for good; 0 = never
  bool has_budget = false;
  std::int64_t budget_ppm = 0;         ///< retries a million requests
  std::int64_t budget_per_second = 0;  ///< retries allowed beside those
  std::int64_t budget_window = 0;      ///< what was not used is forgotten after it, > 0

  bool any() const { return max > 0; }
  bool covers(Failure why) const { return (on >> static_cast<int>(why) & 1) != 0; }
  void cover(Failure why) { on = static_cast<std::uint8_t>(on | 1U << static_cast<int>(why)); }
};

}  // namespace berth
