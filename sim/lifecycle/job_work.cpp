#include "sim/lifecycle/job_work.hpp"

#include <algorithm>
#include <cmath>

#include "sim/lifecycle/container_kinds.hpp"

namespace berth {
namespace {

constexpr double kLongest_us = 3e15;  // a hundred years: nothing that a run could see the end of

Duration at_most(double microseconds) {
  return Duration{static_cast<std::int64_t>(std::llround(std::min(microseconds, kLongest_us)))};
}

const JobSpec& job_of(const World& world, const ReplicaRow& row) { return *world[row.service].spec->job; }

}  // namespace

/// A job uses what it requests. A vCPU of Fargate is taken to be one of the reference family.
double work_rate(const World& world, const ReplicaRow& row) {
  if (!job_of(world, row).cpu_work) return 1;
  const NodeRow& node = world[row.node];
  const double speed = node.fargate ? 1 : world.catalog().instances()[node.type].cpu_speed;
  const Cpu cpu = job_of(world, row).cpu.value_or(world[row.revision].cpu);
  return static_cast<double>(cpu.count()) / static_cast<double>(kVcpu.count()) * speed;
}

Duration work_length(Duration work, double rate, const std::optional<CheckpointSpec>& checkpoint) {
  const double length = static_cast<double>(work.count()) / rate;
  if (!checkpoint || length <= 0) return at_most(length);
  const double between = static_cast<double>(checkpoint->every.count());
  const double checkpoints = std::ceil(std::min(length, kLongest_us) / between) - 1;
  return at_most(length + checkpoints * static_cast<double>(checkpoint->cost.count()));
}

JobWork::Gang JobWork::gang_of(ReplicaId replica) const {
  const ReplicaRow& row = world_[replica];
  return {row.service, row.arrival, row.attempt};
}

void JobWork::begin(ReplicaId replica) {
  const JobSpec& job = job_of(world_, world_[replica]);
  if (!job.gang) return work(replica);
  std::vector<ReplicaId>& gang = waiting_[gang_of(replica)];
  gang.push_back(replica);
  if (static_cast<std::int64_t>(gang.size()) < job.count_of(world_[replica].arrival)) return;
  for (const ReplicaId r : gang) work(r);
  waiting_.erase(gang_of(replica));
}

void JobWork::work(ReplicaId replica) {
  ReplicaRow& row = world_[replica];
  if (row.work_left < 0) row.work_left = delays_.work(replica).count();
  row.work_began = world_.now();
  const Duration length = work_length(Duration{row.work_left}, work_rate(world_, row), job_of(world_, row).checkpoint);
  agenda_.then(replica, length, RunFinished{replica});
}

void JobWork::finish(ReplicaId replica) {
  ReplicaRow& row = world_[replica];
  row.work_left = 0;
  if (row.work_began == kNever) return leave_gang(replica);
  row.work_kept = world_.now() - row.work_began;
}

void JobWork::leave_gang(ReplicaId replica) {
  const auto gang = waiting_.find(gang_of(replica));
  if (gang == waiting_.end()) return;
  gang->second.erase(std::remove(gang->second.begin(), gang->second.end(), replica), gang->second.end());
  if (gang->second.empty()) waiting_.erase(gang);
}

void JobWork::cut_short(ReplicaId replica, bool told) {
  ReplicaRow& row = world_[replica];
  if (!is_job(world_, row) || !is_wanted(row.stage)) return;
  if (row.work_began == kNever) return leave_gang(replica);
  row.work_kept = kept(row, told);
  const Duration done = at_most(static_cast<double>(row.work_kept.count()) * work_rate(world_, row));
  row.work_left = std::max<std::int64_t>(row.work_left - done.count(), 0);
}

/// Only a checkpoint that was completed counts. One more is made on notice: within the stop time-out of who is told to
/// end, and on a spot machine that nobody drains when its metadata say that it ends.
Duration JobWork::kept(const ReplicaRow& row, bool told) const {
  const std::optional<CheckpointSpec>& checkpoint = job_of(world_, row).checkpoint;
  if (!checkpoint) return Duration{0};
  const Duration cycle = checkpoint->every + checkpoint->cost;
  const auto by_then = [&](Duration worked) {
    return worked / cycle * checkpoint->every + std::min(worked % cycle, checkpoint->every);
  };
  const Duration worked = world_.now() - row.work_began;
  const Duration saved = worked / cycle * checkpoint->every;
  if (!checkpoint->on_notice) return saved;
  if (told) return checkpoint->cost <= world_[row.revision].stop_timeout ? by_then(worked) : saved;
  const bool noticed = world_[row.node].noticed && checkpoint->cost <= notice_ && worked > notice_;
  return noticed ? std::max(saved, by_then(worked - notice_)) : saved;
}

}  // namespace berth
