// Rows of some nodes, found by the node's id in one step: made when first asked for, their space used again.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "sim/base/table.hpp"
#include "sim/world/ids.hpp"

namespace berth {

/// References stay valid until the row is erased.
template <class Row>
class NodeSlots {
 public:
  /// Null when the node has none.
  Row* find(NodeId node) {
    const std::uint32_t slot = slot_of(node);
    return slot == kNoSlot ? nullptr : &rows_[slot];
  }
  const Row* find(NodeId node) const {
    const std::uint32_t slot = slot_of(node);
    return slot == kNoSlot ? nullptr : &rows_[slot];
  }

  /// The node's row, an empty one where it had none.
  Row& operator[](NodeId node) {
    if (Row* known = find(node)) return *known;
    if (slot_of_.size() <= index(node)) slot_of_.resize(index(node) + 1, kNoSlot);
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(rows_.size()));
      rows_.emplace_back();
    }
    slot_of_[index(node)] = free_.back();
    free_.pop_back();
    return rows_[slot_of_[index(node)]];
  }

  void erase(NodeId node) {
    const std::uint32_t slot = slot_of(node);
    if (slot == kNoSlot) return;
    rows_[slot] = Row{};
    free_.push_back(slot);
    slot_of_[index(node)] = kNoSlot;
  }

 private:
  static constexpr std::uint32_t kNoSlot = ~0u;
  std::uint32_t slot_of(NodeId node) const { return index(node) < slot_of_.size() ? slot_of_[index(node)] : kNoSlot; }

  std::vector<std::uint32_t> slot_of_;
  std::deque<Row> rows_;
  std::vector<std::uint32_t> free_;
};

}  // namespace berth
