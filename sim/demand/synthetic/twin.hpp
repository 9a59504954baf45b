// The parameters of a synthetic load that is like a trace: its shape without its data.
#pragma once

#include <string>
#include <vector>

#include "sim/base/value.hpp"
#include "sim/demand/synthetic/synthetic.hpp"
#include "sim/demand/traces/trace_grid.hpp"

namespace berth {

/// Level over days, day and week, other days, crowds, noise with its memory. Counts are read as rates whose arrivals
/// will be Poisson: what these vary by themselves is taken out of the noise.
SyntheticSpec fit_twin(const TraceGrid& grid);

/// What a twin gives on the intervals of its trace: rates, and for a trace of counts the number of Poisson arrivals.
TraceGrid twin_grid(const SyntheticSpec& twin, const TraceGrid& trace);

/// As `trace make` and a scenario's `synthetic` read it.
Value synthetic_json(const SyntheticSpec& spec);

// The steps of fit_twin, on rates per second with NaN where there is none:

/// Sets base, steps, daily, weekend, weekly and holidays.
void fit_season(const std::vector<double>& rates, SyntheticSpec& spec);
/// Sets hourly, where the values are like each other hour by hour. `ratios` are rates by what is expected otherwise.
void fit_hour(const std::vector<double>& ratios, SyntheticSpec& spec);
/// Adds the crowds that stand out of the expected rates.
void fit_crowds(const std::vector<double>& rates, const std::vector<double>& expected, SyntheticSpec& spec);
/// Sets the noise from how the rates lie around the expected ones. Of counts, `counted` is their interval: what Poisson
/// counts vary by themselves is no noise. 0: they are none.
void fit_noise(const std::vector<double>& rates, const std::vector<double>& expected, Duration counted,
               SyntheticSpec& spec);

/// Rounded to figures that a reader can follow.
double to_figures(double value, int figures);

}  // namespace berth
