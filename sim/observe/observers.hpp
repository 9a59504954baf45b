// All metrics of one run behind one door: the simulation tells it facts and moments, and gets the summary back.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "sim/demand/lanes.hpp"
#include "sim/observe/observer.hpp"
#include "sim/observe/summary.hpp"
#include "sim/world/world.hpp"

namespace berth {

class Observers final : public FactSink {
 public:
  /// Writes its CSV files into `part_folder`, which exists (ResultFolder::part makes it). Lanes are only read; not
  /// const because taking the latencies of an interval empties them.
  Observers(const World& world, Lanes& lanes, const std::string& part_folder, Duration interval);
  /// A run of which no files are kept: one observer looks on, and finish() is not called.
  Observers(const World& world, Duration interval, std::unique_ptr<Observer> only);
  ~Observers() override;

  /// From the first fact of the run on, after lanes and mailboxes.
  void hear(const Fact& fact, Time at) override;
  Duration interval() const { return interval_; }
  /// One row of every time series, from the last sample to `to`; call it every interval, in the observation phase,
  /// with the lanes settled up to `to`.
  void sample(Time to);
  /// The last, perhaps shorter row; rows of what is still alive; the bill. Files are on disk afterwards, and
  /// summary.json stands beside them.
  Summary finish(Time end);

 private:
  void ask_what_they_want();

  const World& world_;
  std::string part_folder_;
  Duration interval_;
  Time sampled_{};
  std::vector<std::unique_ptr<Observer>> all_;
  std::array<std::vector<Observer*>, std::variant_size_v<Fact>> hearers_;  // by kind of fact, in the order of all_
};

}  // namespace berth
