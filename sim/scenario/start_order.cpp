// Whoever waits must wait for something that can come: no circle, no unknown name, no end of what never ends.
#include "sim/scenario/start_order.hpp"

#include <algorithm>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/depth_first_search.hpp>
#include <fmt/format.h>

namespace berth {
namespace {

/// An edge for every "waits for".
using Waits = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;

bool is_init(const Field& container) { return container.has("init") && container.at("init").truth(); }
bool is_sidecar(const Field& container) { return is_init(container) && container.has("restart"); }

std::string text_of(const Field& container, const char* key) {
  const auto there = container.find(key);
  return there && there->is(Value::Kind::text) ? there->text() : std::string();
}

/// Keeps the way from the root of the search to where it is; the first edge back into it closes a circle.
class CircleFinder : public boost::default_dfs_visitor {
 public:
  CircleFinder(std::vector<std::size_t>& way, std::vector<std::size_t>& circle) : way_(way), circle_(circle) {}
  void discover_vertex(std::size_t v, const Waits&) { way_.push_back(v); }
  void finish_vertex(std::size_t, const Waits&) { way_.pop_back(); }
  void back_edge(const Waits::edge_descriptor& e, const Waits& waits) {
    if (!circle_.empty()) return;
    circle_.assign(std::find(way_.begin(), way_.end(), boost::target(e, waits)), way_.end());
    circle_.push_back(circle_.front());
  }

 private:
  std::vector<std::size_t>& way_;
  std::vector<std::size_t>& circle_;  // the first is also the last; empty: none
};

std::vector<std::size_t> circle_in(const std::vector<Field>& containers) {
  Waits waits(containers.size());
  for (std::size_t i = 0; i < containers.size(); ++i)
    for (std::size_t on = 0; on < containers.size(); ++on) {
      const auto written = containers[i].find("depends_on");
      // Main containers wait for the init containers, and those for the ones before them.
      const bool after = is_init(containers[on]) && (!is_init(containers[i]) || on < i);
      if (after || (written && written->has(containers[on].key()))) boost::add_edge(i, on, waits);
    }
  std::vector<std::size_t> way, circle;
  boost::depth_first_search(waits, boost::visitor(CircleFinder(way, circle)));
  return circle;
}

void refuse_circle(const std::vector<Field>& containers) {
  const std::vector<std::size_t> circle = circle_in(containers);
  if (circle.empty()) return;
  std::string names = containers[circle.front()].key();
  std::optional<Field> last;  // the last of its links that was written; the others go without saying
  for (std::size_t i = 1; i < circle.size(); ++i) {
    names += " -> " + containers[circle[i]].key();
    if (const auto written = containers[circle[i - 1]].find("depends_on"))
      if (const auto link = written->find(containers[circle[i]].key())) last = link;
  }
  last->fail("an order in which every container can start", names, "remove one of these dependencies");
}

const Field& container_named(const std::vector<Field>& containers, const Field& entry) {
  std::vector<std::string> known;
  for (const Field& c : containers) {
    if (c.key() == entry.key()) return c;
    known.push_back(c.key());
  }
  const std::string near = nearest(entry.key(), known);
  std::string all;
  for (const std::string& k : known) all += (all.empty() ? "" : ", ") + k;
  entry.fail("a container of the same replica: " + all, "\"" + entry.key() + "\"",
             near.empty() ? "write one of them" : "write \"" + near + "\"");
}

/// Of an init container that never gets through its run, and of a main one that nothing ends.
bool never_ends(const Field& container) {
  if (container.has("exits")) return false;
  return !is_init(container) || is_sidecar(container) || text_of(container, "start") == "never";
}

void check_dependency(const std::vector<Field>& containers, const Field& entry) {
  const Field& on = container_named(containers, entry);
  const std::string word = entry.text();
  if (word == "HEALTHY" && !on.has("health_check"))
    entry.fail(fmt::format("a container with a health check: without one {} never becomes HEALTHY", on.key()),
               entry.shown(), fmt::format("give {} a \"health_check\", or write \"START\"", on.key()));
  if (word != "COMPLETE" && word != "SUCCESS") return;
  const bool essential = !is_init(on) && (!on.has("essential") || on.at("essential").truth());
  if (essential)
    entry.fail(fmt::format("a container that is not essential: the replica ends with {}", on.key()), entry.shown(),
               fmt::format("write \"essential\": false in {}, or wait for its \"START\"", on.key()));
  if (never_ends(on))
    entry.fail(fmt::format("a container that ends: {} runs on", on.key()), entry.shown(),
               fmt::format("give {} \"exits\": {{\"after\": \"10 s\"}}, or wait for its \"START\"", on.key()));
}

void check_end(const Field& container) {
  constexpr std::int64_t kHighestExitCode = 255;  // of a process on Linux
  if (const auto exits = container.find("exits"))
    if (const auto code = exits->find("code")) code->whole(0, kHighestExitCode);
  const auto restart = container.find("restart");
  if (restart && !is_init(container))
    restart->fail(
        "a restart policy of init containers only: main containers have their platform's (Kubernetes starts "
        "them again, ECS ends the task)",
        restart->shown(), "remove " + restart->pointer() + ", or write \"init\": true for a sidecar");
}

void check_threshold(const Field& probes, const char* which) {
  const auto probe = probes.find(which);
  const auto threshold = probe ? probe->find("success_threshold") : std::nullopt;
  if (threshold && threshold->whole() != 1)
    threshold->fail(fmt::format("1: Kubernetes takes no other in a {} probe", which), threshold->shown(), "write 1");
}

}  // namespace

void check_start_order(const Field& workload) {
  const std::vector<Field> containers = workload.at("containers").members();
  for (const Field& container : containers) {
    check_end(container);
    if (const auto depends_on = container.find("depends_on"))
      for (const Field& entry : depends_on->members()) container_named(containers, entry);
  }
  refuse_circle(containers);
  for (const Field& container : containers)
    if (const auto depends_on = container.find("depends_on"))
      for (const Field& entry : depends_on->members()) check_dependency(containers, entry);
}

void check_probes(const Field& service) {
  const auto eks = service.find("eks");
  const auto probes = eks ? eks->find("probes") : std::nullopt;
  if (!probes) return;
  const std::vector<Field> containers = service.at("containers").members();
  for (const Field& of_one : probes->members()) {
    const Field& container = container_named(containers, of_one);
    if (is_init(container) && !is_sidecar(container))
      of_one.fail("a container that runs on: an init container has no probes", "\"" + of_one.key() + "\"",
                  "remove " + of_one.pointer());
    for (const char* which : {"startup", "liveness"}) check_threshold(of_one, which);
  }
}

}  // namespace berth
