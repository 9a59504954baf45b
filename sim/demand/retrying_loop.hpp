// The loop of a lane whose clients try again: everything in order of time, by one local heap of moments.
//
// Rules, beside those of every lane (lane.hpp):
//  - each attempt is an arrival: it is balanced, may have to queue, and has its own luck and its own time-out;
//  - a request is counted once, when it is answered or when its client tries no more; its last failure says as what.
//    Its latency counts from its first attempt, back-offs included;
//  - a client does not begin a back-off that would end at its overall deadline or after it;
//  - at one moment: ends of CPU work, answers, time-outs, further attempts, arrivals.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/demand/balancer.hpp"
#include "sim/demand/lane.hpp"
#include "sim/demand/moment_heap.hpp"
#include "sim/demand/presence.hpp"
#include "sim/demand/ring.hpp"
#include "sim/demand/shared_cpu.hpp"
#include "sim/demand/slot_gaps.hpp"

namespace berth {

/// Moments are nanoseconds since the start of the run.
class RetryingLoop {
 public:
  RetryingLoop(const LaneSpec& spec, std::uint64_t seed, Arrivals arrivals);

  void advance_to(std::int64_t end);
  std::int64_t now() const { return now_; }
  std::int64_t quiet_until() const { return next_time(); }

  void mark(std::int64_t t);
  bool is_stirred() const { return !stirred_.empty(); }
  void take_use(std::vector<UseSinceMark>& into);
  void borrow_from(const std::vector<Cpu>& allotments) { lent_ = &allotments; }

  void add_target(TargetId id, Cpu allotment, std::int64_t slow_start, std::uint32_t place, TargetSite site);
  void drain_target(TargetId id) { balancer_.remove(row_of(id)); }
  void end_target(TargetId id) { drain_target(id); }
  void resume_target(TargetId id) { balancer_.resume(row_of(id)); }
  void remove_target(TargetId id);
  /// Its connections hang: for least outstanding nobody leaves it any more.
  void lose_target(TargetId id);
  void set_health(TargetId id, bool healthy) { balancer_.set_health(row_of(id), healthy); }
  void set_allotment(TargetId id, Cpu allotment);
  void set_core_time(TargetId id, double per_work) { rows_[row_of(id)].cpu.set_core_time(per_work); }
  bool answers_check(TargetId id, std::int64_t within) const;
  bool has_target(TargetId id) const;
  TargetTotals target_totals(TargetId id) const;

  const LaneTotals& totals() const { return totals_; }
  void take_latencies(LatencyHistogram& into) {
    into.clear();
    std::swap(into, latencies_);  // the room of both stays in use
  }
  void check() const;

 private:
  /// What happens at a moment, in this order.
  enum class What : std::uint32_t { leaves_cpu, ends, gives_up, tries_again };
  enum class Where : std::uint8_t { nowhere, queue, cpu, waiting, backing_off };

  struct Attempt {
    std::uint64_t number = 0;  // of the request
    std::int64_t first = 0;    // when its first attempt began
    std::int64_t began = 0;
    std::int64_t service = 0;
    std::int64_t gives_up = INT64_MAX;
    std::int64_t until = 0;  // where it is, if that is known
    std::uint32_t row = Balancer::kNobody;
    std::uint32_t count = 0;  // 0 is the first
    Where where = Where::nowhere;
    bool gone = false;  // the client has given up: work without an outcome
  };
  struct Row {
    SharedCpu<std::uint32_t> cpu{Cpu{0}, 0};
    SlotGaps gaps;
    Ring<std::uint32_t> queue;  // attempts; some may be gone
    std::uint32_t place = 0;    // of the caller
    std::int64_t slots_left = 0;
    std::int64_t queued = 0;  // those whose client still waits
    std::int64_t outstanding = 0, answered = 0, cpu_arrived = 0;
    std::int64_t watched = INT64_MAX;  // the earliest moment for which its CPU is among the moments
    std::int64_t used_at_mark = 0;     // while stirred
    Presence presence;                 // of attempts
    bool dead = false;
    bool stirred = false;  // something happened here since the mark
  };
  struct Named {
    TargetId id;
    std::uint32_t row;
    bool operator<(const Named& other) const { return id < other.id; }
  };
  struct Patience {
    std::int64_t ends = 0;
    std::uint32_t attempt = 0;
  };

  std::int64_t next_time() const {
    const std::int64_t patience = patience_.empty() ? INT64_MAX : patience_.front().ends;
    return std::min({arrivals_.peek(), moments_.first_time(), patience});
  }
  void step(std::int64_t t);
  void happens(const Moment& first);
  void arrive();
  void send(std::uint32_t attempt, std::int64_t t);
  std::uint32_t choose(const Attempt& attempt, std::int64_t t);
  bool accept(std::uint32_t attempt, std::int64_t t);
  void watch_patience(std::uint32_t attempt);
  void start(std::uint32_t attempt, std::int64_t t);
  void watch_cpu(std::uint32_t row);
  void leave_cpu(std::uint32_t row, std::int64_t t);
  void wait(std::uint32_t attempt, std::int64_t t);
  void end(std::uint32_t attempt, std::int64_t t);
  void answer(const Attempt& attempt, std::int64_t t);
  void start_next(std::uint32_t row, std::int64_t t);
  void give_up(std::uint32_t attempt, std::int64_t t);
  void drop_those_gone(Row& row);
  void fail(std::uint32_t attempt, Failure why, std::int64_t t);
  void fail(const Attempt& attempt, Failure why, std::int64_t t);
  bool tries_again(const Attempt& attempt, Failure why, std::int64_t t, std::int64_t due);
  void drop_outstanding(std::uint32_t row);

  std::uint32_t seat(const Attempt& attempt);
  void release(std::uint32_t attempt);
  std::int64_t service_time(std::uint64_t number);
  std::int64_t service_time_again(std::uint64_t number, std::uint32_t attempt) const;
  std::int64_t work_of(const Attempt& attempt) const { return std::min(attempt.service, spec_.cpu_per_request); }
  bool is_free(const Row& row) const { return spec_.concurrency == 0 || row.slots_left > 0; }
  bool would_answer(const Row& row, std::int64_t within) const;
  bool counts_outstanding() const { return spec_.balancing == Balancing::least_outstanding; }
  void stir(std::uint32_t row);
  void put_out(std::uint32_t row);
  std::uint32_t row_of(TargetId id) const;

  const LaneSpec& spec_;
  std::uint64_t seed_;
  Arrivals arrivals_;
  Draws draws_;
  std::uint64_t block_ = UINT64_MAX;
  std::array<std::uint64_t, 4> four_{};
  RetryBackOff back_off_;
  RetryBudget budget_;
  Balancer balancer_;
  std::int64_t patience_length_;  // of a first attempt
  std::vector<Attempt> attempts_;
  std::vector<std::uint32_t> free_attempts_;
  MomentHeap moments_;
  Ring<Patience> patience_;  // those of patience_length_, ascending; some are over already
  std::vector<Row> rows_;
  std::vector<std::uint32_t> free_rows_;
  std::vector<std::uint32_t> stirred_;  // rows
  std::vector<Named> ids_;              // by id
  const std::vector<Cpu>* lent_ = nullptr;
  LaneTotals totals_;
  LatencyHistogram latencies_;
  Presence presence_;  // of requests
  std::int64_t now_ = 0;
  std::int64_t mark_ = 0;
};

}  // namespace berth
