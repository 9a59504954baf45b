// How many attempts of each call went from which zone to which, and how many were answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace berth {

/// Edges are the calls of a joint lane by number. Sums since the start of the run.
class CallTraffic {
 public:
  struct Count {
    std::int64_t sent = 0, answered = 0;
  };

  void set_edges(std::size_t edges) { counts_.resize(edges, std::vector<Count>(zones_ * zones_)); }
  /// There are zones up to this one.
  void reach(std::uint32_t zone);
  void sent(std::uint32_t edge, std::uint32_t from, std::uint32_t to) { ++at(edge, from, to).sent; }
  void answered(std::uint32_t edge, std::uint32_t from, std::uint32_t to) { ++at(edge, from, to).answered; }

  std::size_t zones() const { return zones_; }
  const Count& of(std::size_t edge, std::size_t from, std::size_t to) const {
    return counts_[edge][from * zones_ + to];
  }

 private:
  Count& at(std::size_t edge, std::size_t from, std::size_t to) { return counts_[edge][from * zones_ + to]; }

  std::size_t zones_ = 0;
  std::vector<std::vector<Count>> counts_;  // by edge, by zones from and to
};

}  // namespace berth
