// The catalogs that the tests ask, and a copy of models/ that a test may spoil.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "sim/base/error.hpp"
#include "sim/catalog/catalog.hpp"

namespace berth::testing {

inline const std::string kModels = std::string(BERTH_SOURCE_DIR) + "/models";

inline Instant on_day(int year, unsigned month, unsigned day) {
  using namespace std::chrono;
  return Instant{sys_days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}}};
}

/// Read once for each region, day and profile.
inline const Catalog& catalog_of(const std::string& region, Instant day, const std::string& profile = "defaults") {
  static std::map<std::string, Catalog> read;
  const std::string name = region + " " + iso8601(day) + " " + profile;
  auto found = read.find(name);
  if (found == read.end()) found = read.emplace(name, Catalog::load(kModels, {region, day, profile})).first;
  return found->second;
}
inline const Catalog& catalog_2026() { return catalog_of("us-east-1", on_day(2026, 3, 1)); }
inline const Catalog& catalog_2021() { return catalog_of("us-east-1", on_day(2021, 9, 1)); }

/// A copy of models/ in a temporary folder, gone with the object.
class SpoiltModels {
 public:
  SpoiltModels() : folder_(std::filesystem::temp_directory_path() / ("berth-models-" + std::to_string(getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::copy(kModels, folder_);
  }
  ~SpoiltModels() { std::filesystem::remove_all(folder_); }
  SpoiltModels(const SpoiltModels&) = delete;

  void replace(const std::string& file, const std::string& old_text, const std::string& new_text) {
    std::ifstream in(folder_ / file);
    std::ostringstream content;
    content << in.rdbuf();
    std::string text = content.str();
    const std::size_t at = text.find(old_text);
    REQUIRE(at != std::string::npos);
    std::ofstream(folder_ / file) << text.replace(at, old_text.size(), new_text);
  }
  void remove(const std::string& file) { std::filesystem::remove(folder_ / file); }

  /// What the loader says; fails the test when it says nothing.
  InputError::Parts refusal() {
    try {
      Catalog::load(folder_.string(), {"us-east-1", on_day(2026, 3, 1)});
    } catch (const InputError& error) {
      return error.parts();
    }
    FAIL("the folder was accepted");
    return {};
  }

 private:
  std::filesystem::path folder_;
};

template <class Ask>
InputError::Parts refusal_of(Ask ask) {
  try {
    ask();
  } catch (const InputError& error) {
    return error.parts();
  }
  FAIL("nothing was refused");
  return {};
}

}  // namespace berth::testing
