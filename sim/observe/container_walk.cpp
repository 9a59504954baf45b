#include "sim/observe/container_walk.hpp"

#include <algorithm>

namespace berth {
namespace {

/// Goes back from `to`: what the last container did before, and whom it waited for before that.
class ContainerWalk {
 public:
  ContainerWalk(const std::vector<ObservedContainer>& containers, Time from, Time to)
      : containers_(containers), blamed_(containers.size()), from_(from), at_(to) {}

  std::vector<ContainerStep> steps() {
    for (std::size_t c = last_mover(); c != kNoContainer; c = enabler(c)) walk(c);
    std::reverse(steps_.begin(), steps_.end());
    return std::move(steps_);
  }

 private:
  /// Moves of the container that happened up to now in the walk.
  std::size_t moves_until(std::size_t c) const {
    const auto& moves = containers_[c].moves;
    return static_cast<std::size_t>(
        std::count_if(moves.begin(), moves.end(), [&](const auto& m) { return m.at <= at_; }));
  }
  /// Who moved last; among equals who was in the stage before for the shortest time, then the first as written.
  std::size_t last_mover() const {
    std::size_t best = kNoContainer;
    std::pair<Time, Time> latest{};
    for (std::size_t c = 0; c < containers_.size(); ++c) {
      const std::size_t n = moves_until(c);
      if (n == 0) continue;
      const auto& moves = containers_[c].moves;
      const std::pair moved{moves[n - 1].at, n > 1 ? moves[n - 2].at : from_};
      if (best != kNoContainer && moved <= latest) continue;
      best = c;
      latest = moved;
    }
    return best;
  }
  /// Back along one container to its first move; before that it waited for its turn.
  void walk(std::size_t c) {
    blamed_[c] = true;
    const auto& moves = containers_[c].moves;
    for (std::size_t n = moves_until(c); n-- > 0 && at_ > from_;) step(c, moves[n].what, moves[n].at);
  }
  /// Whose start or end at this very moment let `c` begin; nobody twice, so that the walk ends.
  std::size_t enabler(std::size_t c) const {
    if (at_ <= from_) return kNoContainer;
    for (std::size_t d = 0; d < containers_.size(); ++d) {
      if (d == c || blamed_[d]) continue;
      for (const auto& m : containers_[d].moves)
        if (m.at == at_ && (m.what == ContainerStage::running || m.what == ContainerStage::exited)) return d;
    }
    return kNoContainer;
  }
  void step(std::size_t c, ContainerStage stage, Time since) {
    since = std::max(since, from_);
    if (since < at_) steps_.push_back({c, stage, since, at_});
    at_ = std::min(at_, since);
  }

  const std::vector<ObservedContainer>& containers_;
  std::vector<bool> blamed_;
  Time from_, at_;
  std::vector<ContainerStep> steps_;
};

}  // namespace

std::vector<ContainerStep> container_walk(const std::vector<ObservedContainer>& containers, Time from, Time to) {
  return ContainerWalk(containers, from, to).steps();
}

}  // namespace berth
