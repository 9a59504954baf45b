// What AWS refuses because it is too little or too much.
#include <fmt/format.h>

#include "sim/scenario/parts.hpp"

namespace berth {

void check_length(const Field& object, const char* key, const Catalog& catalog, const std::string& name) {
  const auto there = object.find(key);
  if (!there) return;
  const Duration least = from_seconds(catalog.constant(name + "_minimum_s"));
  const Duration most = from_seconds(catalog.constant(name + "_maximum_s"));
  const Duration length = there->duration();
  if (length >= least && length <= most) return;
  there->fail(fmt::format("{} to {}, as AWS takes it", say(least), say(most)), there->shown(),
              fmt::format("write \"{}\"", say(length < least ? least : most)));
}

void check_count(const Field& object, const char* key, const Catalog& catalog, const std::string& name) {
  if (const auto there = object.find(key))
    there->whole(static_cast<std::int64_t>(catalog.constant(name + "_minimum")),
                 static_cast<std::int64_t>(catalog.constant(name + "_maximum")));
}

}  // namespace berth
