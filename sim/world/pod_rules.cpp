// Compiling labels, taints and affinity against the classes of nodes and the services of a cluster.
#include "sim/world/pod_rules.hpp"

#include <algorithm>

namespace berth {
namespace {

using Services = PodRules::Services;
using Column = std::vector<std::uint8_t>;

constexpr std::int64_t kHardPodAffinityWeight = 1;  // kubernetes v1.30.0, apis/config/v1/defaults.go

/// The rules of one kind of pods, part after part.
class Compiler {
 public:
  Compiler(const LabelledPods& pods, std::span<const LabelledPods> all, std::span<const LabelledClass> classes)
      : pods_(pods), spec_(*pods.spec), all_(all), classes_(classes) {}

  PodRules compile() {
    rules_.priority = spec_.priority;
    rules_.preempts = spec_.preempts;
    compile_node_affinity();
    compile_taints();
    compile_spread();
    compile_required_terms();
    compile_attractions();
    return std::move(rules_);
  }

 private:
  template <class Value, class Of>
  std::vector<Value> by_class(const Of& of) const {
    std::vector<Value> column;
    for (const LabelledClass& c : classes_) column.push_back(static_cast<Value>(of(c)));
    return column;
  }

  bool is_affine(const LabelledClass& c) const {
    const auto selects_it = [&](const LabelSelector& term) { return selects_node(term, c.labels); };
    const std::vector<LabelSelector>& terms = spec_.nodes.required;
    return selects(spec_.nodes.selector, c.labels) &&
           (terms.empty() || std::any_of(terms.begin(), terms.end(), selects_it));
  }
  void compile_node_affinity() {
    if (!spec_.nodes.selector.empty() || !spec_.nodes.required.empty())
      rules_.affine = by_class<std::uint8_t>([&](const LabelledClass& c) { return is_affine(c); });
    if (spec_.nodes.preferred.empty()) return;
    rules_.preference = by_class<std::int64_t>([&](const LabelledClass& c) {
      std::int64_t sum = 0;
      for (const PreferredNodes& p : spec_.nodes.preferred) sum += selects_node(p.nodes, c.labels) ? p.weight : 0;
      return sum;
    });
  }

  std::int64_t untolerated(const LabelledClass& c, bool hard) const {
    return std::count_if(c.taints.begin(), c.taints.end(),
                         [&](const Taint& t) { return is_hard(t) == hard && !tolerates(spec_.tolerations, t); });
  }
  void compile_taints() {
    const auto some = [](const auto& column, auto usual) {
      return std::any_of(column.begin(), column.end(), [&](auto v) { return v != usual; });
    };
    auto tolerated = by_class<std::uint8_t>([&](const LabelledClass& c) { return untolerated(c, true) == 0; });
    if (some(tolerated, 1)) rules_.tolerated = std::move(tolerated);
    auto stays = by_class<std::uint8_t>([&](const LabelledClass& c) {
      return std::none_of(c.taints.begin(), c.taints.end(), [&](const Taint& t) {
        return t.effect == TaintEffect::no_execute && !tolerates(spec_.tolerations, t);
      });
    });
    if (some(stays, 1)) rules_.stays = std::move(stays);
    auto soft = by_class<std::int64_t>([&](const LabelledClass& c) { return untolerated(c, false); });
    if (some(soft, 0)) rules_.soft_taints = std::move(soft);
  }

  std::uint32_t topology(const std::string& key) {
    for (std::uint32_t t = 0; t < keys_.size(); ++t)
      if (keys_[t] == key) return t;
    Topology one;
    one.each_node = key == kHostname;
    std::map<std::string, std::uint16_t> numbers;
    for (const LabelledClass& c : classes_) {
      const auto at = c.labels.find(key);
      const auto next = static_cast<std::uint16_t>(numbers.size());
      one.domain_of_class.push_back(at == c.labels.end() ? Topology::kLacksLabel
                                                         : numbers.emplace(at->second, next).first->second);
    }
    one.domains = static_cast<std::uint16_t>(numbers.size());
    keys_.push_back(key);
    rules_.topologies.push_back(std::move(one));
    return static_cast<std::uint32_t>(keys_.size() - 1);
  }

  template <class Selects>
  Services services_where(const Selects& selected) const {
    Services services;
    for (const LabelledPods& other : all_)
      if (selected(other)) services.push_back(other.service);
    return services;
  }
  Services services_of(const LabelSelector& selector) const {
    return services_where([&](const LabelledPods& other) { return selects(selector, other.labels); });
  }

  /// podtopologyspread/filtering.go and scoring.go: only nodes with every label that the constraints name count, less
  /// those that the inclusion policies leave out.
  Column counted(const TopologySpread& constraint, bool hard) {
    Column column(classes_.size(), 1);
    for (const TopologySpread& other : spec_.spread)
      if (other.hard == hard) {
        const Topology& labelled = rules_.topologies[topology(other.topology)];
        for (std::uint16_t c = 0; c < column.size(); ++c) column[c] &= labelled.labels(c) ? 1 : 0;
      }
    for (std::size_t c = 0; c < column.size(); ++c) {
      if (constraint.honors_affinity && !rules_.affine.empty()) column[c] &= rules_.affine[c];
      if (constraint.honors_taints && !rules_.tolerated.empty()) column[c] &= rules_.tolerated[c];
    }
    return column;
  }
  void compile_spread() {
    rules_.default_spread = spec_.spread.empty() && pods_.owned;
    for (const TopologySpread& s : spec_.spread) {
      PodRules::Spread one;
      one.topology = topology(s.topology);
      one.max_skew = s.max_skew;
      one.min_domains = s.min_domains.value_or(1);
      if (s.pods) one.services = services_of(*s.pods);
      one.counts_itself = s.pods && selects(*s.pods, pods_.labels);
      one.counted = counted(s, s.hard);
      (s.hard ? rules_.hard_spread : rules_.soft_spread).push_back(std::move(one));
    }
  }

  static bool meets_all(const std::vector<PodTerm>& terms, const Labels& labels) {
    return std::all_of(terms.begin(), terms.end(),
                       [&](const PodTerm& t) { return t.weight > 0 || selects(t.pods, labels); });
  }
  /// interpodaffinity/filtering.go.
  void compile_required_terms() {
    for (const PodTerm& t : spec_.together)
      if (t.weight == 0) rules_.together.topologies.push_back(topology(t.topology));
    if (!rules_.together.topologies.empty()) {
      rules_.together.services =
          services_where([&](const LabelledPods& other) { return meets_all(spec_.together, other.labels); });
      rules_.together.meets_itself = meets_all(spec_.together, pods_.labels);
    }
    for (const PodTerm& t : spec_.apart)
      if (t.weight == 0) rules_.apart.push_back({topology(t.topology), services_of(t.pods)});
    for (const LabelledPods& other : all_)
      for (const PodTerm& t : other.spec->apart)
        if (t.weight == 0 && selects(t.pods, pods_.labels))
          rules_.kept_away_by.push_back({topology(t.topology), {other.service}});
  }

  void attract(const PodTerm& term, Services services, std::int64_t weight) {
    if (!services.empty() && weight != 0) rules_.attractions.push_back({topology(term.topology), services, weight});
  }
  /// interpodaffinity/scoring.go: what it prefers of others, and what others prefer, or require, of it.
  void compile_attractions() {
    for (const PodTerm& t : spec_.together) attract(t, t.weight > 0 ? services_of(t.pods) : Services{}, t.weight);
    for (const PodTerm& t : spec_.apart) attract(t, t.weight > 0 ? services_of(t.pods) : Services{}, -t.weight);
    for (const LabelledPods& other : all_) {
      for (const PodTerm& t : other.spec->together)
        if (selects(t.pods, pods_.labels))
          attract(t, {other.service}, t.weight > 0 ? t.weight : kHardPodAffinityWeight);
      for (const PodTerm& t : other.spec->apart)
        if (selects(t.pods, pods_.labels)) attract(t, {other.service}, -t.weight);
    }
  }

  const LabelledPods& pods_;
  const PodSpec& spec_;
  std::span<const LabelledPods> all_;
  std::span<const LabelledClass> classes_;
  std::vector<std::string> keys_;  // of rules_.topologies
  PodRules rules_;
};

}  // namespace

bool PodRules::tolerates_a_class(std::span<const std::uint16_t> classes) const {
  return std::any_of(classes.begin(), classes.end(),
                     [&](std::uint16_t c) { return c < 0xffff && (tolerated.empty() || tolerated[c] != 0); });
}

PodRules compile_pod_rules(const LabelledPods& pods, std::span<const LabelledPods> all,
                           std::span<const LabelledClass> classes) {
  return Compiler(pods, all, classes).compile();
}

}  // namespace berth
