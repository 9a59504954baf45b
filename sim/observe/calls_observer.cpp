#include "sim/observe/calls_observer.hpp"

#include <algorithm>

#include "sim/observe/columns.hpp"
#include "sim/observe/meters.hpp"
#include "sim/observe/summary.hpp"

namespace berth {
namespace {

std::int64_t time_of(const PathShare& share) { return share.queue + share.own + share.retry; }

/// Of all requests of the entry that the parts are of, which is the first of them.
struct PathMeans {
  double requests = 0, whole = 0;

  explicit PathMeans(const std::vector<Lanes::PathPart>& parts) {
    if (parts.empty()) return;
    requests = static_cast<double>(parts.front().share.visits);
    for (const Lanes::PathPart& part : parts) whole += static_cast<double>(time_of(part.share));
  }
  double ms(std::int64_t nanoseconds) const { return static_cast<double>(nanoseconds) / 1e6 / requests; }
  double pct(const PathShare& share) const { return whole > 0 ? static_cast<double>(time_of(share)) * 100 / whole : 0; }
};

}  // namespace

CallsObserver::CallsObserver(const World& world, Lanes& lanes, const std::string& folder)
    : world_(world),
      lanes_(lanes),
      file_(open_results(folder, world.spec(), "calls")),
      of_run_(world.service_count()) {}

void CallsObserver::sample(Time from, Time) {
  const std::string time = iso8601(in_utc(world_, from));
  for (std::uint32_t i = 0; i < world_.service_count(); ++i) {
    const Parts parts = lanes_.take_paths(ServiceId{i});
    const PathMeans means(parts);
    for (const Lanes::PathPart& part : parts) {
      CsvRow& row = file_->row();
      put_seconds(row, from).text(time).text(world_.name(ServiceId{i})).text(part.service);
      row.whole(parts.front().share.visits).whole(part.share.visits);
      row.number(means.ms(part.share.queue)).number(means.ms(part.share.own)).number(means.ms(part.share.retry));
      row.number(means.pct(part.share)).end();
    }
    add(of_run_[i], parts);
  }
}

void CallsObserver::add(Parts& sums, const Parts& parts) const {
  for (const Lanes::PathPart& part : parts) {
    auto known = std::find_if(sums.begin(), sums.end(), [&](const auto& sum) { return sum.service == part.service; });
    if (known == sums.end()) known = sums.insert(sums.end(), {part.service, {}});
    known->share.visits += part.share.visits;
    known->share.queue += part.share.queue;
    known->share.own += part.share.own;
    known->share.retry += part.share.retry;
  }
}

void CallsObserver::finish(Time, Summary& summary) {
  file_->close();
  for (std::uint32_t i = 0; i < world_.service_count(); ++i) {
    const PathMeans means(of_run_[i]);
    for (const auto& [service, share] : of_run_[i])
      summary.critical_paths.push_back({world_.name(ServiceId{i}), service, means.pct(share), means.ms(share.queue),
                                        means.ms(share.own), means.ms(share.retry)});
  }
}

}  // namespace berth
