#include "sim/demand/load_sum.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "sim/base/check.hpp"
#include "sim/base/error.hpp"

namespace berth {

namespace {

constexpr std::int64_t kMostCells = 5'000'000;

template <class Test>
bool all_of_loads(const Loads& loads, Test test) {
  return std::all_of(loads.begin(), loads.end(), [&](const auto& load) { return test(*load); });
}

bool all_mean(const Loads& loads, Meaning means) {
  return all_of_loads(loads, [&](const LoadSeries& l) { return l.means == means; });
}

bool on_one_grid(const Loads& loads) {
  const LoadSeries& first = *loads.front();
  return all_of_loads(loads, [&](const LoadSeries& l) {
    return l.interval == first.interval && l.lead == first.lead && l.means == first.means;
  });
}

/// By time; of one moment in order of the loads. What requests take is kept when every list has it.
LoadSeries merged(const Loads& loads, const std::string& file, const std::string& place) {
  struct Request {
    std::int64_t at, takes;
  };
  const bool all_take = all_of_loads(loads, [](const LoadSeries& l) { return !l.service_ns.empty(); });
  const bool none_takes = all_of_loads(loads, [](const LoadSeries& l) { return l.service_ns.empty(); });
  if (!all_take && !none_takes)
    throw InputError({file, place, "lists of requests that all have service times, or none", "some of both",
                      "give each of them a service_time, or none"});
  std::vector<Request> requests;
  for (const auto& load : loads)
    for (std::size_t i = 0; i < load->moments.size(); ++i)
      requests.push_back({load->moments[i], all_take ? load->service_ns[i] : 0});
  std::stable_sort(requests.begin(), requests.end(), [](const Request& a, const Request& b) { return a.at < b.at; });
  LoadSeries sum;
  sum.means = Meaning::listed;
  sum.interval = loads.front()->interval;
  for (const Request& r : requests) {
    sum.moments.push_back(r.at);
    if (all_take) sum.service_ns.push_back(r.takes);
  }
  return sum;
}

/// Cells that begin with the run, so that no interval of any load has its end inside of one.
Duration common_cell(const Loads& loads, Duration run_length, const std::string& file, const std::string& place) {
  std::int64_t cell = 0;
  for (const auto& load : loads) cell = std::gcd(std::gcd(cell, load->interval.count()), load->lead.count());
  if (run_length / Duration{cell} > kMostCells)
    throw InputError({file, place, "traces whose intervals fit together",
                      fmt::format("a common interval of {}", say(Duration{cell})),
                      "begin and end them at full intervals (from, shift), or choose a longer interval for one"});
  return Duration{cell};
}

LoadSeries empty_cells(Duration cell, Meaning means, Duration run_length) {
  LoadSeries series;
  series.interval = cell;
  series.means = means;
  series.values.resize(static_cast<std::size_t>((run_length + cell - Duration{1}) / cell));
  return series;
}

/// Where a value of a series on cells is read off the others: gauges at the beginning, else in the middle, where a
/// rate that is linear over the cell has its mean.
Time reading(const LoadSeries& cells, std::size_t i) {
  const Duration begin = static_cast<std::int64_t>(i) * cells.interval;
  return Time{cells.means == Meaning::gauge ? begin : begin + cells.interval / 2};
}

void refuse_lists(const Loads& loads, const std::string& file, const std::string& place) {
  if (all_of_loads(loads, [](const LoadSeries& l) { return l.means != Meaning::listed; })) return;
  throw InputError({file, place, "traces of numbers, or lists of requests alone", "a list among numbers",
                    "say interval=60s for the list: its requests are then counted"});
}

}  // namespace

LoadSeries sum_of_loads(const Loads& loads, Duration run_length, const std::string& file, const std::string& place) {
  SIM_CHECK(!loads.empty());
  if (all_mean(loads, Meaning::listed)) return merged(loads, file, place);
  refuse_lists(loads, file, place);
  if (on_one_grid(loads)) {
    LoadSeries sum = *loads.front();
    for (std::size_t l = 1; l < loads.size(); ++l) {
      sum.values.resize(std::max(sum.values.size(), loads[l]->values.size()));
      for (std::size_t i = 0; i < loads[l]->values.size(); ++i) sum.values[i] += loads[l]->values[i];
    }
    return sum;
  }
  const Meaning means = all_mean(loads, Meaning::count)   ? Meaning::count
                        : all_mean(loads, Meaning::gauge) ? Meaning::gauge
                                                          : Meaning::rate;
  LoadSeries sum = empty_cells(common_cell(loads, run_length, file, place), means, run_length);
  for (const auto& load : loads)
    for (std::size_t i = 0; i < sum.values.size(); ++i)
      sum.values[i] += load->rate_at(reading(sum, i)) * (means == Meaning::count ? seconds(sum.interval) : 1);
  return sum;
}

LoadSeries product_of_loads(const Loads& loads, Duration run_length, const std::string& file,
                            const std::string& place) {
  SIM_CHECK(!loads.empty());
  const LoadSeries& first = *loads.front();
  for (std::size_t l = 0; l < loads.size(); ++l)
    if (loads[l]->means == Meaning::listed || (l > 0 && loads[l]->means == Meaning::count))
      throw InputError({file, fmt::format("{}/{}", place, l),
                        "numbers: of the first trace of any meaning, then factors",
                        l == 0 || loads[l]->means == Meaning::listed ? "a list of requests" : "counts",
                        "write \"means\": \"rate\" or \"gauge\" where a number is a factor"});
  LoadSeries product = empty_cells(common_cell(loads, run_length, file, place), first.means, run_length);
  for (std::size_t i = 0; i < product.values.size(); ++i) {
    const Time at = reading(product, i);
    product.values[i] = first.rate_at(at) * (first.means == Meaning::count ? seconds(product.interval) : 1);
    for (std::size_t l = 1; l < loads.size(); ++l) product.values[i] *= loads[l]->rate_at(at);
  }
  return product;
}

}  // namespace berth
