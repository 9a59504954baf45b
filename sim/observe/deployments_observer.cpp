#include "sim/observe/deployments_observer.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/observe/columns.hpp"
#include "sim/observe/summary.hpp"

namespace berth {
namespace {

/// Replaced: it ended without success in the instant in which the next one of its service began.
bool superseded(const World& world, std::uint32_t deployment) {
  const DeploymentRow& row = world[DeploymentId{deployment}];
  for (std::uint32_t i = deployment + 1; i < world.deployment_count(); ++i) {
    const DeploymentRow& next = world[DeploymentId{i}];
    if (next.service == row.service) return !row.completed && row.finished == next.started;
  }
  return false;
}

const char* outcome_of(const World& world, std::uint32_t deployment) {
  const DeploymentRow& row = world[DeploymentId{deployment}];
  if (row.finished == kNever) return row.stalled ? "stalled" : "in_progress";
  if (row.completed) return "completed";
  if (row.failed) return row.rolled_back_to == kNone<RevisionId> ? "failed" : "rolled_back";
  return superseded(world, deployment) ? "superseded" : "failed";
}

}  // namespace

DeploymentsObserver::DeploymentsObserver(const World& world, const std::string& folder)
    : world_(world), file_(open_results(folder, world.spec(), "deployments")) {}

void DeploymentsObserver::hear(const Fact& fact, Time at) {
  if (const auto* stuck = std::get_if<ServiceStuck>(&fact)) {
    if (stuck->deployment != kNone<DeploymentId>) waits_[stuck->deployment].begin(stuck->why, at);
    return;
  }
  if (const auto* moves = std::get_if<ServiceMoves>(&fact)) {
    if (moves->deployment != kNone<DeploymentId>) waits_[moves->deployment].end(at);
    return;
  }
  const auto* moved = std::get_if<ReplicaMoved>(&fact);
  if (!moved || moved->to != ReplicaStage::healthy) return;
  const ReplicaRow& row = world_[moved->replica];
  const DeploymentId deployment = world_[row.service].deployment;
  if (deployment != kNone<DeploymentId> && world_[deployment].to == row.revision)
    longest_step_[row.revision] = longest_step(row);
}

void DeploymentsObserver::Waits::end(Time at) {
  if (now) total[static_cast<std::size_t>(*now)] += at - since;
  now.reset();
}

/// What it could not go on for, longest, and how long; empty when it always could.
std::string DeploymentsObserver::Waits::text() const {
  const auto longest = std::max_element(total.begin(), total.end());
  if (*longest == Duration{0}) return {};
  return fmt::format("{} ({:.0f} s)", name(static_cast<Stuck>(longest - total.begin())), seconds(*longest));
}

void DeploymentsObserver::finish(Time end, Summary& summary) {
  for (std::uint32_t i = 0; i < world_.deployment_count(); ++i) {
    const DeploymentRow& deployment = world_[DeploymentId{i}];
    const bool finished = deployment.finished != kNever;
    Waits& waits = waits_[DeploymentId{i}];
    const bool stuck = !finished && waits.now.has_value();
    waits.end(end);
    const std::string outcome = stuck ? "stuck" : outcome_of(world_, i);
    const std::int64_t revision = world_[deployment.to].number;
    CsvRow& row = file_->row();
    row.text(world_.name(deployment.service)).whole(revision);
    put_seconds(row, deployment.started);
    put_seconds(row, deployment.finished).text(outcome);
    const auto step = longest_step_.find(deployment.to);
    const std::string waited = waits.text();
    if (!waited.empty()) row.text(waited);
    else step == longest_step_.end() ? row.empty() : row.text(step->second);
    row.end();
    DeploymentFigure figure{world_.name(deployment.service), revision, std::nullopt, outcome, waited};
    if (finished) figure.duration_s = seconds(deployment.finished - deployment.started);
    summary.deployments.push_back(std::move(figure));
  }
  file_->close();
}

std::string longest_step(const ReplicaRow& healthy) {
  const std::pair<const char*, Time> ends[] = {{"place", healthy.placed},
                                               {"network", std::min(healthy.attached, healthy.pull_started)},
                                               {"pull", healthy.pulled},
                                               {"container start", healthy.started},
                                               {"application start and health checks", healthy.healthy}};
  const char* longest = "place";
  Duration most{-1};
  Time begin = healthy.decided;
  for (const auto& [step, end] : ends) {
    if (end == kNever) continue;  // a step that was left out took no time
    if (end - begin > most) {
      most = end - begin;
      longest = step;
    }
    begin = end;
  }
  return longest;
}

}  // namespace berth
