#include "sim/observe/waterfall_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/observe/table_text.hpp"
#include "sim/observe/waterfall.hpp"
#include "sim/observe/waterfall_chart.hpp"
#include "sim/observe/waterfall_words.hpp"

namespace berth {
namespace {

constexpr const char* kOnPath = "█";
constexpr const char* kBeside = "▒";  // a download, or a part that others were slower than
constexpr const char* kUnpack = "▓";
constexpr const char* kQueued = "·";
constexpr std::size_t kMostAdvice = 3, kMostLayers = 12;

/// When it was there, or given up, or no longer looked at.
Time end_of(const ObservedLayer& layer, Time until) {
  return std::min({reached(layer, LayerStage::unpacked), reached(layer, LayerStage::dropped),
                   reached(layer, LayerStage::removed), until});
}

/// Nothing where it never came to it.
std::string took_text(Time from, Time to, const char* what) {
  return from == kNever ? std::string() : fmt::format("{} {} ", what, seconds_text(to - from));
}

/// A part of the pull of an image.
bool is_pull(StartCause cause) { return cause >= StartCause::pull_turn && cause <= StartCause::unpack_turn; }

/// Of one of the replica's own images; others share the node's links and disk with them.
bool is_own(const ObservedStart& start, LayerId layer) {
  return std::any_of(start.containers.begin(), start.containers.end(), [&](const ObservedContainer& c) {
    return std::find(c.layers.begin(), c.layers.end(), layer) != c.layers.end();
  });
}

void add_layer(const ObservedStart& start, const ObservedLayer& layer, WaterfallChart& chart) {
  const Time begun = reached(layer, LayerStage::queued), loading = reached(layer, LayerStage::downloading),
             unpacking = reached(layer, LayerStage::unpacking), ended = end_of(layer, start.until);
  const Time loaded = std::min(reached(layer, LayerStage::downloaded), ended);
  const char* const whose = is_own(start, layer.layer) ? "" : "(others')";
  chart.begin(fmt::format("    {} {}", layer.name, say(layer.compressed)));
  chart.span(begun, ended, kQueued);
  chart.span(loading, loaded, kBeside);
  chart.span(unpacking, ended, kUnpack);
  chart.note(ended - std::max(begun, start.decided),
             took_text(loading, loaded, "↓") + took_text(unpacking, ended, "▓") + whose);
}

/// All layers that came to the node meanwhile; how many more there were than are shown.
std::size_t add_layers(const ObservedStart& start, Time from, Time to, WaterfallChart& chart) {
  std::size_t came = 0;
  for (const ObservedLayer& layer : start.layers) {
    if (end_of(layer, start.until) <= from || reached(layer, LayerStage::queued) >= to) continue;
    if (++came <= kMostLayers) add_layer(start, layer, chart);
  }
  return came - std::min(came, kMostLayers);
}

/// Parts that were there before the one that the path goes through.
void add_parts_beside(const ObservedStart& start, const PathStep& step, WaterfallChart& chart) {
  for (const ObservedPart& p : start.parts) {
    const bool before = p.part == AttachPart::volumes && !start.ecs;  // the kubelet went on only then
    if (p.last || before || p.at <= step.from || p.at > step.to) continue;
    chart.begin(fmt::format("    meanwhile: {}", name(p.part)));
    chart.span(step.from, p.at, kBeside);
    chart.end(p.at - step.from, "");
  }
}

/// Once for all steps of the container that is waited for.
void add_waiter(const std::vector<PathStep>& path, std::size_t last, WaterfallChart& chart) {
  const std::string& waiter = path[last].waiter;
  if (waiter.empty() || (last + 1 < path.size() && path[last + 1].waiter == waiter)) return;
  std::size_t first = last;
  while (first > 0 && path[first - 1].waiter == waiter) --first;
  chart.begin("    " + waiter);
  chart.span(path[first].from, path[last].to, kQueued);
  chart.end(path[last].to - path[first].from, "");
}

std::size_t longest_label(const std::vector<PathStep>& path) {
  std::size_t longest = 0;
  for (const PathStep& step : path) longest = std::max({longest, step.label.size() + 2, step.waiter.size() + 4});
  return longest;
}

std::string heading(const ObservedStart& start) {
  std::string text = fmt::format("{} on {}", start.replica, start.architecture);
  if (start.placed != kNever) text += fmt::format(", node {}, zone {}, {}", start.node, start.zone, start.machine);
  const std::string took = seconds_text(start.until - start.decided);
  if (start.placed == kNever)
    return text + (start.why == StopReason::none
                       ? fmt::format(": not placed when the run ended, {} after the decision", took)
                       : fmt::format(": never placed, stopped after {} ({})", took, name(start.why)));
  if (start.healthy != kNever) return text + fmt::format(": {} from the decision to healthy", took);
  if (start.why != StopReason::none)
    return text + fmt::format(": stopped after {}, never healthy ({})", took, name(start.why));
  return text + fmt::format(": not healthy when the run ended, {} after the decision", took);
}

struct Advice {
  std::string knob, cure;
  Duration time{0};
};

/// The knobs of the path, those that hold most of its time first.
std::vector<Advice> advice_of(const std::vector<PathStep>& path) {
  std::vector<Advice> all;
  for (const PathStep& step : path) {
    if (step.knob.empty()) continue;
    auto same = std::find_if(all.begin(), all.end(), [&](const Advice& a) { return a.knob == step.knob; });
    if (same == all.end()) same = all.insert(all.end(), {step.knob, step.cure, Duration{0}});
    same->time += step.to - step.from;
  }
  std::stable_sort(all.begin(), all.end(), [](const Advice& a, const Advice& b) { return a.time > b.time; });
  if (all.size() > kMostAdvice) all.resize(kMostAdvice);
  return all;
}

/// It was refused in the moment of its decision: nothing took time.
bool refused_at_once(const ObservedStart& start) {
  return start.placed == kNever && start.until == start.decided && !start.waits.empty();
}

/// What the refusal that ended it is about.
StepWords refusal_words(const ObservedStart& start) {
  const WaitReason reason = start.waits.back().what;
  if (start.holds.empty()) return words_of(start, StartCause::no_room, kNoContainer, reason);
  return words_of(start, StartCause::held_back, kNoContainer, reason, &start.holds.back());
}

/// Who never had a place is asked for otherwise: what each instance and limit said of it.
std::string further_text(const ObservedStart& start) {
  if (start.placed != kNever || start.waits.empty()) return "";
  return fmt::format("What each instance and limit said of it: berth explain with --pending {}\n", start.replica);
}

std::string advice_text(const ObservedStart& start, const std::vector<PathStep>& path, std::size_t width) {
  if (refused_at_once(start)) {
    const StepWords words = refusal_words(start);
    if (words.knob.empty() && words.cure.empty()) return "";
    return "What could have given it a place:\n" +
           wrapped_behind("  ", words.cure + (words.cure.empty() || words.knob.empty() ? "" : ": ") + words.knob,
                          width);
  }
  const std::vector<Advice> all = advice_of(path);
  if (all.empty()) return start.placed == kNever ? "" : "No knob of the scenario shortens it.\n";
  std::string text = "What would shorten it:\n";
  for (const Advice& a : all)
    text += wrapped_behind(fmt::format("{:>9}  ", seconds_text(a.time)), (a.cure.empty() ? "" : a.cure + ": ") + a.knob,
                           width);
  return text;
}

/// What the control plane said of it while it was pending, with the sentence for people if it still waits.
std::string waiting_text(const ObservedStart& start, std::size_t width) {
  const Time placed = std::min(start.placed, start.until);
  std::string reasons;
  for (std::size_t i = 0; i < start.waits.size(); ++i) {
    const Time next = i + 1 < start.waits.size() ? start.waits[i + 1].at : placed;
    if (next <= start.waits[i].at) continue;
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", then ", name(start.waits[i].what),
                           seconds_text(next - start.waits[i].at));
  }
  if (refused_at_once(start))
    return wrapped_behind("  ",
                          fmt::format("it was refused at once: {}. {}", name(start.waits.back().what),
                                      what_refuses(start.waits.back().what)),
                          width);
  if (reasons.empty()) return "";
  const std::string last = start.placed != kNever ? "" : ". " + std::string(explain(start.waits.back().what));
  return wrapped_behind("  ", "while pending it waited for " + reasons + last, width);
}

std::string images_text(const ObservedStart& start, std::size_t left_out, std::size_t width) {
  if (start.pulled_bytes + start.cached_bytes == Bytes{}) return "";
  const std::string more = left_out == 0 ? "" : fmt::format("; {} more layers came meanwhile", left_out);
  const std::string marks =
      start.layers.empty() ? "" : fmt::format("; {} in turn, {} or ↓ download, {} unpack", kQueued, kBeside, kUnpack);
  return wrapped_behind("  ",
                        fmt::format("images: {} pulled, {} found on the node{}{}", say(start.pulled_bytes),
                                    say(start.cached_bytes), more, marks),
                        width);
}

}  // namespace

std::string waterfall_text(const ObservedStart& start, std::size_t width) {
  width = std::max(width, kNarrowestWaterfall);
  const std::vector<PathStep> path = critical_path(start);
  WaterfallChart chart(start.decided, start.until, width, longest_label(path));
  std::size_t left_out = 0;
  Time pull = start.decided;  // the begin of the pull that the path goes through
  for (std::size_t i = 0; i < path.size(); ++i) {
    const PathStep& step = path[i];
    chart.begin("  " + step.label);
    chart.span(step.from, step.to, kOnPath);
    chart.end(step.to - step.from, step.knob);
    if (i == 0 || !is_pull(path[i - 1].cause) || path[i - 1].container != step.container) pull = step.from;
    const bool last = i + 1 == path.size() || !is_pull(path[i + 1].cause) || path[i + 1].container != step.container;
    if (is_pull(step.cause) && last) left_out += add_layers(start, pull, step.to, chart);
    add_parts_beside(start, step, chart);
    add_waiter(path, i, chart);
  }
  return wrapped(heading(start), 2, width) + chart.text() + images_text(start, left_out, width) +
         waiting_text(start, width) + kube_ranking_text(start.ranking, width) + advice_text(start, path, width) +
         further_text(start);
}

}  // namespace berth
