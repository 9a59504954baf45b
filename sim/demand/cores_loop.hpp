// A load in busy cores without requests: those that serve share it, each up to its allotment; what is left over is
// lost.
//
// Each is given the same part. What one has no room for the others take, those with the least room first. A step ends
// where the trace or the targets change; within it all is even, so it does not matter who looks when. Work is counted
// in grains of a core × nanoseconds, exactly.
#pragma once

#include <memory>
#include <vector>

#include "sim/base/check.hpp"
#include "sim/demand/expected_arrivals.hpp"
#include "sim/demand/lane.hpp"

namespace berth {

/// Moments are nanoseconds since the start of the run. Same functions as LaneLoop.
class CoresLoop {
 public:
  explicit CoresLoop(std::shared_ptr<const LoadSeries> series) : load_(std::move(series)) {}

  void advance_to(std::int64_t end);
  /// Of allotments that bind nobody it is not told: they are looked up with every step.
  void borrow_from(const std::vector<Cpu>& allotments) { borrowed_ = &allotments; }

  void add_target(TargetId id, Cpu allotment, std::int64_t slow_start, std::uint32_t place, TargetSite site = {});
  /// Nothing is under way in it that would have to be finished.
  void drain_target(TargetId id);
  void end_target(TargetId id) { drain_target(id); }
  void resume_target(TargetId id, std::int64_t slow_start);
  /// Nobody sends it anything, so the others have its part at once.
  void lose_target(TargetId id) { drain_target(id); }
  /// Only what is healthy is known here.
  void set_health(TargetId, bool healthy) { SIM_CHECK(healthy); }
  // Checks are always answered here.
  bool answers_check(TargetId, std::int64_t) const { return true; }
  void remove_target(TargetId id);
  /// The load is one of cores, whatever they are.
  void set_core_time(TargetId, double) {}
  void set_allotment(TargetId id, Cpu allotment);

  bool has_target(TargetId id) const;
  TargetTotals target_totals(TargetId id) const;
  std::int64_t resident(TargetId) const { return 0; }
  std::int64_t quiet_until() const { return step_end_; }
  void mark(std::int64_t t);
  bool is_stirred() const { return stirred_; }
  void take_use(std::vector<UseSinceMark>& into);

  std::int64_t now() const { return now_; }
  /// Of requests, of which there are none.
  const LaneTotals& totals() const { return none_; }
  void take_latencies(LatencyHistogram& into) { into.clear(); }
  CoresTotals cores_totals() const;
  /// That all that was asked for was worked off or lost.
  void check() const;

 private:
  using Work = __int128;  // grains × nanoseconds
  struct Row {
    TargetId id;
    std::uint32_t place = 0;
    Cpu allotment;
    bool serves = true;
    std::int64_t part = 0, given = 0;  // of the load in the step, grains: an equal one, and what it works
    Work used = 0, asked = 0;          // up to the step's beginning
    Work used_at_mark = 0;
  };

  std::vector<Row>::iterator place_of(TargetId id);
  Row& row_of(TargetId id);
  void open_step();
  void close_step(std::int64_t t);
  void deal();
  Work used_until(const Row& row, std::int64_t t) const {
    return row.used + static_cast<Work>(row.given) * (t - step_begin_);
  }

  ExpectedArrivals load_;
  const std::vector<Cpu>* borrowed_ = nullptr;  // by place
  std::vector<Row> rows_;                       // by id
  std::vector<std::uint32_t> order_;            // of rows that serve, while they are dealt to
  std::int64_t now_ = 0, step_begin_ = 0, step_end_ = 0;
  bool stirred_ = false;
  std::int64_t cores_ = 0, lost_ = 0;                     // in the step, grains
  Work asked_all_ = 0, used_all_ = 0, unserved_all_ = 0;  // up to the step's beginning
  LaneTotals none_;
};

}  // namespace berth
