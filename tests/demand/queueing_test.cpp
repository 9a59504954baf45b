// Queueing theory: means against the formulas, within 3.5 standard errors of the mean over twelve independent seeds (a
// confidence interval of 99.5 % with eleven degrees of freedom), which may be 3 % of the value at most.
#include <cmath>
#include <map>

#include "sim/demand/working_target.hpp"
#include "tests/demand/scene.hpp"

namespace berth::demand_test {

namespace {

constexpr int kSeeds = 12;

struct Estimate {
  double mean = 0, error = 0;
};

/// The mean over independent seeds of what run(seed) gives, and the standard error of that mean.
template <class Run>
Estimate over_seeds(Run run) {
  std::vector<double> runs;
  for (int seed = 1; seed <= kSeeds; ++seed) runs.push_back(run(seed));
  Estimate e;
  for (const double x : runs) e.mean += x / kSeeds;
  for (const double x : runs) e.error += (x - e.mean) * (x - e.mean);
  e.error = std::sqrt(e.error / (kSeeds - 1) / kSeeds);
  return e;
}

/// The time average of read(requests in the system), every 20 ms for 1,000 s after 50 s.
template <class Read>
Estimate average_of(const LaneSpec& spec, double rate, Cpu allotment, Read read) {
  return over_seeds([&](int seed) {
    RequestLane lane = lane_with(spec, poisson(rate, 1'050, seed), 1, allotment, seed);
    double sum = 0;
    for (int i = 0; i < 50'000; ++i) {
      lane.advance_to(Time{50s + i * 20ms});
      sum += read(lane.in_flight());
    }
    lane.check();
    return sum / 50'000;
  });
}

/// The mean number of requests in flight; Little: it is rate × mean sojourn.
Estimate in_flight_of(const LaneSpec& spec, double rate, Cpu allotment = kVcpu) {
  return average_of(spec, rate, allotment, [](std::int64_t n) { return static_cast<double>(n); });
}

void check_within(const Estimate& estimate, double expected) {
  CAPTURE(estimate.mean);
  CAPTURE(estimate.error);
  CAPTURE(expected);
  CHECK(estimate.error < 0.03 * expected);
  CHECK(std::abs(estimate.mean - expected) < 3.5 * estimate.error);
}

/// The probability that a request has to wait in an M/M/c system, and the mean number in it.
double erlang_c(double load, int servers) {
  double term = 1, sum = 0;
  for (int k = 0; k < servers; ++k) {
    sum += term;
    term *= load / (k + 1);
  }
  const double all_busy = term / (1 - load / servers);
  return all_busy / (sum + all_busy);
}
double erlang_c_in_system(double load, int servers) {
  const double rho = load / servers;
  return load + erlang_c(load, servers) * rho / (1 - rho);
}

/// Pollaczek and Khinchine, by the squared coefficient of variation of the service time.
double in_single_server(double rho, double variation) { return rho + rho * rho * (1 + variation) / (2 * (1 - rho)); }

/// M/M/c whose clients all leave the queue after waiting `patience` (Baccelli and Hébuterne: the virtual wait x has the
/// density of M/M/c up to `patience`, and beyond it nobody joins): shares of all requests.
struct Impatient {
  double never_served, answered_in_time;
};
Impatient impatient(double rate, double service_rate, int servers, double patience) {
  const double load = rate / service_rate, drift = rate - servers * service_rate;
  double term = 1, all = 0;
  for (int j = 0; j < servers; ++j) {
    all += term;
    if (j + 1 < servers) term *= load / (j + 1);
  }
  const double free = all / term;
  const auto grown = [](double a, double x) { return (std::exp(a * x) - 1) / a; };  // the integral of exp(a u) to x
  const double waits = grown(drift, patience) + std::exp(drift * patience) / (servers * service_rate);
  const double whole = free + rate * waits;
  const double in_time =
      rate * (grown(drift, patience) - std::exp(-service_rate * patience) * grown(drift + service_rate, patience));
  return {(1 + drift * waits) / whole, (free * (1 - std::exp(-service_rate * patience)) + in_time) / whole};
}

}  // namespace

TEST_CASE("M/M/1: rho / (1 - rho) in the system") {
  check_within(in_flight_of(spec_of(Quantiles::exponential(10e6)), 70), 0.7 / (1 - 0.7));
}

TEST_CASE("M/M/c: as Erlang's formula says, for few and for many servers") {
  check_within(in_flight_of(spec_of(Quantiles::exponential(40e6), 4), 80), erlang_c_in_system(3.2, 4));
  check_within(in_flight_of(spec_of(Quantiles::exponential(200e6), 20), 85), erlang_c_in_system(17, 20));
}

TEST_CASE("M/M/c: so many find all servers busy as Erlang's formula says, and so many stand in the queue") {
  const LaneSpec spec = spec_of(Quantiles::exponential(40e6), 4);
  const double waits = erlang_c(3.2, 4);
  check_within(average_of(spec, 80, kVcpu, [](std::int64_t n) { return n >= 4 ? 1.0 : 0.0; }), waits);
  check_within(average_of(spec, 80, kVcpu, [](std::int64_t n) { return std::max(0.0, static_cast<double>(n - 4)); }),
               waits * 0.8 / (1 - 0.8));
}

TEST_CASE("M/G/1: as Pollaczek and Khinchine say, for lognormal and gamma service times") {
  const double sigma = 0.8;
  const Quantiles lognormal = Quantiles::lognormal_mu_sigma(std::log(10e6) - sigma * sigma / 2, sigma);
  check_within(in_flight_of(spec_of(lognormal), 70), in_single_server(0.7, std::exp(sigma * sigma) - 1));
  check_within(in_flight_of(spec_of(Quantiles::gamma(10e6, 4)), 70), in_single_server(0.7, 1.0 / 4));
  check_within(in_flight_of(spec_of(Quantiles::gamma(10e6, 0.5)), 60), in_single_server(0.6, 1.0 / 0.5));
}

TEST_CASE("M/M/c with time-outs: who waits that long never uses a server, whoever has one keeps it") {
  struct Case {
    double rate;
    int servers;
    double patience_ms;
  };
  // A patience that is an exponential time (Erlang's A) is not what a time-out is: it is the same for all.
  for (const Case& c : {Case{90, 4, 100}, Case{130, 4, 100}, Case{130, 1, 30}}) {
    CAPTURE(c.rate);
    CAPTURE(c.servers);
    LaneSpec spec = spec_of(Quantiles::exponential(40e6), c.servers);
    spec.cpu_per_request = INT64_MAX / 4;  // each on a core of its own, so that CPU tells who was served
    spec.timeout = static_cast<std::int64_t>(c.patience_ms * kMs);
    const Impatient theory = impatient(c.rate / 1000, 1 / 40.0, c.servers, c.patience_ms);
    std::vector<double> timed_out;
    const Estimate never_served = over_seeds([&](int seed) {
      RequestLane lane = lane_with(spec, poisson(c.rate, 1'000, seed), 1, kVcpu * c.servers, seed);
      lane.advance_to(at_second(1'010));
      lane.check();
      timed_out.push_back(static_cast<double>(lane.totals().timed_out) / static_cast<double>(lane.totals().arrived));
      const TargetTotals one = lane.target_totals(TargetId(1));
      return 1 - static_cast<double>(one.cpu_used) / static_cast<double>(one.cpu_arrived);
    });
    check_within(never_served, theory.never_served);
    const Estimate late = over_seeds([&](int seed) { return timed_out[static_cast<std::size_t>(seed - 1)]; });
    check_within(late, 1 - theory.answered_in_time);
  }
}

TEST_CASE("utilisation is rate x service time, however the targets share the requests") {
  for (const Balancing balancing : kAllBalancing) {
    LaneSpec spec = spec_of(Quantiles::gamma(10e6, 2), 1);
    spec.cpu_per_request = INT64_MAX / 4;
    spec.balancing = balancing;
    const Estimate used = over_seeds([&](int seed) {
      RequestLane lane = lane_with(spec, poisson(120, 1'000, seed), 3, kVcpu, seed);
      lane.advance_to(at_second(1'000));
      double sum = 0;
      for (int i = 1; i <= 3; ++i) sum += static_cast<double>(lane.target_totals(TargetId(i)).cpu_used);
      return sum / 1'000e9;
    });
    check_within(used, 120 * 0.010);
  }
}

TEST_CASE("M/D/1: half the queue of M/M/1") {
  check_within(in_flight_of(spec_of(Quantiles::constant(10e6)), 80), 0.8 + 0.8 * 0.8 / (2 * (1 - 0.8)));
}

TEST_CASE("processor sharing: rho / (1 - rho) whatever the distribution of the work") {
  LaneSpec spec = spec_of(Quantiles::exponential(10e6), 0);
  spec.cpu_per_request = INT64_MAX / 4;  // all of it is CPU work
  check_within(in_flight_of(spec, 70), 0.7 / (1 - 0.7));
  spec.service_time = Quantiles::constant(10e6);
  check_within(in_flight_of(spec, 70), 0.7 / (1 - 0.7));
  spec.service_time = Quantiles::uniform(0, 20e6);
  check_within(in_flight_of(spec, 35, millicores(500)), 0.7 / (1 - 0.7));
}

TEST_CASE("processor sharing: whoever has work x takes x / (1 - rho), however unequal the others") {
  LaneSpec spec = spec_of(Quantiles::lognormal(5e6, 60e6), 0);
  spec.cpu_per_request = INT64_MAX / 4;
  const double rate = 70 / (spec.service_time.mean() * 1e-7);  // at 70 %
  for (const bool large : {false, true}) {
    const Estimate stretch = over_seeds([&](int seed) {
      const Draws draws(seed, Purpose::service_time, name_hash("web"));
      WorkingTarget target(spec, kVcpu, 0);
      double works = 0, sojourns = 0;
      std::map<std::int64_t, std::int64_t> work_of;  // by arrival
      const auto outcome = [&](std::int64_t moment, std::int64_t latency) {
        const std::int64_t work = work_of.at(moment - latency);
        if ((work > 20 * kMs) != large) return;
        works += static_cast<double>(work);
        sojourns += static_cast<double>(latency);
      };
      for (Arrivals a = poisson(rate, 1'000, seed); a.peek() != INT64_MAX; a.pop()) {
        const std::int64_t work = spec.service_time.at(draws.at(a.number()));
        work_of[a.peek()] = work;
        target.arrive(a.peek(), work, outcome);
      }
      return sojourns / works;
    });
    check_within(stretch, 1 / (1 - 0.7));
  }
}

TEST_CASE("processor sharing of two whole cores is M/M/2 when the work is exponential") {
  LaneSpec spec = spec_of(Quantiles::exponential(20e6), 0);
  spec.cpu_per_request = INT64_MAX / 4;
  check_within(in_flight_of(spec, 75, kVcpu * 2), erlang_c_in_system(1.5, 2));
}

TEST_CASE("the same work on FIFO slots of one CPU request at a time is M/M/1 again") {
  LaneSpec spec = spec_of(Quantiles::exponential(10e6), 1);
  spec.cpu_per_request = INT64_MAX / 4;
  check_within(in_flight_of(spec, 70), 0.7 / (1 - 0.7));
}

}  // namespace berth::demand_test
