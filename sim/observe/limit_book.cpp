#include "sim/observe/limit_book.hpp"

namespace berth {

void LimitBook::hear(const Fact& fact, Time) {
  const auto count = [&](const auto& f, std::int64_t by) {
    if (f.replica != kNone<ReplicaId>) return;
    (f.service != kNone<ServiceId> ? starts_[{f.service, f.limit}] : nodes_[f.limit]) += by;
  };
  if (const auto* holds = std::get_if<LimitHolds>(&fact)) count(*holds, holds->count);
  else if (const auto* passes = std::get_if<LimitPasses>(&fact)) count(*passes, -passes->count);
  else if (const auto* delayed = std::get_if<StartDelayed>(&fact)) delayed_[delayed->service] = delayed->until;
}

std::vector<HeldBesides> LimitBook::of(ServiceId service) const {
  std::vector<HeldBesides> held;
  for (const auto& [key, count] : starts_) {
    if (key.first != service || count <= 0) continue;
    const auto until = delayed_.find(service);
    held.push_back(
        {key.second, count, key.second == Limit::start_failures && until != delayed_.end() ? until->second : kNever});
  }
  return held;
}

std::vector<HeldBesides> LimitBook::of_nodes() const {
  std::vector<HeldBesides> held;
  for (const auto& [limit, count] : nodes_)
    if (count > 0) held.push_back({limit, count});
  return held;
}

}  // namespace berth
