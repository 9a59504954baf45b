// bytes.csv: what calls and logs carried, by route.
#pragma once

#include <memory>
#include <string>

#include "sim/base/csv.hpp"
#include "sim/observe/call_flows.hpp"
#include "sim/observe/call_routes.hpp"
#include "sim/observe/log_meter.hpp"
#include "sim/observe/observer.hpp"

namespace berth {

class BytesObserver final : public Observer {
 public:
  BytesObserver(const World& world, const Lanes& lanes, const std::string& folder);

  void sample(Time from, Time to) override;
  void finish(Time end, Summary& summary) override;

 private:
  const World& world_;
  CallFlows calls_;
  LogMeter logs_;
  CallRoutes routes_;
  std::unique_ptr<CsvFile> file_;
};

}  // namespace berth
