// The lane's loop without single requests: a rate flows through groups of equal targets, step by step.
//
// A step ends where something happens to the targets, where the trace's rate changes, and at full seconds, the fewer
// the less changes, until all groups have settled: these moments do not depend on who looks when, so neither do the
// figures. Within a step all is straight, and what has happened so far is read off in whole requests; every request has
// one outcome or is in flight. A step costs as much for a hundred targets as for one, and as much for a million
// requests as for one.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/base/check.hpp"
#include "sim/demand/fluid_queue.hpp"

namespace berth {

/// Moments are nanoseconds since the start of the run. Same functions as LaneLoop.
class FluidLoop {
 public:
  FluidLoop(const LaneSpec& spec, std::shared_ptr<const LoadSeries> series);

  void advance_to(std::int64_t end);
  /// It is told of every allotment.
  void borrow_from(const std::vector<Cpu>&) {}

  void add_target(TargetId id, Cpu allotment, std::int64_t slow_start, std::uint32_t place, TargetSite site = {});
  void drain_target(TargetId id);
  void end_target(TargetId id) { drain_target(id); }
  void resume_target(TargetId id);
  // Checks are always answered here, so nobody is unhealthy.
  void set_health(TargetId, bool healthy) { SIM_CHECK(healthy); }
  bool answers_check(TargetId, std::int64_t) const { return true; }
  void remove_target(TargetId id);
  void lose_target(TargetId id);
  void set_allotment(TargetId id, Cpu allotment);
  void set_core_time(TargetId id, double per_work);

  bool has_target(TargetId id) const;
  TargetTotals target_totals(TargetId id) const;
  /// The end of the step: until then every target goes on as it does.
  std::int64_t quiet_until() const { return step_end_; }
  void mark(std::int64_t t);
  bool is_stirred() const { return stirred_; }
  void take_use(std::vector<UseSinceMark>& into);

  std::int64_t now() const { return now_; }
  const LaneTotals& totals() const { return totals_; }
  void take_latencies(LatencyHistogram& into);
  /// Every request is somewhere, once.
  void check() const { SIM_CHECK(totals_.in_flight() >= 0); }

 private:
  enum class Role : std::uint8_t { serving, draining, dead };

  /// What one target did; requests, and nanoseconds of one core.
  struct Deeds {
    double answered = 0, used = 0, asked = 0;
  };
  /// Where the requests of a lane went; real numbers, whose whole parts are told.
  struct Outcomes {
    double ok = 0, late = 0, timed_out = 0, refused = 0, dropped = 0;
  };
  /// Targets that are alike; figures are of one of them.
  struct Group {
    Role role = Role::serving;
    Cpu allotment;
    std::uint32_t service = 0;  // in services_
    double targets = 0;
    std::int64_t slow_from = 0, slow_for = 0;
    FluidQueue queue;
    double alive = 0;      // requests here whose clients wait, but for those that wait in vain
    double gone = 0;       // at work or waiting, and their clients have gone
    double in_vain = 0;    // will wait until their clients give up
    double weight = 1;     // in balancing
    double finishing = 0;  // requests per nanosecond in the last step
    Deeds done;
    // Of the step under way.
    FluidStep step;
    FluidQueue before;
    double alive_after = 0, gone_after = 0, in_vain_after = 0;
    Deeds doing;
    Outcomes going;  // of one target
    FluidLatency latency;
    double latency_told = 0;  // of the step's answers, already in latencies_
  };
  struct Row {
    TargetId id;
    std::uint32_t group = 0;
    std::uint32_t place = 0;
    Cpu allotment;
    Deeds before;  // what it did minus what its group did
    double used_at_mark = 0;
  };

  Row& row_of(TargetId id);
  const Row& row_of(TargetId id) const;
  double part_done(std::int64_t t) const;
  Deeds deeds_of(const Group& group, std::int64_t t) const;
  double outstanding_of(const Group& group) const;
  double wanted_of(const Group& group) const;

  void open_step();
  void close_step(std::int64_t t);
  std::int64_t next_end() const;
  void arrange_groups();
  void split_groups();
  void join_groups();
  void balance();
  double share_sum() const;
  void plan(Group& group, double rate);
  void settle_clients(Group& group, double come);
  bool changed_less(double part) const;
  void choose_pace();
  const FluidService& service_of(const Group& group) const { return services_[group.service]; }
  const FluidCurve& curve_of(const Group& group);
  void add_up(Outcomes& sum, const Outcomes& of_one, double times) const;
  LaneTotals whole(const LaneTotals& from, const Outcomes& sum, std::int64_t arrived) const;
  LaneTotals whole_at(std::int64_t t) const;
  void drop(Group& group, double targets);
  std::uint32_t separate(Row& row);
  void keep_latencies(std::int64_t t);

  const LaneSpec& spec_;
  std::deque<FluidService> services_;  // by speed of core; curves refer to them
  ExpectedArrivals arrivals_;
  // By speed of core, and by allotment and number of targets, roughly.
  std::map<std::tuple<std::uint32_t, std::int64_t, std::int64_t>, FluidCurve> curves_;
  std::vector<Row> rows_;  // by id
  std::vector<Group> groups_;
  bool rearrange_ = false;
  bool settled_ = false;  // nothing changed in the last step
  std::int64_t step_seconds_ = 1;
  bool stirred_ = false;
  double rate_ = 0;  // of the lane in the step, requests per nanosecond
  std::int64_t now_ = 0, step_begin_ = 0, step_end_ = 0, mark_ = 0;
  Outcomes sum_, sum_after_;  // at the step's beginning and end
  LaneTotals at_begin_, at_end_, totals_;
  std::vector<double> latencies_;  // answers by bucket since they were taken
  std::int64_t ok_taken_ = 0;
};

}  // namespace berth
