// What AWS sells and how long things take on a given day: read once from models/, then read-only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/money.hpp"
#include "sim/base/quantiles.hpp"
#include "sim/base/quantity.hpp"
#include "sim/base/time.hpp"
#include "sim/catalog/kube_version.hpp"

namespace berth {

/// Where a number comes from: shown in assumptions.csv, cost.csv and `berth catalog`.
struct Source {
  std::string text;  ///< "AWS price list, via infracost golden files"
  std::string day;   ///< "2026-07-20"
  bool guess = false;
  std::string why{};  ///< of a guess, always; else what the reader should know
};

/// CPU credits of a burstable instance, in nanoseconds of one core.
struct BurstableCpu {
  std::int64_t earned_per_hour = 0;
  std::int64_t most = 0;       ///< that can be accrued, and in unlimited mode owed without a charge
  std::int64_t at_launch = 0;  ///< in standard mode, beside those
  bool unlimited = false;      ///< unless its launch asks for the other mode
  std::string sku;             ///< of surplus credits that are charged
};

struct InstanceType {
  std::string name;
  std::string family;  ///< "m6i"
  std::string arch;    ///< "amd64" | "arm64"
  std::int64_t vcpu = 0;
  Bytes memory;      ///< as sold
  Bytes ecs_memory;  ///< what the ECS agent registers
  Cpu eks_cpu;       ///< allocatable, from the published table, else by the AMI's formula
  Bytes eks_memory;
  std::int64_t eks_pods = 0;  ///< max pods by ENI formula
  std::int64_t max_enis = 0;
  std::int64_t ipv4_per_eni = 0;
  std::int64_t branch_enis = 0;      ///< EKS: pods with security groups of their own
  std::int64_t ecs_trunk_tasks = 0;  ///< ECS: awsvpc tasks with trunking; 0 where the type has none
  bool trunking = false;
  bool bare_metal = false;
  std::int64_t gpus = 0;
  std::int64_t ebs_volumes = 0;  ///< attachable for replicas, beside the root volume (models/volume_limits.json)
  double network_baseline = 0;   ///< bytes per second
  double network_burst = 0;      ///< bytes per second; the baseline where no burst is known
  double ebs_max = 0;            ///< bytes per second; 0 where unknown
  double cpu_speed = 1;          ///< relative to the reference family, models/cpu_speed.json
  std::optional<BurstableCpu> burstable{};  ///< models/cpu_credits.json; empty: all of its CPU all the time
  std::optional<Usd> usd_hour;  ///< on demand, Linux, in the catalog's region; empty = not sold or not known there
  std::optional<double> spot_saving_pct;
  std::string spot_band{};  ///< share of instances reclaimed in a month: "<5%" … ">20%"; empty where unknown
  Bytes local_nvme{};       ///< 0: none
};

struct FargateSize {
  Cpu cpu;
  Bytes memory;
};

/// A price with its tiers. `usd` is per stated unit.
struct Price {
  struct Tier {
    std::int64_t up_to = 0;  ///< in stated units, counted from 0 in each calendar month; 0 = no end
    Usd usd;
  };
  std::string sku;
  std::string unit;      ///< what is priced, as on the price page: "vCPU-hour", "GB-month"
  std::string smallest;  ///< what usage is counted in: "millicore-second", "MiB-second", "second", "byte"
  std::int64_t smallest_per_unit =
      1;  ///< usage quantities per stated unit: 3,600,000 millicore-seconds per vCPU-hour …
  std::vector<Tier> tiers;
  Source source;
};

/// The days on which a size, quota or price list applied.
struct CatalogKey {
  std::string region = "us-east-1";
  Instant date;                      ///< the scenario's `catalog`
  std::string profile = "defaults";  ///< "tuned": documented advice replaces constants, models/architectures.json
};

/// A latency model by name: "fargate.network_attach", "ec2.boot.eks_al2023", …
struct Latency {
  std::string name;
  Quantiles microseconds;
  std::string distribution;  ///< as written, for `berth catalog`
  Source source;
  std::string set{};                    ///< the measurements that calibrated it; "none" where there are none
  std::vector<std::string> families{};  ///< of instance types that it is for; empty: all
};

/// What a cluster runs for itself: placed and billed as platform overhead.
struct SystemWorkload {
  std::string name;
  std::string orchestrator;  ///< "ecs" | "eks"
  std::string kind;  ///< "daemon" (once an EC2 node) | "service" (`replicas` a cluster) | "agent" (part of the node)
  std::string when;  ///< "always" | "karpenter" | "cluster_autoscaler" | "load_balancer"
  std::int64_t replicas = 0;  ///< of a service
  Cpu cpu;                    ///< requests
  Bytes memory;
  bool on_fargate = false;  ///< runs as Fargate pods where the cluster has no EC2 nodes
  Bytes compressed;         ///< its image
  Bytes unpacked;
  bool host_network = false;                    ///< takes no address of its own
  bool in_ami = false;                          ///< the image lies on the node from the start
  std::map<std::string, std::string> labels{};  ///< of its pods, that selectors are written for
  std::int64_t max_unavailable = 0;             ///< of its disruption budget; 0: it has none
  Source source;
};

/// A plain number with its source; numbers by name, sorted.
struct Number {
  double value = 0;
  Source source;
};
using Numbers = std::map<std::string, Number, std::less<>>;

/// A number that goes by the version of Kubernetes, from `from` on.
struct VersionedNumber {
  KubeVersion from;
  Number number;
};
using VersionedNumbers = std::map<std::string, std::vector<VersionedNumber>, std::less<>>;

/// A version of Kubernetes on EKS. Its days begin at midnight, UTC.
struct EksVersion {
  KubeVersion version;
  Instant released;
  Instant standard_end;                 ///< its hours cost the price of extended support from then on
  std::optional<Instant> extended_end;  ///< empty: nothing came after standard support
  Source source;

  Instant end() const { return extended_end.value_or(standard_end); }
  Support support_on(Instant t) const;
};

/// A tier of Provisioned Control Plane, for versions of Kubernetes from `from` on.
struct ControlPlaneTier {
  std::string name;  ///< "xl"; the sku is eks:provisioned:xl
  KubeVersion from;
  std::int64_t seats = 0;         ///< requests that its API servers handle at once
  std::int64_t pods_per_s = 0;    ///< that its scheduler places
  std::int64_t hpas_at_once = 0;  ///< that are synced in parallel
  Bytes database;
  Source source;
};

class Catalog {
 public:
  /// Reads `<folder>/*.json` and instance_types.csv. InputError when a file is missing, malformed or lacks a source.
  static Catalog load(const std::string& folder, CatalogKey key);

  const CatalogKey& key() const { return key_; }
  /// Sorted by name.
  const std::vector<InstanceType>& instances() const { return instances_; }
  const InstanceType* instance(std::string_view name) const;

  /// Sizes sold on that day, by CPU then memory. EKS ends lower than ECS in some years.
  const std::vector<FargateSize>& fargate_sizes(bool eks) const { return eks ? fargate_eks_ : fargate_ecs_; }
  /// The smallest size that holds the request, cheapest first when several do; empty when none does.
  /// EKS callers add 256 MiB before.
  std::optional<FargateSize> fargate_fit(Cpu cpu, Bytes memory, bool eks) const;
  /// Of a vCPU on Fargate, relative to the reference family of EC2.
  double fargate_cpu_speed() const { return fargate_cpu_speed_; }
  Bytes fargate_storage_limit(bool eks) const;  ///< 200 GiB ECS, 175 GiB EKS; 20 GiB on EKS before 2023-08-02
  Bytes fargate_storage_included() const;       ///< 20 GiB
  /// The disk that a replica gets and pays for: what it asks for, on EKS with 10 % and 5 GiB for the platform (since
  /// 2023-08-02), never less than what is included. 100 GiB → 115 GiB.
  Bytes fargate_storage_provisioned(Bytes asked, bool eks) const;

  /// The price of a sku in the region on the day. InputError when missing: a missing price is never 0.
  const Price& price(std::string_view sku) const;
  bool has_price(std::string_view sku) const;
  const std::vector<Price>& prices() const { return prices_; }

  /// A quota's value on the day; InputError names the quota when it is unknown.
  double quota(std::string_view name) const;
  bool has_quota(std::string_view name) const;  ///< "fargate_tasks" ended in 2022
  const Source& quota_source(std::string_view name) const;
  /// The latency model of that name; SIM_CHECK that it exists (names are fixed in the code).
  const Latency& latency(std::string_view name) const;
  /// Whether the step existed on that day: there was no image of Amazon Linux 2023 before 2023.
  bool has_latency(std::string_view name) const;
  const std::vector<Latency>& latencies() const { return latencies_; }
  /// A plain number of models/constants.json ("kubelet.status_period_s"), by name; SIM_CHECK that it exists.
  double constant(std::string_view name) const;
  const Source& constant_source(std::string_view name) const;
  /// The same for a version of Kubernetes, whether the number goes by it or not. One that does is, without a version,
  /// that of the newest in standard support on the catalog's day.
  double constant(std::string_view name, KubeVersion version) const;
  const VersionedNumbers& versioned_constants() const { return versioned_; }

  /// The calendar of EKS, ascending.
  const std::vector<EksVersion>& eks_versions() const { return eks_versions_; }
  const EksVersion* eks_version(KubeVersion version) const;
  /// What a new cluster has by default: the newest in standard support; outside of the calendar the nearest.
  KubeVersion default_eks_version(Instant day) const;
  /// By name, then by version.
  const std::vector<ControlPlaneTier>& control_plane_tiers() const { return control_plane_tiers_; }
  /// Null when there is none of that name for the version.
  const ControlPlaneTier* control_plane_tier(std::string_view name, KubeVersion version) const;
  /// In order of writing.
  const std::vector<SystemWorkload>& system_workloads() const { return system_workloads_; }
  /// Names of all quotas and constants, sorted, for `berth catalog`.
  std::vector<std::string> quota_names() const;
  std::vector<std::string> constant_names() const;

 private:
  const Number& quota_row(std::string_view name) const;
  const Number& constant_row(std::string_view name) const;

  std::string folder_;
  CatalogKey key_;
  std::vector<InstanceType> instances_;
  std::vector<FargateSize> fargate_ecs_, fargate_eks_;
  std::vector<Price> prices_;
  Bytes storage_included_, storage_ecs_, storage_eks_;
  double fargate_cpu_speed_ = 1;
  std::vector<Latency> latencies_;
  std::vector<SystemWorkload> system_workloads_;
  Numbers quotas_, constants_;
  VersionedNumbers versioned_;
  std::vector<EksVersion> eks_versions_;
  std::vector<ControlPlaneTier> control_plane_tiers_;
};

/// The folder models/ beside the program or of the source tree it was built from; `BERTH_MODELS` overrides.
std::string models_folder();

}  // namespace berth
