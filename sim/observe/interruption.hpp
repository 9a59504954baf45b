// SIGINT, SIGTERM and SIGHUP while results are being written: children are killed and the unfinished folder is removed.
#pragma once

#include <sys/types.h>

#include <string>

namespace berth {

/// Installs handlers for its lifetime; one at a time in a process, and only the process that made it cleans up. A
/// signal ends the program as it would have without us.
class Interruption {
 public:
  /// `made_parent`: the first of the folders above that was made for it, removed again where nothing else is in it;
  /// empty: none.
  Interruption(const std::string& folder, const std::string& made_parent);
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  void remember(pid_t child);
  void forget(pid_t child);
};

}  // namespace berth
