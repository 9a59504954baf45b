// The traces that a demand or an HPA names, read once and shared by all architectures.
#include <algorithm>

#include "sim/base/field.hpp"
#include "sim/demand/synthetic.hpp"
#include "sim/demand/trace.hpp"
#include "sim/scenario/load.hpp"
#include "sim/scenario/read_file.hpp"
#include "sim/scenario/scalars.hpp"

namespace berth {
namespace {

template <class Word>
Word word_at(const Field& field, std::initializer_list<std::pair<const char*, Word>> words) {
  for (const auto& [text, word] : words)
    if (field.text() == text) return word;
  field.fail("a known word", field.shown(), "see the documentation of this key");
}

TraceOptions options_of(const Field& trace) {
  TraceOptions options;
  options.file = path_from(trace.at("file").value().origin, trace.at("file").text());
  if (auto f = trace.find("means"))
    options.means =
        word_at<Meaning>(*f, {{"count", Meaning::count}, {"rate", Meaning::rate}, {"gauge", Meaning::gauge}});
  if (auto f = trace.find("gaps"))
    options.gaps = word_at<Gaps>(*f, {{"error", Gaps::error}, {"zero", Gaps::zero}, {"hold", Gaps::hold}});
  if (auto f = trace.find("from")) options.from = f->instant();
  if (auto f = trace.find("to")) options.to = f->instant();
  if (auto f = trace.find("scale")) options.scale = f->number();
  if (auto f = trace.find("shift")) options.shift = f->duration();
  if (auto f = trace.find("repeat")) options.repeat = f->truth();
  return options;
}

/// The traces of the external metrics of a service's HPA.
std::vector<Field> external_traces(const Field& service) {
  std::vector<Field> traces;
  const auto eks = service.find("eks");
  const auto hpa = eks ? eks->find("hpa") : std::nullopt;
  const auto metrics = hpa ? hpa->find("metrics") : std::nullopt;
  if (!metrics) return traces;
  for (const Field& metric : metrics->members())
    if (const auto trace = metric.find("external")) traces.push_back(*trace);
  return traces;
}

/// Each once: the traces that some service's demand names, or its HPA.
std::vector<std::string> traces_in_use(const Field& scenario) {
  std::vector<std::string> names;
  const auto use = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const Field& service : scenario.at("services").members()) {
    if (const auto demand = service.find("demand"); demand && demand->has("requests")) {
      const Field requests = demand->at("requests");
      use(requests.is(Value::Kind::text) ? requests.text() : requests.at("trace").text());
    }
    for (const Field& trace : external_traces(service)) use(trace.text());
  }
  return names;
}

/// Those that jobs name: their files are inputs of the run as well.
std::vector<std::string> job_traces(const Field& scenario) {
  std::vector<std::string> names;
  if (const auto jobs = scenario.find("jobs"))
    for (const Field& job : jobs->members()) {
      const auto arrivals = job.find("arrivals");
      if (const auto trace = arrivals ? arrivals->find("trace") : std::nullopt) names.push_back(trace->text());
    }
  return names;
}

/// A count or a mean rate is none: an HPA reads the value of a moment. A synthetic one is as it was made.
void check_gauges(const Field& scenario, const Traces& traces) {
  for (const Field& service : scenario.at("services").members())
    for (const Field& trace : external_traces(service)) {
      const Field written = scenario.at("traces").at(trace.text());
      if (written.has("synthetic") || traces.at(trace.text())->means == Meaning::gauge) continue;
      trace.fail("a trace of values read at a moment", "a trace of requests",
                 "write \"means\": \"gauge\" in " + written.pointer());
    }
}

}  // namespace

Traces load_traces(const LoadedScenario& scenario) {
  const Field root(scenario.effective, scenario.file);
  const Duration length = root.at("duration").duration();
  const auto seed = static_cast<std::uint64_t>(root.at("seed").whole(0, kLargestSeed));
  Traces traces;
  for (const std::string& name : traces_in_use(root)) {
    const Field trace = root.at("traces").at(name);
    const auto made = trace.find("synthetic");
    LoadSeries series = made ? synthetic(*made, length, seed) : load_trace(options_of(trace), length);
    traces.emplace(name, std::make_shared<const LoadSeries>(std::move(series)));
  }
  check_gauges(root, traces);
  return traces;
}

std::vector<JobArrival> job_trace(const Field& root, const std::string& trace, std::uint64_t seed,
                                  const std::string& job) {
  const Duration length = root.at("duration").duration();
  const Field written = root.at("traces").at(trace);
  if (const auto made = written.find("synthetic"))
    return job_arrivals(std::make_shared<const LoadSeries>(synthetic(*made, length, seed)), length, seed, job,
                        written.pointer());
  return load_job_arrivals(options_of(written), length, seed, job);
}

std::vector<std::string> trace_files(const LoadedScenario& scenario) {
  const Field root(scenario.effective, scenario.file);
  std::vector<std::string> names = traces_in_use(root);
  for (const std::string& name : job_traces(root))
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  std::vector<std::string> files;
  for (const std::string& name : names)
    if (const auto file = root.at("traces").at(name).find("file"))
      files.push_back(path_from(file->value().origin, file->text()));
  return files;
}

}  // namespace berth
