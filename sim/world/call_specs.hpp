// What services call: other services and externals, and how they bear it when no answer comes.
#pragma once

#include <cstdint>
#include <string>

#include "sim/base/quantity.hpp"
#include "sim/base/time.hpp"

namespace berth {

/// One entry of /services/NAME/calls. Callers are at most 32 calls long: a bit each.
struct CallSpec {
  std::string to;           ///< a service or an external
  std::int64_t count = 1;   ///< so many at once
  double probability = 1;   ///< of a request, that it makes this call
  std::uint32_t after = 0;  ///< bits of the earlier calls that must be over before it begins
  bool async = false;       ///< nobody waits for the answer
  bool optional = false;    ///< the caller answers without it
  Duration timeout{0};      ///< until the caller gives up; 0 = never
  std::int64_t retries = 0;
};
inline constexpr std::size_t kMostCalls = 32;

}  // namespace berth
