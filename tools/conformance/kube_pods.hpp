// A cluster of a vector as rules see it: every node is a class of its own, every kind of existing pods a service.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sim/base/field.hpp"
#include "sim/world/pod_rules.hpp"
#include "sim/world/view.hpp"

namespace berth::conformance {

std::vector<Taint> taints_of(const Field& object);
std::vector<Toleration> tolerations_of(const Field& object);
Labels labels_of(const Field& object);
/// Expressions and fields of a node selector term; a field is a label of that name here.
LabelSelector node_term(const Field& term);

struct PodCluster {
  /// Adds a node; its position.
  std::uint32_t add_node(const Field& node);
  /// Pods that are there already.
  void add_pods(const Field& existing);
  /// The pod of the case: the last thing to be added.
  void compile(const Field& pod);

  Ask ask() const;
  std::map<std::string, std::uint32_t> position;
  std::vector<std::string> names;
  ViewBuilder nodes;
  PodRules rules;

 private:
  struct Existing {
    std::uint32_t node, count;
    Labels labels;
    bool terminating;
  };
  std::vector<LabelledClass> classes_;
  std::vector<Existing> existing_;
  std::vector<PodSpec> specs_;
};

}  // namespace berth::conformance
