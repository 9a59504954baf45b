// Several runs of one thing with other luck each: the middle one, and between what eight of ten lie.
#pragma once

#include <vector>

namespace berth {

struct Band {
  double p10 = 0, p50 = 0, p90 = 0;
};

/// Linear between the two nearest ranks. At least one sample.
Band band_of(std::vector<double> samples);
/// The quantile p (0 … 1) of samples in ascending order; 0 of none.
double quantile_of_sorted(const std::vector<double>& samples, double p);

}  // namespace berth
