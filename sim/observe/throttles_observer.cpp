#include "sim/observe/throttles_observer.hpp"

#include <algorithm>

#include "sim/observe/columns.hpp"
#include "sim/observe/summary.hpp"

namespace berth {

ThrottlesObserver::ThrottlesObserver(const World& world, const std::string& folder)
    : world_(world), file_(open_results(folder, world.spec(), "throttles")) {}

void ThrottlesObserver::hear(const Fact& fact, Time at) {
  if (const auto* holds = std::get_if<LimitHolds>(&fact)) change(holds->limit, holds->count, at);
  if (const auto* passes = std::get_if<LimitPasses>(&fact)) change(passes->limit, -passes->count, at);
}

void ThrottlesObserver::change(Limit limit, std::int64_t by, Time at) {
  Held& held = held_[static_cast<std::size_t>(limit)];
  held.waiting.add(by, at);
  SIM_CHECK(held.waiting.level() >= 0);
  held.most = std::max(held.most, held.waiting.level());
}

void ThrottlesObserver::sample(Time from, Time to) {
  for (std::size_t l = 0; l < held_.size(); ++l) {
    Held& held = held_[l];
    const __int128 waited = held.waiting.take(to);
    const std::int64_t most = std::exchange(held.most, held.waiting.level());
    if (waited == 0) continue;
    CsvRow& row = file_->row();
    put_seconds(row, from).text(name(static_cast<Limit>(l))).number(mean(waited, to - from), 6).whole(most);
    row.number(static_cast<double>(waited) / 1e6, 6);
    if (const auto tokens = world_.tokens(static_cast<Limit>(l), to)) row.number(*tokens, 6).end();
    else row.empty().end();
  }
}

void ThrottlesObserver::finish(Time end, Summary& summary) {
  file_->close();
  auto& by_limit = summary.throttled_seconds_by_limit;
  for (std::size_t l = 0; l < held_.size(); ++l)
    if (const double held = static_cast<double>(held_[l].waiting.integral(end)) / 1e6; held > 0)
      by_limit.emplace_back(name(static_cast<Limit>(l)), held);
  std::stable_sort(by_limit.begin(), by_limit.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
}

}  // namespace berth
