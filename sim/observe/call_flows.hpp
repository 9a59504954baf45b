// What calls between services and to externals carried since they were asked last, and what of it came to whom.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "sim/base/counted.hpp"
#include "sim/demand/lanes.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// Bytes of requests and of answers, seen from the one who is called.
struct BytesOfCalls {
  std::int64_t requests = 0;  ///< attempts
  std::int64_t in = 0, out = 0;
};

/// One call from a zone to a zone, in an interval.
struct CallPart {
  ServiceId caller{};
  const CallSpec* call = nullptr;
  ServiceId service = kNone<ServiceId>;  ///< the callee, or:
  const ExternalSpec* external = nullptr;
  ZoneId from{}, to{};  ///< of an external `to` says nothing
  std::int64_t sent = 0, answered = 0;

  std::int64_t bytes_sent() const { return counted_product(sent, call->request_bytes.count()); }
  std::int64_t bytes_back() const { return counted_product(answered, call->response_bytes.count()); }
  std::int64_t bytes() const { return bytes_sent() + bytes_back(); }
};

class CallFlows {
 public:
  CallFlows(const World& world, const Lanes& lanes);

  /// Since the last time, by caller, call and zones; parts in which nothing happened are left out.
  const std::vector<CallPart>& take();
  /// Of the parts taken last: those to the service that go past its load balancer.
  BytesOfCalls direct_to(ServiceId service) const;
  /// Of the parts taken last: by how much they carry other bytes than the callee's own demand says.
  BytesOfCalls beyond_own(ServiceId service) const;
  BytesOfCalls beyond_own(const ExternalSpec& external) const;

 private:
  using Key = std::tuple<ServiceId, std::size_t, ZoneId, ZoneId>;
  CallPart part_of(ServiceId caller, const Lanes::CallFlow& flow) const;

  const World& world_;
  const Lanes& lanes_;
  std::map<Key, CallTraffic::Count> seen_;
  std::vector<CallPart> parts_;
};

/// The bytes of that demand and of its calls that are others: what requests.csv tells, and what a bill is made of.
BytesOfCalls bytes_of(const DemandSpec& demand, std::int64_t attempts, std::int64_t answers,
                      const BytesOfCalls& beyond);

}  // namespace berth
