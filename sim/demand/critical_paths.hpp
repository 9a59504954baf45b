// Where the time of answered requests went: the longest way through each one's calls, summed by service.
#pragma once

#include <cstdint>
#include <vector>

namespace berth {

/// Nanoseconds on the critical path of requests, and how often they came by.
struct PathShare {
  std::int64_t visits = 0;
  std::int64_t queue = 0;  ///< waiting for a slot
  std::int64_t own = 0;    ///< its own work, slowed down as it was
  std::int64_t retry = 0;  ///< of its callers: attempts without an answer, and the waiting between them
};

/// A visit's way through its own calls is a chain of pooled links; what was not critical is given back. So a request
/// costs as many links as it has visits on the way, and nothing is allocated once the pool is warm.
class CriticalPaths {
 public:
  struct Chain {
    std::uint32_t first = kNone, last = kNone;
  };

  explicit CriticalPaths(std::size_t services) : sums_(services) {}

  Chain link(std::uint32_t service, std::int64_t queue, std::int64_t own, std::int64_t retry = 0) {
    std::uint32_t at = free_;
    if (at == kNone) {
      at = static_cast<std::uint32_t>(links_.size());
      links_.emplace_back();
    } else {
      free_ = links_[at].next;
    }
    links_[at] = {queue, own, retry, service, kNone};
    return {at, at};
  }
  /// What its caller lost on earlier attempts, to the service at its head.
  void add_retry(const Chain& chain, std::int64_t lost) { links_[chain.first].retry += lost; }
  void append(Chain& chain, const Chain& more) {
    if (more.first == kNone) return;
    links_[chain.last].next = more.first;
    chain.last = more.last;
  }
  void discard(const Chain& chain) {
    if (chain.first == kNone) return;
    links_[chain.last].next = free_;
    free_ = chain.first;
  }
  /// The request that came from outside to `entry` has its answer.
  void add(std::uint32_t entry, const Chain& chain) {
    std::vector<PathShare>& sums = sums_[entry];
    if (sums.empty()) sums.resize(sums_.size());
    for (std::uint32_t at = chain.first; at != kNone; at = links_[at].next) {
      const Link& link = links_[at];
      PathShare& sum = sums[link.service];
      ++sum.visits;
      sum.queue += link.queue;
      sum.own += link.own;
      sum.retry += link.retry;
    }
    discard(chain);
  }

  /// Of the requests that came from outside to `entry` since they were taken last; empty: there were never any.
  void take(std::uint32_t entry, std::vector<PathShare>& into) {
    into = sums_[entry];
    sums_[entry].assign(sums_[entry].size(), {});
  }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Link {
    std::int64_t queue = 0, own = 0, retry = 0;
    std::uint32_t service = 0;
    std::uint32_t next = kNone;
  };
  std::vector<Link> links_;
  std::uint32_t free_ = kNone;
  std::vector<std::vector<PathShare>> sums_;  // by entry, by service
};

}  // namespace berth
