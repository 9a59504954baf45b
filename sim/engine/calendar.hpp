// The calendar: what will happen, in the order (time, round, phase, ticket). Events can be cancelled, alone or by
// owner.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/base/check.hpp"
#include "sim/base/time.hpp"
#include "sim/engine/timing_wheel.hpp"

namespace berth {

/// The order within one round of an instant.
enum class Phase : std::uint8_t {
  completion,   ///< what ends frees its room before anybody asks for it
  arrival,      ///< what comes finds the room that was freed
  measure,      ///< lanes and metrics see ends and arrivals of the instant
  decision,     ///< controllers decide once, on everything that has happened
  observation,  ///< once, after the last round: observers see the instant as it is left
};

enum class Ticket : std::uint64_t { none = 0 };

/// Whose event it is, so that a life that ends can take back all it has scheduled. Kind 0 is nobody;
/// ids of a kind are dense.
struct Owner {
  std::uint32_t kind = 0;
  std::uint32_t id = 0;
};

template <class Event>
class Calendar {
  static_assert(std::is_trivially_copyable_v<Event>);
  static_assert(sizeof(Event) <= 32);

 public:
  using Name = const char* (*)(const Event&);
  struct Entry {
    Time time{};
    std::uint32_t round = 0;
    Phase phase = Phase::completion;
    Event event{};
  };
  /// An instant with more rounds is taken for a cycle of events that call each other forever.
  static constexpr std::uint32_t kMaxRounds = 1000;

  /// `name` says what an event is, for the message about a cycle.
  explicit Calendar(Name name = nullptr) : name_(name) {}

  /// For the present instant and a phase that is not after the running one: the next round of this instant.
  /// Observers may only schedule for later instants.
  Ticket at(Time time, Phase phase, const Event& event, Owner owner = {}) {
    SIM_CHECK(time >= now_);
    SIM_CHECK(time.time_since_epoch().count() < kEndOfTime);
    const std::uint32_t slot = take_row();
    const std::uint64_t ticket = ++births_ << kSlotBits | slot;
    Row& row = rows_[slot];
    row.ticket = ticket;
    row.event = event;
    row.owner = owner;
    if (owner.kind != 0) link(slot);
    ++size_;
    if (time == now_) post(phase, ticket);
    else wheel_.insert(WheelKey{encode(time, phase), ticket});
    return Ticket{ticket};
  }

  bool pending(Ticket ticket) const { return alive(static_cast<std::uint64_t>(ticket)); }

  /// False when it has happened or was cancelled before.
  bool cancel(Ticket ticket) {
    if (!pending(ticket)) return false;
    release(slot_of(static_cast<std::uint64_t>(ticket)));
    sweep_if_worth_it();
    return true;
  }

  /// Costs as much as the owner has events pending. Returns how many.
  std::size_t cancel_all(Owner owner) {
    std::size_t cancelled = 0;
    if (owner.kind == 0 || owner.kind >= first_of_.size() || owner.id >= first_of_[owner.kind].size()) return 0;
    for (const std::uint32_t& first = first_of_[owner.kind][owner.id]; first != kNil; ++cancelled) release(first);
    sweep_if_worth_it();
    return cancelled;
  }

  /// When the next event is due; kNever when there is none. Looking forbids nothing: `at` still takes any moment
  /// from now() on.
  Time next_time() const {
    if (posted_ != 0 && any_posted()) return now_;
    const WheelKey* first = first_ahead();
    return first == nullptr ? kNever : time_of(*first);
  }

  /// Takes the next event and moves the clock to it. False when there is none.
  bool pop(Entry& out) {
    const std::uint64_t ticket = posted_ == 0 ? pop_ahead() : pop_present();
    if (ticket == 0) return false;
    const std::uint32_t slot = slot_of(ticket);
    out.time = now_;
    out.round = round_;
    out.phase = phase();
    out.event = rows_[slot].event;
    release(slot);
    if (round_ + recent_.size() > kMaxRounds) recent_[recent_count_++ % recent_.size()] = out.event;
    return true;
  }

  /// Moves the clock to a moment at which something outside the calendar happens (a transfer that ends).
  void advance_now(Time time) {
    SIM_CHECK(time >= now_);
    SIM_CHECK(time <= next_time());
    if (time != now_) begin_instant(time);
  }

  Time now() const { return now_; }
  /// Of the event taken last; completion at the beginning of an instant.
  Phase phase() const { return running_ < 0 ? Phase::completion : static_cast<Phase>(running_); }
  std::uint32_t round() const { return round_; }
  std::size_t size() const { return size_; }

 private:
  static constexpr unsigned kSlotBits = 24;
  static constexpr std::uint32_t kNil = 0xffff'ffff;
  static constexpr std::int64_t kEndOfTime = std::int64_t{1} << 60;
  static constexpr int kObservation = static_cast<int>(Phase::observation);

  struct Row {
    std::uint64_t ticket = 0;  // 0: free
    std::uint32_t previous = kNil;
    std::uint32_t next = kNil;  // of the same owner, or the next free row
    Owner owner;
    Event event{};
  };
  /// Posted for the present instant: tickets rise, so first in is first out.
  struct Posted {
    std::vector<std::uint64_t> tickets;
    std::size_t taken = 0;
  };
  using Round = std::array<Posted, kObservation>;

  static std::uint64_t encode(Time time, Phase phase) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count()) << 3 | static_cast<std::uint64_t>(phase);
  }
  static Time time_of(const WheelKey& key) { return Time{Duration{static_cast<std::int64_t>(key.when >> 3)}}; }
  static int phase_of(const WheelKey& key) { return static_cast<int>(key.when & 7); }
  static std::uint32_t slot_of(std::uint64_t ticket) { return ticket & ((1u << kSlotBits) - 1); }
  bool alive(std::uint64_t ticket) const {
    const std::uint32_t slot = slot_of(ticket);
    return ticket != 0 && slot < rows_.size() && rows_[slot].ticket == ticket;
  }

  // Rows.
  std::uint32_t take_row() {
    if (free_ == kNil) {
      SIM_CHECK(rows_.size() < (1u << kSlotBits));
      rows_.emplace_back();
      return static_cast<std::uint32_t>(rows_.size() - 1);
    }
    const std::uint32_t slot = free_;
    free_ = rows_[slot].next;
    return slot;
  }

  void release(std::uint32_t slot) {
    Row& row = rows_[slot];
    if (row.owner.kind != 0) unlink(row);
    row.ticket = 0;
    row.next = free_;
    free_ = slot;
    --size_;
  }

  void link(std::uint32_t slot) {
    const Owner owner = rows_[slot].owner;
    if (first_of_.size() <= owner.kind) first_of_.resize(owner.kind + 1);
    std::vector<std::uint32_t>& firsts = first_of_[owner.kind];
    if (firsts.size() <= owner.id) firsts.resize(owner.id + 1, kNil);
    rows_[slot].previous = kNil;
    rows_[slot].next = firsts[owner.id];
    if (firsts[owner.id] != kNil) rows_[firsts[owner.id]].previous = slot;
    firsts[owner.id] = slot;
  }

  void unlink(const Row& row) {
    if (row.previous == kNil) first_of_[row.owner.kind][row.owner.id] = row.next;
    else rows_[row.previous].next = row.next;
    if (row.next != kNil) rows_[row.next].previous = row.previous;
  }

  /// Keys of long timers that are always armed again would pile up in the wheel.
  void sweep_if_worth_it() {
    if (wheel_.size() > 2 * size_ + 1024) wheel_.sweep([this](std::uint64_t ticket) { return alive(ticket); });
  }

  // The instants ahead.
  const WheelKey* first_ahead() const {
    const WheelKey* first = wheel_.first();
    for (; first != nullptr && !alive(first->ticket); first = wheel_.first()) wheel_.drop_first();
    return first;
  }

  std::uint64_t pop_ahead() {
    const WheelKey* first = first_ahead();
    if (first == nullptr) return 0;
    const WheelKey key = *first;
    wheel_.drop_first();
    if (const std::uint64_t soon = wheel_.soon()) __builtin_prefetch(&rows_[slot_of(soon)]);
    if (time_of(key) != now_) begin_instant(time_of(key));
    running_ = phase_of(key);
    return key.ticket;
  }

  void begin_instant(Time time) {
    now_ = time;
    round_ = 0;
    running_ = -1;
  }

  // The present instant.
  void post(Phase phase, std::uint64_t ticket) {
    SIM_CHECK_SAY(running_ != kObservation, "an observer scheduled an event for the instant it observes");
    const int order = static_cast<int>(phase);
    if (phase == Phase::observation) last_.tickets.push_back(ticket);
    else (order > running_ ? this_round_ : next_round_)[static_cast<std::size_t>(order)].tickets.push_back(ticket);
    ++posted_;
  }

  /// Forgets cancelled ones at the front.
  bool has(Posted& posted) const {
    for (; posted.taken < posted.tickets.size(); ++posted.taken, --posted_)
      if (alive(posted.tickets[posted.taken])) return true;
    posted.tickets.clear();
    posted.taken = 0;
    return false;
  }
  int first_phase(Round& round) const {
    for (int phase = 0; phase < kObservation; ++phase)
      if (has(round[static_cast<std::size_t>(phase)])) return phase;
    return kObservation;
  }
  bool any_posted() const {
    return first_phase(this_round_) < kObservation || first_phase(next_round_) < kObservation || has(last_);
  }
  std::uint64_t take(Posted& posted, int phase) {
    running_ = phase;
    --posted_;
    return posted.tickets[posted.taken++];
  }

  std::uint64_t pop_present() {
    for (;;) {
      const WheelKey* ahead = first_ahead();
      // Planned for this instant before it began: an older ticket than any posted since.
      const bool planned = ahead != nullptr && time_of(*ahead) == now_;
      const int posted = first_phase(this_round_);
      if (planned && phase_of(*ahead) < kObservation && phase_of(*ahead) <= posted) return pop_ahead();
      if (posted < kObservation) return take(this_round_[static_cast<std::size_t>(posted)], posted);
      if (first_phase(next_round_) < kObservation) {
        begin_round();
        continue;
      }
      if (planned || !has(last_)) return pop_ahead();
      return take(last_, kObservation);
    }
  }

  void begin_round() {
    ++round_;
    SIM_CHECK_SAY(round_ <= kMaxRounds, cycle());
    std::swap(this_round_, next_round_);
    running_ = -1;
  }

  std::string cycle() const {
    std::string text = "events call each other forever at " + std::to_string(seconds(now_)) + " s; the last ones:";
    const std::size_t known = recent_count_ < recent_.size() ? recent_count_ : recent_.size();
    for (std::size_t i = recent_count_ - known; i < recent_count_; ++i)
      text += std::string(" ") + (name_ == nullptr ? "?" : name_(recent_[i % recent_.size()]));
    return text;
  }

  Name name_;
  Time now_{};
  std::uint32_t round_ = 0;
  int running_ = -1;  // phase of the event taken last; -1 before the first of a round
  std::size_t size_ = 0;
  std::uint64_t births_ = 0;
  std::vector<Row> rows_;
  std::uint32_t free_ = kNil;
  std::vector<std::vector<std::uint32_t>> first_of_;  // by kind, by id: the owner's first row
  // Looking sorts a slot of the wheel and drops cancelled ones, and changes nothing that can be seen.
  mutable TimingWheel wheel_;
  mutable Round this_round_;
  mutable Round next_round_;
  mutable Posted last_;             // observation
  mutable std::size_t posted_ = 0;  // in the two rounds and `last_`, cancelled ones included
  std::array<Event, 8> recent_{};
  std::size_t recent_count_ = 0;
};

}  // namespace berth
