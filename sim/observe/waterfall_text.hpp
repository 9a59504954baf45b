// A waterfall as text: a bar for each cause, what went on beside it, and what would shorten it.
#pragma once

#include <cstddef>
#include <string>

#include "sim/observe/start_probe.hpp"

namespace berth {

constexpr std::size_t kNarrowestWaterfall = 60;

/// At most `width` columns, which is at least kNarrowestWaterfall. The steps add up to the deploy latency.
std::string waterfall_text(const ObservedStart& start, std::size_t width);

}  // namespace berth
