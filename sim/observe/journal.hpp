// journal.csv: what happened, in order; stages only, everything, or nothing.
#pragma once

#include <memory>
#include <string>

#include "sim/base/csv.hpp"
#include "sim/observe/observer.hpp"
#include "sim/world/world.hpp"

namespace berth {

class Journal final : public Observer {
 public:
  /// The level stands in the spec: stages (moves, placements, deployments, sizes), all, off.
  Journal(const World& world, const std::string& folder);

  void hear(const Fact& fact, Time at) override;
  FactKinds wants() const override { return level_ == Level::off ? FactKinds{} : Observer::wants(); }
  void finish(Time end, Summary& summary) override;

 private:
  const World& world_;
  std::unique_ptr<CsvFile> file_;
  enum class Level : std::uint8_t { off, stages, all } level_;
};

}  // namespace berth
