#include "sim/control/aws/ec2_launches.hpp"

#include "sim/world/standard_types.hpp"

namespace berth {

Ec2Launches::Ec2Launches(World& world)
    : world_(world),
      bucket_(world.quota("ec2_run_instances_burst"), world.quota("ec2_run_instances_per_s")),
      most_on_demand_(world.quota("ec2_standard_vcpu")),
      most_spot_(world.quota("ec2_spot_standard_vcpu")),
      most_of_cluster_(static_cast<std::int64_t>(world.quota("ecs_instances_per_cluster"))) {
  world.show_tokens(Limit::run_instances, [this](Time now) { return bucket_.tokens(now); });
}

std::optional<Limit> Ec2Launches::refusal(PoolId pool, std::uint16_t type, ZoneId zone, bool spot) const {
  if (world_.is_short(type, zone, spot)) return Limit::ec2_shortage;
  if (world_.interfaces_left() < world_.own_interfaces(pool, type)) return Limit::network_interfaces;
  const InstanceType& sold = world_.catalog().instances()[type];
  if (!is_standard(sold)) return std::nullopt;
  const auto vcpu = static_cast<double>(world_.standard_vcpu(spot) + sold.vcpu);
  if (vcpu <= (spot ? most_spot_ : most_on_demand_)) return std::nullopt;
  return spot ? Limit::ec2_spot_capacity : Limit::ec2_capacity;
}

bool Ec2Launches::is_full(ClusterId cluster) const {
  if (is_eks(world_, cluster)) return false;
  std::int64_t instances = 0;
  for (const PoolId pool : world_[cluster].pools)
    if (world_[pool].spec->launch == Launch::ec2) instances += static_cast<std::int64_t>(world_[pool].nodes.size());
  return instances >= most_of_cluster_;
}

}  // namespace berth
