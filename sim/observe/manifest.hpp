// manifest.json: everything needed to run the same experiment again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/value.hpp"

namespace berth {

struct Manifest {
  std::string scenario;  ///< its name
  std::string variant;   ///< empty: the scenario as written
  std::string profile;   ///< "defaults" | "tuned"
  std::string version;   ///< of berth
  std::uint64_t seed = 1;
  std::string region;
  std::string catalog;         ///< the day the catalog is read for: "2026-03-01"
  std::string network_engine;  ///< "simgrid" | "fair_share"
  std::string models;          ///< fingerprint of models/
  std::vector<std::string> architectures;
  std::vector<std::string> inputs;  ///< every file that was read; named as given, listed with size and hash
  Value effective;  ///< the completed scenario; its paths lead from the folder where the run was started
};

/// The text of manifest.json, with its own fingerprint. RunError when an input has gone.
std::string manifest_json(const Manifest& manifest);

/// Of everything in it but the fingerprint itself: tells whether somebody has changed it.
std::string manifest_fingerprint(Value manifest);
inline constexpr const char* kFingerprint = "fnv1a64";

/// Of all files of the folder, by name: tells whether numbers have changed since. RunError when one cannot be read.
std::string models_fingerprint(const std::string& folder);

/// FNV-1a, 64 bits, as 16 hexadecimal digits: tells a changed file, is no protection against forgery.
std::string fnv1a64(std::string_view bytes);

}  // namespace berth
