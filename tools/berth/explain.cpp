// `berth explain`: why did this replica take so long? The run is made again up to its moment, with a probe on it.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "sim/base/field.hpp"
#include "sim/observe/result_rows.hpp"
#include "sim/observe/waterfall_text.hpp"
#include "sim/scenario/build.hpp"
#include "sim/scenario/replay.hpp"
#include "sim/scenario/simulation.hpp"
#include "tools/berth/verbs.hpp"

namespace berth {
namespace {

constexpr std::size_t kWidest = 100;
constexpr Duration kRounding{1000};  // moments stand in replicas.csv with milliseconds

/// A row of replicas.csv, as far as it is needed here.
struct Recorded {
  std::string replica, service;
  bool initial = false;
  Time decided{}, healthy = kNever, stopped = kNever;

  Duration latency() const { return healthy - decided; }
  /// When its start was over; kNever: not within the run.
  Time over() const { return std::min(healthy, stopped); }
};

Time moment_of(const std::string& cell) { return cell.empty() ? kNever : at_second(std::stod(cell)); }

std::vector<Recorded> recorded_replicas(const std::string& folder, const std::string& architecture) {
  std::vector<Recorded> rows;
  read_result_rows(folder + "/replicas.csv", [&](const ResultRow& row) {
    if (row["architecture"] != architecture) return;
    rows.push_back({row["replica"], row["service"], row["initial"] == "1", moment_of(row["decided_s"]),
                    moment_of(row["healthy_s"]), moment_of(row["stopped_s"])});
  });
  return rows;
}

std::string chosen_architecture(const ExplainRequest& request, const std::vector<std::string>& there) {
  const bool known = std::find(there.begin(), there.end(), request.architecture) != there.end();
  if (known) return request.architecture;
  if (request.architecture.empty() && there.size() == 1) return there.front();
  const std::string near = nearest(request.architecture, there);
  throw InputError({request.results, "--arch", fmt::format("one of {}", fmt::join(there, ", ")),
                    request.architecture.empty() ? "none" : request.architecture,
                    "write --arch " + (near.empty() ? there.front() : near)});
}

std::uint64_t number_of(const std::string& replica) {
  const std::string digits = replica.substr(replica.rfind('/') + 1);
  const bool whole =
      !digits.empty() && digits.size() < 10 && digits.find_first_not_of("0123456789") == std::string::npos;
  return whole ? std::stoull(digits) : 0;
}

/// Names what there is: the service's numbers, or the nearest service.
[[noreturn]] void refuse_unknown(const std::vector<Recorded>& all, const std::string& replica) {
  const std::string service = replica.substr(0, replica.rfind('/'));
  std::vector<std::string> services;
  std::uint64_t last = 0;
  for (const Recorded& r : all) {
    if (std::find(services.begin(), services.end(), r.service) == services.end()) services.push_back(r.service);
    if (r.service == service) last = std::max(last, number_of(r.replica));
  }
  std::sort(services.begin(), services.end());
  const std::string place = "--replica " + replica;
  if (last != 0)
    throw InputError(
        {"", place, fmt::format("{}/1 to {}/{}", service, service, last), "no such replica", "choose one of those"});
  if (services.empty())
    throw InputError({"", place, "an architecture that had replicas", "none at all", "choose another with --arch"});
  const std::string near = nearest(service, services);
  throw InputError({"", place, fmt::format("a replica of {}", fmt::join(services, ", ")), "no such service",
                    fmt::format("write --replica {}/1", near.empty() ? services.front() : near)});
}

std::vector<Recorded> asked_for(const std::vector<Recorded>& all, const std::string& replica) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Recorded& r) { return r.replica == replica; });
  if (found == all.end()) refuse_unknown(all, replica);
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

/// The results were made by this very program, or what is shown here is not what happened there.
void same_as_recorded(const ObservedStart& seen, const Recorded& recorded) {
  const bool same_end =
      recorded.healthy == kNever
          ? seen.healthy == kNever
          : seen.healthy != kNever && std::abs((seen.healthy - recorded.healthy).count()) < kRounding.count();
  if (seen.seen && same_end) return;
  throw RunError(
      fmt::format("{} went another way than in the results: another build of berth made them; "
                  "run the scenario again",
                  recorded.replica));
}

std::size_t columns_to_use() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kWidest;
  return std::min<std::size_t>(size.ws_col, kWidest);
}

std::string without_last_slash(std::string folder) {
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  return folder;
}

}  // namespace

int explain_verb(const ExplainRequest& request) {
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
  const std::vector<Recorded> replicas =
      request.replica.empty() ? slowest(run, all, request.slowest.value_or(1)) : asked_for(all, request.replica);
  if (replicas.empty()) return kDone;
  const std::vector<ObservedStart> starts = watch(replay, run, catalog, replicas);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    same_as_recorded(starts[i], replicas[i]);
    fmt::print("{}{}", request.replica.empty() ? "\n" : "", waterfall_text(starts[i], columns_to_use()));
  }
  return kDone;
}

}  // namespace berth
