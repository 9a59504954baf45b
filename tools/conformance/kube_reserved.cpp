// What an EKS node keeps for the kubelet: CPU by its cores, memory by its pods.
#include "sim/world/kube_reserved.hpp"

#include "tools/conformance/family.hpp"

namespace berth::conformance {

void run_kube_reserved(const Field& file, Tally& tally) {
  using namespace std::chrono;
  const auto catalog = Catalog::load(models_folder(), CatalogKey{"us-east-1", sys_days{year{2026} / 7 / 23}});
  for (const Field& c : file.at("cpu_cases").items())
    tally.expect(c.at("name").text(), number_at(c.at("expected"), "kube_reserved_cpu_milli"),
                 in_millicores(kube_reserved_cpu(number_at(c.at("input"), "vcpu"), catalog)));
  for (const Field& c : file.at("memory_cases").items())
    tally.expect(c.at("name").text(), number_at(c.at("expected"), "kube_reserved_memory_mib"),
                 kube_reserved_memory(number_at(c.at("input"), "max_pods"), catalog).count() / kMiB.count());
}

}  // namespace berth::conformance
