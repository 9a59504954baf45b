#include "sim/world/version_specs.hpp"

namespace berth {

Instant calendar_begin(Instant start, Instant catalog) {
  const Duration apart = start < catalog ? catalog - start : start - catalog;
  return apart > std::chrono::days{31} ? catalog : start;
}

}  // namespace berth
