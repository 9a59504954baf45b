// replicas.csv: one row a replica with every moment of its life, written when it stops or when the run ends.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/base/csv.hpp"
#include "sim/observe/observer.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// billed_s and usd: on Fargate; a replica on EC2 costs nothing by itself (cost.csv shares its node).
class ReplicasObserver final : public Observer {
 public:
  ReplicasObserver(const World& world, const std::string& folder);

  void hear(const Fact& fact, Time at) override;
  FactKinds wants() const override { return only<ReplicaMoved>(); }
  void finish(Time end, Summary& summary) override;

 private:
  void write(ReplicaId id, const ReplicaRow& replica, Time until);
  void put_moments(CsvRow& row, const ReplicaRow& replica) const;
  void put_bill(CsvRow& row, const ReplicaRow& replica, Time until) const;

  const World& world_;
  std::unique_ptr<CsvFile> file_;
  std::vector<std::int64_t> deploy_latencies_;  // microseconds; services' replicas that were not there at the start
};

/// The smallest value that at least `p` of the sorted values do not exceed. Not empty.
std::int64_t nearest_rank(const std::vector<std::int64_t>& sorted, double p);

}  // namespace berth
