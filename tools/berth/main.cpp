// The command line of berth: verbs, their options and help. The only file that sees CLI11.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "sim/base/error.hpp"
#include "sim/demand/traces/trace_format.hpp"
#include "tools/berth/usage.hpp"
#include "tools/berth/verbs.hpp"

namespace {

using berth::kCouldNotFinish;
using berth::kDone;
using berth::kWrongInput;

constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 the simulation could not finish, 2 wrong input, 3 a validation missed.";

using Words = std::vector<std::string>;

/// The words that an option takes; empty: any text.
Words words_of(const CLI::Option& option) {
  const std::map<std::string, Words> all = {
      {"--profile", {"defaults", "tuned"}},
      {"--eks-scaler", {"karpenter", "ca", "cluster_autoscaler"}},
      {"--scaler", {"karpenter", "ca", "cluster_autoscaler"}},
      {"--journal", {"stages", "all", "off"}},
      {"topic", {"instances", "fargate", "prices", "quotas", "latencies", "constants", "versions", "editions"}}};
  const auto found = all.find(option.get_name());
  return found == all.end() ? Words{} : found->second;
}

void takes_its_words(CLI::Option* option) { option->check(CLI::IsMember(words_of(*option)).description("")); }

void takes_whole_number(CLI::Option* option) {
  option->type_name("NUMBER")->check(CLI::Validator(
      [](std::string& text) {
        return text.find_first_not_of("0123456789") == std::string::npos ? "" : std::string("no whole number");
      },
      ""));
}

CLI::Option* takes_a_name(CLI::Option* option, const char* type) {
  return option->type_name(type)->check(
      CLI::Validator([](std::string& text) { return text.empty() ? std::string("an empty text") : ""; }, ""));
}

/// The verb that was being read, such as `trace make`.
const CLI::App& deepest(const CLI::App& app) {
  const CLI::App* verb = &app;
  while (!verb->get_subcommands().empty()) verb = verb->get_subcommands().front();
  return *verb;
}

berth::Usage usage_of(const CLI::App& verb) {
  berth::Usage usage;
  for (const CLI::App* a = &verb; a != nullptr; a = a->get_parent())
    usage.verb = a->get_name() + (usage.verb.empty() ? "" : " ") + usage.verb;
  for (const CLI::App* sub : verb.get_subcommands([](const CLI::App*) { return true; }))
    usage.verbs.push_back(sub->get_name());
  for (const CLI::Option* o : verb.get_options())
    usage.options.push_back({o->get_name(), o->get_description(), o->get_type_name() == "NUMBER", words_of(*o),
                             o->empty() ? "" : o->results().back()});
  return usage;
}

[[noreturn]] void refuse(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& verb = deepest(app);
  const std::vector<std::string> rest = app.remaining(true);
  throw berth::usage_error(usage_of(verb), error.what(), rest.empty() ? "" : rest.front());
}

void add_load_options(CLI::App& verb, berth::LoadOptions& load) {
  verb.add_option("scenario", load.file, "The scenario file (JSON; every key is listed by `berth check --schema`)")
      ->type_name("FILE");
  verb.add_option("--set", load.sets,
                  "Change one value, by its path in the file: /services/web/scale/max=50. "
                  "`*` stands for every name: /services/*/desired=4. May be given again.")
      ->type_name("PATH=VALUE")
      ->expected(1)
      ->take_all();
  verb.add_option("--trace", load.traces,
                  "Replace a trace: shop=FILE[,from=DAY][,to=DAY][,scale=K]"
                  "[,gaps=zero|hold|error][,means=count|rate|gauge][,shift=2 h][,repeat]")
      ->type_name("NAME=FILE,...")
      ->expected(1)
      ->take_all();
  takes_whole_number(verb.add_option("--seed", load.seed, "The seed of all luck (default: the scenario's)"));
  verb.add_option("--what-if", load.what_if, "Apply one of the scenario's what_if variants")->type_name("NAME");
  verb.add_option("--interval", load.interval, "Interval of the time series, e.g. \"60 s\"");
  const auto choose = [&load](const std::string& word) {
    load.profile = word == "tuned" ? berth::Profile::tuned : berth::Profile::defaults;
  };
  takes_its_words(verb.add_option_function<std::string>(
                          "--profile", choose,
                          "What is not said is as AWS and Kubernetes ship it (defaults), or as their best-practice "
                          "guides advise (tuned)")
                      ->type_name("defaults|tuned"));
  takes_its_words(verb.add_option("--eks-scaler", load.eks_scaler, "Node scaler of completed EKS architectures")
                      ->type_name("karpenter|ca"));
}

void add_run_options(CLI::App& verb, berth::RunRequest& request) {
  add_load_options(verb, request.load);
  verb.get_option("scenario")->required();
  verb.add_option("--arch", request.architectures, "Only these architectures, e.g. ecs-fargate,eks-ec2")
      ->delimiter(',')
      ->type_name("NAME,...");
  verb.add_option("--out", request.out, "Folder of the results; it must not exist (default: results/<name>)")
      ->type_name("FOLDER");
  takes_whole_number(verb.add_option(
      "--jobs", request.jobs, "Runs at a time (default, and 0: one a processor); changes no byte of the results"));
  takes_its_words(verb.add_option("--journal", request.journal, "How much journal.csv tells (default: stages)")
                      ->type_name("stages|all|off"));
  verb.add_flag("--check", request.check_everything, "Sweep all invariants at every sample (slow)");
  verb.add_flag("--quiet", request.quiet, "No progress and no table: only the files");
}

CLI::App* add_explain(CLI::App& app, berth::ExplainRequest& request) {
  CLI::App* verb = app.add_subcommand(
      "explain",
      "Say where each second of a start went, and what would shorten it: the run is made again from its results "
      "up to that moment");
  verb->add_option("results", request.results, "The folder of a run or compare")->type_name("FOLDER")->required();
  takes_a_name(verb->add_option("--replica", request.replica, "This one, by its name in replicas.csv: web/17"), "NAME");
  takes_whole_number(verb->add_option("--slowest", request.slowest,
                                      "So many of those that took longest from the decision to healthy (default: 1)"));
  takes_a_name(
      verb->add_option("--pending", request.pending,
                       "Instead: why this replica (web/17), or the one of this service (web) that waited longest, was "
                       "pending: what each filter refused, what held it back, what was on its way; or why RunTask "
                       "refused it"),
      "NAME");
  takes_a_name(
      verb->add_option("--at", request.at, "With --pending: at that moment, e.g. \"11 h 30 min\" (default: half way)"),
      "TIME");
  takes_a_name(verb->add_option("--arch", request.architecture, "Of which architecture, when the results have several"),
               "NAME");
  verb->footer(
      "  berth explain results/web-shop --arch ecs-fargate --slowest 3\n"
      "  berth explain results/web-shop --arch ecs-ec2 --pending web --at \"11 h 30 min\"\n\n" +
      std::string(kExitCodes));
  return verb;
}

CLI::App* add_import(CLI::App& app, berth::ImportVerbRequest& request) {
  CLI::App* verb = app.add_subcommand("import", "Write what another tool recorded as a scenario that run accepts");
  std::string formats;
  for (const berth::Importer& importer : berth::importers())
    formats += std::string(formats.empty() ? "" : "; ") + importer.format + ": " + importer.files;
  takes_a_name(verb->add_option("format", request.format, formats), "FORMAT")->required();
  verb->add_option("files", request.import.files, "What was recorded")->type_name("FILE...")->required();
  takes_whole_number(verb->add_option("--copies", request.import.copies, "Every workload so many times (default: 1)"));
  const auto choose = [&request](const std::string& word) {
    request.import.scaler = word == "karpenter" ? "karpenter" : "cluster_autoscaler";
  };
  takes_its_words(verb->add_option_function<std::string>("--scaler", choose, "Of the nodes (default: karpenter)")
                      ->type_name("karpenter|ca"));
  verb->add_option("--out", request.out, "The scenario file; it must not exist (default: standard output)")
      ->type_name("FILE");
  verb->footer(
      "  berth import simkube trace.json --copies 10 --scaler ca --out replay.json\n"
      "  berth run replay.json --arch eks\n\n" +
      std::string(kExitCodes));
  return verb;
}

CLI::App* add_study(CLI::App& app, berth::StudyRequest& request) {
  CLI::App* verb = app.add_subcommand(
      "study",
      "Replay a recording several times with other luck each, and print the tables that it is good for: of a simkube "
      "trace Cluster Autoscaler beside Karpenter, of the openb pods the score policies of kube-scheduler");
  takes_a_name(verb->add_option("format", request.format, "simkube FILE | openb PODS NODES"), "FORMAT")->required();
  verb->add_option("files", request.files, "What was recorded")->type_name("FILE...")->required();
  verb->add_option("--copies", request.copies, "simkube: every Deployment so many times (default: 1,100)")
      ->delimiter(',')
      ->type_name("NUMBER,...");
  takes_whole_number(verb->add_option("--seeds", request.seeds, "Runs a row, each with other luck (default: 10)"));
  takes_whole_number(verb->add_option("--seed", request.seed, "The first of them (default: 1)"));
  takes_whole_number(verb->add_option(
      "--jobs", request.jobs, "Runs at a time (default, and 0: one a processor); changes no byte of the tables"));
  verb->add_option("--out", request.out, "Keep tables and results in this folder; it must not exist")
      ->type_name("FOLDER");
  verb->footer(
      "  berth study simkube trace.json --out results/replay\n"
      "  berth study openb openb_pod_list.csv openb_node_list.csv\n\n" +
      std::string(kExitCodes));
  return verb;
}

struct TraceVerbs {
  CLI::App *make, *show, *fit;
};

void add_trace_file(CLI::App& verb, berth::TraceFileRequest& request) {
  std::string formats;
  for (const berth::TraceFormat& format : berth::trace_formats())
    formats += std::string(formats.empty() ? "" : "; ") + format.name + ": " + format.reads;
  verb.add_option("file", request.file, "The trace, plain or gzip. " + formats)->type_name("FILE")->required();
  verb.add_option(
          "--options", request.options,
          "As behind a file in --trace: from=DAY,to=DAY,means=count|rate|gauge,gaps=zero|hold,select=NAME:VALUE,"
          "total,column=NAME,format=NAME,interval=60s,scale=K")
      ->type_name("KEY=VALUE,...");
  takes_whole_number(verb.add_option("--width", request.width, "Of the picture, in characters (default: 100)"));
}

TraceVerbs add_trace(CLI::App& app, berth::TraceMakeRequest& make, berth::TraceFileRequest& show,
                     berth::TraceFileRequest& fit) {
  CLI::App* trace = app.add_subcommand("trace", "Make traces, look at them, and find their synthetic twins");
  trace->require_subcommand(1);
  TraceVerbs verbs{};
  verbs.make = trace->add_subcommand("make", "Write a synthetic trace as CSV, from a JSON description");
  verbs.make
      ->add_option("description", make.file,
                   "JSON file: {interval, base, steps, diurnal, daily, weekly, holidays, flash_crowds, bursts, on_off, "
                   "noise …}, as `synthetic` in a scenario")
      ->type_name("FILE");
  verbs.make->add_option("--set", make.sets, "Change one value of it: \"/base=100 /s\". May be given again.")
      ->type_name("PATH=VALUE")
      ->expected(1)
      ->take_all();
  verbs.make->add_option("--out", make.out, "The CSV file; it must not exist (default: standard output)")
      ->type_name("FILE");
  verbs.make->add_option("--duration", make.duration, "Length of the trace (default: the description's, or 24 h)");
  verbs.make->add_option("--start", make.start, "Moment of its first line (default: the description's)");
  takes_whole_number(
      verbs.make->add_option("--seed", make.seed, "Seed of its luck, where the description has none (default: 1)"));
  verbs.show = trace->add_subcommand("show", "Draw a trace, with its level, peaks, burstiness, memory and gaps");
  add_trace_file(*verbs.show, show);
  verbs.fit = trace->add_subcommand(
      "fit", "Write the parameters of a synthetic twin, which trace make takes, and how like it is");
  add_trace_file(*verbs.fit, fit);
  verbs.fit->add_option("--out", fit.out, "The JSON file; it must not exist (default: standard output)")
      ->type_name("FILE");
  verbs.fit->add_flag("--quiet", fit.quiet, "Only the description");
  return verbs;
}

int dispatch_verb(CLI::App& app, int argc, char** argv) {
  berth::RunRequest run, compare;
  berth::CheckRequest check;
  berth::ExplainRequest explain;
  berth::CatalogRequest catalog;
  berth::TraceMakeRequest trace_make;
  berth::TraceFileRequest trace_show, trace_fit;
  berth::ValidateRequest validate;
  berth::ImportVerbRequest import;
  berth::StudyRequest study;
  app.require_subcommand(1);

  CLI::App* compare_app = app.add_subcommand(
      "compare",
      "Simulate the scenario on several architectures with the same arrivals and the same luck, print them "
      "side by side, and write the results");
  add_run_options(*compare_app, compare);
  compare_app->footer(
      "Architectures that the scenario does not describe are completed from models/architectures.json;\n"
      "every assumption is printed below the table and listed in assumptions.csv.\n\n"
      "  berth compare workloads/web-shop.json\n"
      "  berth compare workloads/web-shop.json --trace shop=my.csv,means=count,gaps=zero,scale=2\n"
      "  berth compare workloads/web-shop.json --arch ecs-ec2,ecs-fargate --set /services/web/scale/max=50\n\n" +
      std::string(kExitCodes));

  CLI::App* run_app = app.add_subcommand("run",
                                         "Simulate the scenario on one architecture and write the results; "
                                         "what can never be placed stays pending, with the reason, and what a run "
                                         "cannot show is refused, as check says it");
  add_run_options(*run_app, run);
  run_app->footer("  berth run workloads/web-shop.json --arch ecs-fargate --out results/today\n\n" +
                  std::string(kExitCodes));

  CLI::App* check_app = app.add_subcommand(
      "check", "Validate a scenario and say which architectures can host it, and why not; simulates nothing");
  add_load_options(*check_app, check.load);
  check_app->add_option("--effective", check.effective, "Print the completed scenario with the origin of every value")
      ->type_name("ARCHITECTURE");
  check_app->add_flag("--schema", check.schema, "Print the JSON Schema of scenario files");

  CLI::App* explain_app = add_explain(app, explain);

  CLI::App* catalog_app =
      app.add_subcommand("catalog", "List what berth knows of AWS: each number with source and day");
  takes_its_words(
      catalog_app
          ->add_option("topic", catalog.topic,
                       "instances | fargate | prices | quotas | latencies | constants | versions | editions "
                       "(default: instances)")
          ->type_name(" "));
  catalog_app->add_option("--region", catalog.region, "Region of prices (default: us-east-1)");
  catalog_app->add_option("--date", catalog.date, "The day the numbers are for, e.g. 2021-09 (default: the newest)");
  catalog_app->add_option("--match", catalog.match, "Only rows whose name contains this text");

  CLI::App* validate_app = app.add_subcommand(
      "validate", "Simulate a set-up that somebody measured, and print measured and simulated side by side");
  validate_app
      ->add_option("what", validate.what,
                   "startup: task timelines, image pulls, node boots; ecs: scale-outs over time, a roll-out, target "
                   "tracking; eks: a scale-out on new nodes, what a pod takes, how soon node scalers decide")
      ->required();
  validate_app->add_option("--set", validate.sets, "Change one value of the set-up, as with run")
      ->type_name("PATH=VALUE")
      ->expected(1)
      ->take_all();
  takes_whole_number(validate_app->add_option("--seed", validate.seed, "The seed of all luck (default: the set-up's)"));
  validate_app->add_option("--out", validate.out, "Keep the results of the simulation in this folder")
      ->type_name("FOLDER");
  validate_app->footer(
      "Exit codes: 0 all within their tolerance, 1 the simulation could not finish, 2 wrong input, "
      "3 a figure missed its tolerance.");

  CLI::App* import_app = add_import(app, import);
  CLI::App* study_app = add_study(app, study);

  const TraceVerbs traces = add_trace(app, trace_make, trace_show, trace_fit);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() != 0) refuse(app, e);
    app.exit(e);  // prints the help or the version
    return kDone;
  }
  if (compare_app->parsed()) return berth::compare_verb(compare);
  if (run_app->parsed()) return berth::run_verb(run);
  if (check_app->parsed()) return berth::check_verb(check);
  if (explain_app->parsed()) return berth::explain_verb(explain);
  if (catalog_app->parsed()) return berth::catalog_verb(catalog);
  if (validate_app->parsed()) return berth::validate_verb(validate);
  if (import_app->parsed()) return berth::import_verb(import);
  if (study_app->parsed()) return berth::study_verb(study);
  if (traces.show->parsed()) return berth::trace_show_verb(trace_show);
  if (traces.fit->parsed()) return berth::trace_fit_verb(trace_fit);
  return berth::trace_make_verb(trace_make);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "berth simulates container scheduling on AWS: ECS and EKS, on EC2 and on Fargate.\n"
      "It measures deploy latency, utilisation and cost on the same traffic and the same luck.",
      "berth"};
  app.set_version_flag("--version", std::string(BERTH_VERSION));
  app.footer(kExitCodes);
  try {
    return dispatch_verb(app, argc, argv);
  } catch (const berth::InputError& e) {
    std::fprintf(stderr, "berth: %s\n", e.what());
    return kWrongInput;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "berth: could not finish: %s\n", e.what());
    return kCouldNotFinish;
  }
}
