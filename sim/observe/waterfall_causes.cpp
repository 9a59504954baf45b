// The words of each cause: what it is called, which knob shortens it, and how.
#include <array>

#include "sim/observe/waterfall.hpp"

namespace berth {
namespace {

/// In order of StartCause.
constexpr std::array<CauseText, kStartCauses> kCauseTexts = {{
    {"first look of the control plane", "", ""},
    {"waited for a launch token", "quota {limit}", "fewer starts at a time, or a higher launch quota from AWS"},
    {"waited: {reason}", "{reason_knob}", "{reason_text}"},
    {"node scaler asked for a node", "{pool}/scaler", "room in reserve: a higher min, or a lower target_capacity"},
    {"EC2 launched the node", "{pool}/min", "nodes that are there before they are needed"},
    {"node booted", "{pool}/ami", "an AMI that boots faster, or a higher min"},
    {"node waited in the warm pool", "", ""},
    {"node joined the cluster", "{pool}/min", "nodes that are there before they are needed"},
    {"placement on the ready node", "", ""},
    {"network interface", "{network_knob}", "{network_cure}"},
    {"volumes", "{service}/volumes", "no volume of its own, or no snapshot to load"},
    {"micro-VM", "", ""},
    {"agent", "", ""},
    {"image pull {container}", "/images/{image}/layers", "{pull_cure}"},
    {"container start {container}", "", ""},
    {"{container} runs", "{container_path}", "less work in the init container"},
    {"back-off {container}", "{container_path}", "mend what made the container exit"},
    {"application start {container}", "{container_path}/start", "an application that can serve sooner"},
    {"readiness probe", "{service}/eks/probes", "a shorter period"},
    {"registration and first check", "{service}/health/interval", "more frequent checks"},
}};

}  // namespace

const CauseText& text_of(StartCause cause) { return kCauseTexts.at(static_cast<std::size_t>(cause)); }

}  // namespace berth
