// trace.json read back: what a viewer of Chrome traces relies on.
#include <set>

#include "sim/base/field.hpp"
#include "sim/observe/trace_json.hpp"
#include "tests/observe/scene.hpp"

namespace berth::observe_test {
namespace {

/// A slice with its place.
struct Shown {
  std::string process, track, name;
  std::int64_t from = 0, to = -1;
  std::size_t depth = 0;
};

struct ReadTrace {
  std::vector<Shown> slices;
  std::vector<Shown> instants;

  std::vector<std::string> names_on(const std::string& track) const {
    std::vector<std::string> names;
    for (const Shown& s : slices)
      if (s.track == track) names.push_back(s.name);
    return names;
  }
  const Shown& slice(const std::string& track, const std::string& name) const {
    for (const Shown& s : slices)
      if (s.track == track && s.name == name) return s;
    FAIL("no slice " << name << " on " << track);
    return slices.front();
  }
};

/// Checks on the way: known phases, time in order, every end has a beginning on its track, and nothing stays open.
ReadTrace read_trace(const std::string& path) {
  const Value document = load_json(path);
  const Field root(document, path);
  ReadTrace trace;
  std::map<std::int64_t, std::string> processes;
  std::map<std::pair<std::int64_t, std::int64_t>, std::string> tracks;
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::size_t>> open;
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> reached;
  std::set<std::int64_t> threads;
  for (const Field& event : root.at("traceEvents").items()) {
    const std::string phase = event.at("ph").text();
    const std::int64_t ts = event.at("ts").whole(0, INT64_MAX);
    const std::pair place{event.at("pid").whole(), event.at("tid").whole()};
    if (phase == "M" && event.at("name").text() == "process_name") {
      CHECK(processes.emplace(place.first, event.at("args").at("name").text()).second);
      continue;
    }
    if (phase == "M") {
      CHECK(event.at("name").text() == "thread_name");
      CHECK(threads.insert(place.second).second);
      CHECK(tracks.emplace(place, event.at("args").at("name").text()).second);
      continue;
    }
    REQUIRE(tracks.count(place) == 1);
    CHECK(ts >= reached[place]);
    reached[place] = ts;
    if (phase == "i") {
      trace.instants.push_back({processes.at(place.first), tracks.at(place), event.at("name").text(), ts, ts, 0});
    } else if (phase == "B") {
      open[place].push_back(trace.slices.size());
      trace.slices.push_back(
          {processes.at(place.first), tracks.at(place), event.at("name").text(), ts, -1, open[place].size()});
    } else {
      REQUIRE(phase == "E");
      REQUIRE_FALSE(open[place].empty());
      trace.slices[open[place].back()].to = ts;
      open[place].pop_back();
    }
  }
  for (const auto& [place, slices] : open) CHECK(slices.empty());
  return trace;
}

RunSpec traced() {
  RunSpec run = small_run();
  run.workloads = {service("web", millicores(500), 1 * kGiB, "fargate"),
                   service("on-nodes", millicores(500), 1 * kGiB, "ec2")};
  return run;
}

ReadTrace trace_of(Scene& scene, Duration end) {
  scene.end(end);
  return read_trace(scene.folder.path() + "/trace.json");
}

TEST_CASE("a node has a track with a slice a stage, and its replicas have theirs beside it") {
  Scene scene(traced());
  const NodeId node = scene.at(1s).world.create_node(PoolId{0}, scene.world[PoolId{0}].types.front(), ZoneId{0});
  scene.at(5s).world.move(node, NodeStage::booting);
  scene.at(20s).world.move(node, NodeStage::joining);
  scene.at(25s).world.move(node, NodeStage::ready);
  const ReplicaId first = scene.at(22s).create("on-nodes");
  scene.at(26s).world.place(first, node);
  const ReplicaId second = scene.on_node("on-nodes", node);
  scene.at(30s).move(first, {ReplicaStage::pulling});
  scene.at(33s).stop(first);
  const ReplicaId third = scene.at(34s).on_node("on-nodes", node);
  const ReadTrace trace = trace_of(scene, 40s);
  CHECK(trace.names_on("ec2/1") == std::vector<std::string>{"requested", "booting", "joining", "ready"});
  CHECK(trace.slice("ec2/1", "booting").from == 5'000'000);
  CHECK(trace.slice("ec2/1", "booting").to == 20'000'000);
  CHECK(trace.slice("ec2/1", "ready").to == 40'000'000);  // the end of the run
  CHECK(trace.slice("place 1", "on-nodes/1").to == 26'000'000);
  CHECK(trace.slice("place 1", "on-nodes/1").process == "test: waiting in main");
  CHECK(trace.names_on("ec2/1 replica 1") ==
        std::vector<std::string>{"on-nodes/1", "attaching", "pulling", "on-nodes/3", "attaching"});  // taken over
  CHECK(trace.names_on("ec2/1 replica 2") == std::vector<std::string>{"on-nodes/2", "attaching"});
  CHECK(trace.slice("ec2/1 replica 1", "pulling").depth == 2);
  CHECK(trace.slice("ec2/1 replica 1", "on-nodes/1").process == "test: main/ec2");
  CHECK(second != third);
}

TEST_CASE("a micro-VM has one track for itself and its replica, and leaves it to the next") {
  Scene scene(traced());
  const ReplicaId first = scene.at(1s).on_fargate("web");
  const ReplicaId beside = scene.on_fargate("web");
  scene.at(9s).to_healthy(first);
  scene.at(20s).stop(first);
  const NodeId node = scene.world[first].node;
  for (const NodeStage s :
       {NodeStage::booting, NodeStage::joining, NodeStage::ready, NodeStage::terminating, NodeStage::gone})
    scene.world.move(node, s);
  scene.at(30s).on_fargate("web");
  const ReadTrace trace = trace_of(scene, 40s);
  CHECK(trace.names_on("fargate 1") ==
        std::vector<std::string>{"fargate/1", "web/1", "attaching", "healthy", "fargate/3", "web/3", "attaching"});
  CHECK(trace.names_on("fargate 2") == std::vector<std::string>{"fargate/2", "web/2", "attaching"});
  CHECK(trace.slice("fargate 1", "healthy").depth == 3);
  CHECK(scene.world[beside].stage == ReplicaStage::attaching);
}

TEST_CASE("stages that took no time are left out, and what was there at the start begins at 0") {
  Scene scene(traced());
  const NodeId node = scene.ec2_node();
  scene.to_healthy(scene.on_node("on-nodes", node));
  const ReadTrace trace = trace_of(scene, 10s);
  CHECK(trace.names_on("ec2/1") == std::vector<std::string>{"ready"});
  CHECK(trace.names_on("ec2/1 replica 1") == std::vector<std::string>{"on-nodes/1", "healthy"});
  for (const Shown& s : trace.slices) {
    CHECK(s.from == 0);
    CHECK(s.to == 10'000'000);
  }
}

TEST_CASE("downloads and unpacks of layers stand on tracks of the node, decisions in a process of their own") {
  Scene scene(traced());
  const NodeId node = scene.ec2_node();
  const auto layer = [&](Duration t, LayerStage to) { scene.at(t).world.publish(LayerMoved{node, LayerId{0}, to}); };
  layer(1s, LayerStage::queued);
  layer(2s, LayerStage::downloading);
  layer(5s, LayerStage::downloaded);
  layer(6s, LayerStage::unpacking);
  layer(9s, LayerStage::unpacked);
  layer(11s, LayerStage::downloading);
  layer(12s, LayerStage::dropped);
  scene.at(13s).world.set_desired(scene.id("web"), 7);
  const ReadTrace trace = trace_of(scene, 20s);
  CHECK(trace.names_on("ec2/1 layer 1") == std::vector<std::string>{"download base", "unpack base", "download base"});
  CHECK(trace.slice("ec2/1 layer 1", "unpack base").to == 9'000'000);
  REQUIRE(trace.instants.size() == 1);
  CHECK(trace.instants[0].name == "desired 0 -> 7");
  CHECK(trace.instants[0].from == 13'000'000);
}

TEST_CASE("at its limit the trace ends, whole, and the assumptions say so") {
  RunSpec run = traced();
  run.trace_slices = 3;
  Scene scene(run);
  for (int i = 1; i < 5; ++i) scene.at(i * 1s).on_fargate("web");
  const ReadTrace trace = trace_of(scene, 10s);
  CHECK(trace.slices.size() == 3);
  for (const Shown& s : trace.slices) CHECK(s.to <= 2'000'000);
  const auto said = scene.rows("assumptions").where("subject", "trace.json");
  CHECK(said.at("assumed") == "cut at 2 s: it shows the first 3 slices");
  CHECK(said.at("knob") == "/limits/trace_slices");
  REQUIRE(trace.instants.size() == 1);
  CHECK(trace.instants[0].name == "cut here: the first 3 slices, as many as /limits/trace_slices allows");
  CHECK(trace.instants[0].from == 2'000'000);
}

TEST_CASE("no slices when none are wanted, and nothing is said of it") {
  RunSpec run = traced();
  run.trace_slices = 0;
  Scene scene(run);
  scene.on_fargate("web");
  CHECK(trace_of(scene, 10s).slices.empty());
  for (const auto& row : scene.rows("assumptions").rows) CHECK(row.at("subject") != "trace.json");
}

TEST_CASE("the parts of several architectures become one trace in which no number stands for two") {
  const TemporaryFolder place;
  std::vector<std::string> parts;
  for (const std::string name : {"one", "two \"quoted\"", "three"}) {
    parts.push_back(place.path() + "/" + name.substr(0, 3));
    std::filesystem::create_directory(parts.back());
    if (name == "three") break;  // not simulated: it wrote none
    TraceJson file(parts.back() + "/trace.json");
    const TraceTrack track = file.track(file.process(name), "a node");
    file.begin(track, "stage of " + name, Time{1s});
    file.end_all(Time{2s});
    file.close();
  }
  merge_traces(parts, place.path() + "/trace.json");
  const ReadTrace trace = read_trace(place.path() + "/trace.json");
  REQUIRE(trace.slices.size() == 2);
  CHECK(trace.slices[0].process == "one");
  CHECK(trace.slices[1].process == "two \"quoted\"");
  CHECK(trace.slices[1].name == "stage of two \"quoted\"");
}

}  // namespace
}  // namespace berth::observe_test
