#include "tools/berth/recorded_replicas.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "sim/base/error.hpp"
#include "sim/base/field.hpp"
#include "sim/observe/result_rows.hpp"
#include "sim/world/stages.hpp"

namespace berth {
namespace {

constexpr std::size_t kWidest = 100;

}  // namespace

std::vector<Recorded> recorded_replicas(const std::string& folder, const std::string& architecture) {
  std::vector<Recorded> rows;
  read_result_rows(folder + "/replicas.csv", [&](const ResultRow& row) {
    if (row["architecture"] != architecture) return;
    if (row["decided_s"].empty()) row.fail("decided_s", "a moment in seconds");
    rows.push_back({row["replica"], row["service"], row["initial"] == "1", row.moment("decided_s"),
                    row.moment("placed_s"), row.moment("healthy_s"), row.moment("stopped_s"),
                    row["stop_reason"] == name(StopReason::no_capacity)});
  });
  return rows;
}

std::uint64_t number_of(const std::string& replica) {
  const std::string digits = replica.substr(replica.rfind('/') + 1);
  const bool whole =
      !digits.empty() && digits.size() < 10 && digits.find_first_not_of("0123456789") == std::string::npos;
  return whole ? std::stoull(digits) : 0;
}

[[noreturn]] void refuse_unknown(const std::vector<Recorded>& all, const std::string& place,
                                 const std::string& replica) {
  const std::string service = replica.substr(0, replica.rfind('/'));
  std::vector<std::string> services;
  std::uint64_t last = 0;
  for (const Recorded& r : all) {
    if (std::find(services.begin(), services.end(), r.service) == services.end()) services.push_back(r.service);
    if (r.service == service) last = std::max(last, number_of(r.replica));
  }
  std::sort(services.begin(), services.end());
  if (last != 0)
    throw InputError(
        {"", place, fmt::format("{}/1 to {}/{}", service, service, last), "no such replica", "choose one of those"});
  if (services.empty())
    throw InputError({"", place, "an architecture that had replicas", "none at all", "choose another with --arch"});
  const std::string near = nearest(service, services);
  throw InputError(
      {"", place, fmt::format("a replica of {}", fmt::join(services, ", ")), "no such service",
       fmt::format("write {} {}{}", place.substr(0, place.find(' ')), near.empty() ? services.front() : near,
                   replica.find('/') == std::string::npos ? "" : "/1")});
}

[[noreturn]] void refuse_other_run(const std::string& replica) {
  throw InputError({"", "results", replica + " as this berth and its results both have it",
                    "it went another way here: another build of berth made them, or they were changed",
                    "run the scenario again"});
}

std::size_t columns_to_use() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kWidest;
  return std::min<std::size_t>(size.ws_col, kWidest);
}

}  // namespace berth
