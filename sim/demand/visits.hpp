// Visits: the stay of one request in one service, from its arrival there to its outcome; pooled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/demand/critical_paths.hpp"

namespace berth {

inline constexpr std::uint32_t kNobody = ~std::uint32_t{0};

enum class VisitStage : std::uint8_t {
  queued,
  on_cpu,
  calling,  ///< waits for answers and holds its slot
  ending,   ///< the waiting part of its service time
  hanging,  ///< its target is dead, and its caller does not know
  over,
};

/// Whose request it is: of a client, of a visit that waits for the answer, of one that does not.
enum class Asker : std::uint8_t { client, caller, nobody };

/// A request to a service, with its attempt: what a visit does for whom.
struct Request {
  std::uint64_t key = 0;   ///< of its luck: the number of a client's, of a call made from its caller's
  std::int64_t first = 0;  ///< when its first attempt began
  std::uint32_t caller = kNobody, caller_life = 0;
  std::uint32_t member = 0;
  std::uint16_t copy = 0;
  std::uint16_t attempt = 0;  ///< 0 is the first
  std::uint8_t call = 0;      ///< of its caller's calls
  Asker asker = Asker::client;
  std::uint16_t zone = 0;  ///< of its caller, who may be gone when it is answered
  std::uint32_t edge = 0;  ///< the call by its number in the joint lane
};

struct Visit {
  Request request;
  std::int64_t arrived = 0;      ///< this attempt
  std::int64_t began = 0;        ///< got its slot
  std::int64_t service = 0;      ///< on an idle target; from its start on what is left after the CPU part
  std::int64_t calls_began = 0;  ///< the CPU part was over
  std::int64_t gives_up = INT64_MAX;
  std::uint32_t life = 0;  ///< raised when it ends: what still points here is void
  std::uint32_t row = 0;
  std::uint32_t before = kNobody, behind = kNobody;  ///< in the queue of its target
  std::uint32_t older = kNobody, younger = kNobody;  ///< in its line of those who wait equally long
  std::uint32_t line = kNobody;
  std::uint32_t begun = 0, over = 0;  ///< bits of its calls
  VisitStage stage = VisitStage::over;
  bool gone = false;  ///< whoever asked has given up: work without an outcome
  bool due = false;   ///< its end is among the moments
};

/// How a call of a visit stands: `over` is when it began until it is.
struct CallState {
  std::int64_t over = 0;
  CriticalPaths::Chain path;
  std::uint32_t left = 0;  ///< copies that have no answer yet
};

class Visits {
 public:
  /// `calls`: the most that one service makes.
  explicit Visits(std::size_t calls) : calls_(calls) {}

  Visit& operator[](std::uint32_t visit) { return visits_[visit]; }
  const Visit& operator[](std::uint32_t visit) const { return visits_[visit]; }
  CallState& call(std::uint32_t visit, std::size_t call) { return states_[visit * calls_ + call]; }

  /// Keeps only its life of before.
  std::uint32_t add() {
    if (free_ == kNobody) {
      visits_.emplace_back();
      states_.resize(states_.size() + calls_);
      return static_cast<std::uint32_t>(visits_.size() - 1);
    }
    const std::uint32_t visit = free_;
    free_ = visits_[visit].behind;
    const std::uint32_t life = visits_[visit].life;
    visits_[visit] = Visit{};
    visits_[visit].life = life;
    return visit;
  }
  void remove(std::uint32_t visit) {
    visits_[visit].behind = free_;
    free_ = visit;
  }
  /// How many there ever were at once.
  std::size_t room() const { return visits_.size(); }

 private:
  std::size_t calls_;
  std::vector<Visit> visits_;
  std::vector<CallState> states_;  // by visit, by call
  std::uint32_t free_ = kNobody;
};

/// Visits in order, linked through themselves by two of their members.
template <std::uint32_t Visit::*kBefore, std::uint32_t Visit::*kBehind>
class VisitList {
 public:
  bool empty() const { return first_ == kNobody; }
  std::uint32_t first() const { return first_; }
  std::size_t size() const { return size_; }

  void push_back(Visits& visits, std::uint32_t visit) {
    visits[visit].*kBefore = last_;
    visits[visit].*kBehind = kNobody;
    (last_ == kNobody ? first_ : visits[last_].*kBehind) = visit;
    last_ = visit;
    ++size_;
  }
  void remove(Visits& visits, std::uint32_t visit) {
    const std::uint32_t before = visits[visit].*kBefore, behind = visits[visit].*kBehind;
    (before == kNobody ? first_ : visits[before].*kBehind) = behind;
    (behind == kNobody ? last_ : visits[behind].*kBefore) = before;
    --size_;
  }

 private:
  std::uint32_t first_ = kNobody, last_ = kNobody;
  std::size_t size_ = 0;
};

using VisitsInQueue = VisitList<&Visit::before, &Visit::behind>;
using VisitsByAge = VisitList<&Visit::older, &Visit::younger>;

}  // namespace berth
