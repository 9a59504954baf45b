#include "sim/observe/pending_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/observe/limit_words.hpp"
#include "sim/observe/table_text.hpp"
#include "sim/observe/waterfall_chart.hpp"
#include "sim/observe/waterfall_words.hpp"

namespace berth {
namespace {

constexpr std::size_t kMostComing = 6;

std::string at_text(Time t) { return seconds_text(t.time_since_epoch()); }

/// A line, or several whose further ones begin below the text behind `head`.
std::string line(const std::string& head, const std::string& text, std::size_t width) {
  if (text.empty()) return head.substr(0, head.find_last_not_of(' ') + 1) + "\n";
  return head + wrapped(text, head.size(), width - head.size());
}

std::string heading(const PendingReport& r) {
  std::string text = fmt::format("{} on {}: pending at {}, {} after it was decided", r.replica, r.architecture,
                                 at_text(r.at), seconds_text(r.at - r.decided));
  if (r.placed != kNever) text += fmt::format("; placed after {}", seconds_text(r.placed - r.decided));
  return text;
}

std::string state_text(const PendingReport& r, std::size_t width) {
  std::string asks = fmt::format("asks for {} and {}", say(r.cpu), say(r.memory));
  if (r.slots > 0) asks += r.slots == 1 ? " and a network interface" : fmt::format(" and {} interfaces", r.slots);
  if (!r.pool.empty()) asks += " in pool " + r.pool;
  if (!r.only_node.empty()) asks += ", on node " + r.only_node + " and no other";
  if (r.waiting > 0)
    asks += fmt::format("; {} more wait{} for that pool, {} of them decided before it", r.waiting,
                        r.waiting == 1 ? "s" : "", r.before_it == 0 ? "none" : std::to_string(r.before_it));
  const std::string says =
      r.tried ? fmt::format("it waits for {}: {}", name(r.reason), explain(r.reason)) : "nobody has looked at it yet";
  return line("  ", asks, width) + line("  ", says, width);
}

std::string filters_text(const PendingReport& r, std::size_t width) {
  if (r.fargate) return "";
  if (r.nodes == 0) return "Filters: the cluster has no instance to ask.\n";
  std::string text = fmt::format("Filters, of {} instance{}, each counted at the first that refuses it:\n", r.nodes,
                                 r.nodes == 1 ? "" : "s");
  for (const RefusedNodes& f : r.refused)
    text += line(fmt::format("  {:<20} {:>6}  ", name(f.reason), f.nodes),
                 f.nearest.empty() ? "" : (f.nodes > 1 ? "the nearest: " : "") + f.nearest, width);
  return text + fmt::format("  {:<20} {:>6}\n", "fit", r.fitting);
}

std::string ranking_text(const PendingReport& r, std::size_t width) {
  if (r.ranking.empty()) return "";
  std::string text = line("",
                          fmt::format("Ranking by {}, the first {} of {}:", fmt::join(r.strategies, ", then "),
                                      r.ranking.size(), r.fitting),
                          width);
  for (std::size_t i = 0; i < r.ranking.size(); ++i) {
    const RankedNode& node = r.ranking[i];
    text += line(fmt::format("  {:>4}. {:<16} ", i + 1, node.node),
                 fmt::format("zone {}  {}", node.zone, fmt::join(node.values, ", ")), width);
  }
  return text;
}

std::string until_text(const PendingReport& r, const Held& held) {
  std::string text;
  if (held.tokens)
    text += fmt::format("the bucket holds {:.2f} tokens and gets {:g} a second; ", *held.tokens, *held.per_s);
  text += held.ahead == 0 ? "it is the next" : fmt::format("{} go before it", held.ahead);
  if (held.next && held.ahead > 0) text += fmt::format(", the next at {}", at_text(*held.next));
  if (held.until)
    text += fmt::format(", its turn at {} (in {})", at_text(*held.until), seconds_text(*held.until - r.at));
  return text;
}

std::string held_text(const PendingReport& r, std::size_t width) {
  std::string text;
  const auto add = [&](Limit limit, const std::string& more) {
    text += line(fmt::format("  {:<20} ", name(limit)), fmt::format("{}: {}", meaning(limit), more), width);
  };
  if (r.held) add(r.held->limit, until_text(r, *r.held));
  for (const HeldBesides& h : r.besides)
    add(h.limit, fmt::format("{} held{}", h.count, h.until == kNever ? "" : " until " + at_text(h.until)));
  text = text.empty() ? "No limit holds it.\n" : "Held back by\n" + text;
  if (r.looks_again)
    text += fmt::format("Its service was unable to place it and looks again at {}.\n", at_text(*r.looks_again));
  if (r.gives_up) text += fmt::format("It waits in PROVISIONING; ECS gives it up at {}.\n", at_text(*r.gives_up));
  return text;
}

std::string capacity_text(const PendingReport& r) {
  if (r.fargate || r.pool.empty()) return "";
  std::string text =
      fmt::format("Pool {}: {} of at most {} nodes, {} on {} way.\n", r.pool, r.pool_nodes, r.pool_max,
                  r.coming.empty() ? "none" : std::to_string(r.coming.size()), r.coming.size() == 1 ? "its" : "their");
  for (std::size_t i = 0; i < std::min(r.coming.size(), kMostComing); ++i) {
    const ComingNode& node = r.coming[i];
    text += fmt::format("  {:<20} {:<10} asked for at {}{}\n", node.node, name(node.stage), at_text(node.requested),
                        node.ready == kNever ? "" : fmt::format(", expected at {}", at_text(node.ready)));
  }
  if (r.coming.size() > kMostComing) text += fmt::format("  and {} more\n", r.coming.size() - kMostComing);
  return text;
}

void add_knob(std::vector<std::string>& knobs, const std::string& knob) {
  if (!knob.empty() && std::find(knobs.begin(), knobs.end(), knob) == knobs.end()) knobs.push_back(knob);
}

std::string cures_text(const PendingReport& r) {
  const std::string pool =
      r.pool.empty() ? "" : fmt::format("/architectures/{}/clusters/{}/pools/{}", r.architecture, r.cluster, r.pool);
  std::vector<std::string> knobs;
  for (const std::string& quota : r.quotas) add_knob(knobs, "/account/quotas/" + quota);
  if (r.tried && !r.held) add_knob(knobs, knob_of(r.reason, pool, r.written_at));
  for (const RefusedNodes& f : r.refused)
    if (f.reason != WaitReason::not_ready && f.reason != WaitReason::wrong_pool)
      add_knob(knobs, knob_of(f.reason, pool, r.written_at));
  if (!r.fargate && r.fitting == 0 && r.pool_nodes >= r.pool_max) add_knob(knobs, pool.empty() ? "" : pool + "/max");
  if (knobs.empty()) return "No knob of the scenario ends it.\n";
  std::string text = "What would end it:\n";
  for (const std::string& knob : knobs) text += "  " + knob + "\n";
  return text;
}

}  // namespace

std::string pending_text(const PendingReport& r, std::size_t width) {
  return line("", heading(r), width) + state_text(r, width) + filters_text(r, width) + ranking_text(r, width) +
         held_text(r, width) + capacity_text(r) + cures_text(r);
}

}  // namespace berth
