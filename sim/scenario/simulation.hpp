// One run from its specs to its result files: the world, its lives, its controllers, its demand and its observers.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sim/control/control.hpp"
#include "sim/demand/lanes.hpp"
#include "sim/observe/observer.hpp"
#include "sim/observe/summary.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// Called now and then during a run with the simulated moment reached, for a progress line.
using Progress = std::function<void(Time)>;

/// Makes the one observer of a run of which no files are kept.
using MakeObserver = std::function<std::unique_ptr<Observer>(const World&)>;

class Simulation {
 public:
  /// `spec`, `catalog` and `traces` outlive it. Files go to `part_folder`, which exists.
  Simulation(const RunSpec& spec, const Catalog& catalog, const Traces& traces, const std::string& part_folder);
  /// Writes nothing: only that observer looks on. finish() is not called.
  Simulation(const RunSpec& spec, const Catalog& catalog, const Traces& traces, const MakeObserver& observer);
  ~Simulation();

  /// Everything due up to `t` happens. Stopping on the way changes nothing.
  void advance_to(Time t, const Progress& progress = {});
  /// Ends the run at its duration and writes the last rows; call once.
  Summary finish();

  World& world();
  const Control& control() const;
  Lanes& lanes();
  /// For tests and faults: ends things from outside, at the present moment.
  void lose_node(NodeId node);
  void lose_replica(ReplicaId replica);

 private:
  struct State;
  void begin();
  std::unique_ptr<State> state_;
};

}  // namespace berth
