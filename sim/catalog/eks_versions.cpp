// The calendar of Kubernetes versions on EKS, and the tiers of its control plane: models/eks_versions.json.
#include <algorithm>

#include "sim/catalog/readers.hpp"
#include "sim/catalog/rows.hpp"

namespace berth {
namespace {

EksVersion read_version(const Field& row) {
  EksVersion version;
  version.source = read_source(row, {"released", "standard_end", "extended_end"});
  const std::optional<KubeVersion> named = parse_kube_version(row.key());
  if (!named) row.fail("a minor version of Kubernetes", row.key(), "write \"1.34\"");
  version.version = *named;
  version.released = row.at("released").instant();
  version.standard_end = row.at("standard_end").instant();
  if (const auto end = row.find("extended_end")) version.extended_end = end->instant();
  if (version.standard_end <= version.released || version.end() < version.standard_end)
    row.fail("days in the order released, standard_end, extended_end", row.at("standard_end").shown(),
             "correct the days");
  return version;
}

void read_tier(const Field& entry, std::vector<ControlPlaneTier>& tiers) {
  for (const VersionedRow& row : rows_by_version(entry, {"seats", "pods_per_s", "hpas_at_once", "database"}))
    tiers.push_back({entry.key(), row.from, row.field.at("seats").whole(1), row.field.at("pods_per_s").whole(1),
                     row.field.at("hpas_at_once").whole(1), row.field.at("database").bytes(), row.source});
}

}  // namespace

Support EksVersion::support_on(Instant t) const {
  if (t < released) return Support::upcoming;
  if (t < standard_end) return Support::standard;
  return t < end() ? Support::extended : Support::ended;
}

EksCalendar read_eks_versions(const std::string& folder) {
  const ModelFile file(folder, "eks_versions.json");
  EksCalendar calendar;
  for (const Field& row : file.field.at("versions").members()) {
    calendar.versions.push_back(read_version(row));
    if (calendar.versions.size() < 2) continue;
    const EksVersion& before = *(calendar.versions.end() - 2);
    if (after(before.version) != calendar.versions.back().version)
      row.fail(say(after(before.version)) + " after " + say(before.version), row.key(), "leave none out");
  }
  for (const Field& entry : file.field.at("control_plane_tiers").members()) read_tier(entry, calendar.tiers);
  return calendar;
}

}  // namespace berth
