// Who is held back by a limit right now, kept from the facts that say so.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "sim/observe/observer.hpp"

namespace berth {

class LimitBook final : public Observer {
 public:
  void hear(const Fact& fact, Time at) override;
  std::vector<Limit> of(ReplicaId replica) const;
  /// Starts of a service that are no replicas yet.
  std::map<Limit, std::int64_t> of(ServiceId service) const;
  /// Launches of nodes, all pools together.
  std::map<Limit, std::int64_t> of_nodes() const;

 private:
  void pass(ReplicaId replica, Limit limit);

  std::map<ReplicaId, std::vector<Limit>> replicas_;
  std::map<std::pair<ServiceId, Limit>, std::int64_t> starts_;
  std::map<Limit, std::int64_t> nodes_;
};

}  // namespace berth
