// DefaultPreemption: the victims on each node, and the node that is chosen.
#include "sim/policy/placement/kube_preemption.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

#include "sim/base/check.hpp"
#include "sim/world/pod_rules.hpp"
#include "tools/conformance/family.hpp"
#include "tools/conformance/kube_pods.hpp"

namespace berth::conformance {
namespace {

constexpr std::int64_t kNodeCpuMilli = 500, kNodeMemory = 500;  // as the file says

/// Every pod is a service of its own, every node a class of its own.
class PreemptionCase {
 public:
  PreemptionCase(const Field& in, const Field& constants) : in_(in) {
    for (const Field& node : in.at("nodes").items()) add_node(node.text());
    const Field capacity = constants.at("node_capacity");
    SIM_CHECK(number_at(capacity, "cpu_milli") == kNodeCpuMilli);
    SIM_CHECK(number_at(capacity, "memory_bytes") == kNodeMemory);
    kinds_.push_back(kind_of(in.at("incoming")));
    for (const Field& pod : in.at("pods").items()) kinds_.push_back(kind_of(pod));
    for (const LabelledPods& kind : kinds_) rules_.push_back(compile_pod_rules(kind, kinds_, classes_));
    place_pods();
  }

  std::vector<Victims> candidates() {
    Overlay trial(view_.view());
    std::vector<std::uint32_t> nodes(names.size());
    for (std::uint32_t p = 0; p < nodes.size(); ++p) nodes[p] = p;
    const auto wanted =
        candidates_wanted(static_cast<std::int64_t>(nodes.size()), number_or(in_, "min_candidate_nodes_percentage", 10),
                          number_or(in_, "min_candidate_nodes_absolute", 100));
    return preemption_candidates(trial, nodes, static_cast<std::size_t>(number_or(in_, "start_offset", 0)), wanted,
                                 ask_of(in_.at("incoming"), 0), priority_of(in_.at("incoming")), allowed_,
                                 [&](std::uint32_t p) { return placed_[p]; });
  }

  std::string say(const Victims& v) const {
    std::vector<std::string> pods;
    for (const PlacedPod& pod : v.pods) pods.push_back(pod_names_[pod.number]);
    return text(names[v.position], pods, v.violations);
  }
  static std::string text(const std::string& node, std::vector<std::string> victims, std::int64_t violations) {
    std::sort(victims.begin(), victims.end());
    return fmt::format("{}: {} ({} violations); ", node, fmt::join(victims, " "), violations);
  }

  std::vector<std::string> names;

 private:
  static std::int32_t priority_of(const Field& pod) { return static_cast<std::int32_t>(number_at(pod, "priority")); }

  /// "node-a/zone1"
  void add_node(const std::string& text) {
    const std::size_t slash = text.find('/');
    names.push_back(text.substr(0, slash));
    LabelledClass node{{{"hostname", names.back()}}, {}};
    if (slash != std::string::npos) node.labels["zone"] = text.substr(slash + 1);
    classes_.push_back(node);
  }

  LabelledPods kind_of(const Field& pod) {
    PodSpec& spec = specs_.emplace_back();
    if (has_value(pod, "anti_affinity")) {
      const Field anti = pod.at("anti_affinity");
      spec.apart.push_back({{{anti.at("required_anti_affinity_label_exists").text()}}, anti.at("topology_key").text()});
    }
    for (const Field& c : items_or_none(pod, "constraints"))
      spec.spread.push_back({number_at(c, "max_skew"), c.at("topology_key").text(), true, LabelSelector{{"foo"}}});
    return {ServiceId{static_cast<std::uint32_t>(kinds_.size())},
            has_value(pod, "labels") ? labels_of(pod.at("labels")) : Labels{}, &spec};
  }

  Ask ask_of(const Field& pod, std::size_t number) const {
    Ask ask;
    ask.service = kinds_[number].service;
    ask.rules = &rules_[number];
    ask.cpu = millicores(number_or(pod, "cpu_milli", 0));
    ask.memory = Bytes{number_or(pod, "memory_bytes", 0)};
    return ask;
  }

  void place_pods() {
    placed_.resize(names.size());
    for (const Field& budget : items_or_none(in_, "pdbs")) allowed_.push_back(number_at(budget, "disruptions_allowed"));
    pod_names_ = {"incoming"};
    std::vector<std::uint32_t> position;
    for (const Field& pod : in_.at("pods").items()) {
      const auto number = static_cast<std::uint32_t>(pod_names_.size());
      pod_names_.push_back(pod.at("name").text());
      const auto at = std::find(names.begin(), names.end(), pod.at("node").text()) - names.begin();
      position.push_back(static_cast<std::uint32_t>(at));
      placed_[static_cast<std::size_t>(at)].push_back({number, priority_of(pod),
                                                       Time{Duration{number_or(pod, "start_time_ns", 0)}},
                                                       ask_of(pod, number), budgets_of(pod)});
    }
    for (std::uint32_t p = 0; p < names.size(); ++p) {
      Cpu cpu;
      Bytes memory;
      view_.node(millicores(kNodeCpuMilli), Bytes{kNodeMemory}).node_class(static_cast<std::uint16_t>(p));
      for (const PlacedPod& pod : placed_[p]) {
        cpu += pod.ask.cpu;
        memory += pod.ask.memory;
        view_.holds(pod.ask.service, 1);
      }
      view_.used(cpu, memory, static_cast<std::int32_t>(placed_[p].size()));
    }
    view_.with(classes_.size(), kinds_.size());
  }

  std::vector<std::uint32_t> budgets_of(const Field& pod) const {
    std::vector<std::uint32_t> covering;
    std::uint32_t number = 0;
    for (const Field& budget : items_or_none(in_, "pdbs")) {
      bool covers = has_value(pod, "labels") && pod.at("labels").has("app") &&
                    pod.at("labels").at("app").text() == budget.at("match_label").text();
      for (const Field& gone : items_or_none(budget, "disrupted_pods"))
        covers = covers && gone.text() != pod.at("name").text();
      if (covers) covering.push_back(number);
      ++number;
    }
    return covering;
  }

  const Field& in_;
  std::vector<LabelledClass> classes_;
  std::deque<PodSpec> specs_;
  std::vector<LabelledPods> kinds_;
  std::deque<PodRules> rules_;
  ViewBuilder view_;
  std::vector<std::vector<PlacedPod>> placed_;  // by position
  std::vector<std::string> pod_names_;
  std::vector<std::int64_t> allowed_;
};

}  // namespace

void run_preemption(const Field& file, Tally& tally) {
  for (const Field& c : file.at("best_candidate_cases").items()) {
    const Field in = c.at("input");
    PreemptionCase one(in, file.at("constants"));
    const auto candidates = one.candidates();
    const Victims* best = best_candidate(candidates);
    const std::string ours = best == nullptr ? "none" : one.names[best->position];
    std::string expected = "one of";
    bool right = false;
    for (const Field& node : c.at("expected").at("any_of_nodes").items()) {
      expected += " " + node.text();
      right = right || node.text() == ours;
    }
    tally.expect(c.at("name").text(), expected, right ? expected : ours);
  }
  for (const Field& c : file.at("dry_run_cases").items()) {
    const Field in = c.at("input");
    PreemptionCase one(in, file.at("constants"));
    std::map<std::string, std::string> expected, ours;
    for (const Field& node : c.at("expected").at("candidates").members()) {
      std::vector<std::string> victims;
      for (const Field& pod : node.at("victims").items()) victims.push_back(pod.text());
      expected[node.key()] = PreemptionCase::text(node.key(), victims, number_or(node, "pdb_violations", 0));
    }
    for (const Victims& v : one.candidates()) ours[one.names[v.position]] = one.say(v);
    const auto joined = [](const std::map<std::string, std::string>& all) {
      std::string text;
      for (const auto& [node, says] : all) text += says;
      return text;
    };
    tally.expect(c.at("name").text(), joined(expected), joined(ours));
  }
}

}  // namespace berth::conformance
