// `berth explain`: why did this replica take so long? The run is made again up to its moment, with a probe on it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/base/field.hpp"
#include "sim/observe/waterfall_text.hpp"
#include "sim/scenario/build.hpp"
#include "sim/scenario/replay.hpp"
#include "sim/scenario/simulation.hpp"
#include "tools/berth/explain_pending.hpp"
#include "tools/berth/recorded_replicas.hpp"
#include "tools/berth/verbs.hpp"

namespace berth {
namespace {

std::string chosen_architecture(const ExplainRequest& request, const std::vector<std::string>& there) {
  const bool known = std::find(there.begin(), there.end(), request.architecture) != there.end();
  if (known) return request.architecture;
  if (request.architecture.empty() && there.size() == 1) return there.front();
  const std::string near = nearest(request.architecture, there);
  throw InputError({request.results, "--arch", fmt::format("one of {}", fmt::join(there, ", ")),
                    request.architecture.empty() ? "none" : request.architecture,
                    "write --arch " + (near.empty() ? there.front() : near)});
}

std::vector<Recorded> asked_for(const std::vector<Recorded>& all, const std::string& replica) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Recorded& r) { return r.replica == replica; });
  if (found == all.end()) refuse_unknown(all, "--replica " + replica, replica);
  if (found->initial)
    throw InputError({"", "--replica " + replica, "a replica that was started in the run",
                      "one that was there when it began", "choose a later one, or write --slowest 1"});
  return {*found};
}

bool counts(const RunSpec& run, const Recorded& row) {
  const auto spec = std::find_if(run.workloads.begin(), run.workloads.end(),
                                 [&](const WorkloadSpec& w) { return w.name == row.service; });
  return !row.initial && spec != run.workloads.end() && spec->kind == WorkloadKind::service && !spec->system;
}

/// The longest deploy latencies of services' replicas; among equals the one decided first, then by name.
std::vector<Recorded> slowest(const RunSpec& run, std::vector<Recorded> all, std::size_t count) {
  std::size_t never = 0;
  const auto passed_over = [&](const Recorded& r) {
    if (!counts(run, r)) return true;
    never += r.healthy == kNever;
    return r.healthy == kNever;
  };
  all.erase(std::remove_if(all.begin(), all.end(), passed_over), all.end());
  std::sort(all.begin(), all.end(), [](const Recorded& a, const Recorded& b) {
    if (a.latency() != b.latency()) return a.latency() > b.latency();
    if (a.decided != b.decided) return a.decided < b.decided;
    return std::pair(a.service, number_of(a.replica)) < std::pair(b.service, number_of(b.replica));
  });
  const std::size_t shown = std::min(count, all.size());
  fmt::print("{} of {} replicas that were started and became healthy{}.\n", shown, all.size(),
             never == 0 ? "" : fmt::format("; {} more never did (look at them with --replica)", never));
  all.resize(shown);
  return all;
}

/// Runs until the last of them is over.
std::vector<ObservedStart> watch(const Replay& replay, const RunSpec& run, const Catalog& catalog,
                                 const std::vector<Recorded>& replicas) {
  std::vector<std::string> names;
  Time last{};
  for (const Recorded& r : replicas) {
    names.push_back(r.replica);
    last = std::max(last, r.over() == kNever ? Time{run.duration} : r.over() + kRounding);
  }
  const Traces traces = load_traces(replay.scenario);
  StartProbe* probe = nullptr;
  Simulation simulation(run, catalog, traces, [&](const World& world) {
    auto made = std::make_unique<StartProbe>(world, names);
    probe = made.get();
    return made;
  });
  const Time until = std::min(last, Time{run.duration});
  simulation.advance_to(until);
  return probe->take(until);
}

void same_as_recorded(const ObservedStart& seen, const Recorded& recorded) {
  const bool same_end =
      recorded.healthy == kNever
          ? seen.healthy == kNever
          : seen.healthy != kNever && std::abs((seen.healthy - recorded.healthy).count()) < kRounding.count();
  if (!seen.seen || !same_end) refuse_other_run(recorded.replica);
}

std::string without_last_slash(std::string folder) {
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  return folder;
}

}  // namespace

int explain_verb(const ExplainRequest& request) {
  if (!request.pending.empty() || !request.at.empty()) check_pending_options(request);
  if (!request.replica.empty() && request.slowest)
    throw InputError({"", "--slowest", "--replica or --slowest", "both", "leave one of them out"});
  if (request.slowest == std::size_t{0})
    throw InputError({"", "--slowest", "a whole number from 1", "0", "write --slowest 1"});
  const std::string folder = without_last_slash(request.results);
  const std::string models = models_folder();
  const Replay replay = load_replay(folder, BERTH_VERSION, models);
  const std::string architecture = chosen_architecture(request, replay.architectures);
  const Catalog catalog = Catalog::load(models, catalog_key(replay.scenario));
  const RunSpec run = build_run(replay.scenario, architecture, catalog);
  const std::vector<Recorded> all = recorded_replicas(folder, architecture);
  if (!request.pending.empty()) return explain_pending(request, folder, replay, run, catalog, all);
  const std::vector<Recorded> replicas =
      request.replica.empty() ? slowest(run, all, request.slowest.value_or(1)) : asked_for(all, request.replica);
  if (replicas.empty()) return kDone;
  std::vector<ObservedStart> starts = watch(replay, run, catalog, replicas);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    same_as_recorded(starts[i], replicas[i]);
    if (request.replica.empty()) starts[i].ranking = {};  // of many it would hide the rest
    fmt::print("{}{}", request.replica.empty() ? "\n" : "", waterfall_text(starts[i], columns_to_use()));
  }
  return kDone;
}

}  // namespace berth
