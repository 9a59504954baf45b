// A validation as text: curves, quantiles, single figures, cases, and how many missed.
#pragma once

#include "sim/scenario/validation.hpp"

namespace berth {

/// On standard output, at most 100 columns wide. Without `unicode` the curves are drawn in ASCII.
void print_validation(const ValidationReport& report, bool unicode);

}  // namespace berth
