// pending.csv: how many replicas waited for a place, or for an address there, and for what reason.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/csv.hpp"
#include "sim/observe/gauge.hpp"
#include "sim/observe/observer.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// The reason is the main one of the last placement attempt; `not_tried` before the first. Rows only where somebody
/// waited.
class PendingObserver final : public Observer {
 public:
  PendingObserver(const World& world, const std::string& folder);

  void hear(const Fact& fact, Time at) override;
  FactKinds wants() const override { return only<ReplicaCreated, ReplicaWaits, ReplicaMoved, AddressAssigned>(); }
  void sample(Time from, Time to) override;
  void finish(Time end, Summary& summary) override;

 private:
  using Key = std::pair<ServiceId, int>;  // a WaitReason, or kNotTried
  static constexpr int kNotTried = kWaitReasons;

  struct Waiting {
    int reason = kNotTried;
    Time since{};
  };
  struct Reason {
    int reason;
    Gauge waiting;
  };
  Gauge& waiting(ServiceId service, int reason);
  void wait_for(ReplicaId replica, int reason, Time at);
  void wait_no_more(ReplicaId replica, Time at);
  void tell_of_those_who_still_wait(Time end, Summary& summary) const;

  const World& world_;
  std::unique_ptr<CsvFile> file_;
  std::vector<std::vector<Reason>> waiting_;  // by service, each in order of reasons
  std::map<ReplicaId, Waiting> now_;          // replicas that wait
};

}  // namespace berth
