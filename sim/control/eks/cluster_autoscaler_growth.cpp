// Cluster Autoscaler's scale-up: pods that found no node, what each group would do for them, and the one that grows.
#include <algorithm>

#include "sim/control/eks/cluster_autoscaler_controller.hpp"
#include "sim/control/eks/karpenter_controller.hpp"

namespace berth {
namespace {

bool may_go_to(const World& world, const WaitingRoom::Group& group, PoolId pool) {
  const ServiceRow& service = world[world[group.revision].service];
  if (!service.any_pool) return group.pool == pool;
  return std::find(service.pools.begin(), service.pools.end(), pool) != service.pools.end();
}

/// Nodes of both are alike to pods, wherever they stand.
bool are_similar(const PoolSpec& a, const PoolSpec& b) {
  return a.instance_types == b.instance_types && a.labels == b.labels && a.spot == b.spot && a.ami == b.ami;
}

}  // namespace

/// Who is too young, not worth a node or waits for others to end there asks for none.
std::optional<ClusterAutoscalerController::Unplaced> ClusterAutoscalerController::waiting_in(
    const WaitingRoom::Group& group) const {
  const World& world = hands_.world;
  const ServiceRow& service = world[world[group.revision].service];
  if (group.only_node != kNone<NodeId> || service.spec->eks.pod.priority < expendable_) return std::nullopt;
  Unplaced found{&group, {world.ask(group.revision), 0}, group.waiting.front(), Time::max(), Time::min()};
  found.pods.ask.zone = group.zone;
  found.pods.ask.pools = service.any_pool ? std::span<const PoolId>(service.pools) : std::span(&group.pool, 1);
  const Duration delay = world[service.cluster].spec->autoscaler.new_pod_delay;
  for (const ReplicaId r : group.waiting) {
    const ReplicaRow& pod = world[r];
    if (pod.nominated != kNone<NodeId> || world.now() - pod.decided < delay) continue;
    if (found.pods.pods++ == 0) found.first = r;
    found.since = std::min(found.since, pod.decided);
    found.last = std::max(found.last, pod.decided);
  }
  return found.pods.pods > 0 ? std::optional(found) : std::nullopt;
}

/// Higher priorities first take the room on nodes that are on their way.
std::vector<ClusterAutoscalerController::Unplaced> ClusterAutoscalerController::unplaced(ClusterId cluster,
                                                                                         Overlay& coming) {
  const World& world = hands_.world;
  std::vector<Unplaced> all;
  for (const WaitingRoom::Group* group : starts_.room(cluster).groups()) {
    const std::vector<PoolId>& pools = clusters_[index(cluster)].pools;
    const bool ours = std::any_of(pools.begin(), pools.end(), [&](PoolId p) { return may_go_to(world, *group, p); });
    if (!ours) continue;
    if (const auto found = waiting_in(*group)) all.push_back(*found);
  }
  const auto priority = [&](const Unplaced& u) {
    return world[world[u.group->revision].service].spec->eks.pod.priority;
  };
  std::stable_sort(all.begin(), all.end(),
                   [&](const Unplaced& a, const Unplaced& b) { return priority(a) > priority(b); });
  for (Unplaced& u : all) {
    const bool looks_around = u.pods.ask.rules != nullptr && u.pods.ask.rules->looks_at_pods();
    for (std::uint32_t p = 0; u.pods.pods > 0; --u.pods.pods) {
      p = coming.first_fit(u.pods.ask, looks_around ? 0 : p);
      if (p == coming.size()) break;
      coming.put_on(p, u.pods.ask);
    }
  }
  all.erase(std::remove_if(all.begin(), all.end(), [](const Unplaced& u) { return u.pods.pods == 0; }), all.end());
  return all;
}

/// More may be about to come: one loop is waited for them.
bool ClusterAutoscalerController::are_all_new(const std::vector<Unplaced>& pods) const {
  return std::all_of(pods.begin(), pods.end(), [&](const Unplaced& u) {
    return u.since + (u.pods.ask.gpus > 0 ? gpu_buffer_ : buffer_) > hands_.world.now();
  });
}

/// `wait`: there are pods, and yet nothing is to be done about them now.
bool ClusterAutoscalerController::scale_up(ClusterId cluster, bool& wait) {
  if (is_quiet(cluster)) return false;
  Overlay coming = with_coming_daemons(hands_.world, cluster);
  take_off_expendable(clusters_[index(cluster)], coming);
  const std::vector<Unplaced> pods = unplaced(cluster, coming);
  if (pods.empty()) return false;
  wait = are_all_new(pods);
  if (wait) return false;
  std::vector<Vain> vain(pods.size());
  const std::vector<Option> all = options(cluster, pods, coming, vain);
  tell_vain(cluster, pods, all, vain);
  if (all.empty()) {
    be_quiet(cluster);
    return false;
  }
  std::vector<ScaleUpOption> sums;
  for (const Option& o : all) sums.push_back(o.sum);
  ClusterState& state = clusters_[index(cluster)];
  const Draws draws{hands_.world.spec().seed, Purpose::expander, name_hash(hands_.world[cluster].spec->name)};
  grow(cluster, all[expand(sums, state.expanders, draws.at(state.scale_ups++))], all);
  return true;
}

std::vector<ClusterAutoscalerController::Option> ClusterAutoscalerController::options(ClusterId cluster,
                                                                                      const std::vector<Unplaced>& pods,
                                                                                      const Overlay& coming,
                                                                                      std::vector<Vain>& vain) {
  const World& world = hands_.world;
  std::vector<Option> all;
  for (const PoolId pool : clusters_[index(cluster)].pools) {
    const bool left_alone = pools_[index(pool)].back_off.holds(world.now());
    const bool full = world[pool].desired >= world[pool].max;
    const std::optional<Option> option = left_alone || full ? std::nullopt : option_of(pool, pods, coming);
    for (std::size_t i = 0; i < pods.size(); ++i) {
      if (!may_go_to(world, *pods[i].group, pool)) continue;
      ++(left_alone ? vain[i].backed_off : full ? vain[i].at_maximum : vain[i].unfit);
    }
    if (option && option->sum.nodes > 0) all.push_back(*option);
  }
  return all;
}

NodeTemplate ClusterAutoscalerController::template_of(PoolId pool, const Offering& offering) const {
  const World& world = hands_.world;
  const InstanceType& type = world.catalog().instances()[offering.type];
  NodeTemplate node{offering, pool, offering.some_zone(), kVcpu * type.vcpu, type.memory};
  const auto there = std::find_if(world[pool].nodes.begin(), world[pool].nodes.end(),
                                  [&](NodeId n) { return world[n].seen == NodeStage::ready; });
  if (there != world[pool].nodes.end()) node.zone = world[*there].zone;  // upstream copies a node that is there
  return node;
}

std::optional<ClusterAutoscalerController::Option> ClusterAutoscalerController::option_of(
    PoolId pool, const std::vector<Unplaced>& pods, const Overlay& coming) const {
  const World& world = hands_.world;
  const std::vector<Offering> offerings = offerings_of(world, pool);
  if (offerings.empty()) return std::nullopt;
  Option option{pool, {}, {}, {}, Time::max()};
  std::vector<PodGroup> groups;
  bool look_around = false;
  for (std::uint32_t i = 0; i < pods.size(); ++i) {
    if (!may_go_to(world, *pods[i].group, pool)) continue;
    option.groups.push_back(i);
    groups.push_back(pods[i].pods);
    look_around = look_around || groups.back().ask.rules != nullptr;
  }
  std::int64_t room = world[pool].max - world[pool].desired;
  for (const PoolId like : similar_to(pool, pods))
    room += std::max<std::int64_t>(0, world[like].max - world[like].desired);
  const NodeTemplate node = template_of(pool, offerings.front());
  option.estimate = estimate_nodes(
      node, groups, std::min(most_nodes_, room), look_around ? coming.view() : ClusterView{},
      {clusters_[index(world[pool].cluster)].tries_older_nodes, world[world[pool].cluster].spec->autoscaler.fast_path});
  option.sum.node_cpu = node.cpu;
  option.sum.node_memory = node.memory;
  option.sum.nodes = option.estimate.nodes;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::int64_t n = option.estimate.scheduled[i];
    option.sum.pods += n;
    option.sum.cpu += groups[i].ask.cpu * n;
    option.sum.memory += groups[i].ask.memory * n;
    if (n > 0) option.since = std::min(option.since, pods[option.groups[i]].since);
  }
  const auto& priorities = world[world[pool].cluster].spec->autoscaler.priorities;
  const auto listed = priorities.find(world.name(pool));
  option.sum.has_priority = listed != priorities.end();
  if (option.sum.has_priority) option.sum.priority = listed->second;
  return option;
}

/// Groups that would grow with it, so that together they have more room: not those that are left alone.
std::vector<PoolId> ClusterAutoscalerController::similar_to(PoolId pool, const std::vector<Unplaced>& pods) const {
  const World& world = hands_.world;
  std::vector<PoolId> alike;
  if (!world[world[pool].cluster].spec->autoscaler.balances_similar) return alike;
  for (const PoolId other : clusters_[index(world[pool].cluster)].pools) {
    const bool same_pods = std::all_of(pods.begin(), pods.end(), [&](const Unplaced& u) {
      return may_go_to(world, *u.group, pool) == may_go_to(world, *u.group, other);
    });
    if (other != pool && same_pods && are_similar(*world[other].spec, *world[pool].spec) &&
        !pools_[index(other)].back_off.holds(world.now()))
      alike.push_back(other);
  }
  return alike;
}

/// The group, or all that are like it and could take the same pods, evened out.
void ClusterAutoscalerController::grow(ClusterId cluster, const Option& chosen, const std::vector<Option>& all) {
  World& world = hands_.world;
  std::vector<PoolId> share = {chosen.pool};
  if (world[cluster].spec->autoscaler.balances_similar)
    for (const Option& o : all)
      if (o.pool != chosen.pool && o.groups == chosen.groups &&
          are_similar(*world[o.pool].spec, *world[chosen.pool].spec))
        share.push_back(o.pool);
  std::map<PoolId, std::int64_t> wanted;
  for (const PoolId pool : share) wanted[pool] = world[pool].desired;
  for (std::int64_t n = chosen.sum.nodes; n > 0; --n) {
    const auto next = std::min_element(share.begin(), share.end(), [&](PoolId a, PoolId b) {
      const bool a_full = wanted[a] >= world[a].max, b_full = wanted[b] >= world[b].max;
      return a_full != b_full ? b_full : wanted[a] < wanted[b];
    });
    if (wanted[*next] >= world[*next].max) break;
    ++wanted[*next];
  }
  for (const PoolId pool : share) {
    if (wanted[pool] == world[pool].desired) continue;
    world.publish(ScaleUpDecided{pool, world[pool].desired, wanted[pool], chosen.sum.pods, chosen.since});
    pools_[index(pool)].grows = true;
    groups_.grow(pool, wanted[pool]);
  }
}

/// Once, until it is otherwise.
void ClusterAutoscalerController::tell_vain(ClusterId cluster, const std::vector<Unplaced>& pods,
                                            const std::vector<Option>& all, const std::vector<Vain>& vain) {
  auto& told = clusters_[index(cluster)].told;
  for (std::uint32_t i = 0; i < pods.size(); ++i) {
    const bool helped = std::any_of(all.begin(), all.end(), [&](const Option& o) {
      const auto at = std::find(o.groups.begin(), o.groups.end(), i);
      return at != o.groups.end() && o.estimate.scheduled[static_cast<std::size_t>(at - o.groups.begin())] > 0;
    });
    const std::pair key{pods[i].group->revision, pods[i].group->pool};
    if (helped) {
      told.erase(key);
      continue;
    }
    const auto [known, fresh] = told.try_emplace(key, vain[i]);
    if (!fresh && known->second == vain[i]) continue;
    known->second = vain[i];
    hands_.world.publish(
        NotTriggerScaleUp{pods[i].first, pods[i].pods.pods, vain[i].backed_off, vain[i].at_maximum, vain[i].unfit});
  }
}

/// Nobody waits, or nobody other than those for whom nothing could be done, and the cluster is as it was.
bool ClusterAutoscalerController::is_quiet(ClusterId cluster) {
  std::size_t waiting = 0;
  ReplicaId last{0};
  for (const WaitingRoom::Group* group : starts_.room(cluster).groups()) {
    waiting += group->waiting.size();
    last = std::max(last, group->waiting.back());
  }
  Quiet& quiet = clusters_[index(cluster)].quiet;
  const std::uint64_t epoch = hands_.world[cluster].placement_epoch;
  const bool same = quiet.epoch == epoch && quiet.waiting == waiting && quiet.last == last;
  if (waiting == 0 || (same && hands_.world.now() < quiet.until)) return true;
  quiet = {epoch, waiting, last, Time::min()};
  return false;
}

/// Until a group that is left alone may be asked again, or a pod is no longer too young to be looked at.
void ClusterAutoscalerController::be_quiet(ClusterId cluster) {
  const Time now = hands_.world.now();
  Time until = Time::max();
  for (const PoolId pool : clusters_[index(cluster)].pools)
    if (pools_[index(pool)].back_off.holds(now)) until = std::min(until, pools_[index(pool)].back_off.until);
  const Duration delay = hands_.world[cluster].spec->autoscaler.new_pod_delay;
  for (const WaitingRoom::Group* group : starts_.room(cluster).groups())
    for (const ReplicaId r : group->waiting)
      if (const Time grown = hands_.world[r].decided + delay; grown > now) until = std::min(until, grown);
  clusters_[index(cluster)].quiet.until = until;
}

}  // namespace berth
