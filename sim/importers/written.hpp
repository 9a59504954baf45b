// Values of a scenario that an importer writes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/base/value.hpp"

namespace berth {

/// All that one importer writes has one origin.
class Written {
 public:
  using Members = std::vector<std::pair<std::string, Value>>;

  explicit Written(const std::string& format) : origin_(std::make_shared<const std::string>("import " + format)) {}

  Value text(std::string words) const { return Value::of_text(std::move(words), origin_); }
  Value number(std::int64_t n) const { return Value::of_number(static_cast<double>(n), origin_); }
  Value list(std::vector<Value> items) const {
    Value all = Value::of_list(origin_);
    all.items = std::move(items);
    return all;
  }
  /// Names must differ.
  Value object(Members members) const {
    Value all = Value::of_object(origin_);
    for (auto& [name, value] : members) all.members.emplace_back(std::move(name), std::move(value));
    return all;
  }

 private:
  Origin origin_;
};

}  // namespace berth
