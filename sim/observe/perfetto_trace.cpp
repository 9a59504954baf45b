// What begins is held back until the clock moves on: what ended at the same instant took no time and is left out.
#include "sim/observe/perfetto_trace.hpp"

#include <fmt/format.h>

#include "sim/observe/summary.hpp"

namespace berth {

PerfettoTrace::PerfettoTrace(const World& world, const std::string& folder)
    : world_(world), limit_(world.spec().trace_slices), file_(folder + "/trace.json") {
  const std::string& run = world.spec().architecture;
  for (std::uint32_t p = 0; p < world.pool_count(); ++p) {
    const PoolId pool{p};
    const std::uint32_t process =
        file_.process(fmt::format("{}: {}/{}", run, world[world[pool].cluster].spec->name, world.name(pool)));
    SIM_CHECK(process == process_of(pool));
  }
  for (std::uint32_t c = 0; c < world.cluster_count(); ++c)
    waiting_.push_back(file_.process(fmt::format("{}: waiting in {}", run, world[ClusterId{c}].spec->name)));
  decisions_ = file_.process(run + ": decisions");
  if (limit_ == 0) cut_ = Time{};
}

void PerfettoTrace::hear(const Fact& fact, Time at) {
  if (cut_ != kNever) return;
  advance_to(at);
  if (cut_ != kNever) return;
  std::visit([&](const auto& f) { on(f, at); }, fact);
}

void PerfettoTrace::on(const ReplicaCreated& f, Time at) {
  const ClusterId cluster = world_[f.replica].cluster;
  ReplicaSlices& slices = replicas_[f.replica];
  const TraceTrack track = take(rack(waiting_[index(cluster)], "place"), slices.place);
  begin(slices.whole, track, world_.name(f.replica), at);
}

void PerfettoTrace::on(const ReplicaMoved& f, Time at) {
  const auto known = replicas_.find(f.replica);
  SIM_CHECK(known != replicas_.end());
  ReplicaSlices& slices = known->second;
  if (f.from != ReplicaStage::pending) end(slices.stage, at);
  if (f.to == ReplicaStage::stopped) {
    end(slices.whole, at);
    give_back(slices.place);
    replicas_.erase(known);
    return;
  }
  if (f.from == ReplicaStage::pending) put_on_node(f.replica, slices, at);
  begin(slices.stage, slices.whole.track, std::string(name(f.to)), at);
}

void PerfettoTrace::put_on_node(ReplicaId replica, ReplicaSlices& slices, Time at) {
  end(slices.whole, at);
  give_back(slices.place);
  const NodeRow& node = world_[world_[replica].node];
  const NodeSlices& host = nodes_.at(world_[replica].node);
  const TraceTrack track =
      node.fargate ? host.track : take(rack(process_of(node.pool), host.name + " replica"), slices.place);
  begin(slices.whole, track, world_.name(replica), at);
}

void PerfettoTrace::on(const NodeCreated& f, Time at) {
  const NodeRow& row = world_[f.node];
  NodeSlices& node = nodes_[f.node];
  node.name = world_.name(f.node);
  const std::uint32_t process = process_of(row.pool);
  if (row.fargate) {
    node.track = take(rack(process, world_.name(row.pool)), node.place);
    begin(node.stage, node.track, node.name, at);
    node.name = fmt::format("{} {}", world_.name(row.pool), node.place.number + 1);  // racks go with the track
  } else {
    node.track = file_.track(process, node.name);
    begin(node.stage, node.track, std::string(name(NodeStage::requested)), at);
  }
}

void PerfettoTrace::on(const NodeMoved& f, Time at) {
  const auto known = nodes_.find(f.node);
  SIM_CHECK(known != nodes_.end());
  NodeSlices& node = known->second;
  const bool fargate = node.place.rack != nullptr;
  if (!fargate || f.to == NodeStage::gone) end(node.stage, at);
  if (f.to != NodeStage::gone) {
    if (!fargate) begin(node.stage, node.track, std::string(name(f.to)), at);
    return;
  }
  while (true) {
    const auto layer = layers_.lower_bound({f.node, LayerId{0}});
    if (layer == layers_.end() || layer->first.first != f.node) break;
    end_layer(layer->first, at);
  }
  give_back(node.place);
}

/// Until its loss is noticed, replicas may still be placed on a node that is no more.
void PerfettoTrace::on(const NodeSeen& f, Time) {
  if (f.stage == NodeStage::gone) nodes_.erase(f.node);
}

void PerfettoTrace::on(const LayerMoved& f, Time at) {
  const std::pair key{f.node, f.layer};
  const bool downloads = f.to == LayerStage::downloading, unpacks = f.to == LayerStage::unpacking;
  if (!downloads && !unpacks) {
    end_layer(key, at);
    return;
  }
  end_layer(key, at);
  const NodeSlices& node = nodes_.at(f.node);
  LayerSlice& layer = layers_[key];
  const TraceTrack track = take(rack(process_of(world_[f.node].pool), node.name + " layer"), layer.place);
  begin(layer.slice, track, (downloads ? "download " : "unpack ") + world_[f.layer].name, at);
}

void PerfettoTrace::end_layer(const std::pair<NodeId, LayerId>& key, Time at) {
  const auto known = layers_.find(key);
  if (known == layers_.end()) return;
  end(known->second.slice, at);
  give_back(known->second.place);
  layers_.erase(known);
}

void PerfettoTrace::on(const DesiredChanged& f, Time at) {
  say(world_.name(f.service), fmt::format("desired {} -> {}", f.from, f.to), at);
}

void PerfettoTrace::on(const DeploymentStarted& f, Time at) {
  const DeploymentRow& row = world_[f.deployment];
  say(world_.name(row.service), fmt::format("deployment of revision {} starts", world_[row.to].number), at);
}

void PerfettoTrace::on(const DeploymentFinished& f, Time at) {
  const DeploymentRow& row = world_[f.deployment];
  say(world_.name(row.service),
      fmt::format("deployment of revision {} {}", world_[row.to].number, f.completed ? "completed" : "ended"), at);
}

void PerfettoTrace::on(const PoolResized& f, Time at) {
  say("pool " + world_.name(f.pool), fmt::format("nodes {} -> {}", f.from, f.to), at);
}

PerfettoTrace::Rack& PerfettoTrace::rack(std::uint32_t process, const std::string& name) {
  Rack& rack = racks_[{process, name}];
  rack.process = process;
  rack.name = name;
  return rack;
}

TraceTrack PerfettoTrace::take(Rack& rack, Place& place) {
  place.rack = &rack;
  if (rack.free.empty()) {
    place.number = rack.tracks.size();
    rack.tracks.push_back(file_.track(rack.process, fmt::format("{} {}", rack.name, place.number + 1)));
  } else {
    place.number = rack.free.top();
    rack.free.pop();
  }
  return rack.tracks[place.number];
}

void PerfettoTrace::give_back(Place& place) {
  if (place.rack != nullptr) place.rack->free.push(place.number);
  place.rack = nullptr;
}

void PerfettoTrace::begin(Slice& slice, TraceTrack track, std::string name, Time at) {
  slice = {track, at, fresh_.size()};
  fresh_.push_back({track, std::move(name), true});
}

void PerfettoTrace::end(Slice& slice, Time at) {
  if (slice.begun == at) fresh_[slice.fresh].alive = false;
  else file_.end(slice.track, at);
}

void PerfettoTrace::say(const std::string& subject, const std::string& what, Time at) {
  const auto known = subjects_.find(subject);
  const TraceTrack track = known != subjects_.end() ? known->second : file_.track(decisions_, subject);
  subjects_.emplace(subject, track);
  file_.instant(track, what, at);
  ++written_;
}

void PerfettoTrace::advance_to(Time at) {
  if (at == now_) return;
  for (const Fresh& f : fresh_) {
    if (!f.alive) continue;
    if (written_ >= limit_) return cut(now_);
    file_.begin(f.track, f.name, now_);
    ++written_;
  }
  fresh_.clear();
  now_ = at;
}

void PerfettoTrace::cut(Time at) {
  cut_ = at;
  file_.end_all(at);
  file_.instant(file_.track(decisions_, "trace.json"),
                fmt::format("cut here: the first {} slices, as many as /limits/trace_slices allows", written_), at);
  fresh_.clear();
  replicas_.clear();
  nodes_.clear();
  layers_.clear();
  racks_.clear();
}

void PerfettoTrace::finish(Time end, Summary& summary) {
  if (cut_ == kNever) advance_to(end);
  if (cut_ == kNever) file_.end_all(end);
  file_.close();
  if (cut_ == kNever || limit_ == 0) return;
  summary.assumptions.push_back({"trace.json",
                                 fmt::format("cut at {} s: it shows the first {} slices", seconds(cut_), written_),
                                 "larger files are slow to open", "/limits/trace_slices"});
}

}  // namespace berth
