// Pods that come, are placed and end, without latencies: the loop around a placement policy.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <variant>

#include "sim/engine/calendar.hpp"

namespace berth {

/// A pod is placed in the instant of its arrival, or when one that ends makes room, whoever came first before others.
/// Equal pods wait together: what did not fit is not tried again before room is made.
/// `Pods` tells of each pod, by number in order of arrival, when it comes, `arrival(pod)`, which others it equals,
/// `kind(pod)`, and how long it runs, `runs(pod)` (empty: for good); `place(pod, now)` says its node, or nothing, and
/// `end(pod, now)` gives its room back.
template <class Pods>
class PodFlow {
 public:
  PodFlow(Pods& pods, std::uint32_t count) : pods_(pods), count_(count) {}

  void run() {
    arrive_next();
    typename Calendar<Event>::Entry entry;
    while (calendar_.pop(entry)) std::visit([this](const auto& event) { this->on(event); }, entry.event);
  }
  std::int64_t placed() const { return placed_; }
  std::int64_t refusals() const { return refusals_; }
  /// Over (pod, node, moment) of every placement in their order.
  std::uint64_t placements_hash() const { return hash_; }

 private:
  struct PodArrives {
    std::uint32_t pod;
  };
  struct PodEnds {
    std::uint32_t pod;
  };
  struct PlacementDue {};
  using Event = std::variant<PodArrives, PodEnds, PlacementDue>;

  struct Group {
    std::deque<std::uint32_t> waiting;
    std::uint64_t refused_at = ~std::uint64_t{0};
  };

  void arrive_next() {
    if (next_arrival_ == count_) return;
    calendar_.at(pods_.arrival(next_arrival_), Phase::arrival, PodArrives{next_arrival_});
    ++next_arrival_;
  }

  void on(const PodArrives& e) {
    groups_[pods_.kind(e.pod)].waiting.push_back(e.pod);
    placement_due();
    arrive_next();
  }

  void on(const PodEnds& e) {
    pods_.end(e.pod, calendar_.now());
    ++epoch_;
    if (!groups_.empty()) placement_due();
  }

  void on(const PlacementDue&) {
    due_ = false;
    while (Group* group = next_to_try()) {
      if (place(group->waiting.front())) {
        group->waiting.pop_front();
      } else {
        group->refused_at = epoch_;
        ++refusals_;
      }
    }
  }

  void placement_due() {
    if (due_) return;
    due_ = true;
    calendar_.at(calendar_.now(), Phase::decision, PlacementDue{});
  }

  Group* next_to_try() {
    Group* first = nullptr;
    for (auto at = groups_.begin(); at != groups_.end();) {
      Group& group = at->second;
      if (group.waiting.empty()) {
        at = groups_.erase(at);
        continue;
      }
      ++at;
      if (group.refused_at == epoch_) continue;
      if (first == nullptr || group.waiting.front() < first->waiting.front()) first = &group;
    }
    return first;
  }

  bool place(std::uint32_t pod) {
    const std::optional<std::uint32_t> node = pods_.place(pod, calendar_.now());
    if (!node) return false;
    ++placed_;
    for (const std::uint64_t part : {std::uint64_t{pod}, std::uint64_t{*node},
                                     static_cast<std::uint64_t>(calendar_.now().time_since_epoch().count())})
      hash_ = (hash_ ^ part) * 0x0000'0100'0000'01b3;
    if (const std::optional<Duration> runs = pods_.runs(pod))
      calendar_.at(calendar_.now() + *runs, Phase::completion, PodEnds{pod});
    return true;
  }

  Pods& pods_;
  std::uint32_t count_;
  Calendar<Event> calendar_;
  std::map<std::uint32_t, Group> groups_;  // by kind
  std::uint64_t epoch_ = 0;                // room was made so many times
  bool due_ = false;
  std::uint32_t next_arrival_ = 0;
  std::uint64_t hash_ = 0xcbf2'9ce4'8422'2325;
  std::int64_t placed_ = 0, refusals_ = 0;
};

}  // namespace berth
