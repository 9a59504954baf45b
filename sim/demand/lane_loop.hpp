// The tight loop of a lane over one kind of target: arrivals in order, each target worked off when it is met or asked.
#pragma once

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "sim/base/check.hpp"
#include "sim/demand/balancer.hpp"
#include "sim/demand/due_queue.hpp"
#include "sim/demand/lane.hpp"
#include "sim/demand/node_ports.hpp"
#include "sim/demand/presence.hpp"
#include "sim/demand/waiting_target.hpp"

namespace berth {

/// Target is WaitingTarget or WorkingTarget. Moments are nanoseconds since the start of the run.
///
/// Outcomes before the end of the window are booked as soon as they are known, the others wait in `pending_`: sums do
/// not depend on the order. Least outstanding has to know at each arrival who has left, so there every outcome waits
/// in `pending_`, and `events_` says which target has something to work off.
template <class Target>
class LaneLoop {
 public:
  LaneLoop(const LaneSpec& spec, std::uint64_t seed, Arrivals arrivals)
      : spec_(spec),
        arrivals_(std::move(arrivals)),
        listed_(arrivals_.listed_service_times()),
        draws_(seed, Purpose::service_time, name_hash(spec.service)),
        balancer_(spec.balancing, spec.by_zone, seed, spec.service),
        node_ports_(spec, seed) {}

  void advance_to(std::int64_t end) {
    SIM_CHECK(end >= now_);
    if (end == now_) return;
    window_end_ = end;
    if (behind_nodes()) {
      send_arrivals<Balancing::random, true>(end);
    } else {
      switch (spec_.balancing) {
        case Balancing::round_robin:
          send_arrivals<Balancing::round_robin>(end);
          break;
        case Balancing::least_outstanding:
          send_arrivals<Balancing::least_outstanding>(end);
          break;
        case Balancing::random:
          send_arrivals<Balancing::random>(end);
          break;
      }
    }
    finish_window(end - 1);
    if (behind_nodes()) node_ports_.forget_before(end);
    now_ = end;
  }

  void borrow_from(const std::vector<Cpu>& allotments) { lent_ = &allotments; }

  void add_target(TargetId id, Cpu allotment, std::int64_t slow_start, std::uint32_t place, TargetSite site) {
    SIM_CHECK(!has_target(id));
    std::uint32_t row = static_cast<std::uint32_t>(rows_.size());
    if (free_rows_.empty()) {
      rows_.emplace_back(Row{Target(spec_, allotment, now_), place});
      due_.push_back(INT64_MAX);
    } else {
      row = free_rows_.back();
      free_rows_.pop_back();
      rows_[row] = Row{Target(spec_, allotment, now_), place};
    }
    stir(row);
    ids_.insert(std::lower_bound(ids_.begin(), ids_.end(), Named{id, 0}), Named{id, row});
    if (behind_nodes()) node_ports_.add(row, site.node);
    else balancer_.add(row, site.zone, now_, slow_start);
  }

  void drain_target(TargetId id) {
    if (behind_nodes()) node_ports_.remove(row_of(id));
    else balancer_.remove(row_of(id));
  }
  void set_health(TargetId id, bool healthy) { balancer_.set_health(row_of(id), healthy); }

  void end_target(TargetId id) {
    if (behind_nodes()) node_ports_.end(row_of(id));
    else balancer_.remove(row_of(id));
  }

  void resume_target(TargetId id) {
    if (behind_nodes()) node_ports_.resume(row_of(id));
    else balancer_.resume(row_of(id));
  }

  bool answers_check(TargetId id, std::int64_t within) const {
    const Row& row = rows_[row_of(id)];
    return !row.dead && row.target.answers_check(now_, within);
  }

  void remove_target(TargetId id) {
    const std::uint32_t row = row_of(id);
    drop_outstanding(row);
    if (behind_nodes()) node_ports_.remove(row);
    else balancer_.remove(row);
    ids_.erase(std::lower_bound(ids_.begin(), ids_.end(), Named{id, 0}));
    put_out(row);
    free_rows_.push_back(row);
  }

  /// Its connections hang: for least outstanding nobody leaves it any more.
  void lose_target(TargetId id) {
    const std::uint32_t row = row_of(id);
    drop_outstanding(row);
    put_out(row);
    rows_[row].dead = true;
  }

  void set_allotment(TargetId id, Cpu allotment) {
    const std::uint32_t row = row_of(id);
    stir(row);
    rows_[row].target.set_allotment(allotment, now_);
    due_[row] = rows_[row].target.next_event();
    if (spec_.balancing == Balancing::least_outstanding) watch(row, now_ - 1);
  }

  void set_core_time(TargetId id, double per_work) {
    Row& row = rows_[row_of(id)];
    SIM_CHECK(row.sent == 0);
    row.target.set_core_time(per_work);
  }

  NodePorts& node_ports() { return node_ports_; }

  bool has_target(TargetId id) const {
    const auto it = std::lower_bound(ids_.begin(), ids_.end(), Named{id, 0});
    return it != ids_.end() && it->id == id;
  }

  TargetTotals target_totals(TargetId id) const {
    const Row& row = rows_[row_of(id)];
    return {row.target.cpu_used(now_), row.target.cpu_arrived(), outstanding(row), row.answered};
  }

  /// Nobody arrives, and no target's CPU is used in another way, before this moment. Least outstanding does not say.
  std::int64_t quiet_until() const {
    if (spec_.balancing == Balancing::least_outstanding) return now_;
    std::int64_t earliest = arrivals_.peek();
    if constexpr (Target::kWorksLater)
      for (const std::int64_t due : due_) earliest = std::min(earliest, due);
    return earliest;
  }

  void mark(std::int64_t t) {
    SIM_CHECK(t >= now_);
    for (const std::uint32_t row : stirred_) rows_[row].stirred = false;
    stirred_.clear();
    mark_ = t;
  }

  bool is_stirred() const { return !stirred_.empty(); }

  void take_use(std::vector<UseSinceMark>& into) {
    into.clear();
    for (const std::uint32_t number : stirred_) {
      Row& row = rows_[number];
      const std::int64_t used = row.target.cpu_used(now_) - row.used_at_mark;
      into.push_back({row.place, used, row.target.wanted(), row.target.is_slow(now_)});
    }
    mark(now_);
  }

  /// Every request is somewhere, once, and Little's law holds for each target.
  void check() const {
    std::vector<std::int64_t> present(rows_.size());
    std::vector<std::uint64_t> ages(rows_.size());
    const auto count = [&](std::uint32_t row, std::int64_t arrived) {
      ++present[row];
      ages[row] += static_cast<std::uint64_t>(now_ - arrived);
    };
    pending_.for_each([&](const Outcome& o) { count(o.row, o.time - sojourn(o)); });
    std::int64_t requests = 0;
    for (const Named& named : ids_) {
      const Row& row = rows_[named.row];
      row.target.for_each_without_outcome([&](std::int64_t arrived) { count(named.row, arrived); });
      SIM_CHECK_SAY(present[named.row] == outstanding(row), spec_.service);
      SIM_CHECK_SAY(row.presence.holds(now_, present[named.row], ages[named.row]), spec_.service);
      requests += present[named.row];
    }
    SIM_CHECK_SAY(requests == totals_.in_flight(), spec_.service);
  }

  std::int64_t now() const { return now_; }
  const LaneTotals& totals() const { return totals_; }
  void take_latencies(LatencyHistogram& into) {
    into.clear();
    std::swap(into, latencies_);  // the room of both stays in use
  }

 private:
  struct Row {
    Target target;
    std::uint32_t place = 0;  // of the caller
    Presence presence{};
    std::int64_t sent = 0;  // accepted here
    std::int64_t answered = 0;
    std::int64_t timed_out = 0;
    std::int64_t watched = INT64_MAX;  // the earliest moment for which an Event of this row is in events_
    bool dead = false;
    bool stirred = false;           // something happened here since the mark
    std::int64_t used_at_mark = 0;  // while stirred
  };
  struct Outcome {
    std::int64_t time;
    std::int64_t latency;  // or kTimedOut
    std::uint32_t row;
  };
  struct Event {
    std::int64_t time;
    std::uint32_t row;
  };
  struct Named {
    TargetId id;
    std::uint32_t row;
    bool operator<(const Named& other) const { return id < other.id; }
  };

  std::int64_t sojourn(const Outcome& outcome) const {
    return outcome.latency == kTimedOut ? spec_.timeout : outcome.latency;
  }
  static std::int64_t outstanding(const Row& row) { return row.sent - row.answered - row.timed_out; }

  /// Before something happens there, the first time since the mark: until now its rate of use stood.
  void stir(std::uint32_t number) {
    Row& row = rows_[number];
    if (row.stirred) return;
    row.stirred = true;
    row.used_at_mark = row.target.cpu_used(mark_);
    stirred_.push_back(number);
    if (lent_ == nullptr) return;
    const bool unfelt = row.target.take_unfelt((*lent_)[row.place]);
    SIM_CHECK(unfelt);
  }

  /// Nobody works here any more.
  void put_out(std::uint32_t row) {
    std::erase(stirred_, row);
    rows_[row] = Row{Target(spec_, Cpu{0}, now_)};
    due_[row] = INT64_MAX;
  }

  /// Calls act(arrived) for each request here that has no outcome yet.
  template <class Act>
  void for_each_present(std::uint32_t row, Act act) const {
    rows_[row].target.for_each_without_outcome(act);
    pending_.for_each([&](const Outcome& o) {
      if (o.row == row) act(o.time - sojourn(o));
    });
  }

  void drop_outstanding(std::uint32_t number) {
    Row& row = rows_[number];
    std::int64_t dropped = 0;
    for_each_present(number, [&](std::int64_t arrived) {
      ++dropped;
      row.presence.leave(now_, now_ - arrived);
    });
    SIM_CHECK_SAY(dropped == outstanding(row), spec_.service);
    SIM_CHECK_SAY(row.presence.holds(now_, 0, 0), spec_.service);
    totals_.dropped_by_death += dropped;
    forget(number);
  }

  void forget(std::uint32_t row) {
    pending_.erase_if([row](const Outcome& o) { return o.row == row; });
    events_.erase_if([row](const Event& e) { return e.row == row; });
  }

  std::uint32_t row_of(TargetId id) const {
    const auto it = std::lower_bound(ids_.begin(), ids_.end(), Named{id, 0});
    SIM_CHECK(it != ids_.end());
    SIM_CHECK(it->id == id);
    return it->row;
  }

  bool behind_nodes() const { return spec_.way_in != WayIn::targets; }

  template <Balancing kHow, bool kNodes = false>
  void send_arrivals(std::int64_t end) {
    constexpr bool kLeast = kHow == Balancing::least_outstanding;
    for (; arrivals_.peek() < end; arrivals_.pop()) {
      const std::int64_t t = arrivals_.peek();
      const std::int64_t service = service_time(arrivals_.number());
      ++totals_.arrived;
      std::uint32_t row;
      if constexpr (kNodes) {
        row = node_ports_.choose(arrivals_.number());
        if (row >= NodePorts::kLost) {
          ++(row == NodePorts::kLost ? totals_.dropped_by_death : totals_.refused);
          continue;
        }
      } else {
        if constexpr (kLeast) settle(t);
        row = balancer_.choose<kHow>(t, arrivals_.number());
        if (row == Balancer::kNobody) {
          ++totals_.refused;
          continue;
        }
        if constexpr (kLeast) balancer_.sent(row);
      }
      if (rows_[row].dead) {
        ++totals_.dropped_by_death;
        continue;
      }
      stir(row);
      if (rows_[row].target.arrive(t, service, booking<kLeast>(row))) {
        ++rows_[row].sent;
        rows_[row].presence.come(t);
      } else {
        ++totals_.refused;
        if constexpr (kLeast) balancer_.left(row);
      }
      if constexpr (kLeast) watch(row, t);
      else due_[row] = rows_[row].target.next_event();
    }
  }

  /// Draws come in fours; requests come in order of their number.
  std::int64_t service_time(std::uint64_t number) {
    if (listed_ != nullptr) return listed_[number];
    if (number / 4 != block_) {
      block_ = number / 4;
      four_ = draws_.four(block_);
    }
    return spec_.service_time.at(four_[number % 4]);
  }

  template <bool kLeast>
  auto booking(std::uint32_t row) {
    return [this, row](std::int64_t time, std::int64_t latency) {
      const bool now = kLeast ? pending_.passed(time) : time < window_end_;
      if (now) book<kLeast>({time, latency, row});
      else pending_.push({time, latency, row});
    };
  }

  template <bool kLeast>
  void book(const Outcome& outcome) {
    Row& row = rows_[outcome.row];
    if constexpr (kLeast) balancer_.left(outcome.row);
    row.presence.leave(outcome.time, sojourn(outcome));
    if (outcome.latency == kTimedOut) {
      ++row.timed_out;
      ++totals_.timed_out;
      return;
    }
    ++row.answered;
    if (behind_nodes() && node_ports_.has_lost(outcome.time - outcome.latency, outcome.time)) {
      ++totals_.dropped_by_death;
      return;
    }
    ++totals_.ok;
    const std::int64_t latency = outcome.latency + spec_.hop;
    if (spec_.slo > 0 && latency > spec_.slo) ++totals_.late;
    latencies_.add(latency);
  }

  /// Least outstanding: everybody who leaves at or before `t` has left.
  void settle(std::int64_t t) {
    if constexpr (Target::kWorksLater) {
      events_.drain(t, [this, t](const Event& event) {
        if (event.time != rows_[event.row].watched) return;  // an earlier one has been put in its place
        rows_[event.row].watched = INT64_MAX;
        watch(event.row, t);
      });
    }
    pending_.drain(t, [this](const Outcome& outcome) { book<true>(outcome); });
  }

  /// Works off what is due in this target by `t`, and sees to it that it is looked at again in time.
  void watch(std::uint32_t number, std::int64_t t) {
    if constexpr (Target::kWorksLater) {
      Row& row = rows_[number];
      if (row.target.next_event() <= t) {
        stir(number);
        row.target.advance(t, booking<true>(number));
        row.target.expire(t, booking<true>(number));
      }
      const std::int64_t next = row.target.next_event();
      if (next >= row.watched) return;  // looked at early, which does no harm
      row.watched = next;
      events_.push({next, number});
    }
  }

  /// Books every outcome up to `last`, the last moment of the window.
  void finish_window(std::int64_t last) {
    if (last < 0) return;
    if (spec_.balancing == Balancing::least_outstanding) {
      settle(last);
      return;
    }
    if constexpr (Target::kWorksLater) {
      for (std::uint32_t row = 0; row < due_.size(); ++row) {
        if (due_[row] > last) continue;
        stir(row);
        Target& target = rows_[row].target;
        target.advance(last, booking<false>(row));
        target.expire(last, booking<false>(row));
        due_[row] = target.next_event();
      }
    }
    pending_.drain(last, [this](const Outcome& outcome) { book<false>(outcome); });
  }

  const LaneSpec& spec_;
  const std::vector<Cpu>* lent_ = nullptr;
  Arrivals arrivals_;
  const std::int64_t* listed_;  // what requests take, by number; null: drawn
  Draws draws_;
  std::uint64_t block_ = UINT64_MAX;
  std::array<std::uint64_t, 4> four_{};
  Balancer balancer_;
  NodePorts node_ports_;
  std::vector<Row> rows_;
  std::vector<std::int64_t> due_;       // by row: when something happens there; not kept for least outstanding
  std::vector<std::uint32_t> stirred_;  // rows
  std::vector<std::uint32_t> free_rows_;
  std::vector<Named> ids_;  // by id
  DueQueue<Outcome> pending_;
  DueQueue<Event> events_;
  LaneTotals totals_;
  LatencyHistogram latencies_;
  std::int64_t now_ = 0;
  std::int64_t mark_ = 0;
  std::int64_t window_end_ = 0;
};

}  // namespace berth
