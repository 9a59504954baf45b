// The table of interruptions: every stage of a life × everything that can cut it short; an empty cell fails.
#include <array>

#include "tests/lifecycle/several.hpp"

namespace berth::test {
namespace {

enum class Interruption {
  scale_in,
  replaced,
  node_crash,
  zone_loss,
  check_failed,
  time_out,
  spot_notice,
  notice_with_draining,
  notice_while_draining,
  out_of_memory,
  retired,
  last_waiter
};
constexpr std::size_t kInterruptions = 12;
constexpr std::array<const char*, kInterruptions> kInterruptionNames = {"scale-in",
                                                                        "replaced",
                                                                        "node crash",
                                                                        "zone loss",
                                                                        "check failed",
                                                                        "time-out",
                                                                        "spot notice",
                                                                        "spot notice with draining",
                                                                        "notice while draining",
                                                                        "out of memory",
                                                                        "retired",
                                                                        "last waiter of a shared layer stopped"};

enum class Cell {
  empty,
  untouched,    // not on a node that ends: it goes on
  at_once,      // it never had a place: nothing to wait for
  no_wait,      // no container runs yet: it stops in the same instant
  in_order,     // the target is drained, the containers get SIGTERM; the control plane is told
  lost,         // stopped in the same instant, and nobody knows until the node's loss is noticed
  taken_back,   // an instance goes on until the notice is over; Fargate sends SIGTERM with the notice
  killed,       // a task ends with its container, a pod starts it again
  first_stands  // it was ending before: the first reason and its deadline stay
};
using C = Cell;

// Rows from pending to stopped, columns in the order of the interruptions.
constexpr std::array<std::array<Cell, kInterruptions>, kReplicaStages> kReplicaTable = {{
    // scale-in, replaced, crash, zone loss; check failed, time-out; notice, … with draining, … while draining; out of
    // memory, retired, last waiter
    {C::at_once, C::at_once, C::untouched, C::untouched, C::at_once, C::at_once, C::untouched, C::untouched, C::at_once,
     C::untouched, C::at_once, C::at_once},
    {C::no_wait, C::no_wait, C::lost, C::lost, C::no_wait, C::no_wait, C::taken_back, C::no_wait, C::no_wait,
     C::untouched, C::no_wait, C::no_wait},
    {C::no_wait, C::no_wait, C::lost, C::lost, C::no_wait, C::no_wait, C::taken_back, C::no_wait, C::no_wait,
     C::untouched, C::no_wait, C::no_wait},
    {C::no_wait, C::no_wait, C::lost, C::lost, C::no_wait, C::no_wait, C::taken_back, C::no_wait, C::no_wait,
     C::untouched, C::no_wait, C::no_wait},
    {C::in_order, C::in_order, C::lost, C::lost, C::in_order, C::in_order, C::taken_back, C::in_order, C::in_order,
     C::killed, C::in_order, C::in_order},
    {C::in_order, C::in_order, C::lost, C::lost, C::in_order, C::in_order, C::taken_back, C::in_order, C::in_order,
     C::killed, C::in_order, C::in_order},
    {C::first_stands, C::first_stands, C::lost, C::lost, C::first_stands, C::first_stands, C::first_stands,
     C::first_stands, C::first_stands, C::first_stands, C::first_stands, C::first_stands},
    {C::first_stands, C::first_stands, C::first_stands, C::first_stands, C::first_stands, C::first_stands,
     C::first_stands, C::first_stands, C::first_stands, C::first_stands, C::first_stands, C::first_stands},
}};

template <class Table, class Empty>
constexpr bool no_empty_cell(const Table& table, Empty empty) {
  for (const auto& row : table)
    for (const auto cell : row)
      if (cell == empty) return false;
  return true;
}
static_assert(no_empty_cell(kReplicaTable, Cell::empty));
static_assert(kReplicaTable.back().size() == kInterruptions);

struct Platform {
  const char* name;
  Orchestrator orchestrator;
  bool fargate;
};
constexpr std::array<Platform, 4> kPlatforms = {{{"ECS on EC2", Orchestrator::ecs, false},
                                                 {"ECS on Fargate", Orchestrator::ecs, true},
                                                 {"EKS on EC2", Orchestrator::eks, false},
                                                 {"EKS on Fargate", Orchestrator::eks, true}}};

WorkloadSpec behind_balancer() {
  WorkloadSpec w = service("web", 1, millicores(500), 1 * kGiB, "ec2");
  w.pools.push_back({"fargate", 0, 1});
  w.load_balancer = "public";
  w.awsvpc = true;
  return w;
}

/// One replica brought to a stage, with an idle neighbour zone, and what was true before it was placed.
struct Subject {
  Subject(const Platform& p, bool neighbours) : Subject(p, neighbours, run_of_one(p.orchestrator, behind_balancer())) {}
  Subject(const Platform& p, bool neighbours, RunSpec run)
      : platform(p), with_neighbour(neighbours), life(std::move(run)) {
    if (!p.fargate) node = life.ready_node();
    life.ready_node(ZoneId{1});
    replica = life.create();
  }

  void bring_to(ReplicaStage stage) {
    if (stage == ReplicaStage::pending) return;
    life.place(replica, node);
    if (with_neighbour && node) {  // with the same latencies, it goes in step
      neighbour = life.create();
      life.place(*neighbour, node);
    }
    if (stage >= ReplicaStage::stopping) {
      bring_from_placed_to(ReplicaStage::healthy);
      life.run_for(2s);  // the control plane knows
      life.replicas.stop(replica, StopReason::replaced);
    }
    bring_from_placed_to(stage);
  }
  void bring_from_placed_to(ReplicaStage stage) {
    REQUIRE(life.run_until_it_holds([&] { return life.world[replica].stage == stage; }));
    if (stage == ReplicaStage::pulling) read_manifest();
  }
  void read_manifest() {
    life.run_for(kManifest);
    layers_come = true;
  }
  NodeId host() const { return life.world[replica].node; }

  Platform platform;
  bool with_neighbour;
  Life life;
  std::optional<ReplicaId> neighbour;
  std::optional<NodeId> node;
  ReplicaId replica{};
  bool layers_come = false;  ///< they are on their way when it is interrupted
};

constexpr Duration kNotice = 120s;  // spot.notice_s

void give_notice(Subject& s, bool draining) {
  Life& life = s.life;
  const NodeId host = s.host();
  if (host == kNone<NodeId>) return;
  life.nodes.notice(host);
  if (draining && !s.platform.fargate) {
    life.nodes.drain(host, StopReason::spot_interruption);
    life.replicas.stop(s.replica, StopReason::spot_interruption);
  }
  life.run_for(kNotice);
}

void exceed_memory(Subject& s) {
  const std::vector<ContainerRow>& containers = s.life.world[s.replica].containers;
  if (!containers.empty() && containers[0].stage == ContainerStage::running)
    s.life.replicas.on(MemoryExceeded{s.replica, 0, containers[0].restarts});
}

/// A neighbour waits for the same layers and leaves first, so that the replica is the last who waits for them.
void stop_as_last_waiter(Subject& s) {
  const bool pulls = s.life.world[s.replica].stage == ReplicaStage::pulling && s.layers_come;
  if (s.neighbour) s.life.replicas.stop(*s.neighbour, StopReason::scale_in);
  if (pulls) CHECK(s.life.network->next_time() != kNever);  // it goes on for the one who still waits
  s.life.replicas.stop(s.replica, StopReason::scale_in);
  if (pulls) CHECK(s.life.network->next_time() == kNever);
}

void interrupt(Subject& s, Interruption by) {
  Life& life = s.life;
  switch (by) {
    case Interruption::scale_in:
      return life.replicas.stop(s.replica, StopReason::scale_in);
    case Interruption::replaced:
      return life.replicas.stop(s.replica, StopReason::replaced);
    case Interruption::check_failed:
      return life.replicas.stop(s.replica, StopReason::check_failed);
    case Interruption::time_out:
      return life.replicas.stop(s.replica, StopReason::timed_out);
    case Interruption::node_crash:
      if (s.host() != kNone<NodeId>) life.nodes.lose(s.host(), StopReason::node_lost);
      return;
    case Interruption::zone_loss: {
      std::vector<NodeId> there;
      life.world.nodes().for_each([&](NodeId id, const NodeRow& row) {
        if (row.zone == ZoneId{0}) there.push_back(id);
      });
      life.world.begin_zone_loss(ZoneId{0});
      for (const NodeId n : there) life.nodes.lose(n, StopReason::zone_lost);
      return;
    }
    case Interruption::spot_notice:
      return give_notice(s, false);
    case Interruption::notice_with_draining:
      return give_notice(s, true);
    case Interruption::notice_while_draining:
      life.replicas.stop(s.replica, StopReason::scale_in);
      if (life.alive(s.replica)) give_notice(s, false);
      return;
    case Interruption::out_of_memory:
      return exceed_memory(s);
    case Interruption::retired:
      return life.replicas.stop(s.replica, StopReason::retired);
    case Interruption::last_waiter:
      return stop_as_last_waiter(s);
  }
}

StopReason reason_of(Interruption by) {
  switch (by) {
    case Interruption::replaced:
      return StopReason::replaced;
    case Interruption::check_failed:
      return StopReason::check_failed;
    case Interruption::time_out:
      return StopReason::timed_out;
    case Interruption::node_crash:
      return StopReason::node_lost;
    case Interruption::zone_loss:
      return StopReason::zone_lost;
    case Interruption::out_of_memory:
      return StopReason::out_of_memory;
    case Interruption::retired:
      return StopReason::retired;
    case Interruption::spot_notice:
    case Interruption::notice_with_draining:
      return StopReason::spot_interruption;
    default:
      return StopReason::scale_in;
  }
}

bool is_notice(Interruption by) {
  return by == Interruption::spot_notice || by == Interruption::notice_with_draining ||
         by == Interruption::notice_while_draining;
}

/// SIGTERM to exit; on ECS the load balancer drains a target that served first. A notice ends it after two minutes at
/// the latest; Fargate Spot waits for no load balancer.
Duration time_to_exit(const Subject& s, ReplicaStage stage, Interruption by) {
  const bool with_notice = s.platform.fargate && is_notice(by) && by != Interruption::notice_while_draining;
  const bool drains = s.platform.orchestrator == Orchestrator::ecs && stage == ReplicaStage::healthy && !with_notice;
  const Duration in_order = (drains ? 300s : 0s) + kContainerExit;
  return is_notice(by) ? std::min(in_order, kNotice) : in_order;
}

void check_that_nothing_is_left(Subject& s) {
  Life& life = s.life;
  life.run_for(1h);  // whatever was still scheduled for it has fired into an empty row by now, and would have aborted
  life.world.check_everything();
  CHECK_FALSE(life.alive(s.replica));
  CHECK(life.world.targets().size() == 0);
  CHECK(life.world[ServiceId{0}].replicas.empty());
  CHECK(life.world[ServiceId{0}].on_node.empty());
  std::size_t fargate_nodes = 0;
  life.world.nodes().for_each([&](NodeId, const NodeRow& row) {
    fargate_nodes += row.fargate;
    CHECK(row.cpu_used == Cpu{});
    CHECK(row.memory_used == Bytes{});
    CHECK(row.busy == 0);
  });
  CHECK(fargate_nodes == 0);
  const ClusterView view = life.world.view(ClusterId{0});
  for (std::size_t p = 0; p < view.size(); ++p) CHECK(view.cpu_used[p] == 0);
  CHECK(life.network->next_time() == kNever);  // no transfer goes on for nobody
  int ends = 0;
  for (const Life::ReplicaMove& m : life.moves) ends += m.replica == s.replica && m.to == ReplicaStage::stopped;
  CHECK(ends == 1);
}

/// The kubelet starts the container again in its pod.
void check_restarted(Subject& s) {
  CHECK(s.life.run_until_it_holds([&] { return s.life.world[s.replica].restarts == 1; }));
  CHECK(s.life.world[s.replica].containers[0].exit_code == 137);
  s.life.replicas.stop(s.replica, StopReason::run_ended);
  check_that_nothing_is_left(s);
}

/// The replica stands where it is to be cut short.
void check_interruption(Subject& s, ReplicaStage stage, Interruption by, Cell expected) {
  const Time at = s.life.now();
  const ReplicaStage before = s.life.world[s.replica].stage;
  const std::vector<ContainerRow> were = s.life.world[s.replica].containers;
  const bool ran =
      std::any_of(were.begin(), were.end(), [](const ContainerRow& c) { return c.stage == ContainerStage::running; });
  interrupt(s, by);
  if (expected == Cell::killed && s.platform.orchestrator == Orchestrator::eks) return check_restarted(s);
  if (expected == Cell::untouched) {
    CHECK(s.life.world[s.replica].stage == before);
    s.life.replicas.stop(s.replica, StopReason::run_ended);
    return check_that_nothing_is_left(s);
  }
  if (expected == Cell::at_once) CHECK_FALSE(s.life.alive(s.replica));
  if (expected == Cell::lost) CHECK(s.life.world[s.replica].seen != ReplicaStage::stopped);
  const bool instance_goes = expected == Cell::taken_back && !s.platform.fargate;
  if (instance_goes && s.life.alive(s.replica)) CHECK(s.life.world[s.replica].seen != ReplicaStage::stopped);
  check_that_nothing_is_left(s);
  const auto stopped = s.life.moved(s.replica, ReplicaStage::stopped);
  REQUIRE(stopped.has_value());
  if (expected == Cell::first_stands) {
    CHECK(stopped->why == StopReason::replaced);
    CHECK(stopped->at <= s.life.moved(s.replica, ReplicaStage::stopping)->at + 300s + kContainerExit);
    return;
  }
  // Stopping already when its node is lost: it ends now, and the first reason stands.
  const bool was_stopping = stage == ReplicaStage::stopping;
  if (instance_goes && stopped->why == StopReason::failed) {  // by itself
    CHECK(stopped->at < at + kNotice);
    return;
  }
  CHECK(stopped->why == (was_stopping ? StopReason::replaced : reason_of(by)));
  const bool sigterm = expected == Cell::in_order || (expected == Cell::taken_back && ran);
  const Duration takes = instance_goes ? kNotice : sigterm ? time_to_exit(s, stage, by) : 0s;
  CHECK(seconds(stopped->at - at) == seconds(takes));  // a Fargate task is billed up to here
}

void check_cell(const Platform& platform, ReplicaStage stage, Interruption by) {
  Subject s(platform, by == Interruption::last_waiter);
  s.bring_to(stage);
  check_interruption(s, stage, by, kReplicaTable[static_cast<std::size_t>(stage)][static_cast<std::size_t>(by)]);
}

TEST_CASE("every stage of a replica can be interrupted by everything, and nothing is left of it") {
  for (const Platform& platform : kPlatforms)
    for (int stage = 0; stage < kReplicaStages; ++stage)
      for (std::size_t by = 0; by < kInterruptions; ++by) {
        const std::string cell = std::string(platform.name) + ": " +
                                 std::string(name(static_cast<ReplicaStage>(stage))) + " × " + kInterruptionNames[by];
        INFO(cell);
        check_cell(platform, static_cast<ReplicaStage>(stage), static_cast<Interruption>(by));
      }
}

// ---- within a stage, where there are several containers

enum class Within { dependency_waits, backs_off, later_pull, check_fails_while_draining };
constexpr std::size_t kWithin = 4;
constexpr std::array<const char*, kWithin> kWithinNames = {"a container waits for another", "a container backs off",
                                                           "the image of a later container is pulled",
                                                           "its check would fail while it drains"};

constexpr std::array<std::array<Cell, kInterruptions>, kWithin> kWithinTable = {{
    // scale-in, replaced, crash, zone loss; check failed, time-out; notice, … with draining, … while draining; out of
    // memory, retired, last waiter
    {C::in_order, C::in_order, C::lost, C::lost, C::in_order, C::in_order, C::taken_back, C::in_order, C::in_order,
     C::killed, C::in_order, C::in_order},
    {C::no_wait, C::no_wait, C::lost, C::lost, C::no_wait, C::no_wait, C::taken_back, C::no_wait, C::no_wait,
     C::untouched, C::no_wait, C::no_wait},
    {C::in_order, C::in_order, C::lost, C::lost, C::in_order, C::in_order, C::taken_back, C::in_order, C::in_order,
     C::killed, C::in_order, C::in_order},
    {C::first_stands, C::first_stands, C::lost, C::lost, C::first_stands, C::first_stands, C::first_stands,
     C::first_stands, C::first_stands, C::first_stands, C::first_stands, C::first_stands},
}};
static_assert(no_empty_cell(kWithinTable, Cell::empty));

WorkloadSpec spec_within(Within within, Orchestrator orchestrator) {
  WorkloadSpec spec = behind_balancer();
  ContainerSpec first = named("first");
  switch (within) {
    case Within::dependency_waits:  // for an init container on EKS, for health on ECS
      first.init = first.restart_always = first.never_serves = true;
      first.health_check = check_every(10s, 1000);
      first.probes = ProbesSpec{probe(10s, 1000), {}, {}};
      break;
    case Within::backs_off:  // from a crash on EKS, on ECS between two attempts at an image that does not fit
      if (orchestrator == Orchestrator::ecs) {
        first.image = "web-2";
        break;
      }
      first = exits(first, 1s, 1);
      first.init = true;
      break;
    case Within::later_pull:
      spec.containers = {first, after(named("later", "web-2"), "first", Condition::start)};
      return spec;
    case Within::check_fails_while_draining:
      spec.health.unhealthy_threshold = 2;
      spec.containers[0].never_serves = true;
      spec.containers[0].health_check = check_every(10s, 4);
      spec.containers[0].probes = ProbesSpec{{}, {}, probe(10s, 4)};
      return spec;
  }
  spec.containers = {first, named("app")};
  return spec;
}

RunSpec run_within(const Platform& platform, Within within) {
  RunSpec run = run_of_one(platform.orchestrator, spec_within(within, platform.orchestrator));
  if (within == Within::later_pull) run.images[1].layers[1].compressed = 8 * kGiB;  // comes after the first one runs
  if (within == Within::backs_off) run.images[1].layers[1].unpacked = 60 * kGiB;    // of "web-2": more than a disk
  return run;
}

/// The end of the back-off that was told last; the beginning of time where none was.
Time backs_off_until(const Life& life) {
  Time until{};
  for (const Life::Told& t : life.facts)
    if (const auto* f = std::get_if<BackedOff>(&t.fact)) until = f->until;
  return until;
}

ReplicaStage bring_within(Subject& s, Within within) {
  Life& life = s.life;
  const auto come_to = [&](ReplicaStage stage) { s.bring_from_placed_to(stage); };
  const auto container = [&](ContainerIndex c) { return life.world[s.replica].containers[c]; };
  life.place(s.replica, s.node);
  switch (within) {
    case Within::dependency_waits:
      come_to(ReplicaStage::starting);
      REQUIRE(life.run_until_it_holds([&] { return container(0).stage == ContainerStage::running; }));
      life.run_for(3s);
      // Fargate has pulled its image meanwhile.
      CHECK(container(1).stage == (s.platform.fargate && s.platform.orchestrator == Orchestrator::ecs
                                       ? ContainerStage::created
                                       : ContainerStage::waiting));
      return ReplicaStage::starting;
    case Within::backs_off: {
      REQUIRE(life.run_until_it_holds([&] { return backs_off_until(life) > life.now(); }));
      const bool between_attempts = s.platform.orchestrator == Orchestrator::ecs;
      CHECK(container(0).stage == (between_attempts ? ContainerStage::pulling : ContainerStage::exited));
      CHECK(container(0).backing_off == !between_attempts);
      return life.world[s.replica].stage;
    }
    case Within::later_pull:
      // Fargate pulls both at once, so that the first one runs while the other image comes; elsewhere it is asked for
      // only when the first one runs.
      REQUIRE(life.run_until_it_holds([&] {
        return container(0).stage == ContainerStage::running && container(1).stage == ContainerStage::pulling;
      }));
      s.read_manifest();
      CHECK(container(0).stage == ContainerStage::running);
      CHECK(container(1).stage == ContainerStage::pulling);
      return ReplicaStage::pulling;
    case Within::check_fails_while_draining:
      come_to(ReplicaStage::warming);
      life.run_for(3s);
      life.replicas.stop(s.replica, StopReason::replaced);
      return ReplicaStage::stopping;
  }
  return ReplicaStage::stopped;
}

TEST_CASE("a replica of several containers can be interrupted wherever one of them waits, and nothing is left of it") {
  for (const Platform& platform : kPlatforms)
    for (std::size_t within = 0; within < kWithin; ++within)
      for (std::size_t by = 0; by < kInterruptions; ++by) {
        const std::string cell =
            std::string(platform.name) + ": " + kWithinNames[within] + " × " + kInterruptionNames[by];
        INFO(cell);
        Subject s(platform, false, run_within(platform, static_cast<Within>(within)));
        const ReplicaStage stage = bring_within(s, static_cast<Within>(within));
        check_interruption(s, stage, static_cast<Interruption>(by), kWithinTable[within][by]);
      }
}

// ---- nodes

enum class NodeAct { terminate, drain, lose, notice };
constexpr std::size_t kNodeActs = 4;
constexpr std::array<const char*, kNodeActs> kNodeActNames = {"terminate", "drain", "lose", "notice"};
enum class NodeCell { empty, untouched, drains, shuts_down, given_up, noticed_later, taken_back };
using N = NodeCell;

constexpr std::array<std::array<NodeCell, kNodeActs>, kNodeStages> kNodeTable = {{
    // terminate     drain         lose              notice
    {N::given_up, N::untouched, N::noticed_later, N::untouched},     // requested
    {N::shuts_down, N::untouched, N::noticed_later, N::taken_back},  // booting
    {N::shuts_down, N::untouched, N::noticed_later, N::untouched},   // pooled
    {N::shuts_down, N::untouched, N::noticed_later, N::taken_back},  // joining
    {N::shuts_down, N::drains, N::noticed_later, N::taken_back},     // ready
    {N::shuts_down, N::untouched, N::noticed_later, N::taken_back},  // draining
    {N::untouched, N::untouched, N::untouched, N::untouched},        // unreachable: no node is, it only seems so
    {N::untouched, N::untouched, N::noticed_later, N::untouched},    // terminating
    {N::untouched, N::untouched, N::untouched, N::untouched},        // gone
}};
static_assert(no_empty_cell(kNodeTable, NodeCell::empty));

void bring_node_to(Life& life, NodeId node, NodeStage stage) {
  if (stage == NodeStage::pooled) {  // the pool has no warm pool: stopped by hand
    bring_node_to(life, node, NodeStage::booting);
    life.agenda.cancel_all(node);
    life.world.move(node, NodeStage::pooled);
    return;
  }
  const bool leaves = stage > NodeStage::ready;
  REQUIRE(life.run_until_it_holds([&] { return life.world[node].stage == (leaves ? NodeStage::ready : stage); }));
  if (stage < NodeStage::ready) return;
  const ReplicaId here = life.create(), late = life.create();
  life.place(here, node);
  REQUIRE(life.run_until_it_holds([&] { return life.world[here].stage == ReplicaStage::healthy; }));
  life.place(late, node);
  if (stage == NodeStage::draining) life.nodes.drain(node, StopReason::scale_in);
  if (stage == NodeStage::terminating) life.nodes.terminate(node, StopReason::scale_in);
  if (stage == NodeStage::gone) life.nodes.lose(node, StopReason::node_lost);
}

void act_on(Life& life, NodeId node, NodeAct act) {
  if (act == NodeAct::terminate) life.nodes.terminate(node, StopReason::underutilized);
  if (act == NodeAct::drain) life.nodes.drain(node, StopReason::underutilized);
  if (act == NodeAct::lose) life.nodes.lose(node, StopReason::node_lost);
  if (act == NodeAct::notice) life.nodes.notice(node);
}

void check_node_cell(Orchestrator orchestrator, NodeStage stage, NodeAct act) {
  Life life(orchestrator, behind_balancer());
  const NodeId node = life.nodes.request(PoolId{0}, life.world[PoolId{0}].types.front(), ZoneId{0}, LaunchPath::group);
  bring_node_to(life, node, stage);
  const Time at = life.now();
  const NodeCell expected = kNodeTable[static_cast<std::size_t>(stage)][static_cast<std::size_t>(act)];
  act_on(life, node, act);
  const NodeStage after = life.world[node].stage;
  switch (expected) {
    case NodeCell::empty:
      FAIL("empty cell");
      return;
    case NodeCell::untouched:
      CHECK(after == stage);
      break;
    case NodeCell::drains:
      CHECK(after == NodeStage::draining);
      break;
    case NodeCell::shuts_down:
      CHECK(after == NodeStage::terminating);
      break;  // the bill ends here
    case NodeCell::given_up:
      CHECK(life.world[node].launched == kNever);
      break;  // never billed
    case NodeCell::taken_back:
      CHECK(after == stage);
      CHECK(life.world[node].noticed);
      break;  // it goes on for two minutes
    case NodeCell::noticed_later:
      CHECK(after == NodeStage::gone);
      CHECK(life.world[node].seen != NodeStage::gone);
      break;
  }
  life.run_for(1h);
  life.world.check_everything();
  const bool stays = expected == NodeCell::drains || (expected == NodeCell::untouched && stage <= NodeStage::draining);
  CHECK(life.alive(node) == stays);
  CHECK((life.world[ServiceId{0}].replicas.empty() || stays));
  if (stays) return;
  CHECK(life.world.view(ClusterId{0}).seen[0] == NodeStage::gone);  // its position is free
  CHECK(life.world[PoolId{0}].nodes.empty());
  const auto gone = life.moved(node, NodeStage::gone);
  REQUIRE(gone.has_value());
  if (expected == NodeCell::taken_back) CHECK(gone->at == at + kNotice + kInstanceTerminate);
  if (expected == NodeCell::shuts_down) CHECK(gone->at == at + kInstanceTerminate);
  if (expected == NodeCell::given_up || expected == NodeCell::noticed_later) CHECK(gone->at == at);
}

TEST_CASE("every stage of a node can be cut short by termination, draining and loss, with what it carries") {
  for (const Orchestrator orchestrator : {Orchestrator::ecs, Orchestrator::eks})
    for (int stage = 0; stage < kNodeStages; ++stage)
      for (std::size_t act = 0; act < kNodeActs; ++act) {
        if (static_cast<NodeStage>(stage) == NodeStage::unreachable) continue;
        const std::string cell = std::string(name(static_cast<NodeStage>(stage))) + " × " + kNodeActNames[act];
        INFO(cell);
        check_node_cell(orchestrator, static_cast<NodeStage>(stage), static_cast<NodeAct>(act));
      }
}

}  // namespace
}  // namespace berth::test
