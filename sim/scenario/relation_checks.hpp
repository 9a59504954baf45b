// What the checks across keys share: names that must be known, and bounds in order.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/base/field.hpp"

namespace berth {

struct ScenarioNames {
  std::vector<std::pair<std::string, std::string>> workloads;  // group, name
  std::vector<std::string> run_keys, zones, images;
};

std::vector<std::string> keys_of(const Field& object);

/// "web, api".
std::string listed(const std::vector<std::string>& words);

/// InputError, with the nearest name, unless it is one of the known ones, which are `what`: "a pool of the cluster".
void must_be(const Field& field, const std::string& name, const std::vector<std::string>& known,
             const std::string& what);

/// InputError where both keys are written and the first number is above the second.
void check_order(const Field& object, const char* low, const char* high);

}  // namespace berth
