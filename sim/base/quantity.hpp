// Amounts with a type: CPU and memory cannot be mixed up, and integers keep them exact.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace berth {

/// An integer count of one unit. Same-kind sums, whole multiples and ratios only.
template <class Kind>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(std::int64_t count) : count_(count) {}
  constexpr std::int64_t count() const { return count_; }

  friend constexpr auto operator<=>(Quantity, Quantity) = default;
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity{a.count_ + b.count_}; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity{a.count_ - b.count_}; }
  friend constexpr Quantity operator*(Quantity a, std::int64_t n) { return Quantity{a.count_ * n}; }
  friend constexpr Quantity operator*(std::int64_t n, Quantity a) { return Quantity{a.count_ * n}; }
  friend constexpr double operator/(Quantity a, Quantity b) {
    return static_cast<double>(a.count_) / static_cast<double>(b.count_);
  }
  constexpr Quantity& operator+=(Quantity b) { return *this = *this + b; }
  constexpr Quantity& operator-=(Quantity b) { return *this = *this - b; }

 private:
  std::int64_t count_ = 0;
};

struct CpuGrain {};
struct ByteUnit {};

/// Processor capacity in grains of 1/128,000 vCPU: ECS units (1/1024) and millicores (1/1000) are both whole.
using Cpu = Quantity<CpuGrain>;
inline constexpr Cpu kVcpu{128'000};
constexpr Cpu millicores(std::int64_t n) { return Cpu{n * 128}; }
constexpr Cpu cpu_units(std::int64_t n) { return Cpu{n * 125}; }
constexpr double vcpus(Cpu c) { return c / kVcpu; }
/// Rounded up to whole millicores, as Kubernetes does with requests it cannot express.
constexpr std::int64_t in_millicores(Cpu c) { return (c.count() + 127) / 128; }

using Bytes = Quantity<ByteUnit>;
inline constexpr Bytes kKiB{1 << 10};
inline constexpr Bytes kMiB{1 << 20};
inline constexpr Bytes kGiB{1 << 30};
constexpr double gib(Bytes b) { return b / kGiB; }

/// "0.5 vCPU", "512 MiB": for messages and tables.
std::string say(Cpu c);
std::string say(Bytes b);

}  // namespace berth
