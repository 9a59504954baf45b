#include "sim/control/eks/controller_clients.hpp"

#include <algorithm>
#include <utility>

namespace berth {
namespace {

KubeController controller_of(const World& world, ReplicaId pod) {
  switch (world[world[pod].service].spec->kind) {
    case WorkloadKind::daemon:
      return KubeController::daemon_set;
    case WorkloadKind::job:
      return KubeController::job;
    case WorkloadKind::service:
      break;
  }
  return KubeController::replica_set;
}

Limit limit_of(KubeController controller) {
  return static_cast<Limit>(static_cast<int>(Limit::replica_set_calls) + static_cast<int>(controller));
}

}  // namespace

ControllerClients::ControllerClients(Hands hands) : hands_(hands) {
  const World& world = hands.world;
  for (std::size_t c = 0; c < world.cluster_count(); ++c) {
    const ControllerManagerSpec& spec = world[ClusterId{static_cast<std::uint32_t>(c)}].spec->controller_manager;
    const double burst = spec.burst ? static_cast<double>(*spec.burst) : world.catalog().constant("kube.client_burst");
    const TokenBucket bucket(burst, spec.qps.value_or(world.catalog().constant("kube.client_qps")));
    clients_.push_back({Client{bucket, {}, false}, Client{bucket, {}, false}, Client{bucket, {}, false}});
  }
  if (clients_.size() != 1) return;  // several clusters have a bucket each: no one figure is theirs
  for (int i = 0; i < kKubeControllers; ++i)
    hands.world.show_tokens(limit_of(static_cast<KubeController>(i)), [this, i](Time now) {
      return clients_.front()[static_cast<std::size_t>(i)].bucket.tokens(now);
    });
}

ControllerClients::Client& ControllerClients::client_of(ReplicaId pod) {
  return clients_[index(hands_.world[pod].cluster)][static_cast<std::size_t>(controller_of(hands_.world, pod))];
}

const ControllerClients::Client& ControllerClients::client_of(ReplicaId pod) const {
  return clients_[index(hands_.world[pod].cluster)][static_cast<std::size_t>(controller_of(hands_.world, pod))];
}

bool ControllerClients::may_create(ReplicaId pod) {
  Client& client = client_of(pod);
  if (client.waiting.empty() && client.bucket.take(hands_.world.now())) return true;
  const KubeController controller = controller_of(hands_.world, pod);
  client.waiting.push_back({pod, StopReason::none});
  hands_.world.hold(pod, limit_of(controller), WaitReason::controller_rate);
  come_back(hands_.world[pod].cluster, controller, client);
  return false;
}

void ControllerClients::remove(ReplicaId pod, StopReason why) {
  World& world = hands_.world;
  const KubeController controller = controller_of(world, pod);
  if (world[pod].held_by == limit_of(controller)) return hands_.replicas.stop(pod, why);
  Client& client = client_of(pod);
  if (client.waiting.empty() && client.bucket.take(world.now())) return hands_.replicas.stop(pod, why);
  world.condemn(pod);
  client.waiting.push_back({pod, why});
  come_back(world[pod].cluster, controller, client);
}

bool ControllerClients::still_meant(const Call& call) const {
  const World& world = hands_.world;
  if (call.why == StopReason::none) return world.still_waits(call.pod);
  return world.replicas().has(call.pod) && world[call.pod].condemned;
}

std::vector<ReplicaId> ControllerClients::begin(const ControllerCallsDue& e) {
  World& world = hands_.world;
  Client& client = clients_[index(e.cluster)][static_cast<std::size_t>(e.controller)];
  client.due = false;
  std::vector<ReplicaId> created;
  std::vector<Call> deleted;  // their end may lead to further calls
  for (; !client.waiting.empty(); client.waiting.pop_front()) {
    const Call call = client.waiting.front();
    if (!still_meant(call)) continue;
    if (!client.bucket.take(world.now())) break;
    if (call.why != StopReason::none) {
      deleted.push_back(call);
      continue;
    }
    world.let_pass(call.pod);
    created.push_back(call.pod);
  }
  if (!client.waiting.empty()) come_back(e.cluster, e.controller, client);
  for (const Call& call : deleted) hands_.replicas.stop(call.pod, call.why);
  return created;
}

std::optional<Held> ControllerClients::held_by(ReplicaId replica) const {
  const KubeController controller = controller_of(hands_.world, replica);
  if (hands_.world[replica].held_by != limit_of(controller)) return std::nullopt;
  const Client& client = client_of(replica);
  std::int64_t ahead = 0;
  for (const Call& call : client.waiting) {
    if (call.pod == replica) break;
    ahead += still_meant(call);
  }
  return held_by_bucket(limit_of(controller), client.bucket, hands_.world.now(), ahead, ahead);
}

void ControllerClients::come_back(ClusterId cluster, KubeController controller, Client& client) {
  if (std::exchange(client.due, true)) return;
  hands_.agenda.at(client.bucket.next(hands_.world.now()), ControllerCallsDue{cluster, controller});
}

}  // namespace berth
