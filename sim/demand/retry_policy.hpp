// When a client tries a failed request again: which failures, how often, after what back-off, within what budget.
//
// Whoever uses it tells failures in order of time (ties: by request number), or the budget depends on more than time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sim/base/check.hpp"
#include "sim/base/random.hpp"
#include "sim/world/retry_spec.hpp"

namespace berth {

/// Exponential back-off, drawn by (service, request number, attempt).
class RetryBackOff {
 public:
  RetryBackOff() = default;
  RetryBackOff(const RetrySpec& spec, std::uint64_t seed, std::string_view service)
      : spec_(spec), seed_(seed), service_(name_hash(service)) {
    SIM_CHECK(spec.factor >= 1);
    SIM_CHECK(spec.initial >= 0);
    SIM_CHECK(spec.longest >= 0);
  }

  /// Before attempt number `attempt` (1 is the first retry) of that request.
  std::int64_t before(std::uint64_t number, std::int64_t attempt) const {
    const std::int64_t most = ceiling(attempt);
    if (spec_.jitter == Jitter::none) return most;
    const std::int64_t surely = spec_.jitter == Jitter::equal ? most / 2 : 0;
    const Draws draws(seed_, Purpose::client_retry, service_, static_cast<std::uint64_t>(attempt));
    return surely + static_cast<std::int64_t>(below(draws.at(number), static_cast<std::uint64_t>(most - surely) + 1));
  }

  std::int64_t ceiling(std::int64_t attempt) const {
    double most = static_cast<double>(spec_.initial);
    const double longest = static_cast<double>(spec_.longest);
    for (std::int64_t i = 1; i < attempt && most < longest; ++i) most *= spec_.factor;
    return most < longest ? static_cast<std::int64_t>(most) : spec_.longest;
  }

 private:
  RetrySpec spec_;
  std::uint64_t seed_ = 0, service_ = 0;
};

/// Finagle's retry budget: each request puts a share of a retry into a bucket, each retry takes a whole one out of it,
/// and both are forgotten after a while (in tenths of it). Beside that so many a second are free.
class RetryBudget {
 public:
  RetryBudget() = default;
  explicit RetryBudget(const RetrySpec& spec)
      : limited_(spec.has_budget),
        deposit_(spec.budget_ppm),
        slice_(std::max<std::int64_t>(1, spec.budget_window / static_cast<std::int64_t>(kSlices))),
        reserve_(static_cast<__int128>(spec.budget_per_second) * spec.budget_window / kSecond * kRetry) {}

  /// A request arrives for the first time. Moments never go back.
  void request(std::int64_t t) {
    if (!limited_) return;
    forget(t);
    put(deposit_);
  }
  /// False when it must not be tried again.
  bool take(std::int64_t t) {
    if (!limited_) return true;
    forget(t);
    if (balance_ + reserve_ < kRetry) return false;
    put(-kRetry);
    return true;
  }

 private:
  static constexpr std::size_t kSlices = 10;
  static constexpr std::int64_t kRetry = 1'000'000;  // what one costs
  static constexpr std::int64_t kSecond = 1'000'000'000;

  void put(std::int64_t amount) {
    slices_[current_ % kSlices] += amount;
    balance_ += amount;
  }
  void forget(std::int64_t t) {
    if (t < slice_ends_) return;
    const auto now = static_cast<std::uint64_t>(t / slice_);
    for (std::size_t passed = 0; current_ < now && passed < kSlices; ++passed) {
      std::int64_t& oldest = slices_[++current_ % kSlices];
      balance_ -= oldest;
      oldest = 0;
    }
    current_ = now;
    slice_ends_ = (t / slice_ + 1) * slice_;
  }

  bool limited_ = false;
  std::int64_t deposit_ = 0;
  std::int64_t slice_ = 1;
  __int128 reserve_ = 0;
  __int128 balance_ = 0;
  std::array<std::int64_t, kSlices> slices_{};  // by number of the slice of time, modulo their count
  std::uint64_t current_ = 0;
  std::int64_t slice_ends_ = 0;
};

}  // namespace berth
