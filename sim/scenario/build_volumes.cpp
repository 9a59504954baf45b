// Volumes of services and jobs: what EBS allows at a size and on a day, and what the platform keeps.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/scenario/parts.hpp"

namespace berth {
namespace {

std::int64_t number_of(const Catalog& catalog, const std::string& name) {
  return static_cast<std::int64_t>(catalog.constant(name));
}

std::int64_t whole_mib_per_s(const Field& bandwidth) {
  const double mib = bandwidth.bytes_per_second() / static_cast<double>(kMiB.count());
  if (mib != std::floor(mib) || mib < 1)
    bandwidth.fail("a whole number of MiB/s, as EBS and EFS count", bandwidth.shown(),
                   fmt::format("write \"{} MiB/s\"", std::max<std::int64_t>(1, std::llround(mib))));
  return static_cast<std::int64_t>(mib);
}

[[noreturn]] void refuse_range(const Field& field, const char* what, std::int64_t low, std::int64_t high,
                               const std::string& why, const char* unit) {
  field.fail(fmt::format("{} of {} to {}{}{}", what, low, high, unit, why), field.shown(),
             "write a value in that range, or a larger volume");
}

class EbsKeys {
 public:
  EbsKeys(const Field& field, const Catalog& catalog) : field_(field), catalog_(catalog) {}

  EbsSpec read(const std::string& name) const {
    EbsSpec spec;
    spec.name = name;
    const bool whole = field_.is(Value::Kind::object);
    const Field size = whole ? field_.at("size") : field_;
    spec.size = size.bytes();
    if (whole && field_.at("kind").text() == "gp2") spec.kind = VolumeKind::gp2;
    const char* kind = spec.kind == VolumeKind::gp3 ? "gp3" : "gp2";
    const std::int64_t most = number_of(catalog_, fmt::format("ebs.{}.gib_maximum", kind));
    if (spec.size < kGiB || spec.size > kGiB * most)
      size.fail(fmt::format("1 GiB to {} GiB for a {} volume on {}", most, kind, day()), size.shown(),
                spec.size < kGiB ? "write \"1 GiB\" or more" : "write a smaller one, or use several volumes");
    if (spec.kind == VolumeKind::gp3) read_gp3(spec);
    else read_gp2(spec, whole);
    if (whole) spec.snapshot = snapshot(spec);
    if (whole) spec.read_at_start = read_at_start(spec);
    return spec;
  }

 private:
  std::string day() const { return iso8601(catalog_.key().date).substr(0, 10); }

  void read_gp3(EbsSpec& spec) const {
    const std::int64_t iops_included = number_of(catalog_, "ebs.gp3.iops");
    const std::int64_t included = number_of(catalog_, "ebs.gp3.mib_per_s");
    std::int64_t iops = iops_included;
    spec.mib_per_s = included;
    if (!field_.is(Value::Kind::object)) return;
    if (const auto f = field_.find("iops")) {
      const std::int64_t per_gib = number_of(catalog_, "ebs.gp3.iops_per_gib_maximum");
      const std::int64_t most = std::min(number_of(catalog_, "ebs.gp3.iops_maximum"),
                                         std::max(iops_included, spec.size.count() / kGiB.count() * per_gib));
      iops = f->whole();
      if (iops < iops_included || iops > most)
        refuse_range(*f, "IOPS", iops_included, most, fmt::format(" ({} a GiB) on {}", per_gib, day()), "");
    }
    if (const auto f = field_.find("throughput")) {
      const double an_iops = catalog_.constant("ebs.gp3.mib_per_s_per_iops_maximum");
      const auto by_iops = static_cast<std::int64_t>(static_cast<double>(iops) * an_iops);
      const std::int64_t most = std::min(number_of(catalog_, "ebs.gp3.mib_per_s_maximum"), by_iops);
      spec.mib_per_s = whole_mib_per_s(*f);
      if (spec.mib_per_s < included || spec.mib_per_s > most)
        refuse_range(*f, "throughput", included, most, fmt::format(" ({} MiB/s an IOPS) on {}", an_iops, day()),
                     " MiB/s");
    }
    spec.extra_iops = iops - iops_included;
    spec.extra_mib_per_s = spec.mib_per_s - included;
  }

  void read_gp2(EbsSpec& spec, bool whole) const {
    spec.mib_per_s = number_of(catalog_, "ebs.gp2.mib_per_s_small");
    if (!whole) return;
    for (const char* key : {"iops", "throughput"})
      if (const auto f = field_.find(key))
        f->fail("no such key of a gp2 volume: both follow from its size", f->shown(),
                "remove " + f->pointer() + ", or write \"kind\": \"gp3\"");
  }

  Bytes snapshot(const EbsSpec& spec) const {
    const auto field = field_.find("snapshot");
    if (!field) return {};
    if (field->is(Value::Kind::boolean)) return field->truth() ? spec.size : Bytes{};
    if (field->bytes() > spec.size)
      field->fail("no more data than the volume's size (" + say(spec.size) + ")", field->shown(),
                  "raise the size, or write true for all of it");
    return field->bytes();
  }

  /// A part of what the snapshot restores; what nobody has written there comes from nowhere.
  Bytes read_at_start(const EbsSpec& spec) const {
    const auto field = field_.find("read_at_start");
    if (!field) return {};
    const bool percent = field->is(Value::Kind::number) || field->text().find('%') != std::string::npos;
    const double share = percent ? field->percent() / 100 : 0;
    const Bytes read =
        percent ? Bytes{std::llround(share * static_cast<double>(spec.snapshot.count()))} : field->bytes();
    if (read > spec.snapshot)
      field->fail("no more than the snapshot restores (" + say(spec.snapshot) + ")", field->shown(),
                  spec.snapshot == Bytes{} ? "say what \"snapshot\" restores, or remove " + field->pointer()
                                           : std::string("write \"100 %\" for all of it"));
    return read;
  }

  const Field& field_;
  const Catalog& catalog_;
};

EfsSpec build_efs(const Field& field, const std::string& name) {
  EfsSpec spec;
  spec.name = name;
  spec.stored = field.at("stored").bytes();
  spec.one_zone = field.at("one_zone").truth();
  if (const auto f = field.find("provisioned_throughput")) spec.provisioned_mib_per_s = whole_mib_per_s(*f);
  return spec;
}

/// What the EBS volumes of a workload say about being kept; they share a replica's life, so they must agree.
void build_keep(Building& building, const std::vector<Field>& ebs, WorkloadSpec& spec) {
  const bool eks = building.orchestrator(spec.cluster) == Orchestrator::eks;
  const bool service = spec.kind == WorkloadKind::service;
  const auto keep_of = [&](const Field& f) {
    return f.is(Value::Kind::object) && f.has("keep") ? f.at("keep").truth() : eks && service;
  };
  for (const Field& field : ebs) {
    if (keep_of(field) != keep_of(ebs.front()))
      field.fail("one \"keep\" for all EBS volumes of a workload", "true and false", "write the same in each");
  }
  spec.volumes.keep = !ebs.empty() && keep_of(ebs.front());
  if (eks || !service || !spec.volumes.keep) return;
  spec.volumes.keep = false;
  building.assume("service " + spec.name, "its EBS volumes are deleted with each task",
                  "ECS keeps no volumes of a service's tasks", ebs.front().pointer() + "/keep");
}

/// A new volume serves at once; which of its blocks an application needs first only its owner knows.
void assume_lazy_loading(Building& building, const std::vector<Field>& ebs, const WorkloadSpec& spec) {
  for (std::size_t i = 0; i < ebs.size(); ++i) {
    const EbsSpec& volume = spec.volumes.ebs[i];
    if (volume.snapshot == Bytes{}) continue;
    building.assume(spec.name,
                    fmt::format("of the {} that the snapshot of volume {} restores, {} are read before a replica can "
                                "serve, at {} MiB/s",
                                say(volume.snapshot), volume.name, say(volume.read_at_start),
                                building.catalog.constant("ebs.lazy_load_mib_per_s")),
                    "blocks of a new volume come from S3 when they are first read; berth does not know which the "
                    "application reads",
                    ebs[i].pointer() + "/read_at_start");
  }
}

}  // namespace

void build_volumes(Building& building, const Field& workload, WorkloadSpec& spec) {
  const auto volumes = workload.find("volumes");
  if (!volumes) return;
  std::vector<Field> ebs;
  for (const Field& volume : volumes->members()) {
    if (const auto f = volume.find("ephemeral")) spec.ephemeral_storage += f->bytes();
    if (const auto f = volume.find("host_path")) spec.volumes.host_path += f->bytes();
    if (const auto f = volume.find("efs")) spec.volumes.efs.push_back(build_efs(*f, volume.key()));
    if (const auto f = volume.find("ebs")) {
      spec.volumes.ebs.push_back(EbsKeys(*f, building.catalog).read(volume.key()));
      ebs.push_back(*f);
    }
  }
  build_keep(building, ebs, spec);
  const bool lazy = std::any_of(spec.volumes.ebs.begin(), spec.volumes.ebs.end(),
                                [](const EbsSpec& e) { return e.snapshot.count() > 0; });
  if (lazy) assume_lazy_loading(building, ebs, spec);
}

}  // namespace berth
