// A joint lane: all requests of services and externals that are joined by calls, with one local heap of moments,
// because a caller keeps its slot until it has its answers.
//
// Rules, beside those of a lane alone (lane.hpp):
//  - a request does its CPU work first, then makes its calls, and then waits what is left of its service time;
//  - a call begins when those that it comes after are over; it is over with its answer, with the answers of all its
//    copies, or, when it is optional, with its failure;
//  - a call fails when its callee refuses it, answers with an error, dies, or takes longer than the caller waits; it is
//    tried again by its own rules (retrying_loop.hpp), and when they end it the caller's own request fails at once;
//  - who has given up is not noticed: callees finish the work for callers that are gone, and callers theirs for
//  clients;
//  - a call to a target that has died unnoticed hangs until the caller gives up, or until the target is removed;
//  - asynchronous calls arrive at their callee at that moment, and nobody waits for them;
//  - at one moment: ends of CPU work, answers, news of failed calls, time-outs, further attempts, arrivals from
//  outside.
//    So a time-out that falls together with the answer is none, and one that falls together with a free slot is one.
//  - luck is keyed by the request that came from outside and by the way of calls and attempts that leads from it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/demand/call_traffic.hpp"
#include "sim/demand/lane.hpp"
#include "sim/demand/moment_heap.hpp"
#include "sim/demand/moments.hpp"
#include "sim/demand/presence.hpp"
#include "sim/demand/shared_cpu.hpp"
#include "sim/demand/slot_gaps.hpp"
#include "sim/demand/visits.hpp"

namespace berth {

/// One call of a member of a joint lane.
struct LaneCall {
  std::uint32_t callee = 0;            ///< a member
  std::uint32_t count = 1;             ///< copies at once
  std::uint64_t at_most = UINT64_MAX;  ///< it is made when its draw is not above
  std::uint32_t after = 0;             ///< bits of the calls before it
  std::int64_t timeout = 0;            ///< nanoseconds of an attempt; 0 = never
  RetrySpec retries;
  bool async = false;
  bool optional = false;
  bool own_zone_first = false;  ///< to targets in the caller's zone while there are any
};

/// A service, or an external: that one has one target from the beginning, whose slots are its connections.
struct LaneMember {
  LaneSpec spec;
  Arrivals arrivals;  ///< of its own demand, if it has any
  std::vector<LaneCall> calls;
  bool external = false;
  double error_rate = 0;  ///< of its answers
};

/// A key of luck made from another one (the finisher of splitmix64).
inline std::uint64_t mixed(std::uint64_t key) {
  key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9;
  key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
  return key ^ (key >> 31);
}

class JointLane {
 public:
  /// Callers before those that they call; no circles.
  JointLane(std::vector<LaneMember> members, std::uint64_t seed);

  std::size_t size() const { return members_.size(); }
  const LaneSpec& spec(std::uint32_t member) const { return members_[member].of.spec; }

  std::optional<std::uint32_t> member_named(const std::string& service) const;

  /// Works through all that happens before `end`, nanoseconds since the start. Never goes back.
  void advance_to(std::int64_t end);
  std::int64_t now() const { return now_; }
  std::int64_t quiet_until() const;

  // As of a lane alone, by member.
  void mark(std::uint32_t member, std::int64_t t);
  void take_use(std::uint32_t member, std::vector<UseSinceMark>& into);
  bool is_stirred(std::uint32_t member) const { return !members_[member].stirred.empty(); }
  void borrow_from(std::uint32_t member, const std::vector<Cpu>& allotments) { members_[member].lent = &allotments; }
  void add_target(std::uint32_t member, TargetId id, Cpu allotment, std::int64_t slow_start, std::uint32_t place,
                  std::uint32_t zone);
  void drain_target(std::uint32_t member, TargetId id);
  void resume_target(std::uint32_t member, TargetId id, std::int64_t slow_start);
  void set_health(std::uint32_t member, TargetId id, bool healthy);
  void remove_target(std::uint32_t member, TargetId id);
  void lose_target(std::uint32_t member, TargetId id);
  void set_allotment(std::uint32_t member, TargetId id, Cpu allotment);
  bool has_target(std::uint32_t member, TargetId id) const;
  TargetTotals target_totals(std::uint32_t member, TargetId id) const;
  const LaneTotals& totals(std::uint32_t member) const { return members_[member].totals; }
  void take_latencies(std::uint32_t member, LatencyHistogram& into);
  bool is_called(std::uint32_t member) const { return members_[member].called; }
  /// The part of totals and latencies that came from outside; the latencies only where not all do.
  const LaneTotals& client_totals(std::uint32_t member) const;
  void take_client_latencies(std::uint32_t member, LatencyHistogram& into);

  std::int64_t resident(std::uint32_t member, TargetId id) const { return rows_[row_of(member, id)].visits; }
  void set_core_time(std::uint32_t member, TargetId id, double per_work);
  bool answers_check(std::uint32_t member, TargetId id, std::int64_t within) const;

  /// From now on its service times are so much longer, and so many more of its answers are errors.
  void set_pace(std::uint32_t member, double factor, double error_rate);
  /// The critical paths of requests from outside, and of asynchronous calls, to the member; by member.
  void take_paths(std::uint32_t member, std::vector<PathShare>& into) { paths_.take(member, into); }
  /// Of one of the member's calls.
  CallTraffic::Count traffic(std::uint32_t member, std::size_t call, std::size_t from, std::size_t to) const {
    return traffic_.of(members_[member].first_edge + call, from, to);
  }
  std::size_t zones_of_traffic() const { return traffic_.zones(); }
  /// Every request is somewhere, once; Little's law holds for the member's requests and the attempts at its targets.
  void check(std::uint32_t member) const;
  /// The most visits that there ever were at once.
  std::size_t room() const { return visits_.room(); }

 private:
  /// What happens at a moment, in this order.
  enum class What : std::uint32_t { leaves_cpu, answers, call_failed, loses_patience, gives_up, tries_again };

  struct Row {
    SharedCpu<std::uint32_t> cpu{Cpu{0}, 0};
    SlotGaps gaps;
    VisitsInQueue queue;
    std::uint32_t member = 0;
    std::uint32_t place = 0;  // of the caller of add_target
    std::uint32_t zone = 0;
    std::int64_t slots_left = 0;
    std::int64_t visits = 0;  // here in whatever stage
    std::int64_t outstanding = 0, answered = 0, cpu_arrived = 0;
    std::int64_t watched = INT64_MAX;  // the earliest moment for which it is among the moments
    std::int64_t used_at_mark = 0;     // while stirred
    Presence presence;                 // of attempts
    bool dead = false;
    bool stirred = false;  // something happened on its CPU since the mark
  };
  struct Named {
    TargetId id;
    std::uint32_t row;
    bool operator<(const Named& other) const { return id < other.id; }
  };
  /// How those who ask for one reason bear it that no answer comes.
  struct Patience {
    std::int64_t timeout = 0;
    RetrySpec retries;
    RetryBackOff back_off;
    RetryBudget budget;
    std::uint32_t line = kNobody;  // where those who have just begun wait
  };
  struct Member {
    LaneMember of;
    Draws own_times, times, choices, errors;  // times: of calls
    std::uint64_t name = 0;
    Balancer balancer{Balancing::round_robin, false, 0, {}};
    std::vector<Named> ids;  // by id
    LaneTotals totals, clients;
    LatencyHistogram latencies, client_latencies;
    std::vector<std::uint32_t> stirred;  // rows
    const std::vector<Cpu>* lent = nullptr;
    std::int64_t mark = 0;
    Patience patience;                    // of its clients
    std::vector<Patience> call_patience;  // its own
    std::uint32_t all_calls = 0;
    std::uint32_t first_edge = 0;  // its calls are edges from here on
    bool called = false;           // by other members
    double pace = 1;
    std::uint64_t errors_at_most = 0;  // 0: none
    std::uint64_t block = UINT64_MAX;  // of `four`
    std::array<std::uint64_t, 4> four{};
    Presence presence;  // of requests
  };
  /// Everybody who waits equally long, the first to give up first.
  struct Line {
    std::int64_t length = 0;
    VisitsByAge waiting;
    bool watched = false;
  };
  /// Between two attempts, or on its way to its caller.
  struct Failed {
    Request request;
    Failure why = Failure::error;
    bool waits = false;  // for its next attempt
  };

  // `inline`: called only in the file that defines it, so that the steps of a life become one.

  void join_calls(std::uint32_t member);
  // A request's life (joint_requests.cpp).
  inline void happens(const Moment& moment);
  void request_from_outside();
  void send(const Request& request, std::int64_t service, std::int64_t t);
  inline std::uint32_t choose(Member& m, const Request& request, std::int64_t t);
  inline std::uint32_t visit_of(std::uint32_t row, const Request& request, std::int64_t service, std::int64_t t);
  inline void wait_in_line(std::uint32_t visit);
  inline void watch(std::uint32_t line, std::int64_t deadline);
  void start(std::uint32_t visit, std::int64_t t);
  void watch_cpu(std::uint32_t row);
  void leave_cpu(std::uint32_t row, std::int64_t t);
  inline void end_cpu_work(std::uint32_t visit, std::int64_t t, bool may_end);
  void wait(std::uint32_t visit, std::int64_t t, bool may_end);
  void end_waiting(std::uint32_t visit, std::int64_t t);
  void answer(std::uint32_t visit, std::int64_t t);
  inline void book_answer(const Visit& visit, std::int64_t t);
  void fail(std::uint32_t visit, std::int64_t t);
  void lose(const Visit& visit, std::int64_t t);
  inline void leave(std::uint32_t visit, std::int64_t t);
  inline void start_next(std::uint32_t row, std::int64_t t);
  void lose_patience(std::uint32_t line, std::int64_t t);
  void give_up(std::uint32_t visit, std::int64_t t);
  inline void stop_waiting(std::uint32_t visit);
  void drop_all(std::uint32_t row, bool unnoticed);
  bool drop(std::uint32_t visit, bool unnoticed);
  inline void forget(std::uint32_t visit);

  // Attempts that failed (joint_failures.cpp).
  void attempt_failed(const Request& request, Failure why, std::int64_t t);
  bool tries_again(const Request& request, Patience& patience, Failure why, std::int64_t t, std::int64_t due);
  void book_failure(const Request& request, Failure why, std::int64_t t);
  void try_again(std::uint32_t failed, std::int64_t t);
  void hear_of_failure(std::uint32_t failed, std::int64_t t);
  std::uint32_t keep(const Failed& failed);
  Failed release(std::uint32_t failed);

  // Calls (joint_calls.cpp).
  void make_calls(std::uint32_t visit, std::int64_t t, bool may_end);
  inline void make_call(const Member& m, std::uint32_t visit, std::uint32_t call, std::int64_t t);
  void call_answered(std::uint32_t visit, std::uint32_t call, const CriticalPaths::Chain& path, std::int64_t lost,
                     std::int64_t t);
  CriticalPaths::Chain path_of(std::uint32_t visit, std::int64_t t);
  void discard_paths(std::uint32_t visit);

  /// Whether its caller is still there and waits for it.
  bool is_awaited(const Request& request) {
    return request.asker == Asker::caller && visits_[request.caller].life == request.caller_life;
  }
  std::uint64_t luck_of(const Request& request) const;
  std::int64_t service_time(const Request& request) const;
  Patience& patience_of(const Request& request);
  std::int64_t own_time(Member& member, std::uint64_t number);
  bool would_answer(const Row& row, std::int64_t within) const;
  std::uint32_t row_of(std::uint32_t member, TargetId id) const;
  void stir(std::uint32_t row);
  void put_out(std::uint32_t row);
  Patience patience(std::int64_t timeout, const RetrySpec& retries, const std::string& name);
  std::uint32_t line_of(std::int64_t length);
  bool counts_outstanding(const Member& m) const { return m.of.spec.balancing == Balancing::least_outstanding; }

  std::uint64_t seed_;
  std::vector<Member> members_;
  std::vector<Row> rows_;
  std::vector<std::uint32_t> free_rows_;
  std::vector<Line> lines_;  // by length
  Visits visits_;
  std::vector<Failed> failed_;
  std::vector<std::uint32_t> free_failed_;
  CriticalPaths paths_;
  CallTraffic traffic_;
  std::vector<bool> edges_own_zone_first_;
  mutable Moments moments_;  // looking at the first sorts
  MomentHeap arrivals_;      // the next of each member with demand of its own
  Patience endless_;         // of asynchronous calls
  std::int64_t now_ = 0;
};

}  // namespace berth
