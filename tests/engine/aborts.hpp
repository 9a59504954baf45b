// For checks that abort: runs a piece of code in a child process and hands back what it said before it died.
#pragma once

#include <csignal>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace berth::test {

/// Empty when the child survived.
template <class Run>
std::string last_words(Run run) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    dup2(ends[1], STDERR_FILENO);
    run();
    _exit(0);
  }
  close(ends[1]);
  std::string said;
  char buffer[512];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) said.append(buffer, static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? said : std::string{};
}

}  // namespace berth::test
