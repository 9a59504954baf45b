// Exact processor sharing of a target's allotment among the requests on its CPU; nobody gets more than one core.
//
// Work is stated for a reference core; here it takes `core_time` times as long, and all that follows is time of the
// core that is there.
//
// V is the work one request has been given since V was last zero: it grows by min(1 core, allotment / n) while n share
// the CPU. A request that comes with work w leaves the CPU when V has grown by w; so the order of leaving is the order
// of V-deadlines, and neither an arrival nor a new allotment has to touch the others.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/base/quantity.hpp"
#include "sim/demand/ring.hpp"

namespace berth {

/// `Request` is what its owner knows of one that is here.
template <class Request>
class SharedCpu {
 public:
  SharedCpu(Cpu allotment, std::int64_t now) : worked_until_(now) { set_allotment(allotment, now); }

  std::size_t size() const { return requests_.size(); }
  /// In order of leaving.
  Request& operator[](std::size_t place) { return requests_[place].request; }
  const Request& operator[](std::size_t place) const { return requests_[place].request; }
  /// When the first leaves; INT64_MAX: nobody is here.
  std::int64_t next_end() const { return end_; }
  /// Of one where nobody has been yet: so long does its core take for what takes the reference one nanosecond.
  void set_core_time(double per_work) { core_time_ = per_work; }
  /// Nanoseconds of this core for those of the reference core.
  std::int64_t own_time(std::int64_t work) const {
    return core_time_ == 1 ? work : static_cast<std::int64_t>(static_cast<double>(work) * core_time_);
  }
  /// So many times as long as on the idle reference core takes the work of one who comes now, if nobody leaves.
  double stretch() const {
    const double sharers = static_cast<double>(requests_.size() + 1) * static_cast<double>(kVcpu.count());
    return core_time_ * std::max(1.0, sharers * per_allotment_);
  }
  /// A request with so many nanoseconds of the reference core to do.
  void put(const Request& request, std::int64_t work, std::int64_t t) {
    work_until(t);
    if (requests_.empty()) v_ = 0;  // keeps V small, so that it stays exact to far below a nanosecond
    requests_.insert_sorted({v_ + static_cast<double>(work) * core_time_, request},
                            [](const OnCpu& a, const OnCpu& b) { return a.leaves_at_v < b.leaves_at_v; });
    set_rate();
  }
  /// The one that leaves at next_end().
  Request take_first() {
    work_until(end_);
    const Request request = requests_.front().request;
    requests_.pop_front();
    set_rate();
    return request;
  }

  void set_allotment(Cpu allotment, std::int64_t t) {
    if (allotment.count() == allotment_) return;
    work_until(t);
    allotment_ = allotment.count();
    per_allotment_ = allotment_ > 0 ? 1.0 / static_cast<double>(allotment_) : 0;
    set_rate();
  }
  /// Takes an allotment that leaves everything as it is, because those here have all they want of both; else false.
  bool take_unfelt(Cpu allotment) {
    if (allotment.count() == allotment_) return true;
    if (allotment.count() <= 0 || wanted() > std::min(allotment_, allotment.count())) return false;
    allotment_ = allotment.count();
    per_allotment_ = 1.0 / static_cast<double>(allotment_);
    return true;
  }
  /// Nanoseconds of one core up to `t`; nothing happens between the last event and `t`.
  std::int64_t used(std::int64_t t) const {
    const __int128 used = used_ + static_cast<__int128>(t - worked_until_) * grains_in_use_;
    if (used > INT64_MAX) return static_cast<std::int64_t>(used / kVcpu.count());
    return static_cast<std::int64_t>(used) / kVcpu.count();  // the short division is the quick one
  }
  /// Grains: a core for each request that is at work.
  std::int64_t wanted() const { return static_cast<std::int64_t>(requests_.size()) * kVcpu.count(); }

 private:
  struct OnCpu {
    double leaves_at_v = 0;
    Request request{};
  };

  void work_until(std::int64_t t) {
    const std::int64_t passed = t - worked_until_;
    v_ += static_cast<double>(passed) * v_rate_;
    used_ += static_cast<__int128>(passed) * grains_in_use_;
    worked_until_ = t;
  }

  /// After every change of who is here or of the allotment, at worked_until_.
  void set_rate() {
    const std::int64_t wanted = this->wanted();
    grains_in_use_ = std::min(wanted, allotment_);
    end_ = INT64_MAX;
    v_rate_ = 0;
    if (grains_in_use_ == 0) return;
    const double left = requests_.front().leaves_at_v - v_;
    if (wanted <= allotment_) {
      v_rate_ = 1;
      end_ = worked_until_ + whole_nanoseconds(left);
    } else {
      v_rate_ = static_cast<double>(allotment_) / static_cast<double>(wanted);
      end_ = worked_until_ + whole_nanoseconds(left * static_cast<double>(wanted) * per_allotment_);
    }
  }

  /// Rounded up, so that nobody leaves before the work is done; centuries are cut off.
  static std::int64_t whole_nanoseconds(double t) {
    constexpr double kLongest = 4e18;
    if (t <= 0) return 0;
    if (t >= kLongest) return static_cast<std::int64_t>(kLongest);
    const auto down = static_cast<std::int64_t>(t);
    return down + (static_cast<double>(down) < t ? 1 : 0);
  }

  std::int64_t allotment_ = 0;  // grains
  double per_allotment_ = 0;    // 1 / allotment_
  double core_time_ = 1;
  double v_ = 0;
  double v_rate_ = 0;
  std::int64_t worked_until_ = 0;
  std::int64_t end_ = INT64_MAX;
  std::int64_t grains_in_use_ = 0;
  __int128 used_ = 0;     // grain-nanoseconds
  Ring<OnCpu> requests_;  // in order of leaving
};

}  // namespace berth
