// Pulls that do not come to their end: failed attempts, back-off, time-out, and those that nobody wants any more.
#include "sim/lifecycle/image_cache.hpp"

#include <algorithm>

#include "sim/base/random.hpp"

namespace berth {

void ImageCache::on(const PullTimedOut& e) {
  const NodeId node = world_[e.replica].node;
  const Pull* pull = find(node, e.replica, e.container);
  if (pull != nullptr && pull->begun + pull_timeout_ == world_.now()) fail(node, e.replica, e.container);
}

void ImageCache::fail_attempt(NodeId node, ReplicaId replica, ContainerIndex container) {
  Pull& pull = *find(nodes_[node], replica, container);
  const auto most = static_cast<std::uint8_t>(world_.catalog().constant("ecs.agent.pull_attempts"));
  if (rules(node).kubelet || ++pull.attempts >= most) {
    fail(node, replica, container);
    return;
  }
  pull.step = Step::backing_off;
  const Duration pause = agent_back_off(replica, pull.attempts);
  world_.publish(BackedOff{replica, container, BackOff::image_pull, world_.now() + pause});
  agenda_.then(replica, pause, PullBegins{replica, container});
  stop_coming(node, pull.image);
  begin_next(node);
}

/// 1.1 s, doubling, to 5 s, with a jitter of 0.2 (docker_client.go).
Duration ImageCache::agent_back_off(ReplicaId replica, std::uint8_t attempts) const {
  const Catalog& catalog = world_.catalog();
  double wait = catalog.constant("ecs.agent.pull_backoff_first_s");
  for (int n = 1; n < attempts; ++n) wait *= catalog.constant("ecs.agent.pull_backoff_factor");
  wait = std::min(wait, catalog.constant("ecs.agent.pull_backoff_maximum_s"));
  const ReplicaRow& row = world_[replica];
  const Draws draws{world_.spec().seed, Purpose::pull_retry, name_hash(world_.name(row.service)), row.number};
  constexpr std::uint64_t kSteps = 1'000'000;
  const double jitter = static_cast<double>(below(draws.at(attempts), kSteps)) / static_cast<double>(kSteps);
  return from_seconds(wait * (1 + jitter * catalog.constant("ecs.agent.pull_backoff_jitter")));
}

/// The agent's next attempt.
void ImageCache::on(const PullBegins& e) {
  const NodeId node = world_[e.replica].node;
  Pull* pull = find(node, e.replica, e.container);
  if (pull == nullptr || pull->step != Step::backing_off) return;  // given up at the same instant
  pull->step = Step::queued;
  begin_next(node);
}

void ImageCache::fail(NodeId node, ReplicaId replica, ContainerIndex container) {
  give_up(node, replica, container);
  ReplicaRow& row = world_[replica];
  const ImageId image = world_[row.revision].images[container];
  row.containers[container].holds_image = false;
  store_.let_go(node, image);
  tell_removed(node, store_.discard(node, image));
  agenda_.then(replica, 0s, PullFailed{replica, container});
  begin_next(node);
}

void ImageCache::give_up(NodeId node, ReplicaId replica, ContainerIndex container) {
  Node& there = nodes_[node];
  Pull* pull = find(there, replica, container);
  SIM_CHECK(pull != nullptr);
  const ImageId image = pull->image;
  there.pulls.erase(there.pulls.begin() + (pull - there.pulls.data()));
  stop_coming(node, image);
}

/// Unless somebody else waits for the same image.
void ImageCache::stop_coming(NodeId node, ImageId image) {
  const Node& there = nodes_[node];
  if (std::find(there.preparing.begin(), there.preparing.end(), image) != there.preparing.end()) return;
  for (const Pull& other : there.pulls)
    if (other.image == image && other.step == Step::coming) return;
  layers_.give_up(node, image);
}

void ImageCache::abandon(ReplicaId replica) {
  const NodeId node = world_[replica].node;
  Node* there = node == kNone<NodeId> ? nullptr : nodes_.find(node);
  if (there == nullptr) return;
  bool left = false;
  for (std::size_t i = there->pulls.size(); i-- > 0;) {
    if (there->pulls[i].replica != replica) continue;
    give_up(node, replica, there->pulls[i].container);
    left = true;
  }
  if (!left) return;
  begin_next(node);
  go_on(node);
}

}  // namespace berth
