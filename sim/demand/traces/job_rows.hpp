// What the formats of job lists share.
#pragma once

#include <string>

#include "sim/base/error.hpp"
#include "sim/demand/traces/trace_content.hpp"

namespace berth {

/// Sorted by time, jobs of one moment in order of the file. InputError when there is none.
TraceContent in_order_of_time(JobRows rows, const std::string& file);

}  // namespace berth
