// The walk goes back from the end: each function ends where what it tells of had begun, and goes on from there.
#include "sim/observe/container_walk.hpp"

#include <algorithm>
#include <optional>

#include "sim/observe/pull_walk.hpp"

namespace berth {
namespace {

using Index = std::size_t;

/// The last of them that is not after `until`; kNever: none.
Time last_of(const std::vector<Time>& times, Time until) {
  Time last = kNever;
  for (const Time t : times)
    if (t <= until) last = t;
  return last;
}

class ContainerWalk {
 public:
  ContainerWalk(const ObservedStart& start, Time from, Time to)
      : start_(start), containers_(start.containers), from_(from), at_(to) {}

  std::vector<ContainerStep> steps() {
    if (!containers_.empty()) end_of_start();
    std::reverse(steps_.begin(), steps_.end());
    return std::move(steps_);
  }

 private:
  void back(Time since, StartCause cause, Index c) {
    since = std::max(since, from_);
    if (since >= at_) return;
    steps_.push_back({cause, c, since, at_, waiter_});
    at_ = since;
  }

  /// What a container came to, and when.
  struct Moment {
    Index container = kNoContainer;
    Time at = kNever;
    Time before{};  ///< when it came to what it was before
  };
  /// Among equals who was in the stage before for the shortest time held the others up; then the first as written.
  static void keep_later(Moment& latest, const Moment& m) {
    const bool later = std::pair(m.at, m.before) > std::pair(latest.at, latest.before);
    if (latest.container == kNoContainer || later) latest = m;
  }
  /// The last move to one of the two stages up to now.
  Moment latest_move(ContainerStage one, ContainerStage other) const {
    Moment latest;
    for (Index c = 0; c < containers_.size(); ++c)
      for (Index n = 0; n < containers_[c].moves.size(); ++n) {
        const auto& m = containers_[c].moves[n];
        if (m.at <= at_ && (m.what == one || m.what == other)) keep_later(latest, {c, m.at, move_before(c, n)});
      }
    return latest;
  }
  Moment latest_ready() const {
    Moment latest;
    for (Index c = 0; c < containers_.size(); ++c) {
      const Time ready = last_of(containers_[c].ready, at_);
      if (ready != kNever) keep_later(latest, {c, ready, runs_since(c)});
    }
    return latest;
  }
  /// Its last move up to now; nothing: it has not moved.
  std::optional<Index> last_move(Index c) const {
    const auto& moves = containers_[c].moves;
    Index n = 0;
    while (n < moves.size() && moves[n].at <= at_) ++n;
    return n == 0 ? std::nullopt : std::optional<Index>(n - 1);
  }
  Time move_before(Index c, Index n) const { return n == 0 ? from_ : containers_[c].moves[n - 1].at; }
  Duration first_read(Index c) const { return containers_[c].init ? Duration{0} : start_.first_read; }
  /// Since it runs; kNever: it does not.
  Time runs_since(Index c) const {
    const auto last = last_move(c);
    return last && containers_[c].moves[*last].what == ContainerStage::running ? containers_[c].moves[*last].at
                                                                               : kNever;
  }

  /// Healthy by the load balancer, by the checks of the containers, or not yet: then whoever is behind.
  void end_of_start() {
    const Moment ready = latest_ready();
    const bool runs = behind_since() == kNever;
    if (start_.connect && runs && (activated() == kNever || (activated() == at_ && !balanced()))) return activation();
    const bool by_balancer = balanced() && (start_.serves == kNever || start_.serves == at_ || ready.at == kNever);
    if (by_balancer) return balancer();
    if (runs && ready.container != kNoContainer) {
      if (ready.at < at_) registration(ready);
      return is_ready(ready.container);
    }
    busy();
  }
  bool balanced() const { return start_.registered != kNever && start_.registered <= at_; }
  /// When the replica first was RUNNING; kNever: not up to now.
  Time activated() const {
    for (const auto& m : start_.moves)
      if (m.what >= ReplicaStage::warming && m.what <= ReplicaStage::healthy) return m.at <= at_ ? m.at : kNever;
    return kNever;
  }
  /// All containers run, and the proxy of Service Connect does not stand yet.
  void activation() {
    const Moment last = latest_move(ContainerStage::running, ContainerStage::exited);
    if (last.container == kNoContainer) return;
    back(last.at, StartCause::service_connect, kNoContainer);
    moves_of(last.container);
  }
  /// Since a container neither runs nor is over; kNever: none.
  Time behind_since() const {
    for (Index c = 0; c < containers_.size(); ++c) {
      const auto last = last_move(c);
      if (!last || containers_[c].moves[*last].what < ContainerStage::running) return at_;
    }
    return kNever;
  }
  /// The start is not over: what the container does that moved last and is not ready.
  void busy() {
    Moment latest;
    for (Index c = 0; c < containers_.size(); ++c) {
      const auto last = last_move(c);
      if (!last) continue;
      keep_later(latest, {c, containers_[c].moves[*last].at, move_before(c, *last)});
    }
    if (latest.container != kNoContainer) moves_of(latest.container);
  }

  /// The check that made the target healthy came after the registration, and after the slowest container can serve.
  void balancer() {
    Moment slowest;
    for (Index c = 0; c < containers_.size(); ++c) {
      const Time since = runs_since(c);
      if (since == kNever || containers_[c].init) continue;
      const Time serves = since + containers_[c].start + first_read(c);
      keep_later(slowest, {c, serves, since});
    }
    const bool late = slowest.container != kNoContainer && slowest.at > start_.registered;
    back(late ? slowest.at : start_.registered, StartCause::first_check, kNoContainer);
    if (late) return application(slowest.container);
    if (start_.ecs) return registration(latest_move(ContainerStage::running, ContainerStage::exited));
    registration(latest_ready());
  }
  /// ECS registers a task when all its containers run, a pod is registered when it is ready.
  void registration(const Moment& after) {
    if (after.container == kNoContainer) return;
    if (start_.connect && activated() != kNever && activated() > after.at) {
      back(activated(), StartCause::registration, kNoContainer);
      return activation();
    }
    back(after.at, StartCause::registration, kNoContainer);
    if (start_.ecs) moves_of(after.container);
    else is_ready(after.container);
  }

  /// Its checks have passed at this moment.
  void is_ready(Index c) {
    const Time since = runs_since(c);
    if (since == kNever) return moves_of(c);
    back(since + containers_[c].start + first_read(c), StartCause::check, c);
    application(c);
  }
  void application(Index c) {
    const Time since = runs_since(c);
    back(since + containers_[c].start, StartCause::first_read, c);
    back(since, StartCause::app_start, c);
    moves_of(c);
  }

  /// Back along one container to its first move; before that it waited for its turn.
  void moves_of(Index c) {
    const auto& moves = containers_[c].moves;
    const auto last = last_move(c);
    if (!last) return;
    for (Index n = *last + 1; n-- > 0 && at_ > from_;) {
      const bool ends = n + 1 < moves.size() && moves[n + 1].what == ContainerStage::exited;
      if (moves[n].what == ContainerStage::created && start_.ecs && met_late(c, n)) return;
      if (moves[n].what == ContainerStage::created) container_start(c, n, moves[n].at);
      else in_stage(c, moves[n].what, moves[n].at, ends);
    }
    turn_of(c);
  }
  /// Begun at `since`; a large image is read first, where it is the container's first start.
  void container_start(Index c, Index n, Time since) {
    const auto& moves = containers_[c].moves;
    const auto is_created = [](const auto& m) { return m.what == ContainerStage::created; };
    const bool again = std::any_of(moves.begin(), moves.begin() + static_cast<std::ptrdiff_t>(n), is_created);
    if (!again) back(since + containers_[c].image_read, StartCause::container_start, c);
    back(since, again ? StartCause::container_start : StartCause::image_read, c);
  }
  void in_stage(Index c, ContainerStage stage, Time since, bool ends) {
    switch (stage) {
      case ContainerStage::waiting:
        return back(since, StartCause::pull_back_off, c);
      case ContainerStage::pulling:
        return pull(c, since);
      case ContainerStage::created:
        return;  // container_start
      case ContainerStage::exited:
        return back(since, StartCause::crash_back_off, c);
      case ContainerStage::running:
        if (ends) return back(since, StartCause::container_run, c);
        if (containers_[c].checked) back(since + containers_[c].start + first_read(c), StartCause::check, c);
        back(since + containers_[c].start, StartCause::first_read, c);
        back(since, StartCause::app_start, c);
    }
  }
  void pull(Index c, Time since) {
    const std::vector<PullStep> steps = pull_walk(start_, c, std::max(since, from_), at_);
    for (auto s = steps.rbegin(); s != steps.rend(); ++s) back(s->from, s->cause, c);
  }

  /// When `on` became what the condition asks for; kNever: not up to now.
  Time met(const StartCondition& condition) const {
    const ObservedContainer& on = containers_[condition.on];
    if (condition.condition == Condition::healthy) return last_of(on.ready, at_);
    for (const auto& m : on.moves) {
      if (m.at > at_) return kNever;
      const bool started = condition.condition == Condition::start && m.what == ContainerStage::running;
      if (started || m.what == ContainerStage::exited) return m.at;
    }
    return kNever;
  }
  /// The condition that was met last; nothing: none was.
  const StartCondition* last_condition(Index c) const {
    const StartCondition* last = nullptr;
    for (const StartCondition& s : containers_[c].waits_for)
      if (met(s) != kNever && (last == nullptr || met(s) > met(*last))) last = &s;
    return last;
  }
  /// Its image was there before what it waits for: its own start begins only then.
  bool met_late(Index c, Index n) {
    const StartCondition* last = last_condition(c);
    if (last == nullptr || met(*last) <= containers_[c].moves[n].at || met(*last) >= at_) return false;
    container_start(c, n, met(*last));
    hand_over(c, *last);
    return true;
  }
  /// Whose start, end or health let `c` begin.
  void turn_of(Index c) {
    if (at_ <= from_) return;
    if (!start_.ecs) return turn_in_pod(c);
    if (const StartCondition* last = last_condition(c)) hand_over(c, *last);
  }
  void hand_over(Index c, const StartCondition& condition) {
    constexpr const char* kWords[] = {"START", "COMPLETE", "SUCCESS", "HEALTHY"};
    const Time since = met(condition);
    back(since, StartCause::agent, c);
    waits(c, condition.on, kWords[static_cast<Index>(condition.condition)]);
    if (condition.condition == Condition::healthy) is_ready(condition.on);
    else moves_of(condition.on);
  }
  /// The kubelet's order: init containers as they are written, then the others one by one.
  void turn_in_pod(Index c) {
    Index before = kNoContainer;
    for (const bool init : {true, false})
      for (Index d = 0; d < containers_.size(); ++d) {
        if (containers_[d].init != init) continue;
        if (d == c) return before == kNoContainer ? void() : after_in_pod(c, before);
        before = d;
      }
  }
  void after_in_pod(Index c, Index before) {
    const bool sidecar = containers_[before].sidecar;
    const bool ends = containers_[before].init && !sidecar;
    waits(c, before, ends ? "to end" : sidecar ? "to be up" : "to start");
    if (sidecar) return is_ready(before);  // its startup probe
    moves_of(before);
  }
  void waits(Index c, Index on, const char* what) {
    waiter_ = containers_[c].name + " waits for " + containers_[on].name + " " + what;
  }

  const ObservedStart& start_;
  const std::vector<ObservedContainer>& containers_;
  Time from_, at_;
  std::string waiter_;
  std::vector<ContainerStep> steps_;
};

}  // namespace

std::vector<ContainerStep> container_walk(const ObservedStart& start, Time from, Time to) {
  return ContainerWalk(start, from, to).steps();
}

}  // namespace berth
