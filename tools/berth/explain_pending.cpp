#include "tools/berth/explain_pending.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "sim/base/field.hpp"
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
  bool holds(Time t) const { return t >= from && t < to; }
  Time middle() const { return from + length() / 2; }
};

std::string option(const char* name, const std::string& value) { return fmt::format("{} {}", name, value); }
std::string second(Time t) { return fmt::format("{:.3f} s", seconds(t)); }

/// Those that waited at all, in the order of replicas.csv.
std::vector<Waiting> waits_of(const std::vector<Recorded>& all, Time end) {
  std::vector<Waiting> waits;
  for (const Recorded& r : all) {
    const Waiting w{&r, r.decided, std::min({r.placed, r.stopped, end})};
    if (w.length() > 2 * kRounding) waits.push_back(w);
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
                                   : "choose another: replicas of " + others + " waited"});
}

[[noreturn]] void refuse_moment(Time at, const Waiting& nearest) {
  throw InputError({"", option("--at", second(at)),
                    fmt::format("a moment at which {} waited: from {} to {}", nearest.row->replica,
                                second(nearest.from), second(nearest.to)),
                    second(at), fmt::format("write --at \"{}\"", second(nearest.middle()))});
}

Waiting waiting_of_replica(const std::string& asked, const std::vector<Recorded>& all,
                           const std::vector<Waiting>& waits, std::optional<Time> at) {
  const auto known = std::any_of(all.begin(), all.end(), [&](const Recorded& r) { return r.replica == asked; });
  if (!known) refuse_unknown(all, option("--pending", asked), asked);
  const auto found =
      std::find_if(waits.begin(), waits.end(), [&](const Waiting& w) { return w.row->replica == asked; });
  if (found == waits.end()) refuse_never_waited(asked, waits, "one that had its place at once");
  if (at && !found->holds(*at)) refuse_moment(*at, *found);
  return *found;
}

Waiting waiting_of_service(const std::string& asked, const std::vector<Recorded>& all,
                           const std::vector<Waiting>& waits, std::optional<Time> at) {
  const auto known = std::any_of(all.begin(), all.end(), [&](const Recorded& r) { return r.service == asked; });
  if (!known) refuse_unknown(all, option("--pending", asked), asked);
  std::vector<Waiting> own, now;
  for (const Waiting& w : waits)
    if (w.row->service == asked) own.push_back(w);
  if (own.empty()) refuse_never_waited(asked, waits, "a service whose replicas all had their place at once");
  if (!at) return longest(own);
  for (const Waiting& w : own)
    if (w.holds(*at)) now.push_back({w.row, w.from, *at});  // what it waited until then
  if (now.empty()) refuse_moment(*at, longest(own));
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

/// What came of it later, as the results have it.
void add_outcome(const std::string& folder, const Recorded& row, PendingReport& report) {
  report.placed = row.placed;
  std::map<std::string, Time> ready;
  read_result_rows(folder + "/nodes.csv", [&](const ResultRow& node) {
    if (node["architecture"] == report.architecture) ready[node["node"]] = moment_of(node["ready_s"]);
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
  const Traces traces = load_traces(replay.scenario);
  LimitBook* limits = nullptr;
  Simulation simulation(run, catalog, traces, [&](const World&) {
    auto made = std::make_unique<LimitBook>();
    limits = made.get();
    return made;
  });
  // A moment on record may have been rounded to one before the decision.
  simulation.advance_to(std::max(at.value_or(waiting.middle()), waiting.from + kRounding));
  const ReplicaId replica = replica_named(simulation.world(), waiting.row->replica);
  if (replica == kNone<ReplicaId> || !simulation.world().still_waits(replica))
    throw RunError(
        fmt::format("{} went another way than in the results: another build of berth made them; "
                    "run the scenario again",
                    waiting.row->replica));
  PendingReport report = report_pending(simulation.world(), simulation.control(), *limits, replica);
  add_outcome(folder, *waiting.row, report);
  fmt::print("{}", pending_text(report, columns_to_use()));
  return kDone;
}

}  // namespace berth
