#include "sim/policy/placement/room_order.hpp"

namespace berth {

void RoomOrder::insert(Key key, const Spare& room) {
  if (blocks_.empty()) {
    blocks_.push_back(std::make_unique<Block>());
    blocks_.back()->most = room;
    firsts_.push_back(key);
  }
  std::size_t b = find(key);
  if (blocks_[b]->size == kMost) {
    split(b);
    b = find(key);
  }
  Block& block = *blocks_[b];
  const auto end = block.keys.begin() + block.size;
  const auto at = std::lower_bound(block.keys.begin(), end, key);
  std::move_backward(at, end, end + 1);
  *at = key;
  ++block.size;
  block.most.raise(room);
  firsts_[b] = block.keys[0];
}

void RoomOrder::erase(Key key) {
  const std::size_t b = find(key);
  SIM_CHECK(b < blocks_.size());
  Block& block = *blocks_[b];
  const auto end = block.keys.begin() + block.size;
  const auto at = std::lower_bound(block.keys.begin(), end, key);
  SIM_CHECK(at != end && at->position == key.position && at->left == key.left);
  std::move(at + 1, end, at);
  --block.size;
  block.stale = true;
  if (block.size > 0) {
    firsts_[b] = block.keys[0];
    return;
  }
  blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(b));
  firsts_.erase(firsts_.begin() + static_cast<std::ptrdiff_t>(b));
}

/// Both halves keep the old bounds until they are searched in vain.
void RoomOrder::split(std::size_t b) {
  Block& low = *blocks_[b];
  auto high = std::make_unique<Block>();
  high->size = kMost / 2;
  std::copy(low.keys.begin() + kMost / 2, low.keys.end(), high->keys.begin());
  high->most = low.most;
  high->stale = low.stale = true;
  low.size = kMost / 2;
  firsts_.insert(firsts_.begin() + static_cast<std::ptrdiff_t>(b) + 1, high->keys[0]);
  blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(b) + 1, std::move(high));
}

}  // namespace berth
