// The openb pods as jobs on EKS: what they would have made of nodes that a scaler adds.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/importers/eks_cluster.hpp"
#include "sim/importers/formats.hpp"
#include "sim/importers/openb.hpp"
#include "sim/importers/written.hpp"

namespace berth {
namespace {

constexpr std::int64_t kAfterLastPod_s = 3600;

std::string moment_text(Duration d) {
  return fmt::format("{} s", std::chrono::duration_cast<std::chrono::seconds>(d).count());
}

/// Pods of one size are one job, which arrives once for each.
Value jobs_value(const Written& w, const std::vector<RecordedPod>& pods, std::int64_t copies) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<const RecordedPod*>> sizes;
  for (const RecordedPod& pod : pods)
    sizes[{in_millicores(pod.cpu), pod.memory.count() / kMiB.count()}].push_back(&pod);
  Written::Members jobs;
  for (const auto& [size, of_size] : sizes) {
    std::vector<Value> arrivals;
    for (const RecordedPod* pod : of_size)
      arrivals.push_back(w.object({{"at", w.text(moment_text(pod->arrives.time_since_epoch()))},
                                   {"run_time", w.text(moment_text(pod->runs))}}));
    const Value container = w.object({{"image", w.text("openb")},
                                      {"cpu", w.text(fmt::format("{}m", size.first))},
                                      {"memory", w.text(fmt::format("{} MiB", size.second))}});
    jobs.emplace_back(
        fmt::format("pod-{}m-{}Mi", size.first, size.second),
        w.object({{"arrivals", w.object({{"recorded", w.list(std::move(arrivals))}, {"count", w.number(copies)}})},
                  {"containers", w.object({{"main", container}})}}));
  }
  return w.object(std::move(jobs));
}

}  // namespace

Imported import_openb(const ImportRequest& request) {
  const std::vector<RecordedPod> pods = read_openb_pods(request.files.front());
  check_copies(request, pods.size(), "pods");
  Duration end{0};
  for (const RecordedPod& pod : pods) end = std::max(end, pod.arrives.time_since_epoch() + pod.runs);
  const Written w("openb");
  const Value layer = w.object({{"compressed", w.text(fmt::format("{} B", request.image_compressed.count()))},
                                {"unpacked", w.text(fmt::format("{} B", request.image_unpacked.count()))}});
  const auto most = static_cast<std::int64_t>(pods.size()) * request.copies;
  Imported imported;
  imported.scenario = w.object({
      {"berth", w.number(1)},
      {"name", w.text(fmt::format("openb-{}x-{}", request.copies, request.scaler == "karpenter" ? "karpenter" : "ca"))},
      {"notes", w.text(fmt::format("Imported from a list of {} openb pods; its clock has no date, so the start is a "
                                   "choice. The one image is {} MiB compressed and {} MiB unpacked (a guess).",
                                   pods.size(), request.image_compressed.count() / kMiB.count(),
                                   request.image_unpacked.count() / kMiB.count()))},
      {"start", w.text("2026-03-02T00:00Z")},
      {"duration", w.text(moment_text(end + std::chrono::seconds{kAfterLastPod_s}))},
      {"account", eks_account(w, most)},
      {"network", eks_network(w)},
      {"images", w.object({{"openb", w.object({{"layers", w.object({{"openb", layer}})}})}})},
      {"jobs", jobs_value(w, pods, request.copies)},
      {"architectures", eks_architectures(w, request, most)},
      {"limits", w.object({{"interval", w.text("1 h")}, {"trace_slices", w.number(0)}})},
  });
  return imported;
}

}  // namespace berth
