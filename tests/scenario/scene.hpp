// A small scenario to bend, one change at a time, and what came of it.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/error.hpp"
#include "sim/base/value.hpp"
#include "sim/scenario/build.hpp"
#include "sim/scenario/load.hpp"

namespace scene {

inline const char* const kShop = R"({
  "berth": 1, "start": "2026-03-02T00:00Z", "duration": "1 h",
  "traces": { "load": { "synthetic": { "base": "10 /s" } } },
  "images": { "web": { "layers": { "base": { "compressed": "80 MiB", "unpacked": "200 MiB" } } },
              "web-2": { "layers": { "base": { "compressed": "80 MiB", "unpacked": "200 MiB" } } } },
  "load_balancers": { "public": {} },
  "services": { "web": {
    "containers": { "app": { "image": "web", "cpu": "0.25 vCPU", "memory": "512 MiB" } },
    "demand": { "requests": "load", "service_time": "100 ms", "cpu_per_request": "10 ms" },
    "load_balancer": "public", "scale": { "min": 2, "max": 10, "target": 60 } } },
  "daemons": { "logs": { "containers": { "agent": { "image": "web", "cpu": "0.1 vCPU", "memory": "128 MiB" } } } },
  "jobs": { "report": { "arrivals": { "cron": "30 0 * * *" }, "run_time": "10 min",
    "containers": { "main": { "image": "web", "cpu": "1 vCPU", "memory": "2 GiB" } } } }
})";

using Changes = std::vector<std::pair<std::string, std::string>>;

/// A folder of its own, gone at the end of the test.
class Folder {
 public:
  Folder() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("berth-scenario-" + std::to_string(getpid()) + "-" + std::to_string(++count));
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }
  std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// The shop with JSON values put at paths, as a text.
inline std::string shop(const Changes& changes = {}) {
  berth::Value all = berth::parse_json(kShop, "shop");
  for (const auto& [path, json] : changes) berth::set_at(all, path, berth::parse_json(json, "shop"), "shop");
  return berth::to_json(all);
}

inline berth::LoadedScenario load(const Folder& folder, const std::string& text, berth::LoadOptions options = {}) {
  options.file = folder.write("shop.json", text);
  return berth::load_scenario(options);
}

inline berth::LoadedScenario loaded(const Changes& changes = {}, berth::LoadOptions options = {}) {
  const Folder folder;
  return load(folder, shop(changes), std::move(options));
}

inline berth::Catalog catalog_of(const berth::LoadedScenario& scenario) {
  return berth::Catalog::load(berth::models_folder(), berth::catalog_key(scenario));
}

inline berth::RunSpec run_of(const berth::LoadedScenario& scenario, const std::string& architecture) {
  return berth::build_run(scenario, architecture, catalog_of(scenario));
}

inline const berth::WorkloadSpec* workload(const berth::RunSpec& run, const std::string& name) {
  for (const auto& w : run.workloads)
    if (w.name == name) return &w;
  return nullptr;
}

/// The error of an action; empty parts when there was none.
template <class Action>
berth::InputError::Parts error_of(Action action) {
  try {
    action();
  } catch (const berth::InputError& e) {
    return e.parts();
  }
  return {};
}

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace scene
