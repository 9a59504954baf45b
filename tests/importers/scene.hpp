// Recordings to bend, and what becomes of them.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "sim/importers/importer.hpp"
#include "tests/scenario/scene.hpp"

namespace scene {

/// A file of workloads/traces.
inline std::string sample(const std::string& name) {
  return (std::filesystem::path(BERTH_SOURCE_DIR) / "workloads" / "traces" / name).string();
}

/// A file of the real traces beside the source folder; empty (with a message) when it is not there.
inline std::string real_trace(const std::string& name) {
  const auto path = std::filesystem::path(BERTH_SOURCE_DIR).parent_path() / "shared" / "traces" / name;
  if (std::filesystem::exists(path)) return path.string();
  MESSAGE("skipped: no ", path.string());
  return {};
}

inline berth::Imported imported(const std::string& format, const std::string& file, std::int64_t copies = 1,
                                const std::string& scaler = "karpenter") {
  berth::ImportRequest request;
  request.files = {file};
  request.copies = copies;
  request.scaler = scaler;
  return berth::importer_named(format, 1).read(request);
}

/// As `berth run` builds it.
inline berth::RunSpec run_of_import(const berth::Value& scenario) {
  const Folder folder;
  return run_of(load(folder, berth::to_json(scenario)), "eks");
}

/// The sample of a SimKube trace with JSON values put at paths.
inline berth::InputError::Parts simkube_refusal(const Changes& changes, std::int64_t copies = 1) {
  const Folder folder;
  berth::Value all = berth::load_json(sample("simkube.sample.json"));
  for (const auto& [path, json] : changes) berth::set_at(all, path, berth::parse_json(json, "sample"), "sample");
  const std::string file = folder.write("trace.json", berth::to_json(all));
  return error_of([&] { imported("simkube", file, copies); });
}

inline berth::Imported simkube_with(const Changes& changes, std::int64_t copies = 1) {
  const Folder folder;
  berth::Value all = berth::load_json(sample("simkube.sample.json"));
  for (const auto& [path, json] : changes) berth::set_at(all, path, berth::parse_json(json, "sample"), "sample");
  return imported("simkube", folder.write("trace.json", berth::to_json(all)), copies);
}

}  // namespace scene
