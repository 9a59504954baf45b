// requests.csv and latency.csv: what became of the requests, and how long the answered ones took.
#pragma once

#include <memory>
#include <vector>

#include "sim/base/csv.hpp"
#include "sim/demand/lanes.hpp"
#include "sim/observe/call_flows.hpp"
#include "sim/observe/observer.hpp"

namespace berth {

/// latency.csv has a row per bucket and hour (per interval where that is longer): at 3 % a bucket, finer rows would
/// be most of the results.
class RequestsObserver final : public Observer {
 public:
  RequestsObserver(const World& world, Lanes& lanes, const std::string& folder);

  FactKinds wants() const override { return {}; }
  void sample(Time from, Time to) override;
  void finish(Time end, Summary& summary) override;

 private:
  struct Seen {
    LaneTotals totals;           // at the last sample
    LatencyHistogram latencies;  // of the hour
  };
  struct Sizes {
    Bytes request, response;
    BytesOfCalls beyond;  // calls that carry other bytes
  };
  void put_row(Seen& seen, RequestLane& lane, const Sizes& sizes, Time from, const std::string& time);
  void write_latencies();
  const std::string& name_of(std::size_t seen) const;

  const World& world_;
  Lanes& lanes_;
  std::unique_ptr<CsvFile> requests_file_, latency_file_;
  CallFlows calls_;
  std::vector<Seen> seen_;  // by service, then by external
  LatencyHistogram of_interval_, of_run_;
  Time hour_began_{};
};

}  // namespace berth
