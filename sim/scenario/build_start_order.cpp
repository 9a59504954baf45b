// Start order, ends and checks of containers become specs; what a platform has no word for takes its nearest form.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/start_order.hpp"

namespace berth {
namespace {

Condition condition_of(const Field& word) {
  const std::string text = word.text();
  return text == "START"      ? Condition::start
         : text == "COMPLETE" ? Condition::complete
         : text == "SUCCESS"  ? Condition::success
                              : Condition::healthy;
}

ContainerCheckSpec build_check(const Field& check, const Catalog& catalog) {
  const auto time = [&](const char* key, const char* constant) {
    const auto there = check.find(key);
    return there ? there->duration() : from_seconds(catalog.constant(constant));
  };
  check_length(check, "interval", catalog, "ecs.container_health.interval");
  check_length(check, "start_period", catalog, "ecs.container_health.start_period");
  check_count(check, "retries", catalog, "ecs.container_health.retries");
  ContainerCheckSpec spec;
  spec.interval = time("interval", "ecs.container_health.interval_s");
  spec.timeout = time("timeout", "ecs.container_health.timeout_s");
  spec.start_period = time("start_period", "ecs.container_health.start_period_s");
  const auto retries = check.find("retries");
  spec.retries =
      retries ? retries->whole() : static_cast<std::int64_t>(catalog.constant("ecs.container_health.retries"));
  return spec;
}

std::optional<ProbeSpec> build_probe(const Field& probes, const char* which, const Catalog& catalog) {
  const auto probe = probes.find(which);
  if (!probe) return std::nullopt;
  const auto time = [&](const char* key, const char* constant) {
    const auto there = probe->find(key);
    return there ? there->duration() : from_seconds(catalog.constant(constant));
  };
  const auto count = [&](const char* key, const char* constant) {
    const auto there = probe->find(key);
    return there ? there->whole() : static_cast<std::int64_t>(catalog.constant(constant));
  };
  ProbeSpec spec;
  spec.initial_delay = time("initial_delay", "kubelet.probe.initial_delay_s");
  spec.period = time("period", "kubelet.probe.period_s");
  spec.timeout = time("timeout", "kubelet.probe.timeout_s");
  spec.success_threshold = count("success_threshold", "kubelet.probe.success_threshold");
  spec.failure_threshold = count("failure_threshold", "kubelet.probe.failure_threshold");
  return spec;
}

ContainerSpec& container_of(std::vector<ContainerSpec>& containers, const std::string& name) {
  return *std::find_if(containers.begin(), containers.end(), [&](const ContainerSpec& c) { return c.name == name; });
}

/// What ECS waits for as HEALTHY, as the probe that lets a pod's next container start.
ProbesSpec startup_probe_of(const ContainerCheckSpec& check) {
  ProbeSpec probe;
  probe.initial_delay = check.interval;
  probe.period = check.interval;
  probe.failure_threshold = check.retries + check.start_period / check.interval;
  ProbesSpec probes;
  probes.startup = probe;
  return probes;
}

/// One step of as_pod: whether it made another init container.
bool make_init(std::vector<ContainerSpec>& containers, PodForm& form) {
  for (const ContainerSpec& waits : containers)
    for (const DependencySpec& d : waits.depends_on) {
      ContainerSpec& on = container_of(containers, d.on);
      const bool until_its_end = d.condition == Condition::complete || d.condition == Condition::success;
      if (on.init || (!until_its_end && !waits.init)) continue;
      on.init = true;
      on.restart_always = !until_its_end;
      if (d.condition == Condition::healthy && !on.probes) on.probes = startup_probe_of(*on.health_check);
      (until_its_end ? form.inits : form.sidecars).push_back(on.name);
      return true;
    }
  return false;
}

/// Everyone after those it waits for, else as written.
void sort_by_dependency(std::vector<ContainerSpec>& containers) {
  std::vector<ContainerSpec> sorted;
  const auto is_there = [&](const DependencySpec& d) {
    return std::any_of(sorted.begin(), sorted.end(), [&](const ContainerSpec& c) { return c.name == d.on; });
  };
  while (!containers.empty()) {
    const auto next = std::find_if(containers.begin(), containers.end(), [&](const ContainerSpec& c) {
      return std::all_of(c.depends_on.begin(), c.depends_on.end(), is_there);
    });
    sorted.push_back(std::move(*next));  // there is one: a circle was refused
    containers.erase(next);
  }
  containers = std::move(sorted);
}

std::string comma_list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& n : names) text += (text.empty() ? "" : ", ") + n;
  return text;
}

std::string form_text(const PodForm& form) {
  std::vector<std::string> parts;
  if (!form.inits.empty()) parts.push_back("init containers: " + comma_list(form.inits));
  if (!form.sidecars.empty()) parts.push_back("sidecars: " + comma_list(form.sidecars));
  if (form.ignored) parts.emplace_back("START and HEALTHY between main containers are ignored, they start in order");
  std::string text;
  for (const std::string& p : parts) text += (text.empty() ? "" : "; ") + p;
  return text;
}

void arrange_pod(Building& building, const std::string& subject, const std::string& path, WorkloadSpec& workload) {
  const PodForm form = as_pod(workload.containers);
  for (DeploymentSpec& later : workload.deployments)
    for (auto& [name, container] : later.containers) {
      const ContainerSpec& first = container_of(workload.containers, name);
      container.init = first.init;
      container.restart_always = first.restart_always;
      container.depends_on.clear();
    }
  if (form.ignored || !form.inits.empty())
    building.assume(subject, "depends_on on EKS: " + form_text(form),
                    "pods have no dependsOn; an init container that fails is started again until it succeeds",
                    path + "/*/depends_on");
  const auto& all = workload.containers;
  if (std::any_of(all.begin(), all.end(), [](const ContainerSpec& c) { return c.health_check.has_value(); }))
    building.assume(subject,
                    "health_check is ignored on EKS, but for the startup probe of a sidecar that others wait for",
                    "the kubelet looks at probes, not at Docker's checks", "/services/*/eks/probes");
}

void assume_task(Building& building, const std::string& subject, const std::string& path,
                 const WorkloadSpec& workload) {
  std::vector<std::string> inits, sidecars;
  for (const ContainerSpec& c : workload.containers)
    if (c.init) (c.restart_always ? sidecars : inits).push_back(c.name);
  if (!inits.empty())
    building.assume(subject, "the others depend on " + comma_list(inits) + " with SUCCESS on ECS",
                    "tasks have no init containers", path + "/*/init");
  if (!sidecars.empty())
    building.assume(subject,
                    comma_list(sidecars) +
                        " runs beside the others on ECS, not essential; they depend on its START, or on "
                        "HEALTHY where it has a health_check",
                    "tasks have no init containers", path + "/*/restart");
}

}  // namespace

void build_start_order(const Field& container, const Catalog& catalog, ContainerSpec& spec) {
  spec.restart_always = container.has("restart");
  if (auto exits = container.find("exits"))
    spec.exits = ExitSpec{exits->at("after").duration(), exits->at("code").whole()};
  if (auto depends_on = container.find("depends_on"))
    for (const Field& entry : depends_on->members()) spec.depends_on.push_back({entry.key(), condition_of(entry)});
  if (auto f = container.find("start_timeout")) spec.start_timeout = f->duration();
  if (auto f = container.find("health_check")) spec.health_check = build_check(*f, catalog);
}

void build_probes(Building& building, const Field& service, WorkloadSpec& workload) {
  const auto eks = service.find("eks");
  const auto written = eks ? eks->find("probes") : std::nullopt;
  if (!written || building.orchestrator(workload.cluster) != Orchestrator::eks) return;
  const auto probes_of = [&](const std::string& container) {
    ProbesSpec probes;
    const auto of_one = written->find(container);
    if (!of_one) return probes;
    probes.startup = build_probe(*of_one, "startup", building.catalog);
    probes.readiness = build_probe(*of_one, "readiness", building.catalog);
    probes.liveness = build_probe(*of_one, "liveness", building.catalog);
    return probes;
  };
  for (ContainerSpec& c : workload.containers) c.probes = probes_of(c.name);
  for (DeploymentSpec& later : workload.deployments)
    for (auto& [name, container] : later.containers) container.probes = probes_of(name);
}

PodForm as_pod(std::vector<ContainerSpec>& containers) {
  PodForm form;
  while (make_init(containers, form)) continue;
  sort_by_dependency(containers);
  for (ContainerSpec& waits : containers) {
    for (const DependencySpec& d : waits.depends_on)
      form.ignored = form.ignored || (!container_of(containers, d.on).init && !waits.init);
    waits.depends_on.clear();
  }
  return form;
}

void arrange_start(Building& building, const std::string& group, WorkloadSpec& workload) {
  const std::string subject = group.substr(0, group.size() - 1) + " " + workload.name;
  const std::string path = "/" + group + "/" + workload.name + "/containers";
  if (building.orchestrator(workload.cluster) == Orchestrator::eks) arrange_pod(building, subject, path, workload);
  else assume_task(building, subject, path, workload);
}

}  // namespace berth
