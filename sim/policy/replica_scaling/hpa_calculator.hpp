// The HPA's replica calculator: from pods and their usage to a proposed number of replicas.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "sim/base/time.hpp"
#include "sim/catalog/catalog.hpp"
#include "sim/world/hpa_specs.hpp"

namespace berth {

enum class PodPhase : std::uint8_t { pending, running, succeeded, failed, unknown };

/// One pod as the HPA sees it. Amounts are in one unit of the caller's choice (millicores, bytes, milli-requests).
struct HpaPod {
  PodPhase phase = PodPhase::running;
  bool deleting = false;
  bool ready = false;
  std::optional<Time> started;        ///< the kubelet accepted it
  std::optional<Time> ready_changed;  ///< last change of readiness; empty: no such condition yet
  std::int64_t request = 0;
  std::optional<std::int64_t> usage;  ///< empty: no sample
  Time sampled{};                     ///< end of the sample's window
  Duration window{0};
};

/// How far the ratio of metric to target may be from 1 without a change.
struct HpaTolerance {
  double down, up;

  bool holds(double ratio) const { return 1.0 - down <= ratio && ratio <= 1.0 + up; }
};

struct HpaParameters {
  HpaTolerance tolerance;    ///< 0.1 both ways
  Duration initialisation;   ///< CPU initialisation period, 300 s
  Duration readiness_delay;  ///< initial-readiness delay, 30 s
};
HpaParameters hpa_parameters(const Catalog& catalog);

enum class HpaGroup : std::uint8_t { ready, unready, missing, ignored };
/// `cpu`: the rules for start-up hold.
HpaGroup group_of(const HpaPod& pod, Time now, const HpaParameters& parameters, bool cpu);

struct HpaProposal {
  std::int64_t replicas;
  std::int64_t measured;  ///< utilisation in percent, or mean usage
};

/// What all pods of a Deployment use, old and new ones, and what follows from it. Sums only: it costs no memory.
class PodUsage {
 public:
  /// `target`: percent of the requests for utilisation, else a pod's amount.
  PodUsage(HpaTarget aim, std::int64_t target);

  void add(const HpaPod& pod, HpaGroup group);
  /// Empty when no pod has a usable sample, or, for utilisation, when those that have one request nothing.
  std::optional<HpaProposal> proposal(std::int64_t current, HpaTolerance tolerance) const;

 private:
  struct Sums {
    std::int64_t pods = 0, usage = 0, request = 0;
  };
  struct Ratio {
    double ratio;
    std::int64_t measured;
  };
  std::optional<Ratio> ratio_of(const Sums& sums) const;
  Sums with_the_others(double ratio) const;

  HpaTarget aim_;
  std::int64_t target_;
  Sums ready_, unready_, missing_;  // usage of missing_: what they count as when the ratio says down
};

/// Utilisation of the request in percent.
std::optional<HpaProposal> utilisation_replicas(std::int64_t current, std::int64_t target_percent,
                                                std::span<const HpaPod> pods, Time now, const HpaParameters& parameters,
                                                bool cpu);
/// Mean usage a pod against a target amount.
std::optional<HpaProposal> mean_usage_replicas(std::int64_t current, std::int64_t target, std::span<const HpaPod> pods,
                                               Time now, const HpaParameters& parameters, bool cpu);
/// A value of an object or an outside metric: ratio × ready pods.
HpaProposal value_replicas(std::int64_t current, std::int64_t target, std::int64_t value, std::int64_t ready,
                           HpaTolerance tolerance);
/// A total that the replicas share: total / target each. `there`: the Deployment's status.replicas, which counts what a
/// roll-out has beside the desired ones.
HpaProposal per_replica_replicas(std::int64_t there, std::int64_t target, std::int64_t total, HpaTolerance tolerance);

}  // namespace berth
