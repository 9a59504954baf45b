// Whether the requests of a service may be a flow: what is written, and what the approximation does not know.
#pragma once

#include <optional>

#include "sim/base/field.hpp"
#include "sim/scenario/parts.hpp"

namespace berth {

/// What of a service with a demand the fluid approximation does not know; empty: all is known. Keys that come later are
/// unknown to it until they are named here.
std::optional<Field> beyond_fluid(const Field& service);

/// The service's own word goes before that of the engine. Under auto what is beyond the approximation is exact, asked
/// for as fluid it is an InputError.
Fidelity build_fidelity(const Field& service, const Field& engine);

/// The same for what the run has around a service: callers, nodes as targets, zones, faults. When all that is built.
void settle_fidelity(Building& building);

}  // namespace berth
