// The plainest max-min network: all rates rise together until a link is full or a limit is reached, again and again.
// The referee where fair_share is silent: any route. Every change costs flows times links.
#pragma once

#include <algorithm>
#include <cmath>

#include "sim/engine/network.hpp"

namespace berth::test {

class FillingNetwork final : public Network {
 public:
  LinkId add_link(std::string, double bytes_per_s) override {
    links_.push_back({bytes_per_s, 0, 0, 0});
    return LinkId{static_cast<std::uint32_t>(links_.size() - 1)};
  }
  void set_capacity(LinkId id, double bytes_per_s) override {
    links_[index(id)].capacity = bytes_per_s;
    fill();
  }
  double carried(LinkId id) const override { return links_[index(id)].carried; }
  std::string refusal(const Route&) const override { return {}; }

  FlowId start(const Route& route, Bytes bytes, double limit) override {
    flows_.push_back({route, static_cast<double>(bytes.count()), static_cast<double>(bytes.count()), limit, 0, true});
    fill();
    return FlowId{static_cast<std::uint32_t>(flows_.size() - 1)};
  }
  Bytes cancel(FlowId id) override {
    Flow& flow = flows_[static_cast<std::size_t>(id)];
    flow.alive = false;
    fill();
    return Bytes{std::llround(flow.bytes - flow.left)};
  }

  Time next_time() override {
    const double end = next_end();
    return end < 1e12 ? std::max(now_, Time{Duration{std::llround(std::ceil(end * 1e6 - 1e-3))}}) : kNever;
  }
  void advance_to(Time time, std::vector<FlowId>& finished) override {
    now_ = time;
    for (double end = next_end(); end * 1e6 - 1e-3 <= static_cast<double>(time.time_since_epoch().count());
         end = next_end()) {
      move_to(end);
      for (std::size_t i = 0; i < flows_.size(); ++i)
        if (flows_[i].alive && flows_[i].end(clock_) <= clock_) {
          flows_[i].alive = false;
          finished.push_back(FlowId{static_cast<std::uint32_t>(i)});
        }
      fill();
    }
    move_to(seconds(time));
    std::sort(finished.begin(), finished.end());
  }

 private:
  struct Link {
    double capacity, carried, left;
    int rising;
  };
  struct Flow {
    Route route;
    double bytes, left, limit, rate;
    bool alive;
    double end(double clock) const { return clock + left / rate; }
  };
  static std::size_t index(LinkId id) { return static_cast<std::size_t>(id); }

  double next_end() const {
    double end = kUnlimited;
    for (const Flow& flow : flows_)
      if (flow.alive) end = std::min(end, flow.end(clock_));
    return end;
  }
  void move_to(double clock) {
    for (Flow& flow : flows_) {
      if (!flow.alive || clock <= clock_) continue;
      const double moved = std::min(flow.left, flow.rate * (clock - clock_));
      flow.left = flow.end(clock_) <= clock ? 0 : flow.left - moved;
      for (const LinkId link : flow.route) links_[index(link)].carried += moved;
    }
    clock_ = std::max(clock_, clock);
  }
  void fill() {
    for (Link& link : links_) link.left = link.capacity, link.rising = 0;
    std::vector<Flow*> rising;
    for (Flow& flow : flows_)
      if (flow.alive) rising.push_back(&flow);
    for (const Flow* flow : rising)
      for (const LinkId link : flow->route) ++links_[index(link)].rising;
    while (!rising.empty()) {
      const auto room = [&](const Flow& flow) {
        double most = flow.limit;
        for (const LinkId link : flow.route)
          most = std::min(most, links_[index(link)].left / links_[index(link)].rising);
        return most;
      };
      double level = kUnlimited;
      for (const Flow* flow : rising) level = std::min(level, room(*flow));
      std::vector<Flow*> still;
      std::vector<Flow*> full;
      for (Flow* flow : rising) (room(*flow) > level * (1 + 1e-12) ? still : full).push_back(flow);
      for (Flow* flow : full) {
        flow->rate = level;
        for (const LinkId link : flow->route) links_[index(link)].left -= level, --links_[index(link)].rising;
      }
      rising = still;
    }
  }

  Time now_{};
  double clock_ = 0;
  std::vector<Link> links_;
  std::vector<Flow> flows_;
};

}  // namespace berth::test
