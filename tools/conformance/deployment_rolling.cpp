// The arithmetic of a Deployment's rolling update.
#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/policy/rollout/kube_rolling.hpp"
#include "tools/conformance/family.hpp"

namespace berth::conformance {
namespace {

/// maxSurge or maxUnavailable: pods, a text such as "25%", or nothing.
struct PodsOrPercent {
  double value = 0;
  bool percent = false;
};

PodsOrPercent pods_or_percent(const Field& in, std::string_view key) {
  if (!has_value(in, key)) return {};
  if (in.at(key).is(Value::Kind::number)) return {static_cast<double>(number_at(in, key)), false};
  return {in.at(key).percent(), true};  // as scenarios are read
}

Fenceposts fences_of(const Field& in, std::int64_t desired) {
  const auto surge = pods_or_percent(in, "max_surge"), down = pods_or_percent(in, "max_unavailable");
  return fenceposts(desired, surge.value, surge.percent, down.value, down.percent);
}

bool is_refused(const Field& in) {
  try {
    fences_of(in, number_at(in, "desired"));
  } catch (const InputError&) {
    return true;
  }
  return false;
}

RolloutCounts counts_of(const Field& status) {
  const std::int64_t updated = number_at(status, "updated");
  return {updated, number_at(status, "current") - updated, number_at(status, "available")};
}

std::string scaled_to(bool scaled, std::int64_t size) {
  return fmt::format("{} {}", scaled ? "scaled to" : "left at", size);
}

std::string expected_size(const Field& expected, std::string_view key) {
  return scaled_to(expected.at("scaled").truth(), number_at(expected, key));
}

void run_fenceposts(const Field& file, Tally& tally) {
  for (const auto& c : items_or_none(file, "fencepost_cases")) {
    const auto in = c.at("input"), expected = c.at("expected");
    if (expected.has("error")) {
      tally.expect(c.at("name").text(), "refused", is_refused(in) ? "refused" : "accepted");
      continue;
    }
    const auto f = fences_of(in, number_at(in, "desired"));
    tally.expect(c.at("name").text(),
                 fmt::format("{} / {}", number_at(expected, "surge"), number_at(expected, "unavailable")),
                 fmt::format("{} / {}", f.surge, f.unavailable));
  }
  for (const auto& c : items_or_none(file, "max_unavailable_cases")) {
    const auto in = c.at("input");
    const auto desired = number_at(in, "replicas");
    tally.expect("max unavailable " + c.at("name").text(), number_at(c.at("expected"), "max_unavailable"),
                 most_unavailable(desired, fences_of(in, desired)));
  }
}

void run_new_sets(const Field& file, Tally& tally) {
  for (const auto& c : items_or_none(file, "new_rs_cases")) {
    const auto in = c.at("input");
    if (in.at("strategy").text() == "Recreate") {
      tally.skip(c.at("name").text(),
                 "under Recreate the controller itself sizes the new set, when no old pod is left");
      continue;
    }
    const auto newest = number_at(in, "new_rs_replicas");
    const auto desired = number_at(in, "deployment_replicas");
    if (newest > desired) {
      // Upstream's function leaves a too large ReplicaSet to its caller, which scales it down to desired.
      tally.skip(c.at("name").text(), "the function here is upstream's caller; see the reconcile cases");
      continue;
    }
    tally.expect(
        c.at("name").text(), number_at(c.at("expected"), "new_rs_replicas"),
        new_replica_set_size(desired, number_at(in, "max_surge"), number_at(in, "all_rs_replicas_total"), newest));
  }
  for (const auto& c : items_or_none(file, "reconcile_new_cases")) {
    const auto in = c.at("input");
    const auto newest = number_at(in, "new_rs_replicas");
    const auto size = new_replica_set_size(number_at(in, "deployment_replicas"), number_at(in, "max_surge"),
                                           number_at(in, "old_rs_replicas") + newest, newest);
    tally.expect(c.at("name").text(), expected_size(c.at("expected"), "new_rs_replicas"),
                 scaled_to(size != newest, size));
  }
}

void run_old_sets(const Field& file, Tally& tally) {
  for (const auto& c : items_or_none(file, "reconcile_old_cases")) {
    const auto in = c.at("input");
    const auto desired = number_at(in, "deployment_replicas");
    const ReplicaSetState old[] = {{number_at(in, "old_rs_replicas"), number_at(in, "old_available")}};
    const ReplicaSetState newest{number_at(in, "new_rs_replicas"), number_at(in, "new_available")};
    const auto size = old_replica_set_sizes(desired, fences_of(in, desired), old, newest).front();
    tally.expect(c.at("name").text(), expected_size(c.at("expected"), "old_rs_replicas"),
                 scaled_to(size != old[0].wanted, size));
  }
  for (const auto& c : items_or_none(file, "cleanup_cases")) {
    const auto in = c.at("input");
    ReplicaSetState old[] = {{number_at(in, "old_rs_replicas"), number_at(in, "ready")}};
    tally.expect(c.at("name").text(), number_at(c.at("expected"), "cleanup"),
                 clean_up_unhealthy(old, number_at(in, "max_cleanup")));
  }
  for (const auto& c : items_or_none(file, "scale_down_old_cases")) {
    const auto in = c.at("input");
    ReplicaSetState old[] = {{number_at(in, "old_rs_replicas"), 0}};
    const auto least = number_at(in, "deployment_replicas") - number_at(in, "max_unavailable");
    const auto gone = scale_down_available(old, number_at(in, "available"), least);
    tally.expect(c.at("name").text(), expected_size(c.at("expected"), "old_rs_replicas"),
                 scaled_to(gone > 0, old[0].wanted));
  }
}

}  // namespace

void run_deployment_rolling(const Field& file, Tally& tally) {
  run_fenceposts(file, tally);
  run_new_sets(file, tally);
  run_old_sets(file, tally);
  for (const auto& c : items_or_none(file, "complete_cases")) {
    const auto in = c.at("input");
    const bool complete = rollout_complete(number_at(in, "desired"), number_at(in, "current"), number_at(in, "updated"),
                                           number_at(in, "available"));
    tally.expect(c.at("name").text(), c.at("expected").at("complete").truth(), complete);
  }
  for (const auto& c : items_or_none(file, "progressing_cases")) {
    const auto in = c.at("input");
    tally.expect(c.at("name").text(), c.at("expected").at("progressing").truth(),
                 rollout_progresses(counts_of(in.at("before")), counts_of(in.at("after"))));
  }
}

}  // namespace berth::conformance
