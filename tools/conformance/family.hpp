// The vector families that are run here, and the count of what each file's cases did.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/base/field.hpp"

namespace berth::conformance {

/// What became of the cases of one file.
class Tally {
 public:
  /// One case: passed when `ours` equals `expected`; both are shown when not.
  void expect(const std::string& name, const std::string& expected, const std::string& ours);
  void expect(const std::string& name, std::int64_t expected, std::int64_t ours);
  void skip(const std::string& name, const std::string& why);
  /// A list of cases that no policy answers yet.
  void not_covered(const std::string& list, std::size_t cases);

  int passed = 0, failed = 0, skipped = 0;
  std::vector<std::string> lines;  ///< failures and what was left out, in order
};

struct Family {
  std::string_view topic;  ///< as the file states it
  void (*run)(const Field& file, Tally& tally);
};
const std::vector<Family>& families();

// Reading what the files have in common.
/// The whole number at `key`, or `fallback` when it is missing or null.
std::int64_t number_or(const Field& object, std::string_view key, std::int64_t fallback);
std::int64_t number_at(const Field& object, std::string_view key);
/// The items at `key`; none when it is missing or null.
std::vector<Field> items_or_none(const Field& object, std::string_view key);
bool has_value(const Field& object, std::string_view key);

// One function a family, each in its own file.
void run_fit_filter(const Field& file, Tally& tally);
void run_least_allocated(const Field& file, Tally& tally);
void run_most_allocated(const Field& file, Tally& tally);
void run_requested_to_capacity(const Field& file, Tally& tally);
void run_balanced_allocation(const Field& file, Tally& tally);
void run_image_locality(const Field& file, Tally& tally);
void run_node_affinity(const Field& file, Tally& tally);
void run_taint_toleration(const Field& file, Tally& tally);
void run_daemonset(const Field& file, Tally& tally);
void run_spread_filter(const Field& file, Tally& tally);
void run_spread_score(const Field& file, Tally& tally);
void run_kube_reserved(const Field& file, Tally& tally);
void run_preemption(const Field& file, Tally& tally);
void run_percentage_of_nodes(const Field& file, Tally& tally);
void run_hpa_calculator(const Field& file, Tally& tally);
void run_hpa_behaviour(const Field& file, Tally& tally);
void run_deployment_rolling(const Field& file, Tally& tally);
void run_fargate_size(const Field& file, Tally& tally);
void run_cluster_autoscaler(const Field& file, Tally& tally);
void run_karpenter(const Field& file, Tally& tally);
void run_max_pods(const Field& file, Tally& tally);
void run_warm_pool(const Field& file, Tally& tally);

}  // namespace berth::conformance
