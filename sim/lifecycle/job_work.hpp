// The work of a job's replicas: how long it takes where they run, what a checkpoint keeps of it when it is cut short,
// and gangs, whose replicas begin it together.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "sim/lifecycle/agenda.hpp"
#include "sim/lifecycle/delays.hpp"

namespace berth {

class JobWork {
 public:
  JobWork(World& world, Agenda& agenda, const Delays& delays)
      : world_(world),
        agenda_(agenda),
        delays_(delays),
        notice_(from_seconds(world.catalog().constant("spot.notice_s"))) {}

  /// Its containers run: so does its work, as soon as all of its gang's do.
  void begin(ReplicaId replica);
  /// All of it is done.
  void finish(ReplicaId replica);
  /// It ends before its work is done, where it has begun; `told`: it is asked to and has its stop time-out for it.
  void cut_short(ReplicaId replica, bool told);

 private:
  using Gang = std::tuple<ServiceId, std::uint32_t, std::uint32_t>;  // arrival and attempt
  Gang gang_of(ReplicaId replica) const;
  void leave_gang(ReplicaId replica);
  void work(ReplicaId replica);
  Duration kept(const ReplicaRow& replica, bool told) const;

  World& world_;
  Agenda& agenda_;
  const Delays& delays_;
  Duration notice_;                                 // between a spot machine's notice and its end
  std::map<Gang, std::vector<ReplicaId>> waiting_;  // run, and wait for the others of their gang
};

/// How much work the replica does in a second where it runs: 1, or of CPU work its cores × their speed.
double work_rate(const World& world, const ReplicaRow& replica);
/// How long so much work takes: with a checkpoint after every period but the last.
Duration work_length(Duration work, double rate, const std::optional<CheckpointSpec>& checkpoint);

}  // namespace berth
