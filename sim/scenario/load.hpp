// From a scenario file and the command line to one complete, checked scenario.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/field.hpp"
#include "sim/base/value.hpp"
#include "sim/catalog/catalog.hpp"
#include "sim/demand/job_list.hpp"
#include "sim/demand/lanes.hpp"
#include "sim/world/specs.hpp"

namespace berth {

enum class Profile : std::uint8_t { defaults, tuned };

struct LoadOptions {
  std::string file;
  std::vector<std::string> sets;  ///< "PATH=VALUE", in order
  std::optional<std::uint64_t> seed;
  std::vector<std::string> traces;  ///< "shop=FILE[,from=DAY][,scale=K][,gaps=…][,means=…]"
  Profile profile = Profile::defaults;
  std::string eks_scaler = "karpenter";  ///< karpenter | cluster_autoscaler (or its short form ca)
  std::string what_if;                   ///< the variant to apply; empty: none
  std::string interval;                  ///< "60 s": of the time series; empty: as the scenario says
  std::string models;                    ///< empty: models_folder()
};

struct LoadedScenario {
  std::string file;
  std::string variant;  ///< of what_if; empty: the scenario as written
  Profile profile = Profile::defaults;
  Value written;                           ///< includes read, nothing else done
  Value effective;                         ///< defaults, --set, what-if and completion done, checked
  std::vector<std::string> architectures;  ///< all of them: as written, then those completed
  std::vector<std::string> completed;      ///< those that came from models/architectures.json
  std::map<std::string, std::vector<Assumption>> completion_assumptions;  ///< by completed architecture
  std::vector<std::string> inputs;  ///< every file that was read, traces included, for the manifest's hashes
};

/// Read, include, defaults, --set, what-if, completion, validation. InputError when anything is wrong.
LoadedScenario load_scenario(const LoadOptions& options);

/// The names under /what_if of the file (includes read), in order of writing.
std::vector<std::string> variants(const std::string& file);
/// Each variant's paths with their new values, for tables: {"/services/web/scale/max", "50"}.
std::vector<std::pair<std::string, std::string>> changes_of(const LoadedScenario& scenario, const std::string& variant);

/// Region and day that prices, sizes and quotas are read for.
CatalogKey catalog_key(const LoadedScenario& scenario);

/// The results' name: `name` of the scenario in lower case with dashes, else the file's name.
std::string slug(const LoadedScenario& scenario);

/// Any name as a part of a path: lower case, a dash for what is neither letter nor digit; may come out empty.
std::string slug_of(std::string_view name);

/// All traces that a demand names, read once; every architecture shares them.
Traces load_traces(const LoadedScenario& scenario);
/// The load of one key of /traces; not for what jobs alone can read. `root` is the completed scenario.
LoadSeries named_load(const Field& root, const std::string& trace, std::uint64_t seed);
/// When the jobs arrive that name this trace (a key of /traces), in order of time. The trace may be a file of any
/// format, one of jobs too, or made. `root` is the completed scenario.
std::vector<JobArrival> job_trace(const Field& root, const std::string& trace, std::uint64_t seed,
                                  const std::string& job);
/// The files they come from, as they can be opened from the current folder.
std::vector<std::string> trace_files(const LoadedScenario& scenario);

/// `check --effective ARCH`: the completed scenario with one architecture, one value a line with its origin.
std::string effective_text(const LoadedScenario& scenario, const std::string& architecture);
/// The same as JSON, for manifest.json.
Value effective_of(const LoadedScenario& scenario, const std::string& architecture);
/// The quotas that the scenario leaves as models/ has them, a line each with the source.
std::string quotas_text(const LoadedScenario& scenario, const Catalog& catalog);

}  // namespace berth
