#include "sim/scenario/trace_relations.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sim/demand/synthetic/synthetic.hpp"

namespace berth {
namespace {

/// Only a file has parts to be cut and lines to be read; a load of any kind may be scaled.
void check_keys(const Field& trace) {
  if (trace.has("file")) return;
  const std::string kind = trace.has("synthetic") ? "synthetic" : trace.has("sum") ? "sum" : "product";
  for (const Field& key : trace.members())
    if (key.key() != kind && key.key() != "scale")
      key.fail(fmt::format("nothing but \"scale\" beside \"{}\"", kind), "\"" + key.key() + "\"",
               "remove " + key.pointer());
}

/// Walks from a trace to what it is made of; `path` are the names on the way, `right` those that have been walked.
class CycleSearch {
 public:
  explicit CycleSearch(const Field& traces) : traces_(traces) {}

  void walk(const std::string& name) {
    if (right_.count(name) > 0) return;
    path_.push_back(name);
    const Field trace = traces_.at(name);
    for (const char* key : {"sum", "product"})
      if (const auto parts = trace.find(key))
        for (const Field& part : parts->items()) step(part);
    path_.pop_back();
    right_.insert(name);
  }

 private:
  void step(const Field& part) {
    const auto seen = std::find(path_.begin(), path_.end(), part.text());
    if (seen != path_.end()) {
      std::string way;
      for (auto name = seen; name != path_.end(); ++name) way += *name + " → ";
      part.fail("traces that are not made of themselves", way + part.text(), "remove one of these steps");
    }
    constexpr std::size_t kDeepest = 100;
    if (path_.size() >= kDeepest)
      part.fail(fmt::format("at most {} sums within sums", kDeepest), "more", "add them up at once");
    walk(part.text());
  }

  const Field& traces_;
  std::vector<std::string> path_;
  std::set<std::string> right_;
};

}  // namespace

std::vector<std::string> parts_of_trace(const Field& trace) {
  std::vector<std::string> names;
  for (const char* key : {"sum", "product"})
    if (const auto parts = trace.find(key))
      for (const Field& part : parts->items()) names.push_back(part.text());
  return names;
}

void check_traces(const Field& scenario) {
  const auto traces = scenario.find("traces");
  if (!traces) return;
  CycleSearch cycles(*traces);
  for (const Field& trace : traces->members()) {
    check_keys(trace);
    if (const auto load = trace.find("synthetic")) synthetic_spec(*load);
    for (const char* key : {"sum", "product"})
      if (const auto parts = trace.find(key); parts && parts->items().empty())
        parts->fail("at least one trace", "an empty list", "name the traces");
    if (const auto select = trace.find("select"))
      for (const Field& label : select->members()) label.text();
    cycles.walk(trace.key());
  }
}

}  // namespace berth
