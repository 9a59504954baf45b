#include "sim/scenario/job_relations.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace berth {
namespace {

using Edges = std::function<std::vector<std::string>(const Field&)>;

/// Follows what leads from one entry to others; where it comes back it fails with the way.
class Circles {
 public:
  Circles(const Field& all, Edges edges, std::string what)
      : all_(all), edges_(std::move(edges)), what_(std::move(what)) {}

  void check() {
    for (const Field& one : all_.members()) visit(one.key());
  }

 private:
  /// Without recursion: a chain may be as long as the scenario.
  void visit(const std::string& first) {
    struct Step {
      std::string name;
      std::vector<std::string> next;
    };
    std::vector<Step> way;
    const auto enter = [&](const std::string& name) {
      state_[name] = State::on_the_way;
      way.push_back({name, edges_(all_.at(name))});
    };
    if (state_[first] == State::done) return;
    enter(first);
    while (!way.empty()) {
      if (way.back().next.empty()) {
        state_[way.back().name] = State::done;
        way.pop_back();
        continue;
      }
      const std::string next = way.back().next.back();
      way.back().next.pop_back();
      if (state_[next] == State::done) continue;
      if (state_[next] == State::on_the_way) {
        std::string circle;
        const auto from = std::find_if(way.begin(), way.end(), [&](const Step& s) { return s.name == next; });
        for (auto step = from; step != way.end(); ++step) circle += step->name + " -> ";
        all_.at(next).fail(what_ + " without a circle", circle + next, "take one of them out");
      }
      enter(next);
    }
  }

  enum class State : std::uint8_t { unseen, on_the_way, done };
  const Field& all_;
  Edges edges_;
  std::string what_;
  std::map<std::string, State> state_;
};

std::vector<std::string> jobs_before(const Field& job) {
  std::vector<std::string> names;
  if (const auto after = job.find("after"))
    for (const Field& name : after->items()) names.push_back(name.text());
  const auto arrivals = job.find("arrivals");
  if (const auto as = arrivals ? arrivals->find("as") : std::nullopt) names.push_back(as->text());
  return names;
}

}  // namespace

void check_job_parts(const Field& job) {
  const auto arrivals = job.find("arrivals");
  if (!arrivals && !job.has("after"))
    job.fail("the key \"arrivals\", or \"after\" with the jobs that it follows", "neither",
             "add \"arrivals\": {\"cron\": \"0 3 * * *\"}");
  if (const auto after = job.find("after"); after && after->items().empty())
    after->fail("at least one job", "an empty list", "remove it, or name a job");
  if (const auto gang = job.find("gang")) {
    const std::int64_t size = gang->is(Value::Kind::object) ? gang->at("size").whole(1) : gang->whole(1);
    const std::int64_t count = arrivals && arrivals->has("count") ? arrivals->at("count").whole() : 1;
    if (count != 1 && count != size)
      gang->fail(fmt::format("as many as the replicas of an arrival, {}", count), gang->shown(),
                 "remove \"count\" of the arrivals: the gang says how many there are");
    if (arrivals && arrivals->has("spread"))
      arrivals->at("spread").fail("no spread beside a gang, whose replicas begin together",
                                  arrivals->at("spread").shown(), "remove one of the two");
  }
  const bool saves = job.has("on_interruption") && job.at("on_interruption").text() == "checkpoint";
  if (saves && !job.has("checkpoint"))
    job.at("on_interruption")
        .fail("the key \"checkpoint\" beside it", "none", "add \"checkpoint\": {\"every\": \"10 min\"}");
  if (!saves && job.has("checkpoint"))
    job.at("checkpoint").fail("\"on_interruption\": \"checkpoint\" beside it", "none", "add it");
  const auto eks = job.find("eks");
  const auto concurrency = eks ? eks->find("concurrency") : std::nullopt;
  const bool many = job.has("array") || (arrivals && arrivals->has("spread"));
  if (many && concurrency && concurrency->text() != "allow")
    concurrency->fail("\"allow\" for an array or a spread job: others are not simulated yet", concurrency->shown(),
                      "remove it");
}

void check_job_order(const Field& scenario) {
  const auto jobs = scenario.find("jobs");
  if (jobs) Circles(*jobs, jobs_before, "jobs that come after others").check();
}

void check_queues(const Field& scenario) {
  const auto queues = scenario.find("queues");
  if (!queues) return;
  const auto within = [](const Field& queue) {
    const auto other = queue.find("within");
    return other ? std::vector<std::string>{other->text()} : std::vector<std::string>{};
  };
  Circles(*queues, within, "queues that are within others").check();
}

bool check_fallback(const Field& entry) {
  const std::vector<Field> pools = entry.items();
  const auto waits = [](const Field& pool) { return pool.has("wait"); };
  const auto waiting = std::find_if(pools.begin(), pools.end(), waits);
  if (waiting == pools.end()) return false;
  const std::string& key = entry.key();
  if (key == "*" || key.rfind("services/", 0) == 0 || key.rfind("daemons/", 0) == 0)
    waiting->at("wait").fail("no wait but for jobs: only they go from one pool to the next",
                             waiting->at("wait").shown(), "write an entry \"jobs/*\" for it");
  for (std::size_t i = 0; i < pools.size(); ++i) {
    const bool last = i + 1 == pools.size();
    if (pools[i].has("wait") == last)
      pools[i].fail(last ? "no wait in the last pool: there is none after it" : "a wait in every pool but the last",
                    last ? pools[i].at("wait").shown() : "none", last ? "remove it" : "add \"wait\": \"10 min\"");
    for (const char* share : {"base", "weight"})
      if (const auto there = pools[i].find(share))
        there->fail("no shares beside waits", fmt::format("\"{}\"", share), "remove it");
  }
  return true;
}

}  // namespace berth
