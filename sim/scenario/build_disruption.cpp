// What an `eks` block says of disruptions.
#include "sim/scenario/parts.hpp"

namespace berth {

void build_pdb(const Building& building, const Field& service, WorkloadSpec& workload) {
  const auto eks = service.find("eks");
  const auto pdb = eks ? eks->find("pdb") : std::nullopt;
  if (!pdb || building.orchestrator(workload.cluster) != Orchestrator::eks) return;
  PdbSpec spec;
  const auto least = pdb->find("min_available");
  spec.keeps = least ? PdbSpec::Keeps::min_available : PdbSpec::Keeps::max_unavailable;
  const Field bound = least ? *least : pdb->at("max_unavailable");
  spec.is_percent = !bound.is(Value::Kind::number);
  spec.value = spec.is_percent ? bound.percent() : static_cast<double>(bound.whole());
  if (spec.is_percent && spec.value > 100)
    bound.fail("at most 100 %", bound.shown(), "write \"50 %\", or a number of pods");
  workload.eks.pdb = spec;
}

}  // namespace berth
