#include "sim/observe/call_flows.hpp"

#include <algorithm>

namespace berth {
namespace {

BytesOfCalls other_bytes(const std::vector<CallPart>& parts, Bytes request, Bytes response, auto&& is_callee) {
  BytesOfCalls sum;
  for (const CallPart& part : parts) {
    if (!is_callee(part)) continue;
    sum.in = counted(__int128{sum.in} + counted_product(part.sent, (part.call->request_bytes - request).count()));
    sum.out =
        counted(__int128{sum.out} + counted_product(part.answered, (part.call->response_bytes - response).count()));
  }
  return sum;
}

}  // namespace

CallFlows::CallFlows(const World& world, const Lanes& lanes) : world_(world), lanes_(lanes) {}

const std::vector<CallPart>& CallFlows::take() {
  parts_.clear();
  for (std::uint32_t i = 0; i < world_.service_count(); ++i) {
    const ServiceId caller{i};
    if (world_[caller].spec->calls.empty()) continue;
    for (const Lanes::CallFlow& flow : lanes_.call_flows(caller)) {
      CallTraffic::Count& seen = seen_[{caller, flow.call, flow.from, flow.to}];
      CallPart part = part_of(caller, flow);
      part.sent = flow.count.sent - seen.sent;
      part.answered = flow.count.answered - seen.answered;
      seen = flow.count;
      if (part.sent > 0 || part.answered > 0) parts_.push_back(part);
    }
  }
  return parts_;
}

CallPart CallFlows::part_of(ServiceId caller, const Lanes::CallFlow& flow) const {
  CallPart part;
  part.caller = caller;
  part.call = &world_[caller].spec->calls[flow.call];
  part.from = flow.from;
  part.to = flow.to;
  for (const ExternalSpec& external : world_.spec().externals)
    if (external.name == part.call->to) part.external = &external;
  for (std::uint32_t i = 0; i < world_.service_count() && part.external == nullptr; ++i)
    if (world_[ServiceId{i}].spec->demand && world_.name(ServiceId{i}) == part.call->to) part.service = ServiceId{i};
  return part;
}

BytesOfCalls CallFlows::direct_to(ServiceId service) const {
  BytesOfCalls sum;
  for (const CallPart& part : parts_) {
    if (part.service != service || !part.call->direct) continue;
    sum.requests += part.sent;
    sum.in += part.bytes_sent();
    sum.out += part.bytes_back();
  }
  return sum;
}

BytesOfCalls CallFlows::beyond_own(ServiceId service) const {
  const DemandSpec& demand = *world_[service].spec->demand;
  return other_bytes(parts_, demand.request_bytes, demand.response_bytes,
                     [&](const CallPart& part) { return part.service == service; });
}

BytesOfCalls CallFlows::beyond_own(const ExternalSpec& external) const {
  return other_bytes(parts_, external.request_bytes, external.bytes,
                     [&](const CallPart& part) { return part.external == &external; });
}

BytesOfCalls bytes_of(const DemandSpec& demand, std::int64_t attempts, std::int64_t answers,
                      const BytesOfCalls& beyond) {
  return {attempts, counted_product(attempts, demand.request_bytes.count()) + beyond.in,
          counted_product(answers, demand.response_bytes.count()) + beyond.out};
}

}  // namespace berth
