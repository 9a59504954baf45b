#include "sim/observe/observers.hpp"

#include "sim/observe/bytes_observer.hpp"
#include "sim/observe/calls_observer.hpp"
#include "sim/observe/deployments_observer.hpp"
#include "sim/observe/disruptions_observer.hpp"
#include "sim/observe/jobs_observer.hpp"
#include "sim/observe/journal.hpp"
#include "sim/observe/metering.hpp"
#include "sim/observe/nodes_observer.hpp"
#include "sim/observe/pending_observer.hpp"
#include "sim/observe/perfetto_trace.hpp"
#include "sim/observe/pools_observer.hpp"
#include "sim/observe/replicas_observer.hpp"
#include "sim/observe/requests_observer.hpp"
#include "sim/observe/services_observer.hpp"
#include "sim/observe/subnets_observer.hpp"
#include "sim/observe/throttles_observer.hpp"
#include "sim/observe/upgrades_observer.hpp"

namespace berth {
namespace {

/// Who holds how much of which node is asked by two metrics and followed once, before both.
class NodeSharesObserver final : public Observer {
 public:
  explicit NodeSharesObserver(const World& world) : shares(world) {}
  void hear(const Fact& fact, Time at) override { shares.hear(fact, at); }
  FactKinds wants() const override { return only<ReplicaPlaced, ReplicaMoved, NodeMoved>(); }

  NodeShares shares;
};

}  // namespace

Observers::Observers(const World& world, Lanes& lanes, const std::string& part_folder, Duration interval)
    : world_(world), part_folder_(part_folder), interval_(interval) {
  SIM_CHECK(interval > Duration::zero());
  auto shares = std::make_unique<NodeSharesObserver>(world);
  NodeShares& of_nodes = shares->shares;
  all_.push_back(std::move(shares));
  all_.push_back(std::make_unique<ServicesObserver>(world, lanes, of_nodes, part_folder));
  all_.push_back(std::make_unique<RequestsObserver>(world, lanes, part_folder));
  all_.push_back(std::make_unique<CallsObserver>(world, lanes, part_folder));
  all_.push_back(std::make_unique<BytesObserver>(world, lanes, part_folder));
  all_.push_back(std::make_unique<PoolsObserver>(world, lanes, part_folder));
  all_.push_back(std::make_unique<PendingObserver>(world, part_folder));
  all_.push_back(std::make_unique<ThrottlesObserver>(world, part_folder));
  all_.push_back(std::make_unique<SubnetsObserver>(world, part_folder));
  all_.push_back(std::make_unique<ReplicasObserver>(world, part_folder));
  all_.push_back(std::make_unique<NodesObserver>(world, part_folder));
  all_.push_back(std::make_unique<DeploymentsObserver>(world, part_folder));
  all_.push_back(std::make_unique<UpgradesObserver>(world, part_folder));
  all_.push_back(std::make_unique<DisruptionsObserver>(world, part_folder));
  all_.push_back(std::make_unique<JobsObserver>(world, part_folder));
  all_.push_back(std::make_unique<Journal>(world, part_folder));
  all_.push_back(std::make_unique<PerfettoTrace>(world, part_folder));
  all_.push_back(std::make_unique<Metering>(world, lanes, of_nodes, part_folder));
  ask_what_they_want();
}

Observers::Observers(const World& world, Duration interval, std::unique_ptr<Observer> only)
    : world_(world), interval_(interval) {
  all_.push_back(std::move(only));
  ask_what_they_want();
}

Observers::~Observers() = default;

void Observers::ask_what_they_want() {
  for (const auto& observer : all_) {
    const FactKinds wanted = observer->wants();
    for (std::size_t kind = 0; kind < hearers_.size(); ++kind)
      if (wanted[kind]) hearers_[kind].push_back(observer.get());
  }
}

void Observers::hear(const Fact& fact, Time at) {
  for (Observer* const observer : hearers_[fact.index()]) observer->hear(fact, at);
}

void Observers::sample(Time to) {
  SIM_CHECK(to >= sampled_);
  if (to == sampled_) return;
  for (const auto& observer : all_) observer->sample(sampled_, to);
  sampled_ = to;
}

Summary Observers::finish(Time end) {
  SIM_CHECK(!part_folder_.empty());
  sample(end);
  const RunSpec& spec = world_.spec();
  Summary summary;
  summary.scenario = spec.scenario;
  summary.architecture = spec.architecture;
  summary.variant = spec.variant;
  summary.replication = spec.replication;
  summary.seed = spec.seed;
  summary.duration_s = seconds(end);
  summary.assumptions = spec.assumptions;
  for (Assumption& a : billing_assumptions(spec, world_.catalog())) summary.assumptions.push_back(std::move(a));
  for (const auto& observer : all_) observer->finish(end, summary);
  write_assumptions(spec, summary.assumptions, part_folder_);
  write_summary(summary, part_folder_);
  return summary;
}

}  // namespace berth
