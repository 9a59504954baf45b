// What the scenario lets break: when it is due, whom it befalls, and when it is over. The lives do the rest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/base/quantiles.hpp"
#include "sim/control/aws/spot_interruptions.hpp"
#include "sim/control/eks/fargate_patching.hpp"
#include "sim/control/mailbox.hpp"

namespace berth {

class Faults {
 public:
  Faults(Hands hands, Mailbox& mailbox, SpotInterruptions& spot, FargatePatching& patching);

  void begin();
  /// Machines and replicas that begin get their dates with the faults that have a hazard.
  void hear(const Fact& fact, Time at);
  void on(const FaultDue& e);
  void on(const FaultStrikes& e);
  void on(const FaultOver& e);

 private:
  struct Fault {
    const FaultSpec* spec = nullptr;
    std::uint64_t key = 0;
    std::optional<Quantiles> until;  // the next one, where it has a hazard
    std::vector<PoolId> pools;
    std::vector<ServiceId> services;
    std::optional<ZoneId> zone;
    std::vector<Shortage> shortages;
  };
  Draws draws(const Fault& fault, const std::string& name, std::uint64_t number) const;
  Time after(const Fault& fault, const Draws& draws, std::uint64_t turn) const;

  bool may_befall(const Fault& fault, NodeId node) const;
  bool may_befall(const Fault& fault, ReplicaId replica) const;
  NodeId pick_node(const Fault& fault, std::uint32_t turn) const;
  ReplicaId pick_replica(const Fault& fault, std::uint32_t turn) const;
  void date(std::uint32_t fault, std::uint32_t turn, NodeId node);
  void date(std::uint32_t fault, std::uint32_t turn, ReplicaId replica);

  void strike(std::uint32_t fault, NodeId node);
  void strike(std::uint32_t fault, ReplicaId replica);
  void patch(std::uint32_t fault);
  void strike_place(std::uint32_t fault);
  void lose_zone(ZoneId zone);
  void retire(ReplicaId replica);

  Hands hands_;
  Mailbox& mailbox_;
  SpotInterruptions& spot_;
  FargatePatching& patching_;
  std::vector<Fault> faults_;         // as in the scenario
  std::vector<std::uint32_t> dated_;  // those with a hazard for each machine or replica
};

}  // namespace berth
