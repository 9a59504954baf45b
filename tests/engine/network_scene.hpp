// Random scenes for networks: links, and flows that start, are cancelled and see capacities change at random moments.
#pragma once

#include <algorithm>
#include <vector>

#include "sim/base/random.hpp"
#include "sim/engine/network.hpp"

namespace berth::test {

/// One keyed stream of draws, told by the number of the scene.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : draws_(seed, Purpose::trace_shape, name_hash("network scene")) {}
  std::uint64_t below(std::uint64_t n) { return berth::below(draws_.at(next_++), n); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  /// MB/s, whole ones.
  double rate(std::uint64_t most) { return 1e6 * static_cast<double>(1 + below(most)); }

 private:
  Draws draws_;
  std::uint64_t next_ = 0;
};

/// Something that happens at a moment of the scene; links and flows by their number in it.
struct Act {
  enum Kind { start, cancel, capacity } kind;
  Duration at;
  std::size_t who = 0;               // the flow to cancel, the link to change
  double rate = 0;                   // the new capacity, the limit of the flow
  std::vector<std::size_t> route{};  // of the flow
  Bytes bytes{};
};
struct Scene {
  std::vector<double> capacities{};  // by link
  std::vector<Act> acts{};           // in order of time
};

/// Adds acts on flows that `any_route` leads; capacities change up to `most` MB/s.
template <class AnyRoute>
void let_happen(Scene& scene, Dice& dice, AnyRoute any_route) {
  std::size_t started = 0;
  for (std::uint64_t n = 1 + dice.below(60); n > 0; --n) {
    Duration at{static_cast<std::int64_t>(dice.below(20'000'000))};
    if (dice.one_in(5)) at = 0us;
    if (dice.one_in(8) && !scene.acts.empty()) at = scene.acts.back().at;
    const std::uint64_t kind = dice.below(10);
    if (kind == 0 && started > 0) scene.acts.push_back({Act::cancel, at, dice.below(started)});
    else if (kind <= 2)
      scene.acts.push_back(
          {Act::capacity, at, dice.below(scene.capacities.size()), dice.rate(dice.one_in(2) ? 60 : 500)});
    else {
      const std::uint64_t most = dice.one_in(10) ? 1 : dice.one_in(8) ? 2'000 : 500'000'000;
      const double limit = dice.one_in(3) ? dice.rate(dice.one_in(2) ? 60 : 3) : kUnlimited;
      scene.acts.push_back({Act::start, at, 0, limit, any_route(), Bytes{static_cast<std::int64_t>(dice.below(most))}});
      ++started;
    }
  }
  std::stable_sort(scene.acts.begin(), scene.acts.end(), [](const Act& a, const Act& b) { return a.at < b.at; });
}

/// Nodes behind one to four gateways, with caps that are all equal, of two sizes or all different, and their disks.
inline Scene behind_gateways(std::uint64_t seed) {
  Dice dice(seed);
  Scene made;
  const std::size_t gateways = 1 + dice.below(4), nodes = 1 + dice.below(20);
  const std::uint64_t sizes = dice.below(3);
  const auto own_rate = [&] {
    return sizes == 0 ? 50e6 : sizes == 1 ? (dice.one_in(2) ? 25e6 : 80e6) : dice.rate(100);
  };
  for (std::size_t i = 0; i < gateways; ++i) made.capacities.push_back(dice.rate(500));
  for (std::size_t i = 0; i < 2 * nodes; ++i) made.capacities.push_back(own_rate());  // node, disk, node, disk
  std::vector<std::size_t> behind;
  for (std::size_t i = 0; i < nodes; ++i) behind.push_back(dice.below(gateways));
  let_happen(made, dice, [&]() -> std::vector<std::size_t> {
    const std::size_t node = dice.below(nodes);
    if (dice.one_in(3)) return {gateways + 2 * node + 1};
    return {gateways + 2 * node, behind[node]};
  });
  return made;
}

/// Routes of one to four links in any order: what only SimGrid carries.
inline Scene criss_cross(std::uint64_t seed) {
  Dice dice(seed);
  Scene made;
  const std::size_t links = 4 + dice.below(8);
  for (std::size_t i = 0; i < links; ++i) made.capacities.push_back(dice.rate(200));
  let_happen(made, dice, [&] {
    std::vector<std::size_t> route;
    for (std::size_t length = 1 + dice.below(Route::kMaxLinks); route.size() < length;) {
      const std::size_t link = dice.below(links);
      if (std::find(route.begin(), route.end(), link) == route.end()) route.push_back(link);
    }
    return route;
  });
  return made;
}

/// A scene on a network, from `zero` on.
class Play {
 public:
  struct Flow {
    FlowId id;
    const Act* asked;
    bool over = false;
    Time end{};       // when it finished
    Bytes moved{-1};  // when it was cancelled
    double fair = 0;  // bytes it has a right to, for who watches
  };

  Play(const Scene& scene, Network& network, Time zero)
      : network_(network), scene_(scene), zero_(zero), now_(zero), capacities_(scene.capacities) {
    for (const double rate : scene.capacities) links_.push_back(network.add_link("link", rate));
  }

  /// All acts. `watch(*this, from, to)` sees each stretch of time in which nothing starts, ends or changes.
  template <class Watch>
  void perform(Watch&& watch) {
    for (const Act& act : scene_.acts) {
      run(zero_ + act.at, watch);
      if (act.kind == Act::start) start(act);
      if (act.kind == Act::capacity) network_.set_capacity(links_[act.who], capacities_[act.who] = act.rate);
      if (act.kind == Act::cancel && act.who < flows_.size() && !flows_[act.who].over) cancel(flows_[act.who]);
    }
  }
  template <class Watch>
  void run(Time until, Watch&& watch) {
    std::vector<FlowId> finished;
    for (Time due = network_.next_time();; due = network_.next_time()) {
      const Time from = now_;
      now_ = std::min(due, until);
      network_.advance_to(now_, finished);
      if (now_ > from) watch(*this, from, now_);
      for (const FlowId flow : finished) end(flow);
      finished.clear();
      if (due > until) return;
    }
  }
  template <class Watch>
  void run_out(Watch&& watch) {
    while (network_.next_time() != kNever) run(network_.next_time(), watch);
  }
  void cancel_rest() {
    for (Flow& flow : flows_)
      if (!flow.over) cancel(flow);
  }

  std::vector<Flow>& flows() { return flows_; }
  const std::vector<Flow>& flows() const { return flows_; }
  const std::vector<double>& capacities() const { return capacities_; }
  double carried(std::size_t link) const { return network_.carried(links_[link]); }
  Time now() const { return now_; }
  /// Seconds from start to end; -1 when cancelled.
  double length(const Flow& flow) const {
    return flow.moved >= Bytes{0} ? -1 : seconds(flow.end - zero_ - flow.asked->at);
  }

 private:
  void start(const Act& act) {
    std::vector<LinkId> route;
    for (const std::size_t link : act.route) route.push_back(links_[link]);
    flows_.push_back({network_.start(Route(route), act.bytes, act.rate), &act});
  }
  void cancel(Flow& flow) {
    flow.over = true;
    flow.moved = network_.cancel(flow.id);
  }
  void end(FlowId id) {
    const auto flow = std::find_if(flows_.begin(), flows_.end(), [id](const Flow& f) { return f.id == id; });
    flow->over = true;
    flow->end = now_;
  }

  Network& network_;
  const Scene& scene_;
  Time zero_, now_;
  std::vector<LinkId> links_;
  std::vector<double> capacities_;
  std::vector<Flow> flows_;
};

inline constexpr auto nobody_watches = [](const Play&, Time, Time) {};

}  // namespace berth::test
