// How much memory containers use, where the scenario says it: levels that grow evenly between facts, with their exact
// integrals.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "sim/base/csv.hpp"
#include "sim/world/world.hpp"

namespace berth {

class MemoryGauge {
 public:
  /// A container begins to use `idle`, and `growth` bytes more each second.
  void begin(const MemoryUseSpec& use, Time at);
  /// … and ends, having used it since then.
  void end(const MemoryUseSpec& use, Time since, Time at);
  /// Byte-seconds since the start of the run, and since the last take.
  double integral(Time at);
  double take(Time at);

 private:
  void advance(Time at);

  double level_ = 0, growth_ = 0, integral_ = 0, taken_ = 0;
  std::int64_t containers_ = 0;
  Time since_{};
};

/// One gauge for each service or for each pool.
class MemoryMeter {
 public:
  enum class By : std::uint8_t { service, pool };
  MemoryMeter(const World& world, By by);

  void hear(const Fact& fact, Time at);
  /// Whether any container there says what it uses.
  bool knows(std::size_t entity) const { return known_[entity]; }
  MemoryGauge& gauge(std::size_t entity) { return gauges_[entity]; }

 private:
  std::size_t entity_of(const ReplicaRow& row) const;
  void end(ReplicaId replica, ContainerIndex container, Time at);

  const World& world_;
  By by_;
  std::vector<MemoryGauge> gauges_;
  std::vector<bool> known_;
  std::map<std::pair<ReplicaId, ContainerIndex>, Time> running_;  // since when
};

/// Mean GiB in use over [from, to), with so many byte-seconds of requests; empty where nobody says it.
void put_memory_used(CsvRow& row, MemoryMeter& meter, std::size_t entity, double requests, Time from, Time to);

}  // namespace berth
