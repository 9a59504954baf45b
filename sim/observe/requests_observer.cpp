#include "sim/observe/requests_observer.hpp"

#include "sim/demand/fidelity.hpp"
#include "sim/observe/columns.hpp"
#include "sim/observe/meters.hpp"
#include "sim/observe/summary.hpp"

namespace berth {
namespace {

/// A load in cores has a lane without requests.
bool takes_requests(const World& world, const Lanes& lanes, ServiceId service) {
  return lanes.has(service) && !world[service].spec->demand->in_cores;
}

double in_ms(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

}  // namespace

RequestsObserver::RequestsObserver(const World& world, Lanes& lanes, const std::string& folder)
    : world_(world),
      lanes_(lanes),
      requests_file_(open_results(folder, world.spec(), "requests")),
      latency_file_(open_results(folder, world.spec(), "latency")),
      calls_(world, lanes),
      seen_(world.service_count() + world.spec().externals.size()) {}

void RequestsObserver::sample(Time from, Time to) {
  const std::string time = iso8601(in_utc(world_, from));
  calls_.take();
  for (std::uint32_t i = 0; i < world_.service_count(); ++i) {
    const ServiceId service{i};
    if (!takes_requests(world_, lanes_, service)) continue;
    const DemandSpec& demand = *world_[service].spec->demand;
    const Sizes sizes{demand.request_bytes, demand.response_bytes, calls_.beyond_own(service)};
    put_row(seen_[i], lanes_.lane(service), sizes, from, time);
  }
  const auto& externals = lanes_.externals();
  for (std::size_t i = 0; i < externals.size(); ++i)
    if (externals[i]) {
      const ExternalSpec& external = world_.spec().externals[i];
      const Sizes sizes{external.request_bytes, external.bytes, calls_.beyond_own(external)};
      put_row(seen_[world_.service_count() + i], *externals[i], sizes, from, time);
    }
  if (to - hour_began_ < 1h) return;
  write_latencies();
  hour_began_ = to;
}

/// An answer with an error is one that was refused, by whoever was called.
void RequestsObserver::put_row(Seen& seen, RequestLane& lane, const Sizes& sizes, Time from, const std::string& time) {
  const LaneTotals now = lane.totals();
  const LaneTotals& last = seen.totals;
  LatencyHistogram& latencies = of_interval_;
  lane.take_latencies(latencies);
  CsvRow& row = requests_file_->row();
  put_seconds(row, from).text(time).text(lane.spec().service);
  row.whole(now.arrived - last.arrived).whole(now.ok - last.ok).whole(now.late - last.late);
  row.whole(now.timed_out - last.timed_out).whole(now.refused + now.failed - last.refused - last.failed);
  row.whole(now.retried - last.retried);
  row.whole(now.dropped_by_death - last.dropped_by_death);
  const bool any = latencies.total() > 0;
  for (const double p : {0.5, 0.9, 0.99}) row.number_if(any, in_ms(latencies.quantile(p)));
  row.number_if(any, in_ms(latencies.max()));
  row.whole((now.attempts() - last.attempts()) * sizes.request.count() + sizes.beyond.in);
  row.whole((now.ok - last.ok) * sizes.response.count() + sizes.beyond.out).end();
  seen.totals = now;
  seen.latencies.merge(latencies);
  if (lane.is_called()) lane.take_client_latencies(latencies);
  of_run_.merge(latencies);
}

void RequestsObserver::write_latencies() {
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    const auto& counts = seen_[i].latencies.counts();
    for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
      if (counts[bucket] == 0) continue;
      CsvRow& row = latency_file_->row();
      put_seconds(row, hour_began_).text(name_of(i));
      row.number(in_ms(LatencyHistogram::upper_edge(bucket)), 6).whole(counts[bucket]).end();
    }
    seen_[i].latencies.clear();
  }
}

const std::string& RequestsObserver::name_of(std::size_t seen) const {
  const std::size_t services = world_.service_count();
  return seen < services ? world_.name(ServiceId{static_cast<std::uint32_t>(seen)})
                         : world_.spec().externals[seen - services].name;
}

void RequestsObserver::finish(Time, Summary& summary) {
  write_latencies();
  requests_file_->close();
  latency_file_->close();
  for (std::uint32_t i = 0; i < world_.service_count(); ++i) {
    if (!lanes_.has(ServiceId{i})) continue;
    const LaneTotals& totals = lanes_.lane(ServiceId{i}).client_totals();
    summary.requests_arrived += totals.arrived;
    summary.requests_ok += totals.ok;
    summary.requests_late += totals.late;
    summary.requests_failed += totals.timed_out + totals.refused + totals.dropped_by_death + totals.failed;
  }
  for (std::uint32_t i = 0; i < world_.service_count(); ++i) {
    const ServiceId service{i};
    if (!takes_requests(world_, lanes_, service) || !lanes_.lane(service).is_fluid()) continue;
    summary.assumptions.push_back(fluid_assumption(world_.name(service), world_[service].spec->demand->fidelity));
  }
  if (of_run_.total() == 0) return;
  summary.request_p50_ms = in_ms(of_run_.quantile(0.5));
  summary.request_p99_ms = in_ms(of_run_.quantile(0.99));
}

}  // namespace berth
