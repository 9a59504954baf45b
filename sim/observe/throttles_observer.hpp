// throttles.csv: whom the limits of the account and of ECS held back, and the time that it cost.
#pragma once

#include <array>
#include <memory>

#include "sim/base/csv.hpp"
#include "sim/observe/gauge.hpp"
#include "sim/observe/observer.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// Rows only where somebody waited.
class ThrottlesObserver final : public Observer {
 public:
  ThrottlesObserver(const World& world, const std::string& folder);

  void hear(const Fact& fact, Time at) override;
  FactKinds wants() const override { return only<LimitHolds, LimitPasses>(); }
  void sample(Time from, Time to) override;
  void finish(Time end, Summary& summary) override;

 private:
  struct Held {
    Gauge waiting;
    std::int64_t most = 0;  ///< in this interval
  };
  void change(Limit limit, std::int64_t by, Time at);

  const World& world_;
  std::unique_ptr<CsvFile> file_;
  std::array<Held, kLimits> held_{};
};

}  // namespace berth
