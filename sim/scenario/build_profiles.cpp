// Fargate profiles of EKS: what their selectors are, which workloads they take before runs_on is asked, what is assumed
// where none are written.
#include <algorithm>

#include <fmt/format.h>

#include "sim/policy/placement/fargate_profile.hpp"
#include "sim/scenario/parts.hpp"
#include "sim/scenario/selectors.hpp"
#include "sim/world/node_labels.hpp"

namespace berth {
namespace {

std::string without_wildcards(std::string text) {
  for (char& c : text)
    if (c == '*' || c == '?') c = 'x';
  return text;
}

/// An RFC 1123 label, with wildcards or without.
bool is_namespace(const std::string& text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 63 && plain(text.front()) && plain(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return plain(c) || c == '-'; });
}

constexpr const char* kNamespaceForm = "a namespace: at most 63 small letters, digits and -";

void check_count_of(const Field& list, std::size_t count, std::int64_t most, const char* what) {
  if (count > static_cast<std::size_t>(most))
    list.fail(fmt::format("at most {} {}", most, what), std::to_string(count),
              "remove some: * and ? stand for many at once; or divide them among several Fargate pools");
}

std::int64_t profile_quota(const Building& building, const char* name) {
  const auto raised = building.run.quotas.find(name);
  return static_cast<std::int64_t>(raised != building.run.quotas.end() ? raised->second : building.catalog.quota(name));
}

ProfileSelector read_profile_selector(const Building& building, const Field& field) {
  ProfileSelector selector;
  const Field name_space = field.at("namespace");
  selector.name_space = name_space.text();
  if (!is_namespace(without_wildcards(selector.name_space)))
    name_space.fail(std::string(kNamespaceForm) + ", * or ?", name_space.shown(), "write \"default\", or \"prod-*\"");
  const auto labels = field.find("labels");
  if (!labels) return selector;
  for (const Field& label : labels->members()) {
    if (!is_label_key(without_wildcards(label.key())))
      label.fail("the name of a label, with * or ? in it or not", "\"" + label.key() + "\"", "choose another name");
    if (!is_label_value(without_wildcards(label.text())))
      label.fail("a value of at most 63 letters, digits, - _ ., * or ?", label.shown(), "choose another value");
    selector.labels[label.key()] = label.text();
  }
  check_count_of(*labels, selector.labels.size(), profile_quota(building, "eks_fargate_selector_labels"),
                 "labels in a selector of a Fargate profile");
  return selector;
}

std::vector<ProfileSelector> read_selectors(const Building& building, const Field& pool) {
  const auto written = pool.find("selectors");
  if (!written) return {};
  std::vector<ProfileSelector> selectors;
  for (const Field& field : written->items()) selectors.push_back(read_profile_selector(building, field));
  if (selectors.empty())
    written->fail("at least one selector", "an empty list", "write [{\"namespace\": \"default\"}]");
  check_count_of(*written, selectors.size(), profile_quota(building, "eks_fargate_selectors"),
                 "selectors of a Fargate profile");
  return selectors;
}

bool is_profile(const PoolSpec& pool) { return !pool.selectors.empty(); }
bool has_profiles(const ClusterSpec& cluster) {
  return std::any_of(cluster.pools.begin(), cluster.pools.end(), is_profile);
}
bool has_ec2(const ClusterSpec& cluster) {
  return std::any_of(cluster.pools.begin(), cluster.pools.end(),
                     [](const PoolSpec& pool) { return pool.launch == Launch::ec2; });
}

const ClusterSpec& cluster_of(const Building& building, const WorkloadSpec& workload) {
  return *std::find_if(building.run.clusters.begin(), building.run.clusters.end(),
                       [&](const ClusterSpec& c) { return c.name == workload.cluster; });
}

/// "namespace batch, labels app=web, tier=front"
std::string pods_text(const WorkloadSpec& workload) {
  std::string text = "namespace " + workload.eks.name_space + ", labels ";
  const char* comma = "";
  for (const auto& [key, value] : pod_labels(workload)) {
    text += fmt::format("{}{}={}", comma, key, value);
    comma = ", ";
  }
  return text;
}

std::string share_names(const std::vector<PoolShare>& shares) {
  std::string text;
  for (const PoolShare& share : shares) text += (text.empty() ? "" : ", ") + share.pool;
  return text;
}

std::string kind_of(const WorkloadSpec& workload) { return workload.kind == WorkloadKind::job ? "job " : "service "; }

/// A profile takes its pods, whatever runs_on says of many; what it says of this one alone must be the same.
void take(Building& building, const Field& home, bool by_name, const PoolSpec& profile, WorkloadSpec& workload) {
  const bool same = workload.pools.size() == 1 && workload.pools.front().pool == profile.name;
  if (by_name && !same)
    home.fail(fmt::format("\"{}\", the Fargate profile that takes its pods ({}) before runs_on is asked", profile.name,
                          pods_text(workload)),
              home.shown(),
              fmt::format("write \"{}\", another eks/namespace or other labels of {}, or selectors that leave it out",
                          profile.name, workload.name));
  if (!same)
    building.assume(kind_of(workload) + workload.name,
                    fmt::format("in Fargate pool {}, where runs_on says {}", profile.name, share_names(workload.pools)),
                    "its selectors meet the pods, and EKS asks profiles first", home.pointer());
  workload.pools = {{profile.name, 0, 1}};
}

/// No profile takes its pods: kube-scheduler has them, and it knows EC2 nodes only.
void leave_out_profiles(const Building& building, const Field& home, bool by_name, WorkloadSpec& workload) {
  std::vector<PoolShare> ec2;
  for (const PoolShare& share : workload.pools)
    if (!building.is_fargate(workload.cluster, share.pool)) ec2.push_back(share);
  if (ec2.size() == workload.pools.size()) return;
  const ClusterSpec& cluster = cluster_of(building, workload);
  if (by_name || (ec2.empty() && has_ec2(cluster)))
    home.fail(fmt::format("{}pools whose selectors take the pods of {} ({})",
                          has_ec2(cluster) ? "EC2 pools, or Fargate " : "Fargate ", workload.name, pods_text(workload)),
              home.shown(),
              fmt::format("add {{\"namespace\": \"{}\"}} to the selectors of that pool{}", workload.eks.name_space,
                          has_ec2(cluster) ? ", or name an EC2 pool" : ""));
  if (ec2.empty()) workload.eks.without_profile = true;
  else workload.pools = std::move(ec2);
}

/// containers-roadmap#649: every pod on Fargate gets 2000001000, whatever its manifest says.
void raise_priority(Building& building, WorkloadSpec& workload) {
  if (workload.eks.pod.priority != 0 && !workload.system)
    building.assume(kind_of(workload) + workload.name, "its priority has no effect",
                    "on Fargate every pod becomes system-node-critical",
                    "/architectures/*/clusters/" + workload.cluster + "/runs_on");
  workload.eks.pod.priority = kSystemNodeCritical;
}

/// Of a Fargate pool without selectors, in a cluster that has none.
void assume_profile(Building& building, const ClusterSpec& cluster, const PoolSpec& pool) {
  const auto& workloads = building.run.workloads;
  const bool system = std::any_of(workloads.begin(), workloads.end(), [&](const WorkloadSpec& w) {
    return w.system && w.cluster == cluster.name && w.pools.front().pool == pool.name;
  });
  const Field written = building.architecture.at("clusters").at(cluster.name).at("pools").at(pool.name);
  building.assume("pool " + pool.name,
                  std::string("a Fargate profile that selects the pods that runs_on gives it") +
                      (system ? ", and one for namespace kube-system" : ""),
                  "EKS selects by namespace and labels, and no selectors are written",
                  written.pointer() + "/selectors");
}

/// What EKS does when Fargate stays short of capacity is known from complaints only.
void assume_patience(Building& building) {
  const auto is_pods = [&](const FaultSpec::Pool& p) {
    return building.orchestrator(p.cluster) == Orchestrator::eks && building.is_fargate(p.cluster, p.pool);
  };
  const auto& faults = building.run.faults;
  const bool is_short = std::any_of(faults.begin(), faults.end(), [&](const FaultSpec& f) {
    return f.kind == FaultKind::insufficient_capacity && std::any_of(f.pools.begin(), f.pools.end(), is_pods);
  });
  if (is_short)
    building.assume("Fargate on EKS", "a pod waits until there is capacity again",
                    "users report that EKS tries a few times only and leaves pods for others to delete; how often is "
                    "not published (containers-roadmap#768)",
                    "/faults");
}

}  // namespace

void build_profiles(Building& building) {
  for (ClusterSpec& cluster : building.run.clusters) {
    const Field pools = building.architecture.at("clusters").at(cluster.name).at("pools");
    std::int64_t fargate = 0;
    for (PoolSpec& pool : cluster.pools) {
      pool.selectors = read_selectors(building, pools.at(pool.name));
      fargate += pool.launch == Launch::fargate;
    }
    if (!has_profiles(cluster)) continue;
    for (const PoolSpec& pool : cluster.pools)
      if (pool.launch == Launch::fargate && !is_profile(pool))
        pools.at(pool.name).fail("the key \"selectors\", as other Fargate pools of the cluster have them", "none",
                                 "add \"selectors\": [{\"namespace\": \"default\"}], or remove the others'");
    check_count_of(pools, static_cast<std::size_t>(fargate), profile_quota(building, "eks_fargate_profiles"),
                   "Fargate profiles of a cluster");
  }
}

void place_by_profile(Building& building, const Field& written, const Field& home, WorkloadSpec& workload) {
  const ClusterSpec& cluster = cluster_of(building, workload);
  if (cluster.orchestrator != Orchestrator::eks) return;
  if (const auto labels = written.find("labels")) workload.labels = read_labels(*labels);
  const auto eks = written.find("eks");
  if (const auto name_space = eks ? eks->find("namespace") : std::nullopt) {
    workload.eks.name_space = name_space->text();
    if (!is_namespace(workload.eks.name_space))
      name_space->fail(kNamespaceForm, name_space->shown(), "write \"default\"");
  }
  if (!has_profiles(cluster)) return;
  const bool by_name = home.key() == workload.name;
  const PoolSpec* profile = profile_of(cluster.pools, workload.eks.name_space, pod_labels(workload));
  if (profile != nullptr) take(building, home, by_name, *profile, workload);
  else leave_out_profiles(building, home, by_name, workload);
}

std::vector<PoolShare> system_pools(const ClusterSpec& cluster, WorkloadSpec& system) {
  if (!has_profiles(cluster)) return {};
  const PoolSpec* profile = profile_of(cluster.pools, system.eks.name_space, pod_labels(system));
  if (profile != nullptr) return {{profile->name, 0, 1}};
  if (has_ec2(cluster)) return {};
  system.eks.without_profile = true;
  return {{cluster.pools.front().name, 0, 1}};
}

void assume_profiles(Building& building) {
  for (WorkloadSpec& workload : building.run.workloads)
    if (building.orchestrator(workload.cluster) == Orchestrator::eks && building.only_fargate(workload))
      raise_priority(building, workload);
  for (const ClusterSpec& cluster : building.run.clusters)
    if (cluster.orchestrator == Orchestrator::eks && !has_profiles(cluster))
      for (const PoolSpec& pool : cluster.pools)
        if (pool.launch == Launch::fargate) assume_profile(building, cluster, pool);
  assume_patience(building);
}

}  // namespace berth
