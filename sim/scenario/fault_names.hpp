// How the targets of faults are written, and whether there are such.
#pragma once

#include <string>
#include <vector>

#include "sim/base/field.hpp"
#include "sim/world/fault_specs.hpp"

namespace berth {

/// "ec2", "main/ec2", "ec2/3", "m6i.large@a".
struct WrittenTarget {
  std::vector<std::string> names;  ///< between the strokes, without the number
  std::int64_t number = 0;         ///< 0: none
  std::string zone;                ///< after the @; empty: none
};
WrittenTarget written_target(const Field& target);

/// Whether a pool of that cluster is meant.
bool names_pool(const WrittenTarget& target, const std::string& cluster, const std::string& pool);

FaultKind fault_kind(const Field& fault);
bool is_of_replicas(FaultKind kind);
bool is_of_fargate(FaultKind kind);

/// InputError where a fault says what cannot be, or aims at what no architecture has.
void check_faults(const Field& scenario);

}  // namespace berth
