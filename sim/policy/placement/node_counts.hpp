// How many replicas of one service each node holds, as bits of the number: the fewest of a set is found without looking
// at single nodes.
#pragma once

#include <vector>

#include "sim/policy/placement/node_bits.hpp"

namespace berth {

class NodeCounts {
 public:
  std::uint32_t at(std::uint32_t p) const {
    std::uint32_t n = 0;
    for (std::size_t bit = 0; bit < bits_.size(); ++bit) n |= static_cast<std::uint32_t>(bits_[bit].has(p)) << bit;
    return n;
  }
  void set(std::uint32_t p, std::uint32_t n) {
    while (n >> bits_.size() != 0) bits_.emplace_back();
    for (std::size_t bit = 0; bit < bits_.size(); ++bit)
      if (bits_[bit].has(p) != (n >> bit & 1)) bits_[bit].set(p, (n >> bit & 1) != 0);
    if (some_.has(p) != (n > 0)) some_.set(p, n > 0);
  }
  /// Nodes with at least one.
  const NodeBits& some() const { return some_; }
  /// Leaves those of the set that have the fewest.
  void keep_fewest(NodeBits& among) const {
    if (among.exceeds(some_)) return among.remove(some_);
    for (std::size_t bit = bits_.size(); bit-- > 0;)
      if (among.exceeds(bits_[bit])) among.remove(bits_[bit]);
  }

 private:
  std::vector<NodeBits> bits_;  // the lowest first
  NodeBits some_;
};

}  // namespace berth
