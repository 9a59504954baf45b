#include "sim/scenario/simulation.hpp"

#include "sim/engine/loop.hpp"
#include "sim/scenario/dispatch.hpp"

namespace berth {
namespace {

std::unique_ptr<Network> network_of(const RunSpec& spec) {
  return spec.network_engine == NetworkEngine::simgrid ? make_simgrid_network() : make_fair_share_network();
}

}  // namespace

struct Simulation::State {
  State(const RunSpec& spec, const Catalog& catalog, const Traces& traces, const std::string& part_folder,
        const MakeObserver& only)
      : world(spec, catalog),
        calendar(&name),
        agenda(calendar),
        network(network_of(spec)),
        lives(world, agenda, *network),
        lanes(world, traces),
        gauges(world, traces),
        control(Hands{world, agenda, lives.replicas, lives.nodes}),
        observers(only ? Observers(world, spec.sample_interval, only(world))
                       : Observers(world, lanes, part_folder, spec.sample_interval)),
        hearers(lanes, control, observers),
        rooms{world, agenda, lives, lanes, gauges, control, observers} {
    world.tell(hearers);
  }

  static const char* name(const Event& event) { return berth::name(event); }

  World world;
  EventCalendar calendar;
  Agenda agenda;
  std::unique_ptr<Network> network;
  Lives lives;
  Lanes lanes;
  Gauges gauges;
  Control control;
  Observers observers;
  Hearers hearers;
  Rooms rooms;
};

Simulation::Simulation(const RunSpec& spec, const Catalog& catalog, const Traces& traces,
                       const std::string& part_folder)
    : state_(std::make_unique<State>(spec, catalog, traces, part_folder, MakeObserver{})) {
  begin();
}

Simulation::Simulation(const RunSpec& spec, const Catalog& catalog, const Traces& traces, const MakeObserver& observer)
    : state_(std::make_unique<State>(spec, catalog, traces, std::string(), observer)) {
  begin();
}

void Simulation::begin() {
  state_->control.begin();
  state_->agenda.in(state_->lanes.slice(), LanesDue{});
  state_->agenda.in(state_->world.spec().sample_interval, SampleDue{});
}

Simulation::~Simulation() = default;

void Simulation::advance_to(Time t, const Progress& progress) {
  State& s = *state_;
  std::uint32_t handled = 0;
  run_until(
      t, s.calendar, *s.network,
      [&](FlowId flow) {
        s.world.set_now(s.calendar.now());
        s.lives.images.finished(flow);
      },
      [&](const EventCalendar::Entry& entry) {
        s.world.set_now(entry.time);
        dispatch(s.rooms, entry.event);
        if (progress && (++handled & 0xfff) == 0) progress(entry.time);
      });
  s.world.set_now(t);  // who acts from outside acts at this moment
}

Summary Simulation::finish() {
  State& s = *state_;
  const Time end{s.world.spec().duration};
  advance_to(end);
  s.lanes.settle(end);
  s.world.check_everything();
  s.lanes.check_everything();
  return s.observers.finish(end);
}

World& Simulation::world() { return state_->world; }
const Control& Simulation::control() const { return state_->control; }
Lanes& Simulation::lanes() { return state_->lanes; }

void Simulation::lose_node(NodeId node) { state_->lives.nodes.lose(node, StopReason::node_lost); }

void Simulation::lose_replica(ReplicaId replica) { state_->lives.replicas.stop(replica, StopReason::failed); }

}  // namespace berth
