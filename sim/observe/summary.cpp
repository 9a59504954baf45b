#include "sim/observe/summary.hpp"

#include <cstdio>
#include <memory>

#include "sim/base/csv.hpp"
#include "sim/observe/columns.hpp"
#include "sim/observe/text_file.hpp"

namespace berth {
namespace {

Origin summary_origin() { return std::make_shared<const std::string>("summary.json"); }

/// Builds one JSON object, member by member in order.
class SummaryObject {
 public:
  SummaryObject() : object_(Value::of_object(summary_origin())) {}

  void text(const char* key, const std::string& v) { put(key, Value::of_text(v, summary_origin())); }
  void number(const char* key, double v) { put(key, Value::of_number(v, summary_origin())); }
  void whole(const char* key, std::int64_t v) { spelled(key, static_cast<double>(v), std::to_string(v)); }
  void truth(const char* key, bool v) { put(key, Value::of_truth(v, summary_origin())); }
  void usd(const char* key, Usd v) { spelled(key, as_double(v), exact(v)); }
  template <class T>
  void number_if(const char* key, const std::optional<T>& v) {
    if (v) number(key, static_cast<double>(*v));
  }
  template <class Rows, class Fill>
  void list(const char* key, const Rows& rows, Fill fill) {
    Value items = Value::of_list(summary_origin());
    for (const auto& row : rows) {
      SummaryObject item;
      fill(item, row);
      items.items.push_back(std::move(item.object_));
    }
    put(key, std::move(items));
  }
  void put(const char* key, Value v) { object_.members.emplace_back(key, std::move(v)); }
  Value take() { return std::move(object_); }

 private:
  /// A number whose digits must not pass through a double.
  void spelled(const char* key, double v, std::string spelling) {
    Value value = Value::of_number(v, summary_origin());
    value.text = std::move(spelling);
    put(key, std::move(value));
  }
  Value object_;
};

std::optional<double> number_at(const Field& field, const char* key) {
  const auto found = field.find(key);
  if (!found) return std::nullopt;
  return found->number();
}

Usd usd_at(const Field& field, const char* key) {
  const Field at = field.at(key);
  Usd usd;
  if (!parse_usd(at.value().text, usd)) at.fail("an amount of USD with at most ten decimals", at.shown(), "run again");
  return usd;
}

std::int64_t whole_at(const Field& field, const char* key) { return field.at(key).whole(0, INT64_MAX); }

void put_requests(SummaryObject& o, const Summary& s) {
  o.whole("requests_arrived", s.requests_arrived);
  o.whole("requests_ok", s.requests_ok);
  o.whole("requests_late", s.requests_late);
  o.whole("requests_failed", s.requests_failed);
  o.number_if("request_p50_ms", s.request_p50_ms);
  o.number_if("request_p99_ms", s.request_p99_ms);
  if (s.core_hours) o.number("core_hours", *s.core_hours);
  if (s.core_hours_unserved) o.number("core_hours_unserved", *s.core_hours_unserved);
}

void put_critical_paths(SummaryObject& o, const Summary& s) {
  o.list("critical_paths", s.critical_paths, [](SummaryObject& item, const CriticalPathFigure& p) {
    item.text("entry", p.entry);
    item.text("service", p.service);
    item.number("share_pct", p.share_pct);
    item.number("queue_ms", p.queue_ms);
    item.number("work_ms", p.work_ms);
    item.number("retry_ms", p.retry_ms);
  });
}

void put_capacity(SummaryObject& o, const Summary& s) {
  o.number("replicas_mean", s.replicas_mean);
  o.whole("replicas_max", s.replicas_max);
  o.number_if("nodes_mean", s.nodes_mean);
  o.number_if("nodes_max", s.nodes_max);
  o.number_if("cpu_reserved_pct", s.cpu_reserved_pct);
  o.number_if("cpu_used_pct", s.cpu_used_pct);
  o.number_if("memory_reserved_pct", s.memory_reserved_pct);
  o.number_if("memory_used_pct", s.memory_used_pct);
}

void put_deploys(SummaryObject& o, const Summary& s) {
  o.whole("deploys", s.deploys);
  o.number_if("deploy_p50_s", s.deploy_p50_s);
  o.number_if("deploy_p99_s", s.deploy_p99_s);
  o.number_if("deploy_max_s", s.deploy_max_s);
  o.list("deployments", s.deployments, [](SummaryObject& item, const DeploymentFigure& d) {
    item.text("service", d.service);
    item.whole("revision", d.revision);
    item.number_if("duration_s", d.duration_s);
    item.text("outcome", d.outcome);
    if (!d.stuck.empty()) item.text("stuck", d.stuck);
  });
}

void put_consolidation(SummaryObject& o, const ConsolidationFigure& c) {
  o.whole("consolidation_nodes", c.nodes);
  o.whole("consolidation_restarts", c.restarts);
  o.whole("consolidation_repulled_bytes", c.repulled.count());
  o.usd("consolidation_saved_usd", c.saved);
  o.usd("consolidation_replacements_usd", c.replacements);
  o.usd("consolidation_double_running_usd", c.double_running);
}

void put_trouble(SummaryObject& o, const Summary& s) {
  o.list("still_pending", s.still_pending, [](SummaryObject& item, const StillPending& p) {
    item.text("service", p.service);
    item.text("reason", p.reason);
    item.whole("replicas", p.replicas);
    item.number("longest_s", p.longest_s);
  });
  o.list("failed_upgrades", s.failed_upgrades, [](SummaryObject& item, const FailedUpgrade& u) {
    item.text("subject", u.subject);
    item.text("to", u.to);
    item.text("outcome", u.outcome);
  });
}

void put_jobs(SummaryObject& o, const Summary& s) {
  o.number_if("jobs_makespan_s", s.jobs_makespan_s);
  o.usd("jobs_wasted_usd", s.jobs_wasted);
  o.list("jobs", s.jobs, [](SummaryObject& item, const JobFigure& j) {
    item.text("job", j.job);
    item.whole("arrivals", j.arrivals);
    item.whole("finished", j.finished);
    item.whole("failed", j.failed);
    item.number_if("makespan_s", j.makespan_s);
    if (j.has_deadline) item.whole("missed_deadlines", j.missed_deadlines);
    item.number("wasted_s", j.wasted_s);
    item.usd("usd", j.usd);
  });
}

void put_costs(SummaryObject& o, const Summary& s) {
  o.usd("usd", s.run);
  if (s.paced()) {
    o.usd("usd_day", s.day);
    o.usd("usd_month", s.month);
  }
  o.list("costs", s.costs, [&](SummaryObject& item, const CostFigure& c) {
    item.text("item", c.item);
    item.usd("usd", c.run);
    if (!s.paced()) return;
    item.usd("usd_day", c.day);
    item.usd("usd_month", c.month);
  });
}

void read_figures(const Field& f, Summary& s) {
  s.deploys = whole_at(f, "deploys");
  s.deploy_p50_s = number_at(f, "deploy_p50_s");
  s.deploy_p99_s = number_at(f, "deploy_p99_s");
  s.deploy_max_s = number_at(f, "deploy_max_s");
  s.replicas_mean = f.at("replicas_mean").number();
  s.replicas_max = whole_at(f, "replicas_max");
  s.nodes_mean = number_at(f, "nodes_mean");
  if (f.has("nodes_max")) s.nodes_max = whole_at(f, "nodes_max");
  s.cpu_reserved_pct = number_at(f, "cpu_reserved_pct");
  s.cpu_used_pct = number_at(f, "cpu_used_pct");
  s.memory_reserved_pct = number_at(f, "memory_reserved_pct");
  s.memory_used_pct = number_at(f, "memory_used_pct");
  s.requests_arrived = whole_at(f, "requests_arrived");
  s.requests_ok = whole_at(f, "requests_ok");
  s.requests_late = whole_at(f, "requests_late");
  s.requests_failed = whole_at(f, "requests_failed");
  s.request_p50_ms = number_at(f, "request_p50_ms");
  s.request_p99_ms = number_at(f, "request_p99_ms");
  s.core_hours = number_at(f, "core_hours");
  s.core_hours_unserved = number_at(f, "core_hours_unserved");
  if (f.has("disruptions")) s.disruptions = whole_at(f, "disruptions");  // folders from before have none
  if (f.has("consolidation_nodes"))
    s.consolidation = {whole_at(f, "consolidation_nodes"),
                       whole_at(f, "consolidation_restarts"),
                       Bytes{whole_at(f, "consolidation_repulled_bytes")},
                       usd_at(f, "consolidation_saved_usd"),
                       usd_at(f, "consolidation_replacements_usd"),
                       usd_at(f, "consolidation_double_running_usd")};
  s.pending_replica_minutes = f.at("pending_replica_minutes").number();
  s.run = usd_at(f, "usd");
  if (!s.paced()) return;
  s.day = usd_at(f, "usd_day");
  s.month = usd_at(f, "usd_month");
}

void read_lists(const Field& f, Summary& s) {
  for (const Field& item : f.at("findings").items())
    s.findings.push_back(
        {item.at("subject").text(), item.at("verdict").text(), item.at("why").text(), item.at("nearest").text()});
  for (const Field& item : f.at("deployments").items())
    s.deployments.push_back({item.at("service").text(), whole_at(item, "revision"), number_at(item, "duration_s"),
                             item.at("outcome").text(), item.has("stuck") ? item.at("stuck").text() : ""});
  if (const auto paths = f.find("critical_paths"))
    for (const Field& item : paths->items())
      s.critical_paths.push_back({item.at("entry").text(), item.at("service").text(), item.at("share_pct").number(),
                                  item.at("queue_ms").number(), item.at("work_ms").number(),
                                  item.at("retry_ms").number()});
  for (const Field& item : f.at("pending_by_reason").items())
    s.pending_minutes_by_reason.emplace_back(item.at("reason").text(), item.at("replica_minutes").number());
  if (const auto pending = f.find("still_pending"))  // folders from before have neither list
    for (const Field& item : pending->items())
      s.still_pending.push_back({item.at("service").text(), item.at("reason").text(), whole_at(item, "replicas"),
                                 item.at("longest_s").number()});
  if (const auto failed = f.find("failed_upgrades"))
    for (const Field& item : failed->items())
      s.failed_upgrades.push_back({item.at("subject").text(), item.at("to").text(), item.at("outcome").text()});
  for (const Field& item : f.at("throttled_by_limit").items())
    s.throttled_seconds_by_limit.emplace_back(item.at("limit").text(), item.at("replica_seconds").number());
  for (const Field& item : f.at("costs").items())
    s.costs.push_back({item.at("item").text(), usd_at(item, "usd"), s.paced() ? usd_at(item, "usd_day") : Usd{},
                       s.paced() ? usd_at(item, "usd_month") : Usd{}});
  for (const Field& item : f.at("assumptions").items())
    s.assumptions.push_back(
        {item.at("subject").text(), item.at("assumed").text(), item.at("why").text(), item.at("knob").text()});
}

void read_jobs(const Field& f, Summary& s) {
  if (!f.has("jobs")) return;
  s.jobs_makespan_s = number_at(f, "jobs_makespan_s");
  s.jobs_wasted = usd_at(f, "jobs_wasted_usd");
  for (const Field& item : f.at("jobs").items()) {
    JobFigure j{item.at("job").text(),    whole_at(item, "arrivals"),    whole_at(item, "finished"),
                whole_at(item, "failed"), number_at(item, "makespan_s"), item.has("missed_deadlines")};
    if (j.has_deadline) j.missed_deadlines = whole_at(item, "missed_deadlines");
    j.wasted_s = item.at("wasted_s").number();
    j.usd = usd_at(item, "usd");
    s.jobs.push_back(std::move(j));
  }
}

}  // namespace

Value summary_value(const Summary& s) {
  SummaryObject o;
  o.text("scenario", s.scenario);
  o.text("architecture", s.architecture);
  o.text("variant", s.variant);
  o.whole("replication", s.replication);
  o.text("seed", std::to_string(s.seed));  // as text: JSON readers keep 53 bits of a number
  o.number("duration_s", s.duration_s);
  o.truth("hosted", s.hosted);
  put_deploys(o, s);
  put_capacity(o, s);
  put_requests(o, s);
  if (!s.critical_paths.empty()) put_critical_paths(o, s);
  o.whole("disruptions", s.disruptions);
  if (s.consolidation) put_consolidation(o, *s.consolidation);
  if (!s.jobs.empty()) put_jobs(o, s);
  o.number("pending_replica_minutes", s.pending_replica_minutes);
  o.list("pending_by_reason", s.pending_minutes_by_reason, [](SummaryObject& item, const auto& p) {
    item.text("reason", p.first);
    item.number("replica_minutes", p.second);
  });
  put_trouble(o, s);
  o.list("throttled_by_limit", s.throttled_seconds_by_limit, [](SummaryObject& item, const auto& p) {
    item.text("limit", p.first);
    item.number("replica_seconds", p.second);
  });
  put_costs(o, s);
  o.list("findings", s.findings, [](SummaryObject& item, const HostingFinding& f) {
    item.text("subject", f.subject);
    item.text("verdict", f.verdict);
    item.text("why", f.why);
    item.text("nearest", f.nearest);
  });
  o.list("assumptions", s.assumptions, [](SummaryObject& item, const Assumption& a) {
    item.text("subject", a.subject);
    item.text("assumed", a.assumed);
    item.text("why", a.why);
    item.text("knob", a.knob);
  });
  return o.take();
}

Summary read_summary(const Field& f) {
  Summary s;
  s.scenario = f.at("scenario").text();
  s.architecture = f.at("architecture").text();
  s.variant = f.at("variant").text();
  s.replication = whole_at(f, "replication");
  s.seed = std::stoull(f.at("seed").text());
  s.duration_s = f.at("duration_s").number();
  s.hosted = f.at("hosted").truth();
  read_figures(f, s);
  read_lists(f, s);
  read_jobs(f, s);
  return s;
}

void write_summary(const Summary& summary, const std::string& part_folder) {
  write_text(part_folder + "/summary.json", to_json(summary_value(summary)) + "\n");
}

Summary load_summary(const std::string& part_folder) {
  const std::string path = part_folder + "/summary.json";
  const Value value = load_json(path);
  return read_summary(Field{value, path});
}

void write_assumptions(const RunSpec& spec, const std::vector<Assumption>& assumptions, const std::string& folder) {
  const auto file = open_results(folder, spec, "assumptions");
  for (const Assumption& a : assumptions) file->row().text(a.subject).text(a.assumed).text(a.why).text(a.knob).end();
  file->close();
}

void write_unhosted(const RunSpec& spec, std::vector<HostingFinding> findings, const std::string& part_folder) {
  Summary s;
  s.scenario = spec.scenario;
  s.architecture = spec.architecture;
  s.variant = spec.variant;
  s.replication = spec.replication;
  s.seed = spec.seed;
  s.duration_s = seconds(spec.duration);
  s.hosted = false;
  s.findings = std::move(findings);
  s.assumptions = spec.assumptions;
  for (const ResultFile& f : result_files())
    if (f.name != "assumptions") open_results(part_folder, spec, f.name)->close();
  write_assumptions(spec, s.assumptions, part_folder);
  write_summary(s, part_folder);
}

}  // namespace berth
