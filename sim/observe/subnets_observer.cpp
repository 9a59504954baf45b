#include "sim/observe/subnets_observer.hpp"

#include "sim/observe/columns.hpp"

namespace berth {

SubnetsObserver::SubnetsObserver(const World& world, const std::string& folder)
    : world_(world), file_(open_results(folder, world.spec(), "subnets")), subnets_(world.spec().network.zones.size()) {
  for (std::size_t z = 0; z < subnets_.size(); ++z)
    for (std::size_t use = 0; use < kAddressUses; ++use)
      subnets_[z][use].set(world.addresses(ZoneId{static_cast<std::uint8_t>(z)}, static_cast<AddressUse>(use)), Time{});
}

void SubnetsObserver::hear(const Fact& fact, Time at) {
  const auto* moved = std::get_if<AddressesMoved>(&fact);
  if (moved == nullptr) return;
  ByUse& subnet = subnets_[static_cast<std::size_t>(moved->zone)];
  subnet[static_cast<std::size_t>(moved->from)].add(-moved->count, at);
  subnet[static_cast<std::size_t>(moved->to)].add(moved->count, at);
}

void SubnetsObserver::sample(Time from, Time to) {
  const bool sized = !world_.spec().network.subnets.empty();
  for (std::size_t z = 0; z < subnets_.size(); ++z) {
    CsvRow& row = file_->row();
    put_seconds(row, from).text(world_.spec().network.zones[z]);
    for (const AddressUse use : {AddressUse::used, AddressUse::warm, AddressUse::cooling, AddressUse::free}) {
      const double level = mean(subnets_[z][static_cast<std::size_t>(use)].take(to), to - from);
      if (use == AddressUse::free && !sized) row.empty();
      else row.number(level, 6);
    }
    row.end();
  }
}

void SubnetsObserver::finish(Time, Summary&) { file_->close(); }

}  // namespace berth
