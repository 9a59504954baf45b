// jobs.csv: one row an arrival of a job, or an index of its array, from when it was there until nothing more is done
// for it; and waste.csv: what its replicas worked for nothing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "sim/base/csv.hpp"
#include "sim/base/money.hpp"
#include "sim/observe/observer.hpp"
#include "sim/observe/summary.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// outcome: as JobOutcome has it, or, when the run ends before it does: waiting (for other jobs or in its queue),
/// starting, running.
/// attempts: replicas that were started for it, all tries together. finished_s: the end of its work, or when it was
/// given up. wasted_s: what its replicas worked beyond what they, or a checkpoint, finished.
/// usd: on Fargate what its replicas cost; on EC2 the larger of their CPU and memory shares of their nodes' cost.
class JobsObserver final : public Observer {
 public:
  JobsObserver(const World& world, const std::string& folder);

  void hear(const Fact& fact, Time at) override;
  FactKinds wants() const override { return only<ReplicaMoved, JobAccepted, JobReleased, JobSubmitted, JobEnded>(); }
  void finish(Time end, Summary& summary) override;

 private:
  using Key = std::pair<ServiceId, std::uint32_t>;
  struct Arrival {
    Time submitted{}, released = kNever, started = kNever, done = kNever, ended = kNever;
    std::optional<JobOutcome> outcome{};
    std::int64_t there = 0, attempts = 0;  ///< replicas
    Duration wasted{0};
    Usd usd{};
  };
  /// What is said of a moment of a job when all of its arrivals are over.
  struct Moment {
    std::int64_t open = 0;
    Time submitted{}, finished = kNever;
    bool all_finished = true;
  };
  struct Waste {
    Duration time{0};
    Usd usd{};
  };
  enum class Cause : std::uint8_t { interruption, preemption, failure, timeout, given_up, gang };
  static std::optional<Cause> cause_of(StopReason why);

  void submitted(const Key& key, Time at);
  void stopped(ReplicaId replica, Time at);
  Usd cost_of(const ReplicaRow& replica, Time until);
  void waste(const ReplicaRow& replica, Usd usd, Time at);
  void add(const ReplicaRow& replica, Cause cause, Duration time, Usd usd);
  void close(const Key& key, Arrival arrival, Time at);
  void write(const Key& key, const Arrival& arrival, Time end);
  std::optional<bool> deadline_met(const Key& key, const Arrival& arrival, Time end) const;
  void count_in_moment(const Key& key, const Arrival& arrival);
  void write_waste(Summary& summary);
  JobFigure& figure_of(ServiceId job);

  const World& world_;
  std::unique_ptr<CsvFile> file_, waste_file_;
  std::map<Key, Arrival> open_;
  std::map<Key, Moment> moments_;                                           // by moment
  std::map<std::tuple<PoolId, std::uint16_t, bool>, std::int64_t> hourly_;  // of a node, by type and purchase option
  std::map<std::tuple<ServiceId, PoolId, Cause>, Waste> waste_;
  std::map<ServiceId, JobFigure> figures_;
  std::optional<Time> first_, last_;  // submitted, and the end of the work
};

}  // namespace berth
