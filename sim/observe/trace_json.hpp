// The Chrome trace-event format, which Perfetto and chrome://tracing open: one event a line, written as it happens.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/time.hpp"

namespace berth {

/// Where a slice stands: a process (a pool, say) and one of its tracks.
struct TraceTrack {
  std::uint32_t process = 0, thread = 0;
  friend bool operator<(TraceTrack a, TraceTrack b) {
    return a.process != b.process ? a.process < b.process : a.thread < b.thread;
  }
};

/// Slices are pairs of B and E, so that the file is in order of time and nothing is kept until its end. Microseconds
/// since the start of the run. RunError when the disk is full.
class TraceJson {
 public:
  explicit TraceJson(std::string path);
  ~TraceJson();
  TraceJson(const TraceJson&) = delete;
  TraceJson& operator=(const TraceJson&) = delete;

  std::uint32_t process(std::string_view name);
  TraceTrack track(std::uint32_t process, std::string_view name);

  /// Begins within the slice that is open on the track, if any is.
  void begin(TraceTrack track, std::string_view name, Time at);
  /// Ends the innermost slice of the track.
  void end(TraceTrack track, Time at);
  void instant(TraceTrack track, std::string_view name, Time at);
  /// Ends every slice that is still open.
  void end_all(Time at);
  void close();

 private:
  void put(TraceTrack track, char phase, Time at, std::string_view rest);
  void flush();

  std::string path_;
  std::FILE* file_;
  std::string buffer_;
  bool any_ = false;
  std::uint32_t processes_ = 0, threads_ = 0;
  std::map<TraceTrack, std::uint32_t> open_;  // slices on each track that have not ended
};

/// One file of several: processes and threads of later parts get numbers of their own. Parts without one are passed
/// over.
void merge_traces(const std::vector<std::string>& parts, const std::string& into);

}  // namespace berth
