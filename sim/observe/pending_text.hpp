// A pending report in words: the state, each filter's count, the ranking, what holds it, what comes, what ends it.
#pragma once

#include <cstddef>
#include <string>

#include "sim/observe/pending_report.hpp"

namespace berth {

/// Lines of at most `width` columns.
std::string pending_text(const PendingReport& report, std::size_t width);

}  // namespace berth
