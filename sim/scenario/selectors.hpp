// Selectors, taints and tolerations as kubectl writes them: "tier in (web, api), !gpu, cores > 4",
// "dedicated=gpu:NoSchedule".
#pragma once

#include "sim/base/field.hpp"
#include "sim/world/pod_specs.hpp"

namespace berth {

/// Nodes' labels may also be compared with numbers.
enum class SelectorOf : std::uint8_t { pods, nodes };

/// InputError where the text is no selector, or an empty one.
LabelSelector read_selector(const Field& field, SelectorOf of);
/// What is asked of one label of nodes: "in (c, m)", "notin (t)", "> 3, < 9", a value, or a list of values.
LabelSelector read_requirements(const Field& field, const std::string& label);
/// "KEY=VALUE:EFFECT" or "KEY:EFFECT", the effect NoSchedule, PreferNoSchedule or NoExecute.
Taint read_taint(const Field& field);
/// The same, and without effect for all of them; "KEY" alone is of every value, "*" of every taint.
Toleration read_toleration(const Field& field);
/// InputError at the first label of the object that Kubernetes would refuse.
Labels read_labels(const Field& field);

}  // namespace berth
