// What services call: other services and externals, and how they bear it when no answer comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "sim/base/quantity.hpp"
#include "sim/base/time.hpp"
#include "sim/world/retry_spec.hpp"

namespace berth {

/// One entry of /services/NAME/calls. A service has at most 32 of them: a bit each.
struct CallSpec {
  std::string to;           ///< a service or an external
  std::int64_t count = 1;   ///< so many at once
  double probability = 1;   ///< of a request, that it makes this call
  std::uint32_t after = 0;  ///< bits of the earlier calls that must be over before it begins
  bool async = false;       ///< nobody waits for the answer
  bool optional = false;    ///< the caller answers without it
  Duration timeout{0};      ///< until the caller gives an attempt up; 0 = never
  RetrySpec retries;
  Bytes request_bytes, response_bytes;  ///< the callee's own where nothing else is written
  bool direct = false;                  ///< past the load balancer that the callee has
};
inline constexpr std::size_t kMostCalls = 32;

/// The way to an external and back. `internet`: straight through the internet gateway.
enum class ExternalVia : std::uint8_t { network, nat, endpoint, internet };

}  // namespace berth
