#include "sim/observe/requests_observer.hpp"

#include "sim/demand/fidelity.hpp"
#include "sim/observe/columns.hpp"
#include "sim/observe/meters.hpp"
#include "sim/observe/summary.hpp"

namespace berth {
namespace {

double in_ms(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

}  // namespace

RequestsObserver::RequestsObserver(const World& world, Lanes& lanes, const std::string& folder)
    : world_(world),
      lanes_(lanes),
      requests_file_(open_results(folder, world.spec(), "requests")),
      latency_file_(open_results(folder, world.spec(), "latency")),
      seen_(world.service_count()) {}

void RequestsObserver::sample(Time from, Time to) {
  const std::string time = iso8601(in_utc(world_, from));
  LatencyHistogram& latencies = of_interval_;
  for (std::uint32_t i = 0; i < world_.service_count(); ++i) {
    const ServiceId service{i};
    if (!lanes_.has(service)) continue;
    const DemandSpec& demand = *world_[service].spec->demand;
    const LaneTotals now = lanes_.lane(service).totals();
    const LaneTotals& last = seen_[i].totals;
    lanes_.lane(service).take_latencies(latencies);
    CsvRow& row = requests_file_->row();
    put_seconds(row, from).text(time).text(world_.name(service));
    row.whole(now.arrived - last.arrived).whole(now.ok - last.ok).whole(now.late - last.late);
    row.whole(now.timed_out - last.timed_out).whole(now.refused - last.refused);
    row.whole(0);  // clients do not try again
    row.whole(now.dropped_by_death - last.dropped_by_death);
    const bool any = latencies.total() > 0;
    for (const double p : {0.5, 0.9, 0.99}) row.number_if(any, in_ms(latencies.quantile(p)));
    row.number_if(any, in_ms(latencies.max()));
    row.whole((now.arrived - last.arrived) * demand.request_bytes.count());
    row.whole((now.ok - last.ok) * demand.response_bytes.count()).end();
    seen_[i].totals = now;
    seen_[i].latencies.merge(latencies);
    of_run_.merge(latencies);
  }
  if (to - hour_began_ < 1h) return;
  write_latencies();
  hour_began_ = to;
}

void RequestsObserver::write_latencies() {
  for (std::uint32_t i = 0; i < world_.service_count(); ++i) {
    const auto& counts = seen_[i].latencies.counts();
    for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
      if (counts[bucket] == 0) continue;
      CsvRow& row = latency_file_->row();
      put_seconds(row, hour_began_).text(world_.name(ServiceId{i}));
      row.number(in_ms(LatencyHistogram::upper_edge(bucket)), 6).whole(counts[bucket]).end();
    }
    seen_[i].latencies.clear();
  }
}

void RequestsObserver::finish(Time, Summary& summary) {
  write_latencies();
  requests_file_->close();
  latency_file_->close();
  for (const Seen& seen : seen_) {
    summary.requests_arrived += seen.totals.arrived;
    summary.requests_ok += seen.totals.ok;
    summary.requests_late += seen.totals.late;
    summary.requests_failed += seen.totals.timed_out + seen.totals.refused + seen.totals.dropped_by_death;
  }
  for (std::uint32_t i = 0; i < world_.service_count(); ++i) {
    const ServiceId service{i};
    if (!lanes_.has(service) || !lanes_.lane(service).is_fluid()) continue;
    summary.assumptions.push_back(fluid_assumption(world_.name(service), world_[service].spec->demand->fidelity));
  }
  if (of_run_.total() == 0) return;
  summary.request_p50_ms = in_ms(of_run_.quantile(0.5));
  summary.request_p99_ms = in_ms(of_run_.quantile(0.99));
}

}  // namespace berth
