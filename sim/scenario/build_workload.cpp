// What services, daemons and jobs have in common: containers, needs, disks, and where they run.
#include "sim/scenario/parts.hpp"
#include "sim/scenario/relations.hpp"
#include "sim/scenario/start_order.hpp"

namespace berth {
namespace {

Amount build_amount(const Field& container) {
  Amount amount;
  const Field cpu = container.at("cpu"), memory = container.at("memory");
  amount.cpu = cpu.is(Value::Kind::object) ? cpu.at("request").cpu() : cpu.cpu();
  amount.memory = memory.is(Value::Kind::object) ? memory.at("request").bytes() : memory.bytes();
  if (cpu.is(Value::Kind::object) && cpu.has("limit")) amount.cpu_limit = cpu.at("limit").cpu();
  if (memory.is(Value::Kind::object) && memory.has("limit")) amount.memory_limit = memory.at("limit").bytes();
  return amount;
}

/// So much work as that for as long as its start takes; only of what serves when it has started.
Cpu build_start_cpu(const Field& field, const ContainerSpec& spec) {
  if (spec.init)
    field.fail("a container that serves: CPU use of init containers is not simulated", "an init container",
               "remove " + field.pointer());
  if (field.cpu() > Cpu{} && (spec.never_serves || spec.start == Duration{0}))
    field.fail("a container whose start takes some time", spec.never_serves ? "start \"never\"" : "no start",
               "give it a start, or remove " + field.pointer());
  return field.cpu();
}

}  // namespace

ContainerSpec build_container(const Field& container, const Catalog& catalog) {
  ContainerSpec spec;
  spec.name = container.key();
  spec.written_at = container.pointer();
  spec.image = container.at("image").text();
  if (const auto f = container.find("pull"))
    spec.pull = f->text() == "always"  ? PullPolicy::always
                : f->text() == "never" ? PullPolicy::never
                                       : PullPolicy::if_not_present;
  spec.amount = build_amount(container);
  spec.essential = container.at("essential").truth();
  spec.init = container.at("init").truth();
  const Field start = container.at("start");
  spec.never_serves = start.text() == "never";
  if (!spec.never_serves) spec.start = start.duration();
  if (const auto f = container.find("start_cpu")) spec.start_cpu = build_start_cpu(*f, spec);
  if (const auto f = container.find("memory_use")) {
    spec.memory_use = MemoryUseSpec{f->at("idle").bytes(), 0};
    if (const auto growth = f->find("growth")) spec.memory_use->growth = growth->bytes_per_second();
  }
  if (auto f = container.find("stop_timeout")) spec.stop_timeout = f->duration();
  build_start_order(container, catalog, spec);
  return spec;
}

std::vector<ContainerSpec> build_containers(const Field& containers, const Catalog& catalog) {
  std::vector<ContainerSpec> specs;
  for (const Field& container : containers.members()) specs.push_back(build_container(container, catalog));
  return specs;
}

DistributionSpec build_distribution(const Field& field) {
  using Form = DistributionSpec::Form;
  DistributionSpec spec;
  if (!field.is(Value::Kind::object)) {
    spec.parameters = {field.duration()};
    return spec;
  }
  if (auto f = field.find("constant")) spec.parameters = {f->duration()};
  const auto of = [&](const char* name, Form form, std::initializer_list<const char*> keys) {
    const auto f = field.find(name);
    if (!f) return;
    spec.form = form;
    for (const char* key : keys) spec.parameters.push_back(f->at(key).duration());
    if (form == Form::gamma) spec.shape = f->at("shape").number();
  };
  of("lognormal", Form::lognormal, {"p50", "p99"});
  of("exponential", Form::exponential, {"mean"});
  of("gamma", Form::gamma, {"mean"});
  of("uniform", Form::uniform, {"low", "high"});
  if (auto f = field.find("empirical")) {
    spec.form = Form::empirical;
    for (const Field& sample : f->items()) spec.parameters.push_back(sample.duration());
  }
  return spec;
}

void place_workload(Building& building, const std::string& group, WorkloadSpec& workload) {
  for (const Field& cluster : building.architecture.at("clusters").members()) {
    const auto home = runs_on(cluster, group, workload.name);
    if (!home) continue;
    workload.cluster = cluster.key();
    if (home->is(Value::Kind::text)) workload.pools = {{home->text(), 0, 1}};
    else
      for (const Field& share : home->items()) {
        workload.pools.push_back({share.at("pool").text(), share.at("base").whole(), share.at("weight").whole()});
        const auto wait = share.find("wait");
        if (!wait) continue;
        if (group != "jobs")
          wait->fail("no wait but for jobs: only they go from one pool to the next", wait->shown(), "remove it");
        workload.pools.back().wait = wait->duration();
      }
    return place_by_profile(building, building.scenario.at(group).at(workload.name), *home, workload);
  }
}

}  // namespace berth
