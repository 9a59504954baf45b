// Rows found by a strong id. Ids are given once and never again; the space of an erased row is used again.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "sim/base/check.hpp"

namespace berth {

/// `Id` is an `enum class … : std::uint32_t`. Walks go in order of slot, which is deterministic but not the
/// order of ids: sort what you emit.
template <class Id, class Row>
class Table {
 public:
  Id next_id() const { return Id{static_cast<std::uint32_t>(slot_of_.size())}; }

  Id add(Row row) {
    const Id id = next_id();
    if (free_.empty()) {
      slot_of_.push_back(static_cast<std::uint32_t>(rows_.size()));
      rows_.push_back(Slot{id, true, std::move(row)});
    } else {
      slot_of_.push_back(free_.back());
      rows_[free_.back()] = Slot{id, true, std::move(row)};
      free_.pop_back();
    }
    ++alive_;
    return id;
  }

  void erase(Id id) {
    const std::uint32_t slot = slot_of(id);
    rows_[slot].alive = false;
    free_.push_back(slot);
    slot_of_[static_cast<std::uint32_t>(id)] = kGone;
    --alive_;
  }

  /// True while the row exists; an id that was never given is a bug, not a "no".
  bool has(Id id) const {
    SIM_CHECK(static_cast<std::uint32_t>(id) < slot_of_.size());
    return slot_of_[static_cast<std::uint32_t>(id)] != kGone;
  }
  Row& operator[](Id id) { return rows_[slot_of(id)].row; }
  const Row& operator[](Id id) const { return rows_[slot_of(id)].row; }
  std::size_t size() const { return alive_; }

  template <class Visit>
  void for_each(Visit visit) const {
    for (const Slot& s : rows_)
      if (s.alive) visit(s.id, s.row);
  }

 private:
  static constexpr std::uint32_t kGone = 0xffff'ffff;
  struct Slot {
    Id id;
    bool alive;
    Row row;
  };
  std::uint32_t slot_of(Id id) const {
    SIM_CHECK(has(id));
    return slot_of_[static_cast<std::uint32_t>(id)];
  }

  std::vector<std::uint32_t> slot_of_;
  std::vector<Slot> rows_;
  std::vector<std::uint32_t> free_;
  std::size_t alive_ = 0;
};

/// The position of a strong id in columns and vectors.
template <class Id>
constexpr std::uint32_t index(Id id) {
  return static_cast<std::uint32_t>(id);
}

}  // namespace berth
