// The lane's outside: chooses the loop by whether requests use CPU, are tried again or call others, and advances before
// every change of a target.
#include "sim/demand/lane.hpp"

#include <variant>

#include "sim/demand/cores_loop.hpp"
#include "sim/demand/fluid_loop.hpp"
#include "sim/demand/joint_member.hpp"
#include "sim/demand/lane_loop.hpp"
#include "sim/demand/retrying_loop.hpp"
#include "sim/demand/waiting_target.hpp"
#include "sim/demand/working_target.hpp"

namespace berth {

namespace {

std::int64_t in_nanoseconds(Time t) { return t.time_since_epoch().count() * 1000; }

using AnyLoop =
    std::variant<LaneLoop<WaitingTarget>, LaneLoop<WorkingTarget>, RetryingLoop, JointMember, FluidLoop, CoresLoop>;

void check_spec(const LaneSpec& spec) {
  SIM_CHECK(spec.cpu_per_request >= 0);
  SIM_CHECK(spec.concurrency >= 0);
  SIM_CHECK(spec.queue_limit >= 0);
  SIM_CHECK(spec.timeout >= 0);
}

AnyLoop loop_for(const LaneSpec& spec, std::uint64_t seed, Arrivals arrivals) {
  check_spec(spec);
  if (spec.retries.any()) return RetryingLoop(spec, seed, std::move(arrivals));
  if (spec.cpu_per_request == 0) return LaneLoop<WaitingTarget>(spec, seed, std::move(arrivals));
  return LaneLoop<WorkingTarget>(spec, seed, std::move(arrivals));
}

}  // namespace

struct RequestLane::State {
  State(LaneSpec s, std::uint64_t seed, Arrivals arrivals)
      : spec(std::move(s)), loop(loop_for(spec, seed, std::move(arrivals))) {}
  State(JointLane& joint, std::uint32_t member) : spec(joint.spec(member)), loop(JointMember(joint, member)) {}
  State(LaneSpec s, std::shared_ptr<const LoadSeries> load) : spec(std::move(s)), loop(flow_of(spec, std::move(load))) {
    check_spec(spec);
  }

  static AnyLoop flow_of(const LaneSpec& spec, std::shared_ptr<const LoadSeries> load) {
    if (spec.in_cores) return CoresLoop(std::move(load));
    return AnyLoop(std::in_place_type<FluidLoop>, spec, std::move(load));
  }

  LaneSpec spec;  // the loop and its targets refer to it: a State never moves
  AnyLoop loop;

  template <class Act>
  decltype(auto) with(Act act) {
    return std::visit(act, loop);
  }
  /// Only the tight loops go through nodes; scenarios that ask for more are refused.
  NodePorts& node_ports() {
    if (auto* waiting = std::get_if<LaneLoop<WaitingTarget>>(&loop)) return waiting->node_ports();
    auto* working = std::get_if<LaneLoop<WorkingTarget>>(&loop);
    SIM_CHECK(working != nullptr);
    return working->node_ports();
  }
};

RequestLane::RequestLane(LaneSpec spec, std::uint64_t seed, Arrivals arrivals)
    : state_(std::make_unique<State>(std::move(spec), seed, std::move(arrivals))) {}
RequestLane::RequestLane(JointLane& joint, std::uint32_t member) : state_(std::make_unique<State>(joint, member)) {}
RequestLane::RequestLane(std::unique_ptr<State> state) : state_(std::move(state)) {}
RequestLane RequestLane::fluid(LaneSpec spec, std::shared_ptr<const LoadSeries> load) {
  return RequestLane(std::make_unique<State>(std::move(spec), std::move(load)));
}
RequestLane::~RequestLane() = default;
RequestLane::RequestLane(RequestLane&&) noexcept = default;
RequestLane& RequestLane::operator=(RequestLane&&) noexcept = default;

const LaneSpec& RequestLane::spec() const { return state_->spec; }

bool RequestLane::is_fluid() const { return std::holds_alternative<FluidLoop>(state_->loop); }

void RequestLane::advance_to(Time t) {
  state_->with([&](auto& loop) { loop.advance_to(in_nanoseconds(t)); });
}

Time RequestLane::now() const {
  return Time{Duration{state_->with([](auto& loop) { return loop.now(); }) / 1000}};
}

std::int64_t RequestLane::quiet_until() const {
  return state_->with([](auto& loop) { return loop.quiet_until(); });
}

void RequestLane::mark(Time t) {
  state_->with([&](auto& loop) { loop.mark(in_nanoseconds(t)); });
}

void RequestLane::take_use(std::vector<UseSinceMark>& into) {
  state_->with([&](auto& loop) { loop.take_use(into); });
}

bool RequestLane::is_stirred() const {
  return state_->with([](auto& loop) { return loop.is_stirred(); });
}

void RequestLane::borrow_from(const std::vector<Cpu>& allotments) {
  state_->with([&](auto& loop) { loop.borrow_from(allotments); });
}

void RequestLane::add_target(TargetId target, Cpu allotment, Time t, std::uint32_t place, TargetSite site) {
  advance_to(t);
  state_->with([&](auto& loop) { loop.add_target(target, allotment, state_->spec.slow_start, place, site); });
}

void RequestLane::add_settled_target(TargetId target, Cpu allotment, Time t, std::uint32_t place, TargetSite site) {
  advance_to(t);
  state_->with([&](auto& loop) { loop.add_target(target, allotment, 0, place, site); });
}

void RequestLane::drain_target(TargetId target, Time t) {
  advance_to(t);
  state_->with([&](auto& loop) { loop.drain_target(target); });
}

void RequestLane::end_target(TargetId target, Time t) {
  advance_to(t);
  state_->with([&](auto& loop) { loop.end_target(target); });
}

void RequestLane::resume_target(TargetId target, Time t) {
  advance_to(t);
  state_->with([&](auto& loop) { loop.resume_target(target, state_->spec.slow_start); });
}

bool RequestLane::answers_check(TargetId target, std::int64_t within) const {
  return state_->with([&](auto& loop) { return loop.answers_check(target, within); });
}

void RequestLane::remove_target(TargetId target, Time t) {
  advance_to(t);
  state_->with([&](auto& loop) { loop.remove_target(target); });
}

void RequestLane::lose_target(TargetId target, Time t) {
  advance_to(t);
  state_->with([&](auto& loop) { loop.lose_target(target); });
}

void RequestLane::set_health(TargetId target, bool healthy, Time t) {
  advance_to(t);
  state_->with([&](auto& loop) { loop.set_health(target, healthy); });
}

void RequestLane::set_allotment(TargetId target, Cpu allotment, Time t) {
  advance_to(t);
  state_->with([&](auto& loop) { loop.set_allotment(target, allotment); });
}

void RequestLane::set_core_time(TargetId target, double per_work) {
  state_->with([&](auto& loop) { loop.set_core_time(target, per_work); });
}

void RequestLane::open_node(NodeId node, Time t) {
  advance_to(t);
  state_->node_ports().open(node);
}

void RequestLane::close_node(NodeId node, Time t) {
  advance_to(t);
  state_->node_ports().close(node, in_nanoseconds(t));
}

void RequestLane::cut_node(NodeId node, Time t) {
  advance_to(t);
  state_->node_ports().cut(node, in_nanoseconds(t));
}

void RequestLane::lose_node(NodeId node, Time t) {
  advance_to(t);
  state_->node_ports().lose(node, in_nanoseconds(t));
}

bool RequestLane::has_target(TargetId target) const {
  return state_->with([&](auto& loop) { return loop.has_target(target); });
}

std::int64_t RequestLane::resident(TargetId target) const {
  return state_->with([&](auto& loop) { return loop.resident(target); });
}

TargetTotals RequestLane::target_totals(TargetId target) const {
  return state_->with([&](auto& loop) { return loop.target_totals(target); });
}

const LaneTotals& RequestLane::totals() const {
  return state_->with([](auto& loop) -> const LaneTotals& { return loop.totals(); });
}

CoresTotals RequestLane::cores_totals() const {
  const auto* cores = std::get_if<CoresLoop>(&state_->loop);
  return cores != nullptr ? cores->cores_totals() : CoresTotals{};
}

bool RequestLane::is_called() const {
  const auto* joint = std::get_if<JointMember>(&state_->loop);
  return joint != nullptr && joint->is_called();
}

const LaneTotals& RequestLane::client_totals() const {
  const auto* joint = std::get_if<JointMember>(&state_->loop);
  return joint != nullptr ? joint->client_totals() : totals();
}

void RequestLane::take_client_latencies(LatencyHistogram& into) {
  SIM_CHECK(is_called());
  std::get<JointMember>(state_->loop).take_client_latencies(into);
}

LatencyHistogram RequestLane::take_latencies() {
  LatencyHistogram taken;
  take_latencies(taken);
  return taken;
}

void RequestLane::take_latencies(LatencyHistogram& into) {
  state_->with([&](auto& loop) { loop.take_latencies(into); });
}

void RequestLane::check() const {
  state_->with([](auto& loop) { loop.check(); });
}

}  // namespace berth
