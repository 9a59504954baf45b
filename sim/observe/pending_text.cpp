#include "sim/observe/pending_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/observe/failed_scheduling.hpp"
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
  return wrapped_behind(head, text, width);
}

std::string heading(const PendingReport& r) {
  if (r.refused_by_run_task)
    return fmt::format("{} on {}: RunTask failed {}, at {}; it never had a place", r.replica, r.architecture,
                       r.at == r.decided ? "at once" : seconds_text(r.at - r.decided) + " after it was decided",
                       at_text(r.at));
  std::string text = fmt::format("{} on {}: pending at {}, {} after it was decided", r.replica, r.architecture,
                                 at_text(r.at), seconds_text(r.at - r.decided));
  if (r.placed != kNever) text += fmt::format("; placed after {}", seconds_text(r.placed - r.decided));
  else if (r.stopped != kNever)
    text += fmt::format("; stopped after {}, never placed", seconds_text(r.stopped - r.decided));
  return text;
}

bool only_the_agent_has_it(const PendingReport& r) {
  return std::any_of(r.refused.begin(), r.refused.end(),
                     [&](const RefusedNodes& f) { return f.reason == WaitReason::port && !f.another_node_helps; });
}

/// Where its end is nobody's to bring about, that is not what it waits for.
std::string reason_text(const PendingReport& r) {
  if (!r.tried) return "nobody has looked at it yet";
  if (only_the_agent_has_it(r))
    return "it waits for good: the ECS agent keeps a host port that it wants, on every instance there is and will be.";
  return fmt::format("it waits for {}: {}", name(r.reason), explain(r.reason));
}

std::string state_text(const PendingReport& r, std::size_t width) {
  std::string asks = fmt::format("asks for {} and {}", say(r.cpu), say(r.memory));
  if (r.slots > 0) asks += r.slots == 1 ? " and a network interface" : fmt::format(" and {} interfaces", r.slots);
  if (!r.pool.empty()) asks += " in pool " + r.pool;
  if (!r.only_node.empty()) asks += ", on node " + r.only_node + " and no other";
  if (r.waiting > 0 && !r.refused_by_run_task)  // else they are of the same call
    asks += fmt::format("; {} more wait{} for that pool, {} of them decided before it", r.waiting,
                        r.waiting == 1 ? "s" : "", r.before_it == 0 ? "none" : std::to_string(r.before_it));
  if (r.refused_by_run_task)
    return line("  ", asks, width) +
           line("  ", fmt::format("RunTask fails with \"{}\": {}", aws_reason(r.reason), what_refuses(r.reason)),
                width);
  std::string text = line("  ", asks, width) + line("  ", reason_text(r), width);
  const std::string_view event = r.fargate && !r.ecs && r.tried ? fargate_event(r.reason) : std::string_view{};
  if (!event.empty()) text += line("  ", fmt::format("its event says \"{}\"", event), width);
  return text;
}

/// On EKS with the plug-in that refuses.
std::string said_text(const PendingReport& r, const RefusedNodes& f) {
  const std::string plug_in = r.ecs ? "" : filter_plug_in(f.reason);
  const std::string nearest = f.nearest.empty() ? "" : (f.nodes > 1 ? "the nearest: " : "") + f.nearest;
  return plug_in + (plug_in.empty() || nearest.empty() ? "" : "; ") + nearest;
}

std::string filters_text(const PendingReport& r, std::size_t width) {
  if (r.fargate) return "";
  if (r.nodes == 0) return "Filters: the cluster has no instance to ask.\n";
  std::string text = fmt::format("Filters, of {} instance{}, each counted at the first that refuses it:\n", r.nodes,
                                 r.nodes == 1 ? "" : "s");
  for (const RefusedNodes& f : r.refused)
    text += line(fmt::format("  {:<20} {:>6}  ", name(f.reason), f.nodes), said_text(r, f), width);
  text += fmt::format("  {:<20} {:>6}\n", "fit", r.fitting);
  if (!r.event.empty()) text += line("  ", fmt::format("the pod's event says \"{}\"", r.event), width);
  return text;
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

std::string limit_line(Limit limit, const std::string& more, std::size_t width) {
  return line(fmt::format("  {:<20} ", name(limit)),
              fmt::format("{}{}{}", meaning(limit), more.empty() ? "" : ": ", more), width);
}

std::string besides_text(const std::vector<HeldBesides>& held, const char* head, std::size_t width) {
  std::string text;
  for (const HeldBesides& h : held)
    text += limit_line(
        h.limit,
        fmt::format("{} held{}{}", h.count, h.revision == 0 ? "" : fmt::format(" of revision {}", h.revision),
                    h.until == kNever ? "" : " until " + at_text(h.until)),
        width);
  return text.empty() ? text : head + text;
}

std::string calls_text(const PendingReport& r) {
  if (r.attempts == 1) return "Its job has no retries: nobody calls RunTask for it again.\n";
  if (r.attempt == r.attempts) return fmt::format("It was the last of {} calls.\n", r.attempts);
  return fmt::format("It was call {} of at most {}: whoever called RunTask tries again.\n", r.attempt, r.attempts);
}

std::string held_text(const PendingReport& r, std::size_t width) {
  std::string text;
  if (r.held)
    text += (r.refused_by_run_task ? "Refused by\n" : "Held back by\n") +
            limit_line(r.held->limit, r.refused_by_run_task ? "" : until_text(r, *r.held), width);
  else if (r.held_launches.empty() && !r.refused_by_run_task) text += "No limit holds it.\n";
  text += besides_text(r.held_launches, "Instances for its pool are held back by\n", width);
  text += besides_text(r.held_starts, "Other starts of its service are held back by\n", width);
  if (r.looks_again)
    text += fmt::format("Its service was unable to place it and looks again at {}.\n", at_text(*r.looks_again));
  if (r.gives_up) text += fmt::format("It waits in PROVISIONING; ECS gives it up at {}.\n", at_text(*r.gives_up));
  if (r.refused_by_run_task) text += calls_text(r);
  return text;
}

std::string capacity_text(const PendingReport& r) {
  if (r.fargate || r.pool.empty()) return "";
  std::string text =
      fmt::format("Pool {}: {} of at most {} nodes, {} on {} way.\n", r.pool, r.pool_nodes, r.pool_max,
                  r.coming.empty() ? "none" : std::to_string(r.coming.size()), r.coming.size() == 1 ? "its" : "their");
  if (!r.limits.empty())
    text += fmt::format("  its limits of {} leave no room for another\n", fmt::join(r.limits, " and "));
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

bool is_full(const PendingReport& r) { return r.pool_nodes >= r.pool_max; }

/// What would bring the pool another node.
void add_pool_knobs(const PendingReport& r, const std::string& pool, std::vector<std::string>& knobs) {
  if (is_full(r)) add_knob(knobs, pool + "/" + r.max_key);
  for (const std::string& limit : r.limits) add_knob(knobs, pool + "/limits/" + limit);
  if (!r.pool_grows) add_knob(knobs, pool + "/min");
  if (!is_full(r) && r.limits.empty()) add_knob(knobs, pool + "/scaler");
}

std::vector<std::string> knobs_of(const PendingReport& r) {
  const std::string pool =
      r.pool.empty() ? "" : fmt::format("/architectures/{}/clusters/{}/pools/{}", r.architecture, r.cluster, r.pool);
  std::vector<std::string> knobs;
  for (const std::string& quota : r.quotas) add_knob(knobs, "/account/quotas/" + quota);
  if (r.held) add_knob(knobs, knob_of(r.held->limit, pool, r.written_at));
  for (const HeldBesides& h : r.held_launches) add_knob(knobs, knob_of(h.limit, pool, r.written_at));
  const bool too_big = r.tried && r.reason == WaitReason::too_big;
  const auto add = [&](WaitReason reason) {
    const std::string knob = knob_of(reason, pool, r.written_at);
    if (knob != pool + "/scaler" && knob != pool + "/max") add_knob(knobs, knob);
    else if (!r.fargate && !pool.empty()) add_pool_knobs(r, pool, knobs);
  };
  if (only_the_agent_has_it(r)) return {knob_of(WaitReason::port, pool, r.written_at)};
  if (r.tried && !r.held) add(r.reason);
  if (too_big) {  // no number of nodes, and no other service's end
    if (!r.fargate && !pool.empty()) add_knob(knobs, pool + "/instance_types");
    return knobs;
  }
  for (const RefusedNodes& f : r.refused)
    if (f.reason != WaitReason::not_ready && f.reason != WaitReason::wrong_pool) add(f.reason);
  const bool another_helps =
      std::any_of(r.refused.begin(), r.refused.end(), [](const RefusedNodes& f) { return f.another_node_helps; });
  if (another_helps && r.fitting == 0 && is_full(r) && !pool.empty()) add_pool_knobs(r, pool, knobs);
  if (r.refused_by_run_task && r.ecs && !r.fargate && !r.written_at.empty())
    add_knob(knobs, r.written_at + "/ecs/launch");
  return knobs;
}

std::string cures_text(const PendingReport& r) {
  const std::vector<std::string> knobs = knobs_of(r);
  if (knobs.empty())
    return r.refused_by_run_task ? "No knob of the scenario changes it.\n" : "No knob of the scenario ends it.\n";
  std::string text = r.refused_by_run_task ? "What could have given it a place:\n" : "What would end it:\n";
  for (const std::string& knob : knobs) text += "  " + knob + "\n";
  return text;
}

}  // namespace

std::string pending_text(const PendingReport& r, std::size_t width) {
  return line("", heading(r), width) + state_text(r, width) + filters_text(r, width) + ranking_text(r, width) +
         kube_ranking_text(r.kube, width) + held_text(r, width) + capacity_text(r) + cures_text(r);
}

}  // namespace berth
