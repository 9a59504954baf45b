// Nodes in order of what they have left of one resource, in blocks of sorted keys: the node that fits most tightly is
// found by a search, and blocks whose nodes all lack something else are passed over.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "sim/base/check.hpp"

namespace berth {

/// What a node has left, or what is asked for.
struct Spare {
  std::int64_t cpu = 0, memory = 0;
  std::int32_t slots = 0, gpus = 0;

  bool holds(const Spare& ask) const {
    return ask.cpu <= cpu && ask.memory <= memory && ask.slots <= slots && ask.gpus <= gpus;
  }
  void raise(const Spare& other) {
    cpu = std::max(cpu, other.cpu);
    memory = std::max(memory, other.memory);
    slots = std::max(slots, other.slots);
    gpus = std::max(gpus, other.gpus);
  }
};

class RoomOrder {
 public:
  struct Key {
    std::int64_t left;
    std::uint32_t position;
    friend bool operator<(const Key& a, const Key& b) {
      return a.left != b.left ? a.left < b.left : a.position < b.position;
    }
  };

  void insert(Key key, const Spare& room);
  /// The key is there.
  void erase(Key key);

  /// Calls `stop(key)` for keys from `from` on, in order, until it returns true; nodes that surely lack some of `ask`
  /// may be left out. `room_of(position)` is asked when a block was searched in vain.
  template <class Stop, class RoomOf>
  void walk(Key from, const Spare& ask, const Stop& stop, const RoomOf& room_of) {
    for (std::size_t b = find(from); b < blocks_.size(); ++b) {
      Block& block = *blocks_[b];
      if (!block.most.holds(ask)) continue;
      const auto end = block.keys.begin() + block.size;
      for (auto key = std::lower_bound(block.keys.begin(), end, from); key != end; ++key)
        if (stop(*key)) return;
      if (block.stale) refresh(block, room_of);
    }
  }

 private:
  static constexpr std::uint32_t kMost = 64;
  struct Block {
    std::uint32_t size = 0;
    bool stale = false;  ///< somebody left: `most` may be more than any has
    Spare most;          ///< of each resource, what no node of it exceeds
    std::array<Key, kMost> keys;
  };

  template <class RoomOf>
  static void refresh(Block& block, const RoomOf& room_of) {
    block.most = room_of(block.keys[0].position);
    for (std::uint32_t i = 1; i < block.size; ++i) block.most.raise(room_of(block.keys[i].position));
    block.stale = false;
  }
  /// The block where the key is or would be; none is empty.
  std::size_t find(Key key) const {
    const auto after = std::upper_bound(firsts_.begin(), firsts_.end(), key);
    return after == firsts_.begin() ? 0 : static_cast<std::size_t>(after - firsts_.begin()) - 1;
  }
  void split(std::size_t b);

  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<Key> firsts_;  // of each block
};

}  // namespace berth
