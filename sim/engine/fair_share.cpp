// The network of simple shapes: own cap per node, shared by its flows, behind at most one shared gateway each.
#include <algorithm>
#include <cmath>
#include <deque>

#include "sim/base/error.hpp"
#include "sim/base/table.hpp"
#include "sim/engine/gateway_share.hpp"

namespace berth {
namespace {

class FairShareNetwork final : public Network {
 public:
  FairShareNetwork() { shares_.emplace_back(kUnlimited); }

  LinkId add_link(std::string name, double bytes_per_s) override;
  void set_capacity(LinkId link, double bytes_per_s) override;
  double carried(LinkId link) const override;
  std::string refusal(const Route& route) const override;
  FlowId start(const Route& route, Bytes bytes, double limit) override;
  Bytes cancel(FlowId flow) override;
  Time next_time() override;
  void advance_to(Time time, std::vector<FlowId>& finished) override;

 private:
  enum class Role { unused, own, gateway };
  static constexpr std::size_t kNoGateway = 0;  // the share without a limit, for flows that pass no gateway

  struct Link {
    std::string name;
    double capacity = 0;
    Role role = Role::unused;
    std::size_t share = kNoGateway;  // its own, of a gateway; the one it is behind, of an own link
    double passed = 0;               // by flows that are over
    std::vector<FlowId> flows;       // of an own link
  };
  struct Flow {
    LinkId own{};
    Bytes bytes{};
    double asked = kUnlimited;  // its own limit
    double limit = 0;           // and what is left of it beside the others of its node
    GatewayShare::Place place{};
  };

  Link& link(LinkId id) { return links_[index(id)]; }
  const Link& link(LinkId id) const { return links_[index(id)]; }
  void take_roles(const Route& route);
  double node_level(const Link& own) const;
  void settle(const Link& own);
  void leave(FlowId id, double bytes_moved);

  Time now_{};
  std::vector<Link> links_;
  std::deque<GatewayShare> shares_;
  std::vector<std::string> ways_{"no gateway"};  // the gateway of each share
  Table<FlowId, Flow> flows_;
  std::vector<FlowId> empty_;  // flows of no bytes, finished and not yet reported
  bool next_known_ = false;
  Time next_{};
};

LinkId FairShareNetwork::add_link(std::string name, double bytes_per_s) {
  SIM_CHECK(bytes_per_s > 0 && bytes_per_s < kUnlimited);
  links_.push_back(Link{std::move(name), bytes_per_s, Role::unused, kNoGateway, 0, {}});
  return LinkId{static_cast<std::uint32_t>(links_.size() - 1)};
}

void FairShareNetwork::set_capacity(LinkId id, double bytes_per_s) {
  SIM_CHECK(bytes_per_s > 0 && bytes_per_s < kUnlimited);
  Link& changed = link(id);
  changed.capacity = bytes_per_s;
  GatewayShare& share = shares_[changed.share];
  share.move_to(seconds(now_));
  if (changed.role == Role::gateway) share.set_capacity(bytes_per_s);
  settle(changed);
}

double FairShareNetwork::carried(LinkId id) const {
  const Link& asked = link(id);
  if (asked.role == Role::gateway) return shares_[asked.share].carried(seconds(now_));
  double bytes = asked.passed;
  for (const FlowId flow : asked.flows)
    bytes += static_cast<double>(flows_[flow].bytes.count()) -
             shares_[asked.share].remaining(flows_[flow].place, seconds(now_));
  return bytes;
}

std::string FairShareNetwork::refusal(const Route& route) const {
  if (route.size() > 2) {
    std::string names;
    for (const LinkId passed : route) names += (names.empty() ? "" : ", ") + link(passed).name;
    return "a route of more than two links: " + names;
  }
  const Link& own = link(route[0]);
  if (own.role == Role::gateway) return "the shared link " + own.name + " as a link of one node";
  const bool alone = route.size() == 1;
  const Link& gateway = link(route[route.size() - 1]);
  if (!alone && (route[0] == route[1] || gateway.role == Role::own))
    return "the link " + gateway.name + " of one node as gateway";
  if (own.role == Role::unused) return "";
  if (alone ? own.share == kNoGateway : gateway.role == Role::gateway && own.share == gateway.share) return "";
  return "traffic of " + own.name + " both through " + ways_[own.share] + " and through " +
         (alone ? ways_[kNoGateway] : gateway.name);
}

FlowId FairShareNetwork::start(const Route& route, Bytes bytes, double limit) {
  SIM_CHECK(bytes.count() >= 0);
  SIM_CHECK(limit > 0);
  if (const std::string why = refusal(route); !why.empty())
    throw InputError({"", "/engine/network", "transfers over a link of the node's own and at most one gateway", why,
                      "write \"network\": \"simgrid\", which carries any route"});
  take_roles(route);
  const FlowId id = flows_.add(Flow{route[0], bytes, limit, 0, {}});
  next_known_ = false;
  if (bytes.count() == 0) {
    empty_.push_back(id);
    return id;
  }
  Link& own = link(route[0]);
  shares_[own.share].move_to(seconds(now_));
  own.flows.push_back(id);
  settle(own);
  return id;
}

Bytes FairShareNetwork::cancel(FlowId id) {
  const Flow flow = flows_[id];
  if (flow.bytes.count() == 0) {
    empty_.erase(std::find(empty_.begin(), empty_.end(), id));
    flows_.erase(id);
    return Bytes{0};
  }
  GatewayShare& share = shares_[link(flow.own).share];
  share.move_to(seconds(now_));
  const double moved = static_cast<double>(flow.bytes.count()) - share.remaining(flow.place, seconds(now_));
  leave(id, moved);
  return Bytes{std::clamp<std::int64_t>(std::llround(moved), 0, flow.bytes.count())};
}

/// Rounded up, but an end a nanosecond after a microsecond is taken for rounding of the end itself.
Time FairShareNetwork::next_time() {
  if (!empty_.empty()) return now_;
  if (next_known_) return next_;
  double end = kUnlimited;
  for (const GatewayShare& share : shares_) end = std::min(end, share.next_end());
  next_ = end < 1e12 ? std::max(now_, Time{Duration{std::llround(std::ceil(end * 1e6 - 1e-3))}}) : kNever;
  next_known_ = true;
  return next_;
}

void FairShareNetwork::advance_to(Time time, std::vector<FlowId>& finished) {
  SIM_CHECK(time >= now_);
  const bool due = next_time() <= time;
  now_ = time;
  if (!due) return;
  const auto first = static_cast<std::ptrdiff_t>(finished.size());
  for (GatewayShare& share : shares_)
    while (share.next_end() * 1e6 - 1e-3 <= static_cast<double>(time.time_since_epoch().count())) {
      const FlowId id = share.move_to_end();
      finished.push_back(id);
      leave(id, static_cast<double>(flows_[id].bytes.count()));
    }
  for (const FlowId id : empty_) flows_.erase(id);
  finished.insert(finished.end(), empty_.begin(), empty_.end());
  empty_.clear();
  std::sort(finished.begin() + first, finished.end());
}

/// What a link is, it stays: so a route that was carried once is carried always.
void FairShareNetwork::take_roles(const Route& route) {
  Link& own = link(route[0]);
  if (route.size() == 2 && link(route[1]).role == Role::unused) {
    Link& gateway = link(route[1]);
    gateway.role = Role::gateway;
    gateway.share = shares_.size();
    shares_.emplace_back(gateway.capacity);
    ways_.push_back(gateway.name);
    shares_.back().move_to(seconds(now_));
  }
  if (own.role == Role::own) return;
  own.role = Role::own;
  own.share = route.size() == 2 ? link(route[1]).share : kNoGateway;
}

/// Flows of one node have one gateway, so they share the node's cap as if nobody else were there.
double FairShareNetwork::node_level(const Link& own) const {
  std::vector<double> asked;
  for (const FlowId id : own.flows)
    if (flows_[id].asked < own.capacity) asked.push_back(flows_[id].asked);
  std::sort(asked.begin(), asked.end());
  double left = own.capacity;
  auto sharing = own.flows.size();
  for (const double limit : asked) {
    if (limit * static_cast<double>(sharing) > left) break;
    left -= limit;
    --sharing;
  }
  return sharing == 0 ? own.capacity : left / static_cast<double>(sharing);
}

/// Flows whose limit changed go to the class of the new one with the bytes they still have to move.
void FairShareNetwork::settle(const Link& own) {
  GatewayShare& share = shares_[own.share];
  const double level = own.flows.empty() ? 0 : node_level(own);
  for (const FlowId id : own.flows) {
    Flow& flow = flows_[id];
    const double limit = std::min(flow.asked, level);
    if (flow.limit == limit) continue;
    const bool fresh = flow.limit == 0;
    const double bytes = fresh ? static_cast<double>(flow.bytes.count()) : share.remove(id, flow.place);
    flow.limit = limit;
    flow.place = share.add(id, limit, bytes);
  }
  share.rebalance();
  next_known_ = false;
}

void FairShareNetwork::leave(FlowId id, double bytes_moved) {
  Link& own = link(flows_[id].own);
  shares_[own.share].remove(id, flows_[id].place);
  own.passed += bytes_moved;
  own.flows.erase(std::find(own.flows.begin(), own.flows.end(), id));
  flows_.erase(id);
  settle(own);
}

}  // namespace

std::unique_ptr<Network> make_fair_share_network() { return std::make_unique<FairShareNetwork>(); }

}  // namespace berth
