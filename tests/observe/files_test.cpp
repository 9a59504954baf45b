// The time series and the rows of a life: which columns, which means, what stays empty.
#include <doctest/doctest.h>

#include "sim/observe/columns.hpp"
#include "sim/observe/deployments_observer.hpp"
#include "sim/observe/replicas_observer.hpp"
#include "sim/observe/table_notes.hpp"
#include "tests/observe/scene.hpp"

namespace berth::observe_test {
namespace {

RunSpec two_services() {
  RunSpec spec = small_run();
  spec.workloads = {service("web", cpu_units(512), 1 * kGiB, "fargate"), service("api", 1 * kVcpu, 2 * kGiB, "ec2")};
  return spec;
}

TEST_CASE("every file has exactly the columns that are promised, after the four keys") {
  const std::map<std::string, std::string> promised = {
      {"services",
       "t_s,time,cluster,service,desired,pending,starting,healthy,unhealthy,stopping,old_revision,"
       "cpu_reserved_vcpu,cpu_used_vcpu,cpu_demand_vcpu,memory_reserved_gib,memory_used_gib,cpu_seen_pct,"
       "capacity_rps,arrived,usd"},
      {"requests",
       "t_s,time,service,arrived,ok,late,timed_out,refused,retried,dropped_by_death,p50_ms,p90_ms,p99_ms,"
       "max_ms,bytes_in,bytes_out"},
      {"latency", "t_s,service,le_ms,count"},
      {"calls", "t_s,time,entry,service,requests,visits,queue_ms,work_ms,retry_ms,share_pct"},
      {"bytes", "t_s,time,from,to,route,sent,answered,bytes_out,bytes_back,between_zones_bytes"},
      {"pools",
       "t_s,time,cluster,pool,nodes_requested,nodes_booting,nodes_ready,nodes_draining,nodes_spot,cpu_allocatable_vcpu,"
       "cpu_reserved_vcpu,cpu_used_vcpu,cpu_stranded_vcpu,memory_allocatable_gib,memory_reserved_gib,"
       "memory_used_gib,memory_stranded_gib,reservation_pct,capacity_provider_reservation_pct,usd"},
      {"pending", "t_s,service,reason,replicas"},
      {"throttles", "t_s,limit,waiting,waiting_max,held_s,tokens"},
      {"subnets", "t_s,subnet,used,warm,cooling,free"},
      {"replicas",
       "replica,cluster,service,revision,node,zone,purchase,initial,size_asked,size_billed,decided_s,"
       "placed_s,attached_s,pull_started_s,pulled_s,started_s,healthy_s,stopping_s,stopped_s,"
       "deploy_latency_s,pulled_bytes,cached_bytes,restarts,stop_reason,billed_s,usd"},
      {"nodes",
       "node,cluster,pool,instance_type,zone,purchase,initial,requested_s,booted_s,joined_s,ready_s,"
       "draining_s,terminated_s,gone_reason,billed_s,usd"},
      {"deployments", "service,revision,started_s,finished_s,outcome,waited_for"},
      {"upgrades", "cluster,part,version_from,version_to,started_s,finished_s,outcome,nodes,by"},
      {"disruptions", "t_s,cause,node,replica,repulled_bytes,waited_for,usd"},
      {"jobs",
       "job,cluster,arrival,index,queue,submitted_s,released_s,started_s,finished_s,outcome,replicas,attempts,wasted_s,"
       "deadline_met,usd"},
      {"waste", "service,pool,cause,wasted_s,usd"},
      {"usage", "sku,resource,hour,quantity,unit"},
      {"cost", "cluster,pool,service,item,quantity,unit,rate_usd,usd,usd_month,covered_by,source"},
      {"assumptions", "subject,assumed,why,knob"},
      {"journal", "t_s,fact,entity,details"}};
  Scene scene(two_services());
  scene.end(2min);
  REQUIRE(result_files().size() == promised.size());
  for (const auto& [file, columns] : promised) {
    const std::string text = read_text(scene.folder.path() + "/" + file + ".csv");
    CHECK(text.substr(0, text.find('\n')) == "scenario,architecture,variant,replication," + columns);
  }
}

TEST_CASE("a row covers its interval, and gauges are means over it, weighted by time") {
  Scene scene(two_services());
  scene.at(0s).world.set_desired(scene.id("web"), 1);
  scene.at(15s);
  const ReplicaId replica = scene.on_fargate("web");
  scene.at(75s).to_healthy(replica);
  scene.end(150s);
  const Rows services = scene.rows("services");
  REQUIRE(services.size() == 2 * 3);  // two services in [0, 60), [60, 120), [120, 150)
  CHECK(services.at(0, "t_s") == "0");
  CHECK(services.at(0, "time") == "2026-03-02T00:00:00Z");
  CHECK(services.at(0, "starting") == "0.750");           // 45 of 60 s
  CHECK(services.at(0, "cpu_reserved_vcpu") == "0.375");  // 0.5 vCPU for 45 of 60 s
  CHECK(services.at(2, "t_s") == "60");
  CHECK(services.at(2, "starting") == "0.250");
  CHECK(services.at(2, "healthy") == "0.750");
  CHECK(services.at(4, "t_s") == "120");
  CHECK(services.at(4, "healthy") == "1.000");  // the last interval is shorter, its mean is not
  CHECK(services.at(4, "desired") == "1.000");
}

TEST_CASE("capacity counts the replicas that take requests, for as long as they did") {
  RunSpec spec = two_services();
  DemandSpec demand;
  demand.trace = "load";
  demand.service_time.parameters = {100ms};
  demand.concurrency = 2;
  spec.workloads[0].demand = demand;
  LoadSeries series;
  series.interval = 60s;
  series.values = {1, 1};
  Scene scene(spec, {{"load", std::make_shared<const LoadSeries>(series)}});
  TargetId targets[2];
  for (TargetId& target : targets) {
    const ReplicaId replica = scene.at(0s).on_fargate("web");
    scene.to_healthy(replica);
    target = scene.world.register_target(replica);
    scene.world.serve(target);
  }
  scene.at(90s).world.drain(targets[0]);
  scene.end(120s);
  // a target serves 2 requests in 100 ms: 20 a second
  CHECK(scene.rows("services").at(0, "capacity_rps") == "40.000");
  CHECK(scene.rows("services").at(2, "capacity_rps") == "30.000");  // two for 30 s, then one
}

TEST_CASE("readiness lost is unhealthy, not starting") {
  Scene scene(two_services());
  const ReplicaId replica = scene.at(0s).on_fargate("web");
  scene.to_healthy(replica);
  scene.world.move(replica, ReplicaStage::warming);
  scene.end(60s);
  CHECK(scene.rows("services").at(0, "unhealthy") == "1.000");
  CHECK(scene.rows("services").at(0, "starting") == "0.000");
}

TEST_CASE("replicas of a former revision are counted from the deployment's start until they stop") {
  Scene scene(two_services());
  const ReplicaId old = scene.at(0s).on_fargate("web");
  const RevisionId second = scene.at(60s).world.add_revision(scene.id("web"), {});
  scene.world.start_deployment(scene.id("web"), second);
  const ReplicaId fresh = scene.on_fargate("web");
  CHECK(scene.world[fresh].revision == second);
  scene.at(90s).stop(old);
  scene.end(120s);
  CHECK(scene.rows("services").at(0, "old_revision") == "0.000");
  CHECK(scene.rows("services").at(2, "old_revision") == "0.500");
}

TEST_CASE("what does not apply or is not known is empty, never 0") {
  Scene scene(two_services());
  scene.at(0s).on_fargate("web");
  scene.create("api");
  scene.end(60s);
  const auto web = scene.rows("services").where("service", "web");
  for (const char* column : {"cpu_used_vcpu", "memory_used_gib", "cpu_seen_pct", "capacity_rps", "arrived"})
    CHECK_MESSAGE(web.at(column).empty(), column);
  const auto api = scene.rows("replicas").where("replica", "api/1");
  for (const char* column : {"node", "zone", "purchase", "size_billed", "placed_s", "healthy_s", "deploy_latency_s",
                             "stop_reason", "billed_s", "usd"})
    CHECK_MESSAGE(api.at(column).empty(), column);
  CHECK(api.at("decided_s") == "0");
  CHECK(scene.rows("pools").where("pool", "ec2").at("reservation_pct").empty());
  CHECK(scene.rows("nodes").where("node", "fargate/1").at("instance_type").empty());
  CHECK(scene.rows("requests").size() == 0);
}

TEST_CASE("the money of the services' and pools' time series is the money of their bills") {
  Scene scene(two_services());
  const NodeId node = scene.at(0s).ec2_node();
  scene.at(10min);
  scene.on_node("api", node);
  scene.to_healthy(scene.on_fargate("web"));
  scene.end(2h);
  const Rows services = scene.rows("services"), pools = scene.rows("pools"), cost = scene.rows("cost");
  const auto sum = [](const Rows& rows, const char* key, const std::string& value) {
    Usd all;
    for (const auto& row : rows.rows)
      if (row.at(key) == value) all += usd(row.at("usd"));
    return as_double(all);
  };
  CHECK(sum(services, "service", "web") == doctest::Approx(sum(cost, "service", "web")).epsilon(1e-6));
  CHECK(sum(services, "service", "api") == doctest::Approx(sum(cost, "service", "api")).epsilon(1e-5));
  CHECK(sum(pools, "pool", "ec2") == doctest::Approx(sum(cost, "pool", "ec2")).epsilon(1e-6));
}

TEST_CASE("a pool's stranded CPU is what its free memory cannot carry, on Fargate, what rounding added") {
  RunSpec spec = small_run();
  spec.workloads = {service("fat", cpu_units(64), 4 * kGiB, "ec2"),
                    service("web", cpu_units(300), 1 * kGiB, "fargate")};
  Scene scene(spec);
  const NodeId node = scene.at(0s).ec2_node();
  scene.on_node("fat", node);
  scene.on_fargate("web");
  scene.end(60s);
  const Rows pools = scene.rows("pools");
  const NodeRow& row = scene.world[node];
  const double cpu = vcpus(row.cpu_allocatable), memory = gib(row.memory_allocatable);
  const double usable = (memory - 4) / memory * cpu;
  CHECK(std::stod(pools.where("pool", "ec2").at("cpu_stranded_vcpu")) ==
        doctest::Approx(cpu - 64.0 / 1024 - usable).epsilon(0.001));
  CHECK(pools.where("pool", "ec2").at("memory_stranded_gib") == "0.000");
  CHECK(std::stod(pools.where("pool", "fargate").at("cpu_stranded_vcpu")) ==
        doctest::Approx((512 - 300) / 1024.0).epsilon(0.005));
}

TEST_CASE("waiting is counted by its reason, which may change") {
  Scene scene(two_services());
  const ReplicaId replica = scene.at(0s).create("api");
  scene.at(15s).world.set_waits(replica, {}, WaitReason::cpu);
  scene.at(45s).world.set_waits(replica, {}, WaitReason::pool_at_max);
  const Summary summary = scene.end(2min);
  const Rows pending = scene.rows("pending");
  CHECK(pending.where("reason", "not_tried").at("replicas") == "0.250000");
  CHECK(pending.where("reason", "cpu").at("replicas") == "0.500000");
  CHECK(pending.size() == 4);  // pool_at_max in both minutes
  CHECK(summary.pending_replica_minutes == doctest::Approx(2));
  REQUIRE(summary.pending_minutes_by_reason.size() == 3);
  CHECK(summary.pending_minutes_by_reason[0].first == "pool_at_max");
  CHECK(summary.pending_minutes_by_reason[0].second == doctest::Approx(1.25));
}

TEST_CASE("who still waits at the end is told when it has for long, by service and last reason") {
  Scene scene(two_services());
  const ReplicaId first = scene.at(0s).create("api");
  const ReplicaId second = scene.at(5min).create("api");
  const ReplicaId placed = scene.at(5min).create("web");
  scene.at(6min).world.set_waits(first, {}, WaitReason::pool_at_max);
  scene.at(7min).world.set_waits(second, {}, WaitReason::pool_at_max);
  scene.at(14min).world.move(placed, ReplicaStage::stopped, StopReason::scale_in);
  scene.at(15min + 1s).create("web");  // since a moment only
  const Summary summary = scene.end(25min);
  REQUIRE(summary.still_pending.size() == 1);
  CHECK(summary.still_pending[0].service == "api");
  CHECK(summary.still_pending[0].reason == "pool_at_max");
  CHECK(summary.still_pending[0].replicas == 2);
  CHECK(summary.still_pending[0].longest_s == 25 * 60);  // counted from the first, whatever the reason then
}

TEST_CASE("a replica that is placed or given up waits no more") {
  Scene scene(two_services());
  const ReplicaId replica = scene.at(0s).create("api");
  scene.at(30s).world.move(replica, ReplicaStage::stopped, StopReason::scale_in);
  const Summary summary = scene.end(2min);
  CHECK(summary.pending_replica_minutes == doctest::Approx(0.5));
  CHECK(scene.rows("replicas").at(0, "stop_reason") == "scale_in");
}

TEST_CASE("deploy latency is from decision to healthy, of services only, without those of the start") {
  RunSpec spec = two_services();
  spec.workloads.push_back(service("nightly", cpu_units(256), 512 * kMiB, "fargate"));
  spec.workloads.back().kind = WorkloadKind::job;
  Scene scene(spec);
  const ReplicaId initial = scene.at(0s).on_fargate("web");
  scene.world.replicas()[initial].initial = true;
  const ReplicaId later = scene.at(10s).on_fargate("web"), job = scene.on_fargate("nightly");
  scene.at(40s).to_healthy(initial);
  scene.to_healthy(job);
  scene.at(52'500ms).to_healthy(later);
  scene.at(60s).stop(initial);
  const Summary summary = scene.end(2min);
  CHECK(summary.deploys == 1);
  CHECK(summary.deploy_p50_s == doctest::Approx(42.5));
  CHECK(scene.rows("replicas").where("replica", "web/1").at("deploy_latency_s").empty());
  CHECK(scene.rows("replicas").where("replica", "web/2").at("deploy_latency_s") == "42.500");
  CHECK(summary.replicas_max == 2);
  CHECK(summary.replicas_mean == doctest::Approx((60.0 + 110.0) / 120));
}

TEST_CASE("quantiles of deploy latencies are values that occurred") {
  const std::vector<std::int64_t> sorted{1, 2, 3, 4};
  CHECK(nearest_rank(sorted, 0.5) == 2);
  CHECK(nearest_rank(sorted, 0.99) == 4);
  CHECK(nearest_rank({7}, 0.5) == 7);
}

TEST_CASE("a deployment's row says how long it took and what it waited for") {
  Scene scene(two_services());
  const RevisionId second = scene.at(60s).world.add_revision(scene.id("web"), {});
  const DeploymentId done = scene.world.start_deployment(scene.id("web"), second);
  const ReplicaId replica = scene.on_fargate("web");
  scene.at(80s).world.move(replica, ReplicaStage::pulling);
  scene.world.move(replica, ContainerIndex{0}, ContainerStage::pulling);
  scene.at(150s).world.move(replica, ContainerIndex{0}, ContainerStage::created);
  scene.move(replica, {ReplicaStage::starting, ReplicaStage::warming});
  scene.at(160s).world.move(replica, ReplicaStage::healthy);
  scene.at(170s).world.finish_deployment(done, true);
  const RevisionId third = scene.world.add_revision(scene.id("api"), {});
  scene.world.start_deployment(scene.id("api"), third);
  const Summary summary = scene.end(180s);
  const Rows rows = scene.rows("deployments");
  const auto web = rows.where("service", "web");
  CHECK(web.at("revision") == "2");
  CHECK(web.at("started_s") == "60");
  CHECK(web.at("finished_s") == "170");
  CHECK(web.at("outcome") == "completed");
  CHECK(web.at("waited_for") == "pull");  // 70 s, against 20 s of network and 10 s of health checks
  CHECK(rows.where("service", "api").at("outcome") == "in_progress");
  CHECK(rows.where("service", "api").at("finished_s").empty());
  CHECK(summary.deployments.at(0).duration_s == doctest::Approx(110));
}

TEST_CASE("a deployment that a newer one replaced before it was done is superseded, not failed") {
  Scene scene(two_services());
  const ServiceId web = scene.id("web"), api = scene.id("api");
  scene.at(60s).world.start_deployment(web, scene.world.add_revision(web, {}));
  const DeploymentId gone = scene.world.start_deployment(api, scene.world.add_revision(api, {}));
  const DeploymentId newer = scene.at(90s).world.start_deployment(web, scene.world.add_revision(web, {}));
  scene.at(100s).world.finish_deployment(newer, true);
  scene.world.start_deployment(web, scene.world.add_revision(web, {}));  // at once, but the one before was done
  scene.world.finish_deployment(gone, false);
  scene.at(110s).world.start_deployment(api, scene.world.add_revision(api, {}));
  const Summary summary = scene.end(120s);
  const auto outcome = [&](const std::string& service, const std::string& revision) {
    for (const auto& row : scene.rows("deployments").rows)
      if (row.at("service") == service && row.at("revision") == revision) return row.at("outcome");
    return std::string("no such row");
  };
  CHECK(outcome("web", "2") == "superseded");
  CHECK(outcome("web", "3") == "completed");
  CHECK(outcome("web", "4") == "in_progress");
  CHECK(outcome("api", "2") == "failed");  // given up ten seconds before the next one
  CHECK(summary.deployments.at(0).outcome == "superseded");
}

TEST_CASE("a deployment says what it was stuck for longest, and how long") {
  Scene scene(two_services());
  const ServiceId web = scene.id("web"), api = scene.id("api");
  const DeploymentId one = scene.at(10s).world.start_deployment(web, scene.world.add_revision(web, {}));
  const DeploymentId two = scene.world.start_deployment(api, scene.world.add_revision(api, {}));
  scene.world.publish(ServiceStuck{web, one, Stuck::capacity});
  scene.at(40s).world.publish(ServiceMoves{web, one});
  scene.at(50s).world.publish(ServiceStuck{web, one, Stuck::start_failures});
  scene.at(55s).world.publish(ServiceMoves{web, one});
  scene.at(60s).world.finish_deployment(one, true);
  scene.world.publish(ServiceStuck{api, two, Stuck::bounds});
  const Summary summary = scene.end(120s);
  const auto row = [&](const char* service) { return scene.rows("deployments").where("service", service); };
  CHECK(row("web").at("outcome") == "completed");
  CHECK(row("web").at("waited_for") == "room for its tasks (30 s)");
  CHECK(row("api").at("outcome") == "stuck");
  CHECK(row("api").at("waited_for") == "deployment bounds (60 s)");  // to the end of the run
  const Summary several[] = {summary};
  CHECK(stuck_text(several).find("r2 was stuck") != std::string::npos);
}

TEST_CASE("the journal keeps stages by default, everything on demand, or nothing") {
  std::map<std::string, std::size_t> size;
  for (const char* level : {"off", "stages", "all"}) {
    RunSpec spec = two_services();
    spec.journal = level;
    Scene scene(spec);
    const ReplicaId replica = scene.at(1'500ms).on_fargate("web");
    scene.world.report(replica, ReplicaStage::attaching);
    scene.end(60s);
    size[level] = scene.rows("journal").size();
    if (std::string(level) == "stages") {
      const auto moved = scene.rows("journal").where("fact", "ReplicaMoved");
      CHECK(moved.at("t_s") == "1.500");
      CHECK(moved.at("entity") == "web/1");
      CHECK(moved.at("details") == "pending -> attaching");
    }
  }
  CHECK(size["off"] == 0);
  CHECK(size["stages"] == 4);  // replica and node created, placed, moved
  CHECK(size["all"] == 5);     // and seen
}

TEST_CASE("the share reserved is of what nodes offer, and of the size billed on Fargate") {
  RunSpec spec = small_run();
  spec.workloads = {service("web", cpu_units(300), 1 * kGiB, "fargate")};
  Scene scene(spec);
  scene.on_fargate("web");
  const Summary summary = scene.end(60s);
  CHECK(summary.cpu_reserved_pct == doctest::Approx(100 * 300.0 / 512));
  CHECK(summary.memory_reserved_pct == doctest::Approx(100));
  CHECK_FALSE(summary.cpu_used_pct.has_value());
  CHECK_FALSE(summary.memory_used_pct.has_value());
}

}  // namespace
}  // namespace berth::observe_test
