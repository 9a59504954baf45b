// trace.json: the run on a time line. A process a pool, a track a node, a slice a stage; for Perfetto.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "sim/observe/observer.hpp"
#include "sim/observe/trace_json.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// Each node of EC2 has a track with its stages, and beside it as many as it had replicas, and layers, at once. A
/// micro-VM has one track for itself and its replica, which the next one takes over. Replicas without a node stand in
/// a process of their own. Stages that took no time are left out. What was there at the start begins at 0.
class PerfettoTrace final : public Observer {
 public:
  /// Ends with the slice number `trace_slices` of the spec, and says so in the assumptions.
  PerfettoTrace(const World& world, const std::string& folder);

  void hear(const Fact& fact, Time at) override;
  FactKinds wants() const override { return cut_ == kNever ? Observer::wants() : FactKinds{}; }
  void finish(Time end, Summary& summary) override;

 private:
  /// Equal tracks, of which the lowest free one is used first.
  struct Rack {
    std::uint32_t process = 0;
    std::string name;  ///< of its tracks, before their number
    std::vector<TraceTrack> tracks;
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> free;
  };
  struct Slice {
    TraceTrack track;
    Time begun = kNever;
    std::size_t fresh = 0;  ///< its place in fresh_ at the instant of its beginning
  };
  struct Place {
    Rack* rack = nullptr;
    std::size_t number = 0;
  };
  struct ReplicaSlices {
    Place place;  ///< without a rack: on the track of its micro-VM
    Slice whole, stage;
  };
  struct NodeSlices {
    Place place;  ///< of a micro-VM
    TraceTrack track;
    Slice stage;  ///< of a micro-VM: its whole life
    std::string name;
  };
  struct LayerSlice {
    Place place;
    Slice slice;
  };
  struct Fresh {
    TraceTrack track;
    std::string name;
    bool alive;
  };

  // One line a fact that the trace shows.
  template <class Other>
  void on(const Other&, Time) {}
  void on(const ReplicaCreated& f, Time at);
  void on(const ReplicaMoved& f, Time at);
  void on(const NodeCreated& f, Time at);
  void on(const NodeMoved& f, Time at);
  void on(const NodeSeen& f, Time at);
  void on(const LayerMoved& f, Time at);
  void on(const DesiredChanged& f, Time at);
  void on(const DeploymentStarted& f, Time at);
  void on(const DeploymentFinished& f, Time at);
  void on(const PoolResized& f, Time at);

  std::uint32_t process_of(PoolId pool) const { return index(pool) + 1; }
  Rack& rack(std::uint32_t process, const std::string& name);
  TraceTrack take(Rack& rack, Place& place);
  void give_back(Place& place);
  void put_on_node(ReplicaId replica, ReplicaSlices& slices, Time at);
  void end_layer(const std::pair<NodeId, LayerId>& key, Time at);

  void begin(Slice& slice, TraceTrack track, std::string name, Time at);
  void end(Slice& slice, Time at);
  void say(const std::string& subject, const std::string& what, Time at);
  /// Writes what began at an earlier instant and has not ended within it.
  void advance_to(Time at);
  void cut(Time at);

  const World& world_;
  std::int64_t limit_, written_ = 0;
  TraceJson file_;
  Time now_{}, cut_ = kNever;
  std::uint32_t decisions_ = 0;         // the process of decisions
  std::vector<std::uint32_t> waiting_;  // by cluster: the process of replicas without a node
  std::map<std::pair<std::uint32_t, std::string>, Rack> racks_;
  std::map<ReplicaId, ReplicaSlices> replicas_;
  std::map<NodeId, NodeSlices> nodes_;
  std::map<std::pair<NodeId, LayerId>, LayerSlice> layers_;
  std::map<std::string, TraceTrack> subjects_;  // of decisions
  std::vector<Fresh> fresh_;                    // begun at this instant
};

}  // namespace berth
