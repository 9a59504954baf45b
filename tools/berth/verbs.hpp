// The verbs of the command line, each with what it was asked; every one returns the program's exit code.
#pragma once

#include <string>
#include <vector>

#include "sim/importers/importer.hpp"
#include "sim/scenario/load.hpp"

namespace berth {

/// 0 done · 1 the simulation could not finish · 2 wrong input (thrown as InputError) · 3 a validation missed.
inline constexpr int kDone = 0;
inline constexpr int kCouldNotFinish = 1;
inline constexpr int kWrongInput = 2;
inline constexpr int kMissed = 3;

struct RunRequest {
  LoadOptions load;
  std::vector<std::string> architectures;  ///< empty: all (compare), the only one (run)
  std::string out;                         ///< empty: results/<name>[-variant]
  std::size_t jobs = 0;                    ///< 0: as many as there are processors
  bool check_everything = false;
  std::string journal;  ///< empty: stages
  bool quiet = false;
};
int run_verb(const RunRequest& request);
int compare_verb(const RunRequest& request);

struct CheckRequest {
  LoadOptions load;
  std::string effective;  ///< an architecture; empty: only the findings
  bool schema = false;
};
int check_verb(const CheckRequest& request);

struct ExplainRequest {
  std::string results;                 ///< the folder of a run or compare
  std::string architecture;            ///< empty: the only one
  std::string replica;                 ///< "web/17"; empty: the slowest
  std::optional<std::size_t> slowest;  ///< how many; empty: one, unless a replica is named
  std::string pending;                 ///< a replica or a service: why it waits, in place of where its start went
  std::string at;                      ///< with pending; empty: the middle of its waiting
};
int explain_verb(const ExplainRequest& request);

struct CatalogRequest {
  std::string topic = "instances";  ///< instances | fargate | prices | quotas | latencies | constants | editions
  std::string region = "us-east-1";
  std::string date;   ///< empty: the newest day that models/ knows
  std::string match;  ///< only rows whose name contains it
};
int catalog_verb(const CatalogRequest& request);

struct ValidateRequest {
  std::string what;               ///< "startup", "ecs"
  std::vector<std::string> sets;  ///< "PATH=VALUE", in order
  std::optional<std::uint64_t> seed;
  std::string out;  ///< keeps the results there; empty: they are thrown away
};
int validate_verb(const ValidateRequest& request);

struct ImportVerbRequest {
  std::string format;
  ImportRequest import;
  std::string out;  ///< empty: standard output
};
int import_verb(const ImportVerbRequest& request);

struct StudyRequest {
  std::string format;
  std::vector<std::string> files;
  std::vector<std::int64_t> copies;  ///< empty: the study's own
  std::int64_t seeds = 10;           ///< runs with other luck each
  std::uint64_t seed = 1;            ///< the first
  std::size_t jobs = 0;              ///< 0: as many as there are processors
  std::string out;                   ///< empty: nothing is kept
};
int study_verb(const StudyRequest& request);

struct TraceMakeRequest {
  std::string file;               ///< a JSON file with the `synthetic` object of a trace; empty: only `sets`
  std::vector<std::string> sets;  ///< "PATH=VALUE", in order
  std::string out;                ///< empty: standard output
  std::string duration;           ///< empty: the description's, else 24 h
  std::string start;              ///< empty: the description's
  std::optional<std::uint64_t> seed;
};
int trace_make_verb(const TraceMakeRequest& request);

struct TraceFileRequest {
  std::string file;
  std::string options;      ///< as behind a file in --trace: "from=1998-06-30,means=count"
  std::string out;          ///< of fit: the description; empty: standard output
  std::size_t width = 100;  ///< of pictures, in characters
  bool quiet = false;
};
int trace_show_verb(const TraceFileRequest& request);
int trace_fit_verb(const TraceFileRequest& request);

}  // namespace berth
