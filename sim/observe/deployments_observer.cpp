#include "sim/observe/deployments_observer.hpp"

#include <algorithm>
#include <utility>

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
  return superseded(world, deployment) ? "superseded" : "failed";
}

}  // namespace

DeploymentsObserver::DeploymentsObserver(const World& world, const std::string& folder)
    : world_(world), file_(open_results(folder, world.spec(), "deployments")) {}

void DeploymentsObserver::hear(const Fact& fact, Time) {
  const auto* moved = std::get_if<ReplicaMoved>(&fact);
  if (!moved || moved->to != ReplicaStage::healthy) return;
  const ReplicaRow& row = world_[moved->replica];
  const DeploymentId deployment = world_[row.service].deployment;
  if (deployment != kNone<DeploymentId> && world_[deployment].to == row.revision)
    longest_step_[row.revision] = longest_step(row);
}

void DeploymentsObserver::finish(Time, Summary& summary) {
  for (std::uint32_t i = 0; i < world_.deployment_count(); ++i) {
    const DeploymentRow& deployment = world_[DeploymentId{i}];
    const bool finished = deployment.finished != kNever;
    const std::string outcome = outcome_of(world_, i);
    const std::int64_t revision = world_[deployment.to].number;
    CsvRow& row = file_->row();
    row.text(world_.name(deployment.service)).whole(revision);
    put_seconds(row, deployment.started);
    put_seconds(row, deployment.finished).text(outcome);
    const auto step = longest_step_.find(deployment.to);
    step == longest_step_.end() ? row.empty() : row.text(step->second);
    row.end();
    DeploymentFigure figure{world_.name(deployment.service), revision, std::nullopt, outcome};
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
