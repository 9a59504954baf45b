// Queueing theory: mean numbers in the system against the formulas, within 3.5 standard errors over independent seeds.
#include <cmath>

#include "tests/demand/scene.hpp"

namespace berth::demand_test {

namespace {

constexpr int kSeeds = 12;

struct Estimate {
  double mean = 0, error = 0;
};

/// The mean number of requests in flight, read every 20 ms for 1,000 s after 50 s; Little: it is rate × mean sojourn.
Estimate in_flight_of(const LaneSpec& spec, double rate, Cpu allotment = kVcpu) {
  std::vector<double> runs;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    RequestLane lane = lane_with(spec, poisson(rate, 1'050, seed), 1, allotment, seed);
    double sum = 0;
    for (int i = 0; i < 50'000; ++i) {
      lane.advance_to(Time{50s + i * 20ms});
      sum += static_cast<double>(lane.in_flight());
    }
    runs.push_back(sum / 50'000);
  }
  Estimate e;
  for (const double x : runs) e.mean += x / kSeeds;
  for (const double x : runs) e.error += (x - e.mean) * (x - e.mean);
  e.error = std::sqrt(e.error / (kSeeds - 1) / kSeeds);
  return e;
}

void check_within(const Estimate& estimate, double expected) {
  CAPTURE(estimate.mean);
  CAPTURE(estimate.error);
  CAPTURE(expected);
  CHECK(estimate.error < 0.03 * expected);
  CHECK(std::abs(estimate.mean - expected) < 3.5 * estimate.error);
}

/// Mean number in an M/M/c system, by Erlang's formula.
double erlang_c_in_system(double load, int servers) {
  double term = 1, sum = 0;
  for (int k = 0; k < servers; ++k) {
    sum += term;
    term *= load / (k + 1);
  }
  const double rho = load / servers;
  const double waits = term / (1 - rho) / (sum + term / (1 - rho));
  return load + waits * rho / (1 - rho);
}

}  // namespace

TEST_CASE("M/M/1: rho / (1 - rho) in the system") {
  check_within(in_flight_of(spec_of(Quantiles::exponential(10e6)), 70), 0.7 / (1 - 0.7));
}

TEST_CASE("M/M/c: as Erlang's formula says, for few and for many servers") {
  check_within(in_flight_of(spec_of(Quantiles::exponential(40e6), 4), 80), erlang_c_in_system(3.2, 4));
  check_within(in_flight_of(spec_of(Quantiles::exponential(200e6), 20), 85), erlang_c_in_system(17, 20));
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
