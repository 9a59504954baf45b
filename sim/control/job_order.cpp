#include "sim/control/job_order.hpp"

#include <algorithm>

namespace berth {
namespace {

ServiceId job_named(const World& world, const std::string& name) {
  for (std::uint32_t s = 0; s < world.service_count(); ++s)
    if (world.name(ServiceId{s}) == name) return ServiceId{s};
  check_failed("the job exists", __FILE__, __LINE__, name);
}

}  // namespace

JobOrder::JobOrder(const World& world)
    : world_(world), after_(world.service_count()), followed_(world.service_count()) {
  for (std::uint32_t s = 0; s < world.service_count(); ++s) {
    if (!world[ServiceId{s}].spec->job) continue;
    for (const std::string& name : spec(ServiceId{s}).after) {
      const ServiceId job = job_named(world, name);
      after_[s].push_back(job);
      Followed& followed = followed_[index(job)];
      followed.moments.resize(spec(job).moments(), Awaited{spec(job).parts});
      followed.by_index = followed.by_index || same_indexes(ServiceId{s}, job);
    }
  }
}

bool JobOrder::same_indexes(ServiceId a, ServiceId b) const {
  return spec(a).parts > 1 && spec(a).parts == spec(b).parts;
}

std::optional<std::uint32_t> JobOrder::moment_before(ServiceId job, Time at) const {
  std::uint32_t low = 0, high = static_cast<std::uint32_t>(spec(job).moments());
  while (low < high) {  // the first moment after `at`
    const std::uint32_t middle = low + (high - low) / 2;
    if (spec(job).at[std::size_t{middle} * spec(job).parts] <= at) low = middle + 1;
    else high = middle;
  }
  return low == 0 ? std::nullopt : std::optional(low - 1);
}

JobOrder::Awaited& JobOrder::awaited(ServiceId follower, ServiceId job, std::uint32_t moment, std::uint32_t arrival) {
  Followed& followed = followed_[index(job)];
  if (!same_indexes(follower, job)) return followed.moments[moment];
  const std::uint32_t parts = spec(job).parts;
  return followed.indexes.try_emplace(moment * parts + arrival % parts, Awaited{1}).first->second;
}

JobOrder::Waits JobOrder::add(const JobKey& key) {
  Waits waits;
  const JobSpec& own = spec(key.first);
  const Time at = own.at[std::size_t{own.moment_of(key.second)} * own.parts];
  for (const ServiceId job : after_[index(key.first)]) {
    const auto moment = moment_before(job, at);
    if (!moment) continue;
    Awaited& there = awaited(key.first, job, *moment, key.second);
    waits.in_vain = waits.in_vain || there.failed;
    if (there.open == 0) continue;
    ++waits.open;
    there.waiting.push_back(key);
  }
  return waits;
}

std::vector<JobOrder::Told> JobOrder::ended(const JobKey& key, bool succeeded) {
  std::vector<Told> told;
  Followed& followed = followed_[index(key.first)];
  if (followed.moments.empty()) return told;
  const auto end_one = [&](Awaited& one) {
    one.failed = one.failed || !succeeded;
    if (--one.open > 0) return;
    for (const JobKey& waits : one.waiting) told.push_back({waits, one.failed});
    one.waiting = {};
  };
  if (followed.by_index) end_one(followed.indexes.try_emplace(key.second, Awaited{1}).first->second);
  end_one(followed.moments[spec(key.first).moment_of(key.second)]);
  return told;
}

}  // namespace berth
