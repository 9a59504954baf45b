#include "sim/observe/jobs_observer.hpp"

#include <algorithm>
#include <array>

#include "sim/observe/columns.hpp"
#include "sim/observe/disruptions_observer.hpp"
#include "sim/observe/meters.hpp"

namespace berth {
namespace {

constexpr std::array kCauses = {"interruption", "preemption", "failure", "timeout", "given_up", "gang"};

const JobSpec* job_of(const World& world, ReplicaId replica) {
  const auto& job = world[world[replica].service].spec->job;
  return job ? &*job : nullptr;
}

double ratio_of(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

JobsObserver::JobsObserver(const World& world, const std::string& folder)
    : world_(world),
      file_(open_results(folder, world.spec(), "jobs")),
      waste_file_(open_results(folder, world.spec(), "waste")) {}

void JobsObserver::hear(const Fact& fact, Time at) {
  if (const auto* moved = std::get_if<ReplicaMoved>(&fact)) {
    if (job_of(world_, moved->replica) == nullptr) return;
    const ReplicaRow& row = world_[moved->replica];
    Arrival& arrival = open_[{row.service, row.arrival}];
    if (moved->to == ReplicaStage::warming && arrival.started == kNever) arrival.started = at;
    if (moved->to == ReplicaStage::stopping && row.why == StopReason::finished) arrival.done = at;
    if (moved->to == ReplicaStage::stopped) stopped(moved->replica, at);
  } else if (const auto* there = std::get_if<JobAccepted>(&fact)) {
    submitted({there->job, there->arrival}, at);
  } else if (const auto* released = std::get_if<JobReleased>(&fact)) {
    open_[{released->job, released->arrival}].released = at;
  } else if (const auto* replica = std::get_if<JobSubmitted>(&fact)) {
    Arrival& arrival = open_[{replica->job, world_[replica->replica].arrival}];
    ++arrival.there;
    ++arrival.attempts;
  } else if (const auto* ended = std::get_if<JobEnded>(&fact)) {
    const Key key{ended->job, ended->arrival};
    Arrival& arrival = open_[key];
    arrival.outcome = ended->outcome;
    arrival.ended = ended->outcome == JobOutcome::finished ? arrival.done : at;
    if (arrival.there == 0) close(key, arrival, at);
  }
}

void JobsObserver::submitted(const Key& key, Time at) {
  open_[key].submitted = at;
  const auto [moment, fresh] =
      moments_.try_emplace({key.first, world_[key.first].spec->job->moment_of(key.second)}, Moment{0, at});
  ++moment->second.open;
  if (!first_) first_ = at;
  ++figure_of(key.first).arrivals;
}

void JobsObserver::stopped(ReplicaId replica, Time at) {
  const ReplicaRow& row = world_[replica];
  const Key key{row.service, row.arrival};
  Arrival& arrival = open_[key];
  const Usd usd = cost_of(row, at);
  arrival.usd += usd;
  --arrival.there;
  waste(row, usd, at);
  if (arrival.outcome && arrival.there == 0) close(key, arrival, at);
}

/// Billed by the second on Fargate; on EC2 a share of its node for as long as it holds it.
Usd JobsObserver::cost_of(const ReplicaRow& row, Time until) {
  if (row.node == kNone<NodeId>) return {};
  if (on_fargate(world_, row))
    return billed_from(row) == kNever
               ? Usd{}
               : berth::cost_of(world_, meters_of(world_, row), billed_replica(world_, row, until).seconds);
  const NodeRow& node = world_[row.node];
  const auto [price, fresh] = hourly_.try_emplace({node.pool, node.type, node.spot}, 0);
  if (fresh) price->second = hourly(world_, meters_of(world_, node));
  const RevisionRow& revision = world_[row.revision];
  const double share = std::max(ratio_of(revision.cpu.count(), node.cpu_allocatable.count()),
                                ratio_of(revision.memory.count(), node.memory_allocatable.count()));
  return scaled(Usd{static_cast<__int128>(static_cast<double>(price->second) * share)}, (until - row.placed).count(),
                Duration{1h}.count());
}

std::optional<JobsObserver::Cause> JobsObserver::cause_of(StopReason why) {
  switch (why) {
    case StopReason::preempted:
      return Cause::preemption;
    case StopReason::failed:
    case StopReason::out_of_memory:
      return Cause::failure;
    case StopReason::timed_out:
    case StopReason::job_deadline:
      return Cause::timeout;
    case StopReason::job_failed:
    case StopReason::replaced:
      return Cause::given_up;
    case StopReason::gang_failed:
      return Cause::gang;
    default:
      return is_disruption(why) ? std::optional(Cause::interruption) : std::nullopt;
  }
}

/// All that it held its place for and no checkpoint has kept; of one that finished what it waited for its gang.
void JobsObserver::waste(const ReplicaRow& row, Usd usd, Time at) {
  if (row.placed == kNever) return;
  const Duration held = std::max(at - row.placed, Duration{1});
  const bool waited = row.why == StopReason::finished && row.work_began != kNever && row.work_began > row.started;
  if (waited) {
    const Duration wait = row.work_began - row.started;
    return add(row, Cause::gang, wait, scaled(usd, wait.count(), held.count()));
  }
  const auto cause = cause_of(row.why);
  if (!cause) return;
  const Time ended = row.stopping == kNever ? at : row.stopping;
  const Duration ran = row.started == kNever ? Duration{0} : std::max(ended - row.started, Duration{0});
  add(row, *cause, ran - row.work_kept, scaled(usd, (held - row.work_kept).count(), held.count()));
}

void JobsObserver::add(const ReplicaRow& row, Cause cause, Duration time, Usd usd) {
  open_[{row.service, row.arrival}].wasted += time;
  Waste& waste = waste_[{row.service, row.pool, cause}];
  waste.time += time;
  waste.usd += usd;
}

void JobsObserver::close(const Key& key, Arrival arrival, Time at) {
  open_.erase(key);
  write(key, arrival, at);
}

std::optional<bool> JobsObserver::deadline_met(const Key& key, const Arrival& arrival, Time end) const {
  const auto& deadline = world_[key.first].spec->job->deadline;
  if (!deadline) return std::nullopt;
  const Time due = arrival.submitted + *deadline;
  if (arrival.outcome) return arrival.outcome == JobOutcome::finished && arrival.ended <= due;
  return end > due ? std::optional(false) : std::nullopt;
}

void JobsObserver::write(const Key& key, const Arrival& arrival, Time end) {
  const JobSpec& job = *world_[key.first].spec->job;
  CsvRow& row = file_->row();
  row.text(world_.name(key.first)).text(world_[world_[key.first].cluster].spec->name);
  row.whole(job.moment_of(key.second) + 1);
  job.parts > 1 ? row.whole(key.second % job.parts) : row.empty();
  job.queue.empty() ? row.empty() : row.text(job.queue);
  for (const Time t : {arrival.submitted, arrival.released, arrival.started, arrival.ended}) put_seconds(row, t);
  const char* const so_far = arrival.released == kNever  ? "waiting"
                             : arrival.started == kNever ? "starting"
                                                         : "running";
  row.text(arrival.outcome ? name(*arrival.outcome) : so_far);
  row.whole(job.count_of(key.second)).whole(arrival.attempts);
  put_seconds(row, arrival.wasted);
  const auto met = deadline_met(key, arrival, end);
  met ? row.flag(*met) : row.empty();
  put_usd(row, arrival.usd).end();

  JobFigure& figure = figure_of(key.first);
  figure.finished += arrival.outcome == JobOutcome::finished ? 1 : 0;
  figure.failed += arrival.outcome && arrival.outcome != JobOutcome::finished ? 1 : 0;
  figure.missed_deadlines += met && !*met ? 1 : 0;
  figure.wasted_s += seconds(arrival.wasted);
  figure.usd += arrival.usd;
  count_in_moment(key, arrival);
}

/// How long its slowest arrival took.
void JobsObserver::count_in_moment(const Key& key, const Arrival& arrival) {
  const auto found = moments_.find({key.first, world_[key.first].spec->job->moment_of(key.second)});
  SIM_CHECK(found != moments_.end());
  Moment& moment = found->second;
  if (arrival.outcome != JobOutcome::finished) moment.all_finished = false;
  else moment.finished = moment.finished == kNever ? arrival.ended : std::max(moment.finished, arrival.ended);
  if (--moment.open > 0) return;
  if (moment.finished != kNever) last_ = std::max(last_.value_or(moment.finished), moment.finished);
  if (moment.all_finished) {
    JobFigure& figure = figure_of(key.first);
    const double took = seconds(moment.finished - moment.submitted);
    figure.makespan_s = std::max(figure.makespan_s.value_or(took), took);
  }
  moments_.erase(found);
}

JobFigure& JobsObserver::figure_of(ServiceId job) {
  const auto [at, fresh] = figures_.try_emplace(job);
  if (fresh) {
    at->second.job = world_.name(job);
    at->second.has_deadline = world_[job].spec->job->deadline.has_value();
  }
  return at->second;
}

void JobsObserver::finish(Time end, Summary& summary) {
  std::vector<ReplicaId> alive;
  world_.replicas().for_each([&](ReplicaId id, const ReplicaRow& row) {
    if (row.stage != ReplicaStage::stopped && job_of(world_, id) != nullptr) alive.push_back(id);
  });
  std::sort(alive.begin(), alive.end());
  for (const ReplicaId id : alive) open_[{world_[id].service, world_[id].arrival}].usd += cost_of(world_[id], end);
  for (const auto& [key, arrival] : open_) write(key, arrival, end);
  file_->close();
  for (auto& [job, figure] : figures_) summary.jobs.push_back(std::move(figure));
  if (first_ && last_) summary.jobs_makespan_s = seconds(*last_ - *first_);
  write_waste(summary);
}

void JobsObserver::write_waste(Summary& summary) {
  for (const auto& [key, waste] : waste_) {
    const auto& [job, pool, cause] = key;
    CsvRow& row = waste_file_->row();
    row.text(world_.name(job)).text(world_.name(pool)).text(kCauses[static_cast<std::size_t>(cause)]);
    put_seconds(row, waste.time);
    put_usd(row, waste.usd).end();
    summary.jobs_wasted += waste.usd;
  }
  waste_file_->close();
}

}  // namespace berth
