#include "sim/observe/volume_metering.hpp"

namespace berth {
namespace {

constexpr const char* kVolumeSku[] = {"ebs:gp3:gb_month", "ebs:gp2:gb_month"};  // by VolumeKind
constexpr const char* kIopsSku = "ebs:gp3:iops_month";
constexpr const char* kThroughputSku = "ebs:gp3:mbps_month";
constexpr const char* kEfsThroughputSku = "efs:provisioned:mbps_month";

std::int64_t in_whole_mib(Bytes b) { return (b.count() + kMiB.count() - 1) / kMiB.count(); }
const char* volume_sku(const EbsSpec& ebs) { return kVolumeSku[static_cast<std::size_t>(ebs.kind)]; }
const char* efs_sku(const EfsSpec& efs) { return efs.one_zone ? "efs:one_zone:gb_month" : "efs:gb_month"; }

}  // namespace

std::vector<Meter> meters_of(const World& world, const VolumeSetRow& volumes) {
  std::vector<Meter> meters;
  for (const EbsSpec& ebs : world[volumes.service].spec->volumes.ebs) {
    meters.push_back({volume_sku(ebs), in_whole_mib(ebs.size)});
    if (ebs.extra_iops > 0) meters.push_back({kIopsSku, ebs.extra_iops});
    if (ebs.extra_mib_per_s > 0) meters.push_back({kThroughputSku, ebs.extra_mib_per_s});
  }
  return meters;
}

std::vector<Meter> meters_of(const EfsSpec& efs) {
  std::vector<Meter> meters;
  if (efs.stored.count() > 0) meters.push_back({efs_sku(efs), in_whole_mib(efs.stored)});
  if (efs.provisioned_mib_per_s > 0) meters.push_back({kEfsThroughputSku, efs.provisioned_mib_per_s});
  return meters;
}

BilledSeconds billed_volumes(const World& world, const VolumeSetRow& volumes, Time until) {
  const auto minimum = static_cast<std::int64_t>(world.catalog().constant("ebs.bill_minimum_s"));
  return billed_seconds(in_utc(world, volumes.created), in_utc(world, until), minimum);
}

void add_volume_skus(const VolumeSpecs& volumes, std::vector<std::string>& skus) {
  for (const EbsSpec& ebs : volumes.ebs) {
    skus.push_back(volume_sku(ebs));
    if (ebs.extra_iops > 0) skus.push_back(kIopsSku);
    if (ebs.extra_mib_per_s > 0) skus.push_back(kThroughputSku);
  }
  for (const EfsSpec& efs : volumes.efs) {
    skus.push_back(efs_sku(efs));
    if (efs.provisioned_mib_per_s > 0) skus.push_back(kEfsThroughputSku);
  }
}

}  // namespace berth
