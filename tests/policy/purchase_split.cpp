// On demand and spot in one group, and the order of its types.
#include "sim/policy/node_scaling/purchase_split.hpp"

#include "tests/policy/placing.hpp"
#include "tests/support/constant_models.hpp"

namespace berth::purchase_split_tests {

std::vector<std::string> order(std::vector<std::string> names, Allocation allocation, bool spot) {
  const Catalog& catalog = test::constant_catalog();
  std::vector<std::uint16_t> types;
  for (const std::string& name : names)
    types.push_back(static_cast<std::uint16_t>(catalog.instance(name) - catalog.instances().data()));
  std::vector<std::string> sorted;
  for (const std::uint16_t position : launch_order(catalog, types, {0, 0, allocation}, spot))
    sorted.push_back(names[position]);
  return sorted;
}

using Names = std::vector<std::string>;

TEST_CASE("a fraction of an instance is bought on demand, and a base larger than the group is the whole group") {
  CHECK(on_demand_of(3, {0, 50}) == 2);
  CHECK(on_demand_of(7, {2, 30}) == 2 + 2);  // 1.5
  CHECK(on_demand_of(4, {10, 0}) == 4);
  CHECK(on_demand_of(0, {10, 50}) == 0);
}

TEST_CASE("on demand takes the types as listed, spot the cheapest first, or the one that is reclaimed least") {
  // m6i.xlarge costs twice m6i.large; what the advisor says of the two is in models/instance_types.csv.
  CHECK(order({"m6i.xlarge", "m6i.large"}, Allocation::lowest_price, false) == Names{"m6i.xlarge", "m6i.large"});
  CHECK(order({"m6i.xlarge", "m6i.large"}, Allocation::lowest_price, true) == Names{"m6i.large", "m6i.xlarge"});
  const Catalog& catalog = test::constant_catalog();
  const InstanceType *calm = nullptr, *busy = nullptr;
  for (const InstanceType& type : catalog.instances()) {
    if (!type.usd_hour) continue;
    if (type.spot_band == "<5%" && (calm == nullptr || *type.usd_hour > *calm->usd_hour)) calm = &type;
    if (type.spot_band == ">20%" && (busy == nullptr || *type.usd_hour < *busy->usd_hour)) busy = &type;
  }
  REQUIRE(calm != nullptr);
  REQUIRE(busy != nullptr);
  CHECK(order({busy->name, calm->name}, Allocation::lowest_price, true) == Names{busy->name, calm->name});
  CHECK(order({busy->name, calm->name}, Allocation::capacity_optimized, true) == Names{calm->name, busy->name});
  CHECK(order({busy->name, calm->name}, Allocation::price_capacity_optimized, true) == Names{calm->name, busy->name});
}

TEST_CASE("types that are reclaimed equally often keep their order, or go by price where that is asked for") {
  const Catalog& catalog = test::constant_catalog();
  const std::string band = catalog.instance("m6i.large")->spot_band;
  const InstanceType* dear = nullptr;
  for (const InstanceType& type : catalog.instances())
    if (type.usd_hour && type.spot_band == band &&
        *type.usd_hour > scaled(*catalog.instance("m6i.large")->usd_hour, 9, 1))
      dear = &type;
  REQUIRE(dear != nullptr);
  CHECK(order({dear->name, "m6i.large"}, Allocation::capacity_optimized, true) == Names{dear->name, "m6i.large"});
  CHECK(order({dear->name, "m6i.large"}, Allocation::price_capacity_optimized, true) == Names{"m6i.large", dear->name});
}

}  // namespace berth::purchase_split_tests
