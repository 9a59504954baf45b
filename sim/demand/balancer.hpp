// A load balancer's choice: a node of it (with cross-zone off, one in each zone), then a target of that node.
//
//  - cross-zone on: every node sends to the targets of all zones, as if there were one node;
//  - cross-zone off: clients spread evenly over the addresses of the zones, and each node sends to the targets of its
//    zone only. A zone without a healthy target is taken out of DNS, at once: nobody keeps an old address;
//  - callers inside the network may take targets of their own zone first, and those of all others when it has none
//    (Kubernetes' trafficDistribution PreferClose, availability zone affinity of an NLB);
//  - a target that fails its checks gets nothing new, unless all do: then every one gets requests again (fail open).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/random.hpp"
#include "sim/demand/target_picker.hpp"
#include "sim/world/balancing.hpp"

namespace berth {

/// Targets are named by a small number (their row).
class Balancer {
 public:
  static constexpr std::uint32_t kNobody = ~0U;

  static constexpr std::uint32_t kAnyZone = ~0U;

  /// `near`: some who ask want the targets of their own zone first.
  Balancer(Balancing how, bool by_zone, std::uint64_t seed, const std::string& service, bool near = false);

  /// `slow_start` nanoseconds from `now` on; 0 = none.
  void add(std::uint32_t target, std::uint32_t zone, std::int64_t now, std::int64_t slow_start);
  /// One that was removed comes back, as a new one but with what is outstanding there; one that is here is healthy.
  void resume(std::uint32_t target, std::int64_t now, std::int64_t slow_start);
  // Both do nothing when the target is not (or no longer) here.
  void remove(std::uint32_t target);
  void set_health(std::uint32_t target, bool healthy);

  /// At moment `t`, of that attempt of that request; kNobody when there is no target. `own_zone`: of one who wants
  /// targets there first.
  template <Balancing kHow>
  std::uint32_t choose(std::int64_t t, std::uint64_t number, std::uint32_t attempt = 0,
                       std::uint32_t own_zone = kAnyZone) {
    if (own_zone < nodes_.size() && !nodes_[own_zone].empty())
      return choose_at<kHow>(nodes_[own_zone], t, number, attempt);
    if (!by_zone_) return choose_at<kHow>(one_, t, number, attempt);
    if (open_.empty()) return kNobody;
    const std::size_t zone = open_[below(zones_drawn_.at(number, attempt), open_.size())];
    return choose_at<kHow>(nodes_[zone], t, number, attempt);
  }
  /// One more, one less outstanding there. Only for least outstanding.
  void sent(std::uint32_t target) {
    if (zones_known_) nodes_[zones_[target]].sent(target);
    if (!by_zone_) one_.sent(target);
  }
  void left(std::uint32_t target) {
    if (zones_known_) nodes_[zones_[target]].left(target);
    if (!by_zone_) one_.left(target);
  }

 private:
  template <Balancing kHow>
  std::uint32_t choose_at(TargetPicker& picker, std::int64_t t, std::uint64_t number, std::uint32_t attempt) {
    if (picker.empty()) return kNobody;
    if constexpr (kHow == Balancing::least_outstanding) return picker.least_outstanding();
    if constexpr (kHow == Balancing::random) return picker.at_random(targets_drawn_.at(number, attempt));
    return picker.in_turn(t);
  }

  /// A draw for each attempt of each request; first attempts come in order, and four of them cost one.
  class RequestDraws {
   public:
    RequestDraws(std::uint64_t seed, Purpose purpose, std::uint64_t service)
        : seed_(seed), purpose_(purpose), service_(service), first_(seed, purpose, service) {}
    std::uint64_t at(std::uint64_t number, std::uint32_t attempt) {
      if (attempt != 0) return Draws(seed_, purpose_, service_, attempt).at(number);
      if (number / 4 != block_) {
        block_ = number / 4;
        four_ = first_.four(block_);
      }
      return four_[number % 4];
    }

   private:
    std::uint64_t seed_;
    Purpose purpose_;
    std::uint64_t service_;
    Draws first_;
    std::uint64_t block_ = UINT64_MAX;
    std::array<std::uint64_t, 4> four_{};
  };
  struct Known {
    std::uint32_t target;
    bool healthy;
  };

  bool is_dealt(std::uint32_t target) const { return by_zone_ ? nodes_[zones_[target]].has(target) : one_.has(target); }
  void deal(std::uint32_t target, std::int64_t now, std::int64_t slow_start);
  void put_aside(std::uint32_t target);
  std::vector<Known>::iterator find(std::uint32_t target);
  void reconsider();

  bool by_zone_;
  bool zones_known_;  // each zone's targets by themselves: `by_zone_`, or for those who want the near ones
  bool count_outstanding_;
  bool fails_open_ = false;
  TargetPicker one_;                  // as if there were one node
  std::vector<TargetPicker> nodes_;   // of each zone
  std::vector<std::size_t> open_;     // zones with somebody to send to, ascending; with cross-zone off
  std::vector<std::uint32_t> zones_;  // by target
  std::vector<Known> known_;          // in order of being added
  RequestDraws zones_drawn_, targets_drawn_;
};

}  // namespace berth
