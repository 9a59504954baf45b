#include "tools/berth/explain_pending.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "sim/base/field.hpp"
#include "sim/observe/pending_probe.hpp"
#include "sim/observe/pending_text.hpp"
#include "sim/observe/result_rows.hpp"
#include "sim/scenario/simulation.hpp"

namespace berth {
namespace {

/// From its decision until it was placed, was stopped, or the run ended.
struct Waiting {
  const Recorded* row = nullptr;
  Time from, to;

  Duration length() const { return to - from; }
  /// RunTask failed in the moment of its decision.
  bool refused_at_once() const { return row->no_capacity && row->placed == kNever && length() <= 2 * kRounding; }
  bool holds(Time t) const { return t >= from && (t < to || (refused_at_once() && t <= to + kRounding)); }
  /// RunTask may have failed for it then, after a wait for its turn.
  bool may_be_refused(Time t) const { return row->no_capacity && t >= to && t <= to + kRounding; }
  Time middle() const { return from + length() / 2; }
};

std::string option(const char* name, const std::string& value) { return fmt::format("{} {}", name, value); }
std::string second(Time t) { return fmt::format("{:.3f} s", seconds(t)); }

/// Those that waited at all or were refused at once, in the order of replicas.csv.
std::vector<Waiting> waits_of(const std::vector<Recorded>& all, Time end) {
  std::vector<Waiting> waits;
  for (const Recorded& r : all) {
    const Waiting w{&r, r.decided, std::min({r.placed, r.stopped, end})};
    if (w.length() > 2 * kRounding || w.refused_at_once()) waits.push_back(w);
  }
  return waits;
}

/// The longest; among equals the one decided first, then the lowest number.
const Waiting& longest(const std::vector<Waiting>& waits) {
  return *std::min_element(waits.begin(), waits.end(), [](const Waiting& a, const Waiting& b) {
    if (a.length() != b.length()) return a.length() > b.length();
    return std::pair(a.from, number_of(a.row->replica)) < std::pair(b.from, number_of(b.row->replica));
  });
}

/// Among equals the first.
const Waiting& nearest_to(Time at, const std::vector<Waiting>& waits) {
  const auto away = [&](const Waiting& w) { return std::max(w.from - at, at - w.to); };
  return *std::min_element(waits.begin(), waits.end(),
                           [&](const Waiting& a, const Waiting& b) { return away(a) < away(b); });
}

std::string services_that_wait(const std::vector<Waiting>& waits) {
  std::vector<std::string> names;
  for (const Waiting& w : waits)
    if (std::find(names.begin(), names.end(), w.row->service) == names.end()) names.push_back(w.row->service);
  std::sort(names.begin(), names.end());
  return fmt::format("{}", fmt::join(names, ", "));
}

[[noreturn]] void refuse_never_waited(const std::string& asked, const std::vector<Waiting>& waits, const char* found) {
  const std::string others = services_that_wait(waits);
  throw InputError({"", option("--pending", asked), "a replica or service that waited", found,
                    others.empty() ? "nothing waited on this architecture: look at the starts with --slowest 1"
                                   : "choose another: replicas of " + others + " waited or were refused"});
}

const char* why_it_never_waited(const Recorded& row) {
  if (row.initial) return "one that was there when the run began";
  if (row.placed != kNever) return "one that had its place at once";
  return row.stopped == kNever ? "one that was decided when the run ended" : "one that was stopped at once";
}

[[noreturn]] void refuse_moment(Time at, const Waiting& nearest) {
  if (nearest.refused_at_once())
    throw InputError(
        {"", option("--at", second(at)),
         fmt::format("the moment at which RunTask failed for {}: {}", nearest.row->replica, second(nearest.from)),
         second(at), fmt::format("write --at \"{}\", or leave it out", second(nearest.from))});
  throw InputError({"", option("--at", second(at)),
                    fmt::format("a moment at which {} waited: from {} to {}", nearest.row->replica,
                                second(nearest.from), second(nearest.to)),
                    second(at), fmt::format("write --at \"{}\"", second(nearest.middle()))});
}

Waiting waiting_of_replica(const std::string& asked, const std::vector<Recorded>& all,
                           const std::vector<Waiting>& waits, std::optional<Time> at) {
  const auto known = std::find_if(all.begin(), all.end(), [&](const Recorded& r) { return r.replica == asked; });
  if (known == all.end()) refuse_unknown(all, option("--pending", asked), asked);
  const auto found =
      std::find_if(waits.begin(), waits.end(), [&](const Waiting& w) { return w.row->replica == asked; });
  if (found == waits.end()) refuse_never_waited(asked, waits, why_it_never_waited(*known));
  if (at && !found->holds(*at) && !found->may_be_refused(*at)) refuse_moment(*at, *found);
  return *found;
}

Waiting waiting_of_service(const std::string& asked, const std::vector<Recorded>& all,
                           const std::vector<Waiting>& waits, std::optional<Time> at) {
  const auto known = std::any_of(all.begin(), all.end(), [&](const Recorded& r) { return r.service == asked; });
  if (!known) refuse_unknown(all, option("--pending", asked), asked);
  std::vector<Waiting> own, now;
  for (const Waiting& w : waits)
    if (w.row->service == asked) own.push_back(w);
  if (own.empty()) refuse_never_waited(asked, waits, "a service of which none waited and none was refused");
  if (!at) return longest(own);
  for (const Waiting& w : own)
    if (w.holds(*at)) now.push_back({w.row, w.from, *at});  // what it waited until then
  if (now.empty()) refuse_moment(*at, nearest_to(*at, own));
  const std::string name = longest(now).row->replica;
  return *std::find_if(own.begin(), own.end(), [&](const Waiting& w) { return w.row->replica == name; });
}

std::optional<Time> moment_asked(const ExplainRequest& request) {
  if (request.at.empty()) return std::nullopt;
  const Value text = Value::of_text(request.at, nullptr);
  return Time{Field(text, "--at").duration()};
}

ReplicaId replica_named(const World& world, const std::string& name) {
  ReplicaId found = kNone<ReplicaId>;
  world.replicas().for_each([&](ReplicaId id, const ReplicaRow&) {
    if (world.name(id) == name) found = id;
  });
  return found;
}

/// The run again up to that moment, or half-way through its waiting.
PendingReport look_at(const Waiting& waiting, std::optional<Time> at, const Replay& replay, const RunSpec& run,
                      const Catalog& catalog) {
  const Traces traces = load_traces(replay.scenario);
  PendingProbe* probe = nullptr;
  Simulation simulation(run, catalog, traces, [&](const World& world) {
    auto made = std::make_unique<PendingProbe>(world, waiting.row->replica);
    probe = made.get();
    return made;
  });
  probe->look_with(simulation.control());
  // Moments on record are rounded: to one before the decision, or before the refusal.
  const Time asked = at.value_or(waiting.middle());
  const bool of_refusal = waiting.row->no_capacity && asked >= waiting.to - kRounding;
  simulation.advance_to(of_refusal ? waiting.to + kRounding : std::max(asked, waiting.from + kRounding));
  if (probe->refused()) return *probe->refused();
  const ReplicaId replica = replica_named(simulation.world(), waiting.row->replica);
  if (replica != kNone<ReplicaId> && simulation.world().still_waits(replica))
    return report_pending(simulation.world(), simulation.control(), replica);
  if (at && *at >= waiting.to - kRounding) refuse_moment(*at, waiting);  // PROVISIONING had just given it up
  refuse_other_run(waiting.row->replica);
}

/// What came of it later, as the results have it.
void add_outcome(const std::string& folder, const Recorded& row, PendingReport& report) {
  report.placed = row.placed;
  report.stopped = row.stopped;
  std::map<std::string, Time> ready;
  read_result_rows(folder + "/nodes.csv", [&](const ResultRow& node) {
    if (node["architecture"] == report.architecture) ready[node["node"]] = node.moment("ready_s");
  });
  for (ComingNode& node : report.coming) {
    const auto known = ready.find(node.node);
    if (known != ready.end()) node.ready = known->second;
  }
}

}  // namespace

void check_pending_options(const ExplainRequest& request) {
  if (request.pending.empty())
    throw InputError({"", "--at", "--at with --pending", "no --pending", "write --pending and a replica or service"});
  if (!request.replica.empty() || request.slowest)
    throw InputError(
        {"", "--pending", "one of --replica, --slowest and --pending", "more than one", "leave the others out"});
}

int explain_pending(const ExplainRequest& request, const std::string& folder, const Replay& replay, const RunSpec& run,
                    const Catalog& catalog, const std::vector<Recorded>& all) {
  const std::vector<Waiting> waits = waits_of(all, Time{run.duration});
  const std::optional<Time> at = moment_asked(request);
  const bool one = request.pending.find('/') != std::string::npos;
  const Waiting waiting =
      one ? waiting_of_replica(request.pending, all, waits, at) : waiting_of_service(request.pending, all, waits, at);
  PendingReport report = look_at(waiting, at, replay, run, catalog);
  add_outcome(folder, *waiting.row, report);
  fmt::print("{}", pending_text(report, columns_to_use()));
  return kDone;
}

}  // namespace berth
