// Who handles which event, and who hears which fact: one line each.
#pragma once

#include "sim/control/control.hpp"
#include "sim/demand/gauges.hpp"
#include "sim/demand/lanes.hpp"
#include "sim/engine/network.hpp"
#include "sim/lifecycle/lives.hpp"
#include "sim/observe/observers.hpp"

namespace berth {

/// The order of hearers: lanes settle what was before the fact, then control is woken, then observers write it down.
class Hearers final : public FactSink {
 public:
  Hearers(Lanes& lanes, Control& control, Observers& observers)
      : lanes_(lanes), control_(control), observers_(observers) {}
  void hear(const Fact& fact, Time at) override {
    lanes_.hear(fact, at);
    control_.mailbox.hear(fact, at);
    control_.groups.hear(fact, at);
    control_.fargate.hear(fact, at);
    control_.starts.hear(fact, at);
    control_.jobs.hear(fact, at);
    control_.node_controller.hear(fact, at);
    control_.node_targets.hear(fact, at);
    control_.memory_pressure.hear(fact, at);
    control_.upgrades.hear(fact, at);
    control_.spot.hear(fact, at);
    control_.faults.hear(fact, at);
    control_.ecs_services.hear(fact, at);
    control_.cluster_autoscaler.hear(fact, at);
    observers_.hear(fact, at);
  }

 private:
  Lanes& lanes_;
  Control& control_;
  Observers& observers_;
};

/// The rooms of a run, as the event loop calls them.
struct Rooms {
  World& world;
  Agenda& agenda;
  Lives& lives;
  Lanes& lanes;
  Gauges& gauges;
  Control& control;
  Observers& observers;
};

void dispatch(Rooms& rooms, const Event& event);

}  // namespace berth
