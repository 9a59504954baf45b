// EKS patches what Fargate pods run on: it evicts them zone by zone, tells of those that it may not evict, and three
// days later tries again and then deletes them (Amazon EKS user guide, fargate-pod-patching.adoc at 4d52b4d).
#pragma once

#include <cstdint>
#include <vector>

#include "sim/control/hands.hpp"
#include "sim/world/events.hpp"

namespace berth {

class FargatePatching {
 public:
  explicit FargatePatching(Hands hands);

  /// All at once asked for by AWS; each zone has its turn.
  void begin(const std::vector<ReplicaId>& pods);
  void on(const PatchingDue& e);
  void on(const PatchingOverdue& e);

 private:
  struct Asked {
    ReplicaId pod;
    bool told = false;  ///< that its budget refuses
  };
  struct Round {
    std::vector<std::vector<Asked>> zones;  ///< those that are still to go; empty ones have none
    std::size_t zone = 0;                   ///< whose turn it is
    Time ends{};                            ///< of the turn
  };
  void next_turn(std::uint32_t round);
  void ask(std::uint32_t round);

  Hands hands_;
  std::vector<Round> rounds_;
  Duration turn_, retry_, notice_;
};

}  // namespace berth
