// A queue in one block of memory: first in, first out, with a look at any place and insertion near the back.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace berth {

template <class T>
class Ring {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return cells_[(first_ + i) & (cells_.size() - 1)]; }
  const T& operator[](std::size_t i) const { return cells_[(first_ + i) & (cells_.size() - 1)]; }
  T& front() { return cells_[first_]; }
  const T& front() const { return cells_[first_]; }

  void push_back(const T& value) {
    if (size_ == cells_.size()) grow();
    ++size_;
    (*this)[size_ - 1] = value;
  }
  /// Keeps ascending order; behind its equals.
  template <class Less>
  void insert_sorted(const T& value, Less less) {
    push_back(value);
    for (std::size_t i = size_ - 1; i > 0 && less(value, (*this)[i - 1]); --i) std::swap((*this)[i], (*this)[i - 1]);
  }
  void pop_front() {
    first_ = (first_ + 1) & (cells_.size() - 1);
    --size_;
  }

 private:
  void grow() {
    std::vector<T> larger(cells_.empty() ? 4 : cells_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) larger[i] = (*this)[i];
    cells_ = std::move(larger);
    first_ = 0;
  }

  std::vector<T> cells_;  // a power of two of them
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace berth
