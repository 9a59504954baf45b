// How fast the CPUs of instance families are, and the credits of those that may not use theirs all the time.
#include <cmath>

#include "sim/catalog/readers.hpp"
#include "sim/catalog/rows.hpp"

namespace berth {
namespace {

constexpr std::int64_t kCredit = 60'000'000'000;  // a vCPU-minute, in nanoseconds of one core

std::int64_t credits(const Field& number) { return std::llround(number.number(0, 1e6) * static_cast<double>(kCredit)); }

double speed_in(const Field& row) {
  read_source(row, {"speed"});
  return row.at("speed").number(0.01, 100);
}

}  // namespace

double read_cpu_speeds(const std::string& folder, std::vector<InstanceType>& instances) {
  const ModelFile file(folder, "cpu_speed.json");
  std::map<std::string, double, std::less<>> speeds;
  for (const Field& family : file.field.at("families").members()) speeds.emplace(family.key(), speed_in(family));
  for (InstanceType& type : instances)
    if (const auto known = speeds.find(type.family); known != speeds.end()) type.cpu_speed = known->second;
  return speed_in(file.field.at("fargate"));
}

void read_cpu_credits(const std::string& folder, std::vector<InstanceType>& instances) {
  const ModelFile file(folder, "cpu_credits.json");
  const Field types = file.field.at("types"), families = file.field.at("families");
  for (const Field& row : types.members()) read_source(row, {"per_hour", "most"});
  for (const Field& row : families.members()) read_source(row, {"unlimited", "launch_per_vcpu", "sku"});
  for (InstanceType& type : instances) {
    const auto row = types.find(type.name);
    if (!row) continue;
    const Field family = families.at(type.family);
    BurstableCpu cpu;
    cpu.earned_per_hour = credits(row->at("per_hour"));
    cpu.most = credits(row->at("most"));
    cpu.at_launch = credits(family.at("launch_per_vcpu")) * type.vcpu;
    cpu.unlimited = family.at("unlimited").truth();
    cpu.sku = family.at("sku").text();
    type.burstable = std::move(cpu);
  }
}

}  // namespace berth
