#include "sim/policy/placement/ecs_index.hpp"

#include <algorithm>
#include <limits>

#include "sim/base/random.hpp"
#include "sim/policy/placement/ecs_placement.hpp"

namespace berth {
namespace {

using Kind = EcsStrategy::Kind;
constexpr std::int64_t kNoLeast = std::numeric_limits<std::int64_t>::min();

Spare room_at(const ClusterView& view, std::uint32_t p) {
  return {view.cpu_allocatable[p] - view.cpu_used[p], view.memory_allocatable[p] - view.memory_used[p],
          view.slots_allocatable[p] - view.slots_used[p], view.gpus_allocatable[p] - view.gpus_used[p]};
}

/// Nothing is needed where nothing is asked for, even of a node that is over-committed.
Spare needed_by(const Ask& ask) {
  constexpr auto kNone32 = std::numeric_limits<std::int32_t>::min();
  return {ask.cpu.count() > 0 ? ask.cpu.count() : kNoLeast, ask.memory.count() > 0 ? ask.memory.count() : kNoLeast,
          ask.slots > 0 ? ask.slots : kNone32, ask.gpus > 0 ? ask.gpus : kNone32};
}

NodeBits& grown(std::vector<NodeBits>& sets, std::size_t index) {
  if (index >= sets.size()) sets.resize(index + 1);
  return sets[index];
}

}  // namespace

EcsIndex::EcsIndex(std::span<const NodeClass> classes) : classes_(classes), of_class_(classes.size()) {}

EcsIndex::OfService& EcsIndex::of(ServiceId service) {
  const auto s = static_cast<std::size_t>(service);
  if (s >= of_service_.size()) of_service_.resize(s + 1);
  of_service_[s].by_class.resize(classes_.size());
  return of_service_[s];
}

void EcsIndex::count(ServiceId service, std::uint32_t position, std::uint32_t replicas) {
  OfService& known = of(service);
  const std::uint32_t before = known.on_node.at(position);
  if (before == replicas) return;
  known.by_class[class_at_[position]] += static_cast<std::int64_t>(replicas) - before;
  known.on_node.set(position, replicas);
}

void EcsIndex::update(const ClusterView& view, std::uint32_t p) {
  if (p >= class_at_.size()) {
    class_at_.resize(p + 1, kNoClass);
    ready_class_at_.resize(p + 1, kNoClass);
    room_at_.resize(p + 1);
  }
  class_at_[p] = view.node_class[p];
  log_.push_back(p);
  if (ready_class_at_[p] != kNoClass) take_from_orders(p);
  const std::uint16_t before = ready_class_at_[p];
  const std::uint16_t now = view.seen[p] == NodeStage::ready ? view.node_class[p] : kNoClass;
  ready_class_at_[p] = now;
  for (const auto& [c, in] : {std::pair(before, false), std::pair(now, true)}) {
    if (before == now || c == kNoClass) continue;
    of_class_[c].ready.set(p, in);
    grown(of_zone_, static_cast<std::size_t>(classes_[c].zone)).set(p, in);
    grown(of_pool_, static_cast<std::size_t>(classes_[c].pool)).set(p, in);
    const auto at = std::lower_bound(live_.begin(), live_.end(), c);
    if (at == live_.end() || *at != c) live_.insert(at, c);
  }
  if (now != kNoClass) put_in_orders(view, p);
}

void EcsIndex::put_in_orders(const ClusterView& view, std::uint32_t p) {
  const Spare room = room_at_[p] = room_at(view, p);
  OfClass& home = of_class_[ready_class_at_[p]];
  if (orders_[0]) home.by_cpu.insert({room.cpu, p}, room);
  if (orders_[1]) home.by_memory.insert({room.memory, p}, room);
}

void EcsIndex::take_from_orders(std::uint32_t p) {
  OfClass& home = of_class_[ready_class_at_[p]];
  if (orders_[0]) home.by_cpu.erase({room_at_[p].cpu, p});
  if (orders_[1]) home.by_memory.erase({room_at_[p].memory, p});
}

/// From the first question on that needs it.
void EcsIndex::keep_order(Resource resource) {
  bool& kept = orders_[static_cast<std::size_t>(resource)];
  if (kept) return;
  kept = true;
  for (std::uint32_t p = 0; p < ready_class_at_.size(); ++p) {
    if (ready_class_at_[p] == kNoClass) continue;
    const Spare& room = room_at_[p];
    OfClass& home = of_class_[ready_class_at_[p]];
    if (resource == Resource::cpu) home.by_cpu.insert({room.cpu, p}, room);
    else home.by_memory.insert({room.memory, p}, room);
  }
}

bool EcsIndex::takes(const ClusterView& view, const Ask& ask, const Spare& needed, std::uint32_t p) const {
  return ready_class_at_[p] != kNoClass && room_at_[p].holds(needed) &&
         (ask.ports == 0 || (view.ports_used[p] & ask.ports) == 0) &&
         (ask.volumes <= 0 || ask.volumes <= view.volumes_allocatable[p] - view.volumes_used[p]);
}

/// The changes since this shape was last asked for are replayed; when there are too many, all nodes are looked at.
const NodeBits& EcsIndex::fitting(const ClusterView& view, const Ask& ask) {
  const Spare needed = needed_by(ask);
  Fits& fits = fits_[{needed.cpu, needed.memory, needed.slots, needed.gpus, ask.volumes, ask.ports}];
  const std::uint64_t now = log_start_ + log_.size();
  const std::size_t nodes = class_at_.size();
  if (!fits.known || fits.seen < log_start_ || now - fits.seen > nodes) {
    for (std::uint32_t p = 0; p < nodes; ++p) fits.nodes.set(p, takes(view, ask, needed, p));
  } else {
    for (std::size_t i = fits.seen - log_start_; i < log_.size(); ++i)
      fits.nodes.set(log_[i], takes(view, ask, needed, log_[i]));
  }
  fits.known = true;
  fits.seen = now;
  if (log_.size() > 4 * nodes + 1024) {
    const std::size_t dropped = log_.size() - nodes;
    log_.erase(log_.begin(), log_.begin() + static_cast<std::ptrdiff_t>(dropped));
    log_start_ += dropped;
  }
  return fits.nodes;
}

void EcsIndex::keep_allowed(const ClusterView& view, const Ask& ask, const Question& question) {
  if (!ask.pools.empty()) {
    scratch_.clear();
    for (const PoolId pool : ask.pools) scratch_.add(grown(of_pool_, static_cast<std::size_t>(pool)));
    candidates_.keep(scratch_);
  }
  if (ask.zone != kNone<ZoneId>) candidates_.keep(grown(of_zone_, static_cast<std::size_t>(ask.zone)));
  if (ask.address && view.out_of_interfaces) return candidates_.clear();
  if (ask.address)
    for (std::size_t z = 0; z < view.free_addresses.size() && z < of_zone_.size(); ++z)
      if (view.free_addresses[z] == 0) candidates_.remove(of_zone_[z]);
  if (ask.distinct_instance) candidates_.remove(of(question.service).on_node.some());
  if (question.constraints.empty()) return;
  if (!question.constraints.groups.empty()) return keep_hosts(question);
  for (const std::uint16_t c : live_)
    if (!allows(question.constraints, c, [](std::uint32_t) { return false; })) candidates_.remove(of_class_[c].ready);
}

/// The nodes for which one term of a query holds, of those that are ready.
NodeBits EcsIndex::nodes_where(const EcsConstraints::MemberOf& rule, std::uint32_t t, const Question& question) {
  const QueryTerm& term = rule.query.terms[t];
  NodeBits nodes, all;
  for (const std::uint16_t c : live_) all.add(of_class_[c].ready);
  if (term.subject == QueryTerm::Subject::attribute) {
    for (const std::uint16_t c : live_)
      if (rule.holds_on_class[t][c]) nodes.add(of_class_[c].ready);
    return nodes;
  }
  for (const std::uint32_t group : rule.group_ids[t]) nodes.add(of(question.groups[group]).on_node.some());
  const bool agent = term.subject == QueryTerm::Subject::agent_connected;
  if (agent) nodes = term.negated ? NodeBits() : all;
  if (agent || !term.negated) return nodes;
  all.remove(nodes);
  return all;
}

/// Queries about task groups depend on the node: they are answered for all nodes at once.
void EcsIndex::keep_hosts(const Question& question) {
  for (const EcsConstraints::MemberOf& rule : question.constraints.member_of) {
    std::vector<NodeBits> stack;
    for (const ClusterQuery::Step& step : rule.query.steps) {
      using StepKind = ClusterQuery::Step::Kind;
      if (step.kind == StepKind::term) {
        stack.push_back(nodes_where(rule, step.term, question));
        continue;
      }
      NodeBits top = std::move(stack.back());
      stack.pop_back();
      if (step.kind == StepKind::both) stack.back().keep(top);
      if (step.kind == StepKind::either) stack.back().add(top);
      if (step.kind != StepKind::negation) continue;
      NodeBits others;
      for (const std::uint16_t c : live_) others.add(of_class_[c].ready);
      others.remove(top);
      stack.push_back(std::move(others));
    }
    candidates_.keep(stack.back());
  }
}

std::int64_t EcsIndex::keep_lowest() {
  std::sort(sets_.begin(), sets_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t from = 0; from < sets_.size();) {
    const std::int64_t number = sets_[from].first;
    const NodeBits* all = sets_[from].second;
    if (++from < sets_.size() && sets_[from].first == number) {
      scratch_ = *all;
      for (; from < sets_.size() && sets_[from].first == number; ++from) scratch_.add(*sets_[from].second);
      all = &scratch_;
    }
    if (!candidates_.meets(*all)) continue;
    candidates_.keep(*all);
    return number;
  }
  return 0;
}

void EcsIndex::keep_emptiest_zones(const Ask& ask) {
  const auto in_zone = [&](std::size_t z) {
    return z < ask.same_service_by_zone.size() ? std::int64_t{ask.same_service_by_zone[z]} : 0;
  };
  sets_.clear();
  for (std::size_t z = 0; z < of_zone_.size(); ++z) sets_.emplace_back(in_zone(z), &of_zone_[z]);
  const std::int64_t fewest = keep_lowest();
  std::size_t kept = 0;
  for (const std::uint16_t c : active_)
    if (in_zone(static_cast<std::size_t>(classes_[c].zone)) == fewest) active_[kept++] = c;
  active_.resize(kept);
}

void EcsIndex::keep_emptiest_values(const EcsStrategy& strategy, OfService& service) {
  under_.assign(classes_.size(), 0);  // by number of the value: there are no more than classes
  for (std::size_t c = 0; c < classes_.size(); ++c) under_[strategy.value_of_class[c]] += service.by_class[c];
  sets_.clear();
  for (const std::uint16_t c : live_) sets_.emplace_back(under_[strategy.value_of_class[c]], &of_class_[c].ready);
  keep_lowest();
}

/// Looks at every candidate when there are few; whether there were.
bool EcsIndex::keep_fullest_of_few(Resource resource) {
  constexpr std::size_t kFew = 64;
  few_.clear();
  const bool all = candidates_.for_each([&](std::uint32_t p) {
    const Spare& room = room_at_[p];
    few_.emplace_back(resource == Resource::cpu ? room.cpu : room.memory, p);
    return few_.size() < kFew;
  });
  if (!all) return false;
  const std::int64_t least = std::min_element(few_.begin(), few_.end())->first;
  for (const auto& [left, p] : few_)
    if (left > least) candidates_.set(p, false);
  return true;
}

void EcsIndex::find_fullest(const Ask& ask, Resource resource, bool last) {
  const Spare needed = needed_by(ask);
  const auto room = [&](std::uint32_t p) { return room_at_[p]; };
  const RoomOrder::Key from{resource == Resource::cpu ? needed.cpu : needed.memory, 0};
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  kept_.clear();
  const auto stop = [&](const RoomOrder::Key& key) {
    if (key.left > least) return true;
    if (!candidates_.has(key.position)) return false;
    if (key.left < least) kept_.clear();
    least = key.left;
    kept_.push_back(key.position);
    return last;
  };
  for (const std::uint16_t c : active_) {
    if (!candidates_.meets(of_class_[c].ready)) continue;
    (resource == Resource::cpu ? of_class_[c].by_cpu : of_class_[c].by_memory).walk(from, needed, stop, room);
  }
}

std::optional<std::uint32_t> EcsIndex::place(const ClusterView& view, const Ask& ask, const Question& question) {
  candidates_ = fitting(view, ask);
  active_ = live_;
  keep_allowed(view, ask, question);
  if (candidates_.empty()) return std::nullopt;
  const Strategies& strategies = or_default(question.strategies);
  bool sparse = ask.distinct_instance || !question.constraints.groups.empty();
  for (const EcsStrategy& strategy : strategies) {
    switch (strategy.kind) {
      case Kind::spread_zone:
        keep_emptiest_zones(ask);
        break;
      case Kind::spread_attribute:
        keep_emptiest_values(strategy, of(question.service));
        break;
      case Kind::spread_instance:
        of(question.service).on_node.keep_fewest(candidates_);
        sparse = true;
        break;
      case Kind::binpack_cpu:
      case Kind::binpack_memory: {
        const Resource resource = strategy.kind == Kind::binpack_cpu ? Resource::cpu : Resource::memory;
        keep_order(resource);
        if (sparse && keep_fullest_of_few(resource)) break;
        const bool last = &strategy == &strategies.back();
        find_fullest(ask, resource, last);
        if (last) return *std::min_element(kept_.begin(), kept_.end());
        candidates_.clear();
        for (const std::uint32_t p : kept_) candidates_.set(p, true);
        sparse = true;
        break;
      }
      case Kind::random:
        return candidates_.at(static_cast<std::uint32_t>(below(question.draw, candidates_.count())));
    }
  }
  return candidates_.at(0);
}

}  // namespace berth
