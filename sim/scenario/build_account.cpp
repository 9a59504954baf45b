// The account: quotas that AWS has raised for it.
#include <cmath>

#include <fmt/format.h>

#include "sim/scenario/parts.hpp"

namespace berth {
namespace {

bool ends_with(const std::string& name, std::string_view end) {
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

void build_quotas(const Field& scenario, const Catalog& catalog, RunSpec& run) {
  const auto account = scenario.find("account");
  const auto quotas = account ? account->find("quotas") : std::nullopt;
  if (!quotas) return;
  const std::vector<std::string> known = catalog.quota_names();
  for (const Field& quota : quotas->members()) {
    const std::string& name = quota.key();
    if (!catalog.has_quota(name)) {
      const std::string near = nearest(name, known);
      quota.fail(fmt::format("a quota of {}", iso8601(catalog.key().date).substr(0, 10)), "\"" + name + "\"",
                 near.empty() ? "berth catalog quotas lists them" : fmt::format("write \"{}\"", near));
    }
    const bool rate = ends_with(name, "_per_s") || name.find("_per_min") != std::string::npos;
    const double value = quota.number();
    if (rate ? value <= 0 : value < 1)
      quota.fail(rate ? "a rate above 0" : "at least 1", quota.shown(),
                 fmt::format("write {:g}, which is AWS's own, or more", catalog.quota(name)));
    if (!rate && name.find("_vcpu") == std::string::npos && value != std::floor(value))
      quota.fail("a whole number: it counts things", quota.shown(), fmt::format("write {:.0f}", std::floor(value)));
    run.quotas.emplace(name, value);
  }
}

}  // namespace berth
