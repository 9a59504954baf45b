// Every line begins with process and thread, so that parts are merged without being understood.
#include "sim/observe/trace_json.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "sim/base/check.hpp"
#include "sim/base/error.hpp"
#include "sim/base/value.hpp"
#include "sim/observe/text_file.hpp"

namespace berth {
namespace {

constexpr std::size_t kTraceBlock = 64 * 1024;
constexpr std::string_view kTraceHead = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[";
constexpr std::string_view kTraceTail = "\n]}\n";
constexpr std::string_view kPidKey = "{\"pid\":", kTidKey = ",\"tid\":";

std::string quoted_name(std::string_view name) {
  std::string text = to_json(Value::of_text(std::string(name), nullptr));
  while (text.back() == '\n') text.pop_back();
  return text;
}

/// The whole number at the front of `text`, which is cut off.
std::uint32_t take_number(std::string_view& text) {
  std::uint32_t n = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1))
    n = n * 10 + static_cast<std::uint32_t>(text.front() - '0');
  return n;
}

/// Takes the lines of one part over; `last` is the highest process and thread so far and becomes that of the part.
std::string renumbered(std::string_view text, TraceTrack& last, bool& any) {
  const TraceTrack base = last;
  std::string out;
  for (std::size_t at = text.find('\n') + 1; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (line.substr(0, kPidKey.size()) != kPidKey) continue;  // the tail
    if (line.back() == ',') line.remove_suffix(1);
    line.remove_prefix(kPidKey.size());
    const std::uint32_t process = base.process + take_number(line);
    SIM_CHECK(line.substr(0, kTidKey.size()) == kTidKey);
    line.remove_prefix(kTidKey.size());
    const std::uint32_t own = take_number(line);
    const std::uint32_t thread = own == 0 ? 0 : base.thread + own;
    last = {std::max(last.process, process), std::max(last.thread, thread)};
    out += fmt::format("{}\n{}{}{}{}{}", any ? "," : "", kPidKey, process, kTidKey, thread, line);
    any = true;
  }
  return out;
}

}  // namespace

TraceJson::TraceJson(std::string path) : path_(std::move(path)), file_(std::fopen(path_.c_str(), "wb")) {
  if (file_ == nullptr) throw RunError("cannot open " + path_ + ": " + std::strerror(errno));
  buffer_ = kTraceHead;
}

TraceJson::~TraceJson() {
  if (file_ != nullptr) std::fclose(file_);
}

std::uint32_t TraceJson::process(std::string_view name) {
  const TraceTrack track{++processes_, 0};
  put(track, 'M', Time{}, fmt::format(",\"name\":\"process_name\",\"args\":{{\"name\":{}}}", quoted_name(name)));
  return track.process;
}

TraceTrack TraceJson::track(std::uint32_t process, std::string_view name) {
  const TraceTrack track{process, ++threads_};
  put(track, 'M', Time{}, fmt::format(",\"name\":\"thread_name\",\"args\":{{\"name\":{}}}", quoted_name(name)));
  return track;
}

void TraceJson::begin(TraceTrack track, std::string_view name, Time at) {
  ++open_[track];
  put(track, 'B', at, ",\"name\":" + quoted_name(name));
}

void TraceJson::end(TraceTrack track, Time at) {
  const auto open = open_.find(track);
  SIM_CHECK(open != open_.end());
  if (--open->second == 0) open_.erase(open);
  put(track, 'E', at, "");
}

void TraceJson::instant(TraceTrack track, std::string_view name, Time at) {
  put(track, 'i', at, ",\"s\":\"t\",\"name\":" + quoted_name(name));
}

void TraceJson::end_all(Time at) {
  while (!open_.empty()) end(open_.begin()->first, at);
}

void TraceJson::put(TraceTrack track, char phase, Time at, std::string_view rest) {
  fmt::format_to(std::back_inserter(buffer_), "{}\n{}{}{}{},\"ph\":\"{}\",\"ts\":{}{}}}", any_ ? "," : "", kPidKey,
                 track.process, kTidKey, track.thread, phase, at.time_since_epoch().count(), rest);
  any_ = true;
  if (buffer_.size() >= kTraceBlock) flush();
}

void TraceJson::flush() {
  if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size())
    throw RunError("cannot write " + path_ + ": " + std::strerror(errno));
  buffer_.clear();
}

void TraceJson::close() {
  if (file_ == nullptr) return;
  buffer_ += kTraceTail;
  flush();
  std::FILE* const file = file_;
  file_ = nullptr;
  if (std::fclose(file) != 0) throw RunError("cannot close " + path_ + ": " + std::strerror(errno));
}

void merge_traces(const std::vector<std::string>& parts, const std::string& into) {
  write_text(into, kTraceHead);
  TraceTrack last;
  bool any = false;
  for (const std::string& part : parts) {
    const std::string path = part + "/trace.json";
    std::error_code missing;
    if (std::filesystem::exists(path, missing)) append_text(into, renumbered(read_text(path), last, any));
  }
  append_text(into, kTraceTail);
}

}  // namespace berth
