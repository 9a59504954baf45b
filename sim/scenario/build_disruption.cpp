// What an `eks` block says of roll-outs and disruptions.
#include "sim/scenario/parts.hpp"

namespace berth {
namespace {

PdbSpec build_pdb(const Field& pdb) {
  PdbSpec spec;
  const auto least = pdb.find("min_available");
  spec.keeps = least ? PdbSpec::Keeps::min_available : PdbSpec::Keeps::max_unavailable;
  const Field bound = least ? *least : pdb.at("max_unavailable");
  spec.is_percent = !bound.is(Value::Kind::number);
  spec.value = spec.is_percent ? bound.percent() : static_cast<double>(bound.whole());
  if (spec.is_percent && spec.value > 100)
    bound.fail("at most 100 %", bound.shown(), "write \"50 %\", or a number of pods");
  return spec;
}

/// Kubernetes refuses bounds of a rolling update beside Recreate.
void check_recreate(const Field& rollout) {
  for (const char* bound : {"max_surge", "max_unavailable", "min_healthy_percent", "max_percent"})
    if (const auto written = rollout.find(bound))
      written->fail("no bounds: \"recreate\" ends all old pods first", written->shown(),
                    "remove " + written->pointer());
}

}  // namespace

bool is_recreated(const Field& service) {
  const auto eks = service.find("eks");
  const auto rollout = eks ? eks->find("rollout") : std::nullopt;
  const auto strategy = rollout ? rollout->find("strategy") : std::nullopt;
  return strategy && strategy->text() == "recreate";
}

void build_eks_rollout(const Building& building, const Field& service, WorkloadSpec& workload) {
  const auto eks = service.find("eks");
  if (!eks || building.orchestrator(workload.cluster) != Orchestrator::eks) return;
  EksSpec& spec = workload.eks;
  if (const auto pdb = eks->find("pdb")) spec.pdb = build_pdb(*pdb);
  spec.recreate = is_recreated(service);
  if (spec.recreate) check_recreate(eks->at("rollout"));
  if (const auto ready = eks->find("min_ready")) spec.min_ready = ready->duration();
  const auto written = eks->find("progress_deadline");
  if (written) spec.progress_deadline = written->duration();
  const Duration standard = from_seconds(building.catalog.constant("kube.deployment.progress_deadline_s"));
  if (spec.progress_deadline.value_or(standard) > spec.min_ready) return;
  const Field wrong = written ? *written : eks->at("min_ready");
  wrong.fail("a progress_deadline longer than min_ready: no pod would be available in time", wrong.shown(),
             "write a \"progress_deadline\" above " + say(spec.min_ready));
}

}  // namespace berth
