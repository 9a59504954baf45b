#include "sim/observe/bytes_observer.hpp"

#include <map>
#include <optional>
#include <tuple>

#include "sim/observe/columns.hpp"
#include "sim/observe/meters.hpp"

namespace berth {
namespace {

constexpr const char* kCloudWatchLogs = "CloudWatch Logs";

/// Zones and calls of a service to the same callee together.
struct Carried {
  std::int64_t sent = 0, bytes_out = 0, between_zones = 0;
  std::optional<std::int64_t> answered, bytes_back;  // nobody answers logs
};
using Stretch = std::tuple<std::string, std::string, CallRoute>;  // from, to

}  // namespace

BytesObserver::BytesObserver(const World& world, const Lanes& lanes, const std::string& folder)
    : world_(world),
      calls_(world, lanes),
      logs_(world, lanes),
      routes_(world),
      file_(open_results(folder, world.spec(), "bytes")) {}

void BytesObserver::sample(Time from, Time) {
  std::map<Stretch, Carried> carried;
  for (const CallPart& part : calls_.take()) {
    Carried& sum = carried[{world_.name(part.caller), part.call->to, routes_.route_of(part)}];
    sum.sent += part.sent;
    sum.bytes_out += part.bytes_sent();
    sum.answered = sum.answered.value_or(0) + part.answered;
    sum.bytes_back = sum.bytes_back.value_or(0) + part.bytes_back();
    sum.between_zones += routes_.between_zones(part);
  }
  for (const LogPart& part : logs_.take()) {
    Carried& sum = carried[{world_.name(part.service), kCloudWatchLogs, routes_.log_route(part.zone)}];
    sum.sent += part.requests;
    sum.bytes_out += part.bytes;
    sum.between_zones += routes_.log_bytes_between_zones(part.zone, part.bytes);
  }
  const std::string time = iso8601(in_utc(world_, from));
  for (const auto& [way, sum] : carried) {
    CsvRow& row = file_->row();
    put_seconds(row, from).text(time).text(std::get<0>(way)).text(std::get<1>(way)).text(name(std::get<2>(way)));
    row.whole(sum.sent);
    sum.answered ? row.whole(*sum.answered) : row.empty();
    row.whole(sum.bytes_out);
    sum.bytes_back ? row.whole(*sum.bytes_back) : row.empty();
    row.whole(sum.between_zones).end();
  }
}

void BytesObserver::finish(Time, Summary&) { file_->close(); }

}  // namespace berth
