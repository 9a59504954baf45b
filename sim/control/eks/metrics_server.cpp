#include "sim/control/eks/metrics_server.hpp"

#include <algorithm>
#include <cmath>

#include "sim/world/memory_use.hpp"

namespace berth {
namespace {

std::int64_t per_second_milli(std::int64_t count, Duration over) {
  return std::llround(static_cast<double>(count) * 1000 / seconds(over));
}

}  // namespace

std::optional<Duration> metrics_window(Duration age, Duration resolution, Duration fresh) {
  if (age < resolution) return age >= fresh ? std::optional(age) : std::nullopt;
  return age > resolution ? std::optional(resolution) : std::nullopt;
}

MetricsServer::MetricsServer(Hands hands)
    : hands_(hands),
      fresh_(from_seconds(hands.world.catalog().constant("hpa.fresh_container_s"))),
      watched_(hands.world.service_count()),
      arrived_(hands.world.service_count()),
      requests_milli_(hands.world.service_count()) {
  for (std::size_t s = 0; s < watched_.size(); ++s) {
    const ServiceRow& row = hands.world[ServiceId{static_cast<std::uint32_t>(s)}];
    if (!is_eks(hands.world, row.cluster)) continue;
    for (const HpaMetricSpec& metric : hpa_of(*row.spec).metrics) {
      const bool of_pods = metric.source != HpaSource::object && metric.source != HpaSource::external;
      watched_[s].any = true;
      watched_[s].pods = watched_[s].pods || of_pods;
      watched_[s].memory = watched_[s].memory || metric.measure == HpaMeasure::memory;
    }
  }
}

Duration MetricsServer::resolution(ClusterId cluster) const {
  const World& world = hands_.world;
  const auto written = world[cluster].spec->metrics_resolution;
  return written ? *written : from_seconds(world.catalog().constant("hpa.metric_resolution_s"));
}

void MetricsServer::begin() {
  const World& world = hands_.world;
  for (std::size_t c = 0; c < world.cluster_count(); ++c) {
    const ClusterId cluster{static_cast<std::uint32_t>(c)};
    const std::vector<ServiceId>& services = world[cluster].services;
    if (std::any_of(services.begin(), services.end(), [&](ServiceId s) { return watched_[index(s)].any; }))
      hands_.agenda.in(resolution(cluster), KubeMetricsDue{cluster});
  }
}

void MetricsServer::on(const KubeMetricsDue& e) {
  World& world = hands_.world;
  const Duration period = resolution(e.cluster);
  for (const ServiceId s : world[e.cluster].services) {
    const Watched& watched = watched_[index(s)];
    if (!watched.any) continue;
    const ServiceRow& row = world[s];
    if (watched.pods)
      for (const ReplicaId id : row.replicas) scrape(world[id], watched.memory, period);
    requests_milli_[index(s)] = per_second_milli(row.requests_arrived - arrived_[index(s)], period);
    arrived_[index(s)] = row.requests_arrived;
  }
  hands_.agenda.in(period, e);
}

/// The kubelet of a pod's node answers for it as long as the node is there; without an answer nothing is known.
void MetricsServer::scrape(ReplicaRow& replica, bool memory, Duration resolution) {
  PodSample& sample = replica.sample;
  const auto window = window_of(replica, resolution);
  if (window) {
    const std::int64_t cpu_ns = replica.cpu_used_ns - replica.cpu_sampled_ns;
    sample.cpu_milli = std::llround(static_cast<double>(cpu_ns) / 1e6 / seconds(*window));
    sample.requests_milli = per_second_milli(replica.requests_answered - sample.requests_at_scrape, *window);
    sample.in_flight = replica.in_flight;
    sample.window = *window;
  }
  sample.at = window ? hands_.world.now() : kNever;
  replica.cpu_sampled_ns = replica.cpu_used_ns;
  sample.requests_at_scrape = replica.requests_answered;
  if (!memory) return;
  for (std::size_t i = 0; i < replica.containers.size(); ++i) {
    const auto used = memory_used(hands_.world, replica, static_cast<ContainerIndex>(i));
    replica.containers[i].memory_published = used ? used->count() : -1;
  }
}

/// A pod is told of only when each of its running containers can be.
std::optional<Duration> MetricsServer::window_of(const ReplicaRow& replica, Duration resolution) const {
  if (!holds_capacity(replica.stage)) return std::nullopt;
  // Most pods run on as they began: their containers need not be looked at.
  if (is_running(replica.stage) && replica.restarts == 0 && hands_.world.now() - replica.started > resolution)
    return resolution;
  Time youngest = Time::min();
  bool runs = false;
  for (const ContainerRow& c : replica.containers) {
    if (c.stage != ContainerStage::running) continue;
    runs = true;
    const bool from_before = replica.initial && c.since == Time{};
    if (!from_before) youngest = std::max(youngest, c.since);
  }
  if (!runs) return std::nullopt;
  if (youngest == Time::min()) return resolution;
  return metrics_window(hands_.world.now() - youngest, resolution, fresh_);
}

}  // namespace berth
