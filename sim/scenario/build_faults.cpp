// Faults that concern this architecture, and how AWS takes its spot machines back.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "sim/scenario/fault_names.hpp"
#include "sim/scenario/parts.hpp"

namespace berth {
namespace {

/// A fault on its way into the run; `why_not` says why it does not concern this architecture.
struct FaultDraft {
  FaultSpec spec;
  std::string why_not;
};

void aim_at_pools(const Building& building, const WrittenTarget& target, FaultDraft& draft) {
  draft.why_not = "it has no such pool";
  for (const Field& cluster : building.architecture.at("clusters").members())
    for (const Field& pool : cluster.at("pools").members()) {
      if (!names_pool(target, cluster.key(), pool.key())) continue;
      const bool fargate = pool.at("kind").text() == "fargate";
      const FaultKind kind = draft.spec.kind;
      const bool spot = kind == FaultKind::spot_interruption || kind == FaultKind::fargate_spot_interruption;
      if (spot && !bought_by(pool).spot) draft.why_not = "the pool buys on demand";
      else if (is_of_fargate(kind) && !fargate) draft.why_not = "the pool is not Fargate's";
      else draft.spec.pools.push_back({cluster.key(), pool.key()});
    }
  if (!draft.spec.pools.empty()) draft.why_not.clear();
}

bool any_eks(const RunSpec& run) {
  return std::any_of(run.clusters.begin(), run.clusters.end(),
                     [](const ClusterSpec& c) { return c.orchestrator == Orchestrator::eks; });
}

void aim_at_replicas(const Building& building, const WrittenTarget& target, FaultDraft& draft) {
  if (draft.spec.kind == FaultKind::fargate_patching && !any_eks(building.run)) {
    draft.why_not = "ECS retires tasks one by one: task_retirement";
    return;
  }
  const bool fargate = is_of_fargate(draft.spec.kind);
  draft.why_not = "nothing of that name runs on its own";
  for (const WorkloadSpec& workload : building.run.workloads) {
    if (target.names.size() != 1 || workload.name != target.names.front()) continue;
    const bool fits = !fargate || building.any_fargate(workload);
    if (fits) draft.spec.service = workload.name;
    draft.why_not = fits ? "" : "it does not run on Fargate";
    if (fits && draft.spec.kind != FaultKind::fargate_spot_interruption) return;
    const Field clusters = building.architecture.at("clusters");
    const bool spot = std::any_of(workload.pools.begin(), workload.pools.end(), [&](const PoolShare& share) {
      const Field pool = clusters.at(workload.cluster).at("pools").at(share.pool);
      return pool.at("kind").text() == "fargate" && bought_by(pool).spot;
    });
    if (fits && !spot) draft.why_not = "it does not run on Fargate Spot";
    return;
  }
  if (fargate) aim_at_pools(building, target, draft);
}

/// A type is known by the catalog rather than by the scenario.
void aim_at_capacity(const Building& building, const Field& whole, const Field& field, const WrittenTarget& target,
                     FaultDraft& draft) {
  draft.spec.zone = target.zone;
  aim_at_pools(building, target, draft);
  if (!draft.spec.pools.empty()) return;
  const std::string& name = target.names.back();
  std::vector<std::string> known;
  for (const Field& architecture : whole.at("architectures").members())
    for (const Field& cluster : architecture.at("clusters").members())
      for (const Field& pool : cluster.at("pools").members()) {
        known.push_back(pool.key());
        if (names_pool(target, cluster.key(), pool.key())) return;  // of another architecture
      }
  if (target.names.size() != 1 || building.catalog.instance(name) == nullptr) {
    for (const InstanceType& type : building.catalog.instances()) known.push_back(type.name);
    const std::string near = nearest(name, known);
    field.fail("a pool, or an instance type of models/instance_types.csv, with a zone where not all lack it",
               field.shown(), near.empty() ? "see `berth catalog`" : "write \"" + near + "\"");
  }
  bool used = false;
  for (const ClusterSpec& cluster : building.run.clusters)
    for (const PoolSpec& pool : cluster.pools)
      used =
          used || std::find(pool.instance_types.begin(), pool.instance_types.end(), name) != pool.instance_types.end();
  draft.spec.instance_type = name;
  draft.why_not = used ? "" : "no pool has that type";
}

FaultDraft draft_of(const Building& building, const Field& whole, const Field& field) {
  FaultDraft draft;
  FaultSpec& spec = draft.spec;
  spec.kind = fault_kind(field);
  if (const auto at = field.find("at")) spec.at = Time{at->duration()};
  if (const auto every = field.find("every")) spec.every = every->duration();
  if (const auto hazard = field.find("hazard")) spec.hazard = hazard->per_second();
  if (const auto length = field.find("for")) spec.lasts = length->duration();
  if (const auto code = field.find("code")) spec.code = code->whole(0, 255);
  const Field target = field.at("target");
  const WrittenTarget written = written_target(target);
  spec.number = written.number;
  if (const auto factor = field.find("factor")) spec.factor = factor->number();
  if (const auto rate = field.find("error_rate")) spec.error_rate = rate->percent() / 100;
  if (spec.kind == FaultKind::slow_down) spec.service = target.text();
  else if (spec.kind == FaultKind::zone_loss) spec.zone = target.text();
  else if (spec.kind == FaultKind::insufficient_capacity) aim_at_capacity(building, whole, target, written, draft);
  else if (is_of_replicas(spec.kind)) aim_at_replicas(building, written, draft);
  else aim_at_pools(building, written, draft);
  return draft;
}

bool any_spot(const RunSpec& run, Launch launch, Interruptions interruptions) {
  for (const ClusterSpec& cluster : run.clusters)
    for (const PoolSpec& pool : cluster.pools)
      if (pool.buys_spot && pool.launch == launch && pool.interruption.interruptions == interruptions) return true;
  return false;
}

}  // namespace

void build_spot(const Field& field, Orchestrator orchestrator, const Catalog& catalog, PoolSpec& pool) {
  pool.buys_spot = bought_by(field).spot;
  const bool fargate = pool.launch == Launch::fargate;
  const auto settings = field.find("spot");
  if (settings && !pool.buys_spot)
    settings->fail("spot settings only where the pool buys spot", "\"purchase\": " + field.at("purchase").shown(),
                   "write \"purchase\": \"spot\", or remove " + settings->pointer());
  if (!pool.buys_spot) return;
  SpotSpec& spot = pool.interruption;
  spot.interruptions = fargate ? Interruptions::none : Interruptions::by_band;
  const bool karpenter =
      field.has("scaler") && !field.at("scaler").is(Value::Kind::text) && field.at("scaler").has("karpenter");
  const bool eks = orchestrator == Orchestrator::eks;
  if (!fargate && !eks) spot.draining = catalog.constant("ecs.spot_draining") != 0;
  if (!fargate && eks && karpenter) spot.draining = catalog.constant("karpenter.interruption_handling") != 0;
  if (!settings) return;
  if (const auto draining = settings->find("draining")) spot.draining = draining->truth();
  const auto often = settings->find("interruptions");
  if (!often) return;
  const std::string text = often->text();
  if (fargate && text == "by_band")
    often->fail("none or a rate such as \"0.1 /h\": nobody publishes how often Fargate Spot interrupts", often->shown(),
                "write \"none\"");
  spot.interruptions = text == "none"      ? Interruptions::none
                       : text == "by_band" ? Interruptions::by_band
                                           : Interruptions::rate;
  if (spot.interruptions != Interruptions::rate) return;
  spot.per_second = often->per_second();
  if (spot.per_second > 1) often->fail("at most 1 /s", often->shown(), "write \"0.1 /h\"");
}

namespace {

void assume_patching(Building& building) {
  const RunSpec& run = building.run;
  const bool patches = std::any_of(run.faults.begin(), run.faults.end(), [](const FaultSpec& f) {
    return f.kind == FaultKind::fargate_patching || f.kind == FaultKind::task_retirement;
  });
  if (!patches || !any_eks(run)) return;
  const auto read = [&](const char* name) { return say(from_seconds(building.catalog.constant(name))); };
  building.assume(
      "patching of Fargate pods",
      fmt::format("EKS evicts zone by zone, {} each, and asks disruption budgets again and again; whom they "
                  "keep it evicts or deletes {} later",
                  read("eks.fargate.patching_turn_s"), read("eks.fargate.patching_notice_s")),
      "Amazon EKS user guide; how long a zone has its turn is not published (guess)",
      "models/constants.json eks.fargate.patching_turn_s");
}

}  // namespace

void build_faults(Building& building, const Field& whole) {
  const auto faults = building.scenario.find("faults");
  if (!faults) return;
  std::map<std::string, int> named;
  for (const Field& field : faults->items()) {
    FaultDraft draft = draft_of(building, whole, field);
    std::string& name = draft.spec.name;
    name = field.at("kind").text() + " of " + field.at("target").text();
    if (const int n = ++named[name]; n > 1) name += fmt::format(" #{}", n);
    if (draft.why_not.empty()) building.run.faults.push_back(std::move(draft.spec));
    else building.assume("fault " + name, "ignored on this architecture", draft.why_not, field.pointer());
  }
  assume_patching(building);
}

void assume_spot(Building& building) {
  const RunSpec& run = building.run;
  constexpr const char* kKnob = "/architectures/*/clusters/*/pools/*/spot/interruptions";
  if (any_spot(run, Launch::ec2, Interruptions::by_band))
    building.assume("spot instances",
                    "AWS takes each back at the rate of the middle of its Spot Advisor band, at any hour alike, with "
                    "two minutes' notice and no rebalance recommendation before",
                    "Spot Advisor, June 2025; the day and the hour of interruptions, and that they come together, are "
                    "not published (guess)",
                    kKnob);
  if (any_spot(run, Launch::fargate, Interruptions::none))
    building.assume("Fargate Spot", "never interrupted", "AWS does not publish how often it does", kKnob);
  bool bare = false;
  for (const WorkloadSpec& workload : run.workloads)
    for (const ContainerSpec& c : workload.containers) bare = bare || (c.memory_use && !c.amount.memory_limit);
  if (bare)
    building.assume("memory limits",
                    "a container with memory_use and no limit may use what it reserves, on ECS/Fargate what its task "
                    "has; ECS instances never run out of memory, and pods without memory_use take nothing of a node's",
                    "the plain \"memory\" of a task definition is a hard limit; on EKS limit = request is advised",
                    "/services/*/containers/*/memory/limit");
}

}  // namespace berth
