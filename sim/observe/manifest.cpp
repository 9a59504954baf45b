#include "sim/observe/manifest.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/observe/text_file.hpp"

namespace berth {
namespace {

Value manifest_inputs(const std::vector<std::string>& files, const Origin& origin) {
  Value list = Value::of_list(origin);
  for (const std::string& file : files) {
    const std::string text = read_text(file);
    Value input = Value::of_object(origin);
    input.member("file") = Value::of_text(file, origin);
    input.member("bytes") = Value::of_number(static_cast<double>(text.size()), origin);
    input.member("fnv1a64") = Value::of_text(fnv1a64(text), origin);
    list.items.push_back(std::move(input));
  }
  return list;
}

}  // namespace

std::string fnv1a64(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return fmt::format("{:016x}", hash);
}

std::string models_fingerprint(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(folder))
    if (file.is_regular_file()) names.push_back(file.path().filename().string());
  std::sort(names.begin(), names.end());
  std::string all;
  for (const std::string& name : names) all += name + "\n" + read_text(folder + "/" + name) + "\n";
  return fnv1a64(all);
}

std::string manifest_fingerprint(Value manifest) {
  auto& members = manifest.members;
  members.erase(std::remove_if(members.begin(), members.end(), [](const auto& m) { return m.first == kFingerprint; }),
                members.end());
  return fnv1a64(to_json(manifest));
}

std::string manifest_json(const Manifest& m) {
  const Origin origin = std::make_shared<const std::string>("manifest.json");
  Value v = Value::of_object(origin);
  v.member("berth") = Value::of_text(m.version, origin);
  v.member("scenario") = Value::of_text(m.scenario, origin);
  v.member("variant") = Value::of_text(m.variant, origin);
  v.member("profile") = Value::of_text(m.profile, origin);
  v.member("seed") = Value::of_text(std::to_string(m.seed), origin);  // as text: JSON readers keep 53 bits
  v.member("region") = Value::of_text(m.region, origin);
  v.member("catalog") = Value::of_text(m.catalog, origin);
  v.member("models") = Value::of_text(m.models, origin);
  v.member("network_engine") = Value::of_text(m.network_engine, origin);
  Value architectures = Value::of_list(origin);
  for (const std::string& a : m.architectures) architectures.items.push_back(Value::of_text(a, origin));
  v.member("architectures") = std::move(architectures);
  v.member("inputs") = manifest_inputs(m.inputs, origin);
  v.member("effective") = m.effective;
  v.member(kFingerprint) = Value::of_text(manifest_fingerprint(v), origin);
  return to_json(v) + "\n";
}

}  // namespace berth
