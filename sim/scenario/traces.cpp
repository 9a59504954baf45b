// The traces that a demand or an HPA names, read once and shared by all architectures.
#include <algorithm>

#include "sim/base/field.hpp"
#include "sim/demand/load_sum.hpp"
#include "sim/demand/synthetic/synthetic.hpp"
#include "sim/demand/traces/trace.hpp"
#include "sim/scenario/cores_demand.hpp"
#include "sim/scenario/load.hpp"
#include "sim/scenario/read_file.hpp"
#include "sim/scenario/scalars.hpp"
#include "sim/scenario/trace_relations.hpp"

namespace berth {
namespace {

template <class Word>
Word word_at(const Field& field, std::initializer_list<std::pair<const char*, Word>> words) {
  for (const auto& [text, word] : words)
    if (field.text() == text) return word;
  field.fail("a known word", field.shown(), "see the documentation of this key");
}

/// What only some formats have a use for.
void read_list_options(const Field& trace, TraceOptions& options) {
  if (auto f = trace.find("format")) options.format = f->text();
  if (auto f = trace.find("column")) options.column = f->text();
  if (auto f = trace.find("select"))
    for (const Field& label : f->members()) options.select.emplace_back(label.key(), label.text());
  if (auto f = trace.find("total")) options.total = f->truth();
  if (auto f = trace.find("stretch")) options.stretch = f->number();
  if (auto f = trace.find("interval")) options.interval = f->duration();
  if (auto f = trace.find("service_time"))
    options.service_time = TimeColumn{f->at("column").text(), f->at("unit").text()};
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
  read_list_options(trace, options);
  return options;
}

/// Loads by name, each made once.
class TraceReader {
 public:
  TraceReader(const Field& root, std::uint64_t seed)
      : root_(root), length_(root.at("duration").duration()), seed_(seed) {}

  const std::shared_ptr<const LoadSeries>& operator[](const std::string& name) {
    const auto known = loads_.find(name);
    if (known != loads_.end()) return known->second;
    auto load = std::make_shared<const LoadSeries>(made(root_.at("traces").at(name)));
    return loads_[name] = std::move(load);
  }

 private:
  LoadSeries made(const Field& trace) {
    if (trace.has("file")) return load_trace(options_of(trace), length_);
    LoadSeries load;
    if (const auto numbers = trace.find("synthetic")) {
      load = synthetic(*numbers, length_, seed_);
    } else {
      Loads parts;
      for (const std::string& part : parts_of_trace(trace)) parts.push_back((*this)[part]);
      const auto together = trace.has("sum") ? &sum_of_loads : &product_of_loads;
      load = together(parts, length_, "", trace.pointer());
    }
    const double scale = trace.has("scale") ? trace.at("scale").number() : 1;
    if (scale == 1) return load;
    if (load.means == Meaning::listed)
      trace.at("scale").fail("1, as the sum has lists of requests", trace.at("scale").shown(),
                             "leave it out, or say \"interval\": \"60 s\" for each of the lists");
    for (double& value : load.values) value *= scale;
    return load;
  }

  const Field& root_;
  Duration length_;
  std::uint64_t seed_;
  Traces loads_;
};

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
    for (const char* key : {"requests", "cores"}) {
      const auto demand = service.find("demand");
      const auto load = demand ? demand->find(key) : std::nullopt;
      if (load) use(load->is(Value::Kind::text) ? load->text() : load->at("trace").text());
    }
    for (const Field& trace : external_traces(service)) use(trace.text());
  }
  return names;
}

/// Those of jobs and of scripted counts, which are read when a run is built: their files are inputs of it as well.
std::vector<std::string> traces_of_builds(const Field& scenario) {
  std::vector<std::string> names;
  if (const auto jobs = scenario.find("jobs"))
    for (const Field& job : jobs->members()) {
      const auto arrivals = job.find("arrivals");
      if (const auto trace = arrivals ? arrivals->find("trace") : std::nullopt) names.push_back(trace->text());
    }
  for (const Field& service : scenario.at("services").members()) {
    const auto demand = service.find("demand");
    const auto counts = demand ? demand->find("replicas") : std::nullopt;
    if (counts && counts->is(Value::Kind::text)) names.push_back(counts->text());
  }
  return names;
}

/// A count or a mean rate is none: an HPA reads the value of a moment. A synthetic one is as it was made.
void check_gauges(const Field& scenario, const Traces& traces) {
  for (const Field& service : scenario.at("services").members())
    for (const Field& trace : external_traces(service)) {
      const Field written = scenario.at("traces").at(trace.text());
      if (!written.has("file") || traces.at(trace.text())->means == Meaning::gauge) continue;
      trace.fail("a trace of values read at a moment", "a trace of requests",
                 "write \"means\": \"gauge\" in " + written.pointer());
    }
}

/// Requests of a list come once: nobody gets more of them than there are.
void check_shares(const Field& scenario, const Traces& traces) {
  for (const Field& service : scenario.at("services").members()) {
    const auto demand = service.find("demand");
    const auto requests = demand ? demand->find("requests") : std::nullopt;
    if (!requests || !requests->has("share")) continue;
    const Field share = requests->at("share");
    if (share.number() > 1 && traces.at(requests->at("trace").text())->means == Meaning::listed)
      share.fail("at most 1 of a list of requests", share.shown(),
                 "write \"interval\": \"60 s\" in the trace: its requests are then counted");
  }
}

/// These and all that they are made of, each once.
std::vector<std::string> with_parts(const Field& root, std::vector<std::string> names) {
  for (std::size_t i = 0; i < names.size(); ++i)
    for (const std::string& part : parts_of_trace(root.at("traces").at(names[i])))
      if (std::find(names.begin(), names.end(), part) == names.end()) names.push_back(part);
  return names;
}

}  // namespace

Traces load_traces(const LoadedScenario& scenario) {
  const Field root(scenario.effective, scenario.file);
  TraceReader read(root, static_cast<std::uint64_t>(root.at("seed").whole(0, kLargestSeed)));
  Traces traces;
  for (const std::string& name : traces_in_use(root)) traces.emplace(name, read[name]);
  check_gauges(root, traces);
  check_shares(root, traces);
  check_cores_traces(root, traces);
  return traces;
}

LoadSeries named_load(const Field& root, const std::string& trace, std::uint64_t seed) {
  return *TraceReader(root, seed)[trace];
}

std::vector<JobArrival> job_trace(const Field& root, const std::string& trace, std::uint64_t seed,
                                  const std::string& job) {
  const Duration length = root.at("duration").duration();
  const Field written = root.at("traces").at(trace);
  if (written.has("file")) return load_job_arrivals(options_of(written), length, seed, job);
  return job_arrivals(TraceReader(root, seed)[trace], length, seed, job, written.pointer());
}

std::vector<std::string> trace_files(const LoadedScenario& scenario) {
  const Field root(scenario.effective, scenario.file);
  std::vector<std::string> names = traces_in_use(root);
  for (const std::string& name : traces_of_builds(root))
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  std::vector<std::string> files;
  for (const std::string& name : with_parts(root, std::move(names)))
    if (const auto file = root.at("traces").at(name).find("file"))
      files.push_back(path_from(file->value().origin, file->text()));
  return files;
}

}  // namespace berth
