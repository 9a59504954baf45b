#include "sim/scenario/replay.hpp"

#include <filesystem>

#include "sim/base/field.hpp"
#include "sim/observe/manifest.hpp"
#include "sim/observe/text_file.hpp"
#include "sim/scenario/read_file.hpp"

namespace berth {
namespace {

bool is_there(const std::string& path) {
  std::error_code missing;
  return std::filesystem::is_regular_file(path, missing);
}

void same_berth(const Field& manifest, const std::string& version, const std::string& models) {
  const Field made_by = manifest.at("berth");
  if (made_by.text() != version)
    made_by.fail("results of this berth, version " + version, made_by.shown(), "run the scenario again");
  if (!manifest.has("models"))
    manifest.fail("a manifest that can be run again", "none of the models' fingerprint", "run the scenario again");
  const Field made_from = manifest.at("models");
  if (made_from.text() != models_fingerprint(models))
    made_from.fail("the models of the run", models + " has changed since",
                   "run the scenario again, or set BERTH_MODELS to the models of that day");
}

/// What has been edited by hand would explain another run than the one on record.
void same_manifest(const Field& manifest) {
  const Field written = manifest.at(kFingerprint);
  if (written.text() != manifest_fingerprint(manifest.value()))
    written.fail("the manifest as the run wrote it", "one that has been changed since",
                 "change the scenario instead, or use --set, and run it again");
}

/// Those that were run are described in it.
std::vector<std::string> architectures_of(const Field& manifest) {
  std::vector<std::string> names;
  const Field described = manifest.at("effective").at("architectures");
  for (const Field& name : manifest.at("architectures").items()) {
    described.at(name.text());
    names.push_back(name.text());
  }
  if (names.empty())
    manifest.at("architectures").fail("the architectures that were run", "none", "run the scenario again");
  return names;
}

/// The trace is the one that was read then.
void same_trace(const Field& manifest, const std::string& file) {
  for (const Field& input : manifest.at("inputs").items()) {
    if (input.at("file").text() != file) continue;
    if (!is_there(file))
      input.at("file").fail("the trace of the run", "no such file here",
                            "start berth explain in the folder where the run was started, or run the scenario again");
    if (fnv1a64(read_text(file)) != input.at("fnv1a64").text())
      input.at("file").fail("the trace of the run, unchanged", file + " has changed since", "run the scenario again");
    return;
  }
  manifest.at("inputs").fail("the trace " + file, "no such input", "run the scenario again");
}

/// Paths in a manifest are not relative to it.
void take_paths_as_they_stand(Value& effective) {
  if (Value* traces = effective.find("traces"))
    for (auto& trace : traces->members)
      if (Value* file = trace.second.find("file")) file->origin = nullptr;
}

}  // namespace

Replay load_replay(const std::string& folder, const std::string& version, const std::string& models) {
  const std::string file = folder + "/manifest.json";
  if (!is_there(file))
    throw InputError({folder, "", "a folder of results, as berth run and berth compare write them",
                      "no manifest.json in it", "name such a folder, results/web-shop for example"});
  const Value document = load_json(file);
  const Field manifest(document, file);
  same_berth(manifest, version, models);
  same_manifest(manifest);
  Replay replay;
  replay.scenario.file = file;
  replay.scenario.variant = manifest.at("variant").text();
  replay.scenario.profile = manifest.at("profile").text() == "tuned" ? Profile::tuned : Profile::defaults;
  replay.scenario.effective = manifest.at("effective").value();
  take_paths_as_they_stand(replay.scenario.effective);
  replay.architectures = architectures_of(manifest);
  for (const std::string& trace : trace_files(replay.scenario)) same_trace(manifest, trace);
  return replay;
}

Value with_paths_from_here(Value effective) {
  if (Value* traces = effective.find("traces"))
    for (auto& trace : traces->members)
      if (Value* file = trace.second.find("file"); file != nullptr && file->is(Value::Kind::text))
        file->text = path_from(file->origin, file->text);
  return effective;
}

}  // namespace berth
