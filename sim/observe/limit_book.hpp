// What is held back by limits before it is a replica: starts of services, and launches of nodes.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "sim/observe/observer.hpp"

namespace berth {

/// So many starts or launches that a limit holds back.
struct HeldBesides {
  Limit limit;
  std::int64_t count = 0;
  Time until = kNever;  ///< where that is known
};

class LimitBook final : public Observer {
 public:
  void hear(const Fact& fact, Time at) override;
  std::vector<HeldBesides> of(ServiceId service) const;
  /// All pools together.
  std::vector<HeldBesides> of_nodes() const;

 private:
  std::map<std::pair<ServiceId, Limit>, std::int64_t> starts_;
  std::map<ServiceId, Time> delayed_;
  std::map<Limit, std::int64_t> nodes_;
};

}  // namespace berth
