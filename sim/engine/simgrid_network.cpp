// The network of any shape: SimGrid's fluid model, driven from outside and without actors.
#include <csignal>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <simgrid/s4u.hpp>

#include "sim/base/error.hpp"
#include "sim/base/table.hpp"
#include "sim/engine/network.hpp"

namespace berth {
namespace {

namespace s4u = simgrid::s4u;

/// A platform is sealed by the first step of its clock. So hosts and links are made ahead and lent: a host to a flow,
/// whose route it gets, a link to each of our links that carries something. Work on a disk is a Comm too: an Exec on a
/// host costs a fifth to a third less while few run, but the speed of a host can never change once it is sealed.
class SimgridNetwork final : public Network {
 public:
  SimgridNetwork();
  ~SimgridNetwork() override;

  LinkId add_link(std::string name, double bytes_per_s) override;
  void set_capacity(LinkId link, double bytes_per_s) override;
  double carried(LinkId link) const override;
  std::string refusal(const Route&) const override { return {}; }
  FlowId start(const Route& route, Bytes bytes, double limit) override;
  Bytes cancel(FlowId flow) override;
  Time next_time() override;
  void advance_to(Time time, std::vector<FlowId>& finished) override;

 private:
  static constexpr int kFlowsAtOnce = kFlowsOfSimgrid;
  static constexpr double kWideOpen = 1e18;
  struct Link {
    std::string name;
    double capacity = 0;
    double passed = 0;  // by flows that are over
    std::vector<FlowId> flows;
    s4u::Link* lent = nullptr;  // while there are flows
  };
  struct Flow {
    Route route;
    Bytes bytes{};
    s4u::CommPtr comm;  // none when there is nothing to move
    s4u::Host* host = nullptr;
  };

  void build_platform();
  template <class T>
  static T* lend(std::vector<T*>& pool);
  void run_to(double clock) const;
  void run_through(Time time);
  void catch_up() const;
  double moved(const Flow& flow) const;
  double next_completion() const;
  void launch(FlowId id, double limit);
  void give_back(FlowId id, double bytes_moved);

  s4u::Engine* engine_ = nullptr;
  s4u::Host* source_ = nullptr;
  s4u::NetZone* zone_ = nullptr;
  std::vector<s4u::Host*> free_hosts_;
  std::vector<s4u::Link*> free_links_;
  Time now_{};
  std::vector<Link> links_;
  Table<FlowId, Flow> flows_;
  std::vector<FlowId> over_;  // finished and not yet reported
  bool next_known_ = false;
  double next_ = 0;  // seconds on SimGrid's clock
};

/// For the completion callback, which SimGrid keeps for the life of the process.
std::vector<FlowId>* completed_flows = nullptr;
bool simgrid_was_started = false;

std::uintptr_t as_tag(FlowId id) { return index(id) + std::uintptr_t{1}; }

void note_completion(const s4u::Activity& activity) {
  if (activity.get_state() != s4u::Activity::State::FINISHED) return;  // a cancelled one is told twice
  if (completed_flows == nullptr) return;
  const auto tag = reinterpret_cast<std::uintptr_t>(activity.get_data<void>());
  completed_flows->push_back(FlowId{static_cast<std::uint32_t>(tag - 1)});
}

SimgridNetwork::SimgridNetwork() {
  SIM_CHECK_SAY(!simgrid_was_started, "SimGrid moves nothing in a second engine: use one process for each network");
  simgrid_was_started = true;
  struct sigaction on_interrupt {};
  sigaction(SIGINT, nullptr, &on_interrupt);  // SimGrid takes Ctrl-C for itself
  char program[] = "berth";
  char quiet[] = "--log=root.threshold:critical";
  char* arguments[] = {program, quiet, nullptr};
  int count = 2;
  engine_ = new s4u::Engine(&count, arguments);
  sigaction(SIGINT, &on_interrupt, nullptr);
  s4u::Engine::set_config("network/model:CM02");
  s4u::Engine::set_config("network/crosstraffic:0");
  build_platform();
  completed_flows = &over_;
  s4u::Activity::on_completion_cb(note_completion);
}

SimgridNetwork::~SimgridNetwork() {
  completed_flows = nullptr;
  flows_.for_each([](FlowId, const Flow& flow) {
    if (flow.comm) flow.comm->cancel();
  });
  run_to(s4u::Engine::get_clock());
  flows_ = {};
  delete engine_;
}

/// One star zone, with enough links for flows that share none.
void SimgridNetwork::build_platform() {
  zone_ = s4u::create_star_zone("network");
  source_ = zone_->create_host("source", 1.0);
  zone_->add_route(source_->get_netpoint(), nullptr, nullptr, nullptr, std::vector<s4u::LinkInRoute>{}, true);
  for (int i = kFlowsAtOnce; i-- > 0;) free_hosts_.push_back(zone_->create_host(fmt::format("host {}", i), 1.0));
  for (int i = kFlowsAtOnce * static_cast<int>(Route::kMaxLinks); i-- > 0;)
    free_links_.push_back(zone_->create_link(fmt::format("link {}", i), 1.0));
  engine_->seal_platform();
}

template <class T>
T* SimgridNetwork::lend(std::vector<T*>& pool) {
  SIM_CHECK(!pool.empty());
  T* lent = pool.back();
  pool.pop_back();
  return lent;
}

LinkId SimgridNetwork::add_link(std::string name, double bytes_per_s) {
  SIM_CHECK(bytes_per_s > 0 && bytes_per_s < kUnlimited);
  links_.push_back(Link{std::move(name), bytes_per_s, 0, {}, nullptr});
  return LinkId{static_cast<std::uint32_t>(links_.size() - 1)};
}

void SimgridNetwork::set_capacity(LinkId id, double bytes_per_s) {
  SIM_CHECK(bytes_per_s > 0 && bytes_per_s < kUnlimited);
  Link& link = links_[index(id)];
  link.capacity = bytes_per_s;
  if (link.lent == nullptr) return;
  catch_up();
  link.lent->set_bandwidth(bytes_per_s);
  next_known_ = false;
}

double SimgridNetwork::carried(LinkId id) const {
  catch_up();
  double bytes = links_[index(id)].passed;
  for (const FlowId flow : links_[index(id)].flows) bytes += moved(flows_[flow]);
  return bytes;
}

FlowId SimgridNetwork::start(const Route& route, Bytes bytes, double limit) {
  SIM_CHECK(bytes.count() >= 0);
  SIM_CHECK(limit > 0);
  if (free_hosts_.empty() && bytes.count() > 0)
    throw RunError(
        fmt::format("SimGrid's network is built for {} transfers at once and the run needs more; "
                    "write \"engine\": {{\"network\": \"fair_share\"}}",
                    kFlowsAtOnce));
  const FlowId id = flows_.add(Flow{route, bytes, nullptr, nullptr});
  if (bytes.count() == 0) over_.push_back(id);
  else launch(id, limit);
  return id;
}

Bytes SimgridNetwork::cancel(FlowId id) {
  Flow& flow = flows_[id];
  const Bytes all = flow.bytes;
  catch_up();
  if (const auto over = std::find(over_.begin(), over_.end(), id); over != over_.end()) {
    over_.erase(over);
    give_back(id, static_cast<double>(all.count()));
    return all;
  }
  const double bytes = moved(flow);
  flow.comm->cancel();
  run_to(s4u::Engine::get_clock());  // else its share stays taken until the next completion
  give_back(id, bytes);
  return Bytes{std::clamp<std::int64_t>(std::llround(bytes), 0, all.count())};
}

/// Rounded up, but a completion a nanosecond after a microsecond is taken for rounding of the completion itself.
Time SimgridNetwork::next_time() {
  if (!over_.empty()) return now_;
  if (!next_known_) next_ = next_completion();
  next_known_ = true;
  return next_ < 1e12 ? std::max(now_, Time{Duration{std::llround(std::ceil(next_ * 1e6 - 1e-3))}}) : kNever;
}

void SimgridNetwork::advance_to(Time time, std::vector<FlowId>& finished) {
  SIM_CHECK(time >= now_);
  if (next_time() <= time) run_through(time);
  now_ = time;
  if (over_.empty()) return;
  std::sort(over_.begin(), over_.end());  // SimGrid tells simultaneous ones in no order
  finished.insert(finished.end(), over_.begin(), over_.end());
  for (const FlowId id : over_) give_back(id, static_cast<double>(flows_[id].bytes.count()));
  over_.clear();
}

void SimgridNetwork::run_through(Time time) {
  const double last = static_cast<double>(time.time_since_epoch().count()) + 1e-3;
  for (double end = next_completion(); end * 1e6 <= last; end = next_completion())
    run_to(std::max(end, s4u::Engine::get_clock() + 1e-12));  // never stand still before a completion
  next_known_ = false;
}

/// To SimGrid a date of 0 means "for ever".
void SimgridNetwork::run_to(double clock) const { engine_->run_until(std::max(clock, 1e-9)); }

/// Between completions SimGrid's clock stands still, until something changes or is asked.
void SimgridNetwork::catch_up() const {
  if (seconds(now_) > s4u::Engine::get_clock()) run_to(seconds(now_));
}

double SimgridNetwork::moved(const Flow& flow) const {
  const auto all = static_cast<double>(flow.bytes.count());
  return flow.comm ? all - flow.comm->get_remaining() : all;
}

double SimgridNetwork::next_completion() const {
  const double clock = s4u::Engine::get_clock();
  double least = kUnlimited;
  for (simgrid::kernel::resource::Model* model : engine_->get_all_models()) {
    const double in = model->next_occurring_event(clock);
    if (in >= 0) least = std::min(least, in);
  }
  return clock + least;
}

/// SimGrid bounds a flow for life by the least capacity it finds at its start. Where a later raise is to count, that
/// must not be the link's; so all links of the route show the flow's own limit while it starts. (Comm::set_rate, made
/// for limits, does nothing here.)
void SimgridNetwork::launch(FlowId id, double limit) {
  catch_up();
  Flow& flow = flows_[id];
  std::vector<s4u::LinkInRoute> path;
  for (const LinkId passed : flow.route) {
    Link& link = links_[index(passed)];
    if (link.flows.empty()) link.lent = lend(free_links_);
    link.flows.push_back(id);
    path.emplace_back(link.lent->set_bandwidth(std::min(limit, kWideOpen)));
  }
  flow.host = lend(free_hosts_);
  zone_->add_route(flow.host->get_netpoint(), nullptr, nullptr, nullptr, path, true);
  flow.comm = s4u::Comm::sendto_init(source_, flow.host);
  flow.comm->set_data(reinterpret_cast<void*>(as_tag(id)));
  flow.comm->set_payload_size(static_cast<std::uint64_t>(flow.bytes.count()))->start();
  for (const LinkId passed : flow.route) links_[index(passed)].lent->set_bandwidth(links_[index(passed)].capacity);
  next_known_ = false;
}

void SimgridNetwork::give_back(FlowId id, double bytes_moved) {
  const Flow& flow = flows_[id];
  if (flow.comm) {
    for (const LinkId passed : flow.route) {
      Link& link = links_[index(passed)];
      link.passed += bytes_moved;
      link.flows.erase(std::find(link.flows.begin(), link.flows.end(), id));
      if (!link.flows.empty()) continue;
      free_links_.push_back(link.lent);
      link.lent = nullptr;
    }
    free_hosts_.push_back(flow.host);
  }
  flows_.erase(id);
  next_known_ = false;
}

}  // namespace

std::unique_ptr<Network> make_simgrid_network() { return std::make_unique<SimgridNetwork>(); }

}  // namespace berth
