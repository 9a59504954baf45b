// calls.csv: where the time of answered requests went, along the critical path of their calls.
#pragma once

#include <memory>
#include <vector>

#include "sim/base/csv.hpp"
#include "sim/demand/lanes.hpp"
#include "sim/observe/observer.hpp"

namespace berth {

class CallsObserver final : public Observer {
 public:
  CallsObserver(const World& world, Lanes& lanes, const std::string& folder);

  FactKinds wants() const override { return {}; }
  void sample(Time from, Time to) override;
  void finish(Time end, Summary& summary) override;

 private:
  using Parts = std::vector<Lanes::PathPart>;
  void add(Parts& sums, const Parts& parts) const;

  const World& world_;
  Lanes& lanes_;
  std::unique_ptr<CsvFile> file_;
  std::vector<Parts> of_run_;  // by service
};

}  // namespace berth
