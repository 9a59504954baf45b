// The names of the stages and the tables of legal moves.
#include "sim/world/stages.hpp"

#include <array>

namespace berth {
namespace {

constexpr std::array<std::string_view, kReplicaStages> kReplicaStageNames = {
    "pending", "attaching", "pulling", "starting", "warming", "healthy", "stopping", "stopped"};
constexpr std::array<std::string_view, kNodeStages> kNodeStageNames = {
    "requested", "booting", "pooled", "joining", "ready", "draining", "unreachable", "terminating", "gone"};
constexpr std::array<std::string_view, 28> kStopReasonNames = {
    "none",         "finished",  "scale_in",       "replaced",        "node_lost", "node_drained", "spot_interruption",
    "check_failed", "timed_out", "failed",         "underutilized",   "run_ended", "no_capacity",  "out_of_memory",
    "zone_lost",    "retired",   "zone_rebalance", "job_failed",      "preempted", "empty",        "drifted",
    "expired",      "upgraded",  "job_deadline",   "memory_pressure", "unneeded",  "gang_failed",  "fell_back"};

constexpr std::array<std::string_view, kNodeTargetStates> kNodeTargetStateNames = {"registering", "initial",  "healthy",
                                                                                   "unhealthy",   "draining", "gone"};
constexpr std::array<std::string_view, kContainerStages> kContainerStageNames = {"waiting", "pulling", "created",
                                                                                 "running", "exited"};
constexpr std::array<std::string_view, kLayerStages> kLayerStageNames = {
    "queued", "downloading", "downloaded", "unpacking", "unpacked", "dropped", "removed"};
constexpr std::array<std::string_view, kCheckResults> kCheckResultNames = {"started", "ready", "failed", "not_ready"};
constexpr std::array<std::string_view, kBackOffs> kBackOffNames = {"crash_loop", "image_pull"};
constexpr std::array<std::string_view, kAttachParts> kAttachPartNames = {"network", "volumes", "machine"};
constexpr std::array<std::string_view, kAddressUses> kAddressUseNames = {"free", "used", "warm", "cooling"};

constexpr std::array<std::string_view, kVolumeStages> kVolumeStageNames = {"creating", "available", "attaching",
                                                                           "attached", "detaching", "deleted"};

/// Row = from, column = to; 'x' = legal. Forward in order, where a stage that takes no time may be left out; back
/// where containers restart in place (starting) or readiness is lost (warming); to stopping from anywhere before it.
constexpr std::array<std::string_view, kReplicaStages> kReplicaMoves = {
    // pend att pull start warm healthy stopping stopped
    ".x....xx",  // pending: what was never placed stops without delay
    "..xxxxx.",  // attaching
    "...xxxx.",  // pulling
    "..x.xxx.",  // starting: an image of a later container is pulled
    "..xx.xx.",  // warming: a container restarted
    "..xxx.x.",  // healthy: readiness lost, or a container restarted
    ".......x",  // stopping
    "........",  // stopped
};

/// Forward in order; a node can be lost at any stage, and one that leaves empty need not drain.
constexpr std::array<std::string_view, kNodeStages> kNodeMoves = {
    // req boot pool join ready drain unr term gone
    ".xx....xx",  // requested: given up, or the launch failed; pooled before the run began
    "..xx...xx",  // booting
    ".x.x...xx",  // pooled: a stopped instance of a warm pool boots again
    "....x..xx",  // joining
    "..x..x.xx",  // ready: back to the warm pool where the group keeps instances
    "..x.x..xx",  // draining: back to the warm pool, or uncordoned
    ".........",  // unreachable
    "........x",  // terminating
    ".........",  // gone
};

/// Forward in order; an exited container may be restarted in place, and one whose pull failed waits for the next.
constexpr std::array<std::string_view, kContainerStages> kContainerMoves = {
    // wait pull crea run exit
    ".x..x",  // waiting: for others of its replica, or a back-off
    "x.x.x",  // pulling
    "...xx",  // created
    "....x",  // running
    "xxx..",  // exited
};

/// Round and round while it is kept; an attachment on its way is undone by a detachment.
constexpr std::array<std::string_view, kVolumeStages> kVolumeMoves = {
    // crea avail attg attd detg dele
    ".x...x",  // creating
    "..x..x",  // available
    "...xx.",  // attaching
    "....x.",  // attached
    ".x....",  // detaching
    "......",  // deleted
};

}  // namespace

std::string_view name(ReplicaStage s) { return kReplicaStageNames[static_cast<std::size_t>(s)]; }
std::string_view name(NodeStage s) { return kNodeStageNames[static_cast<std::size_t>(s)]; }
std::string_view name(StopReason r) { return kStopReasonNames[static_cast<std::size_t>(r)]; }

std::string_view name(NodeTargetState s) { return kNodeTargetStateNames[static_cast<std::size_t>(s)]; }
std::string_view name(ContainerStage s) { return kContainerStageNames[static_cast<std::size_t>(s)]; }
std::string_view name(LayerStage s) { return kLayerStageNames[static_cast<std::size_t>(s)]; }
std::string_view name(CheckResult r) { return kCheckResultNames[static_cast<std::size_t>(r)]; }
std::string_view name(BackOff b) { return kBackOffNames[static_cast<std::size_t>(b)]; }
std::string_view name(VolumeStage s) { return kVolumeStageNames[static_cast<std::size_t>(s)]; }
std::string_view name(AttachPart p) { return kAttachPartNames[static_cast<std::size_t>(p)]; }
std::string_view name(AddressUse u) { return kAddressUseNames[static_cast<std::size_t>(u)]; }

bool may_move(ReplicaStage from, ReplicaStage to) {
  return kReplicaMoves[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)] == 'x';
}

bool may_move(NodeStage from, NodeStage to) {
  return kNodeMoves[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)] == 'x';
}

bool may_move(VolumeStage from, VolumeStage to) {
  return kVolumeMoves[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)] == 'x';
}

bool may_move(ContainerStage from, ContainerStage to) {
  return kContainerMoves[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)] == 'x';
}

}  // namespace berth
