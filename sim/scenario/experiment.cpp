// A process a run, because SimGrid allows one engine in the life of a process, and because a crash then stays one
// run's.
#include "sim/scenario/experiment.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace berth {
namespace {

struct Child {
  std::size_t run = 0;
  pid_t pid = 0;
  int from_child = -1;  // one byte of progress in percent, now and then
};

std::vector<HostingFinding> in_summary(const std::vector<Finding>& findings) {
  std::vector<HostingFinding> out;
  for (const Finding& f : findings) out.push_back({f.subject, std::string(name(f.verdict)), f.why, f.nearest});
  return out;
}

/// What the child does; returns its exit code.
int simulate(const PlannedRun& run, const Catalog& catalog, const Traces& traces, const std::string& part,
             int progress) {
  try {
    Simulation simulation(run.spec, catalog, traces, part);
    unsigned char reported = 0;
    simulation.advance_to(Time{run.spec.duration}, [&](Time now) {
      const auto percent = static_cast<unsigned char>(100.0 * (seconds(now) / seconds(run.spec.duration)));
      if (percent == reported) return;
      reported = percent;
      if (write(progress, &percent, 1) < 0 && errno == EPIPE) _exit(1);  // nobody waits for this run any more
    });
    Summary summary = simulation.finish();
    summary.findings = in_summary(run.findings);
    write_summary(summary, part);
    return 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "berth: {}: {}\n", run.spec.architecture, e.what());
    return 1;
  }
}

Child start(std::size_t number, const PlannedRun& run, const Catalog& catalog, const Traces& traces,
            const std::string& part) {
  int ends[2];
  if (pipe(ends) != 0) throw RunError(std::string("cannot make a pipe: ") + std::strerror(errno));
  std::fflush(nullptr);  // or the child would print what is buffered once more
  const pid_t pid = fork();
  if (pid < 0) throw RunError(std::string("cannot start a process: ") + std::strerror(errno));
  if (pid == 0) {
    close(ends[0]);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    const int code = simulate(run, catalog, traces, part, ends[1]);
    std::fflush(nullptr);
    _exit(code);
  }
  close(ends[1]);
  return {number, pid, ends[0]};
}

class ProgressLine {
 public:
  ProgressLine(const std::vector<PlannedRun>& runs, bool shown) : runs_(runs), shown_(shown), percent_(runs.size()) {}
  ~ProgressLine() {
    if (shown_) fmt::print(stderr, "\r\033[K");
  }
  void set(std::size_t run, unsigned char percent) {
    percent_[run] = percent;
    if (!shown_) return;
    std::string line;
    for (std::size_t i = 0; i < runs_.size(); ++i)
      line += fmt::format("{}{} {:3} %", i == 0 ? "" : "   ", runs_[i].spec.architecture, percent_[i]);
    fmt::print(stderr, "\r\033[K{}", line);
    std::fflush(stderr);
  }

 private:
  const std::vector<PlannedRun>& runs_;
  bool shown_;
  std::vector<unsigned char> percent_;
};

void wait_for(const Child& child, const PlannedRun& run, ResultFolder& folder) {
  int status = 0;
  while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
  }
  folder.forget(child.pid);
  close(child.from_child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  const std::string how = WIFSIGNALED(status) ? fmt::format("was ended by signal {}", WTERMSIG(status))
                                              : fmt::format("ended with code {}", WEXITSTATUS(status));
  throw RunError(fmt::format("the run of {} {}", run.spec.architecture, how));
}

/// Ends what still runs when the experiment is given up.
struct Children {
  std::vector<Child> alive;
  ~Children() {
    for (const Child& c : alive) {
      kill(c.pid, SIGKILL);
      waitpid(c.pid, nullptr, 0);
    }
  }
};

/// Reads progress until one child has closed its pipe; returns its position.
std::size_t first_done(const std::vector<Child>& alive, ProgressLine& line) {
  for (;;) {
    std::vector<pollfd> waits;
    for (const Child& c : alive) waits.push_back({c.from_child, POLLIN, 0});
    if (poll(waits.data(), waits.size(), -1) < 0) continue;  // a signal came between
    for (std::size_t i = 0; i < waits.size(); ++i) {
      if (waits[i].revents == 0) continue;
      unsigned char bytes[256];
      const ssize_t n = read(alive[i].from_child, bytes, sizeof bytes);
      if (n > 0) line.set(alive[i].run, bytes[n - 1]);
      if (n == 0) return i;
    }
  }
}

}  // namespace

std::vector<Summary> run_all(const std::vector<PlannedRun>& runs, const Catalog& catalog, const Traces& traces,
                             ResultFolder& folder, const ExperimentOptions& options) {
  std::vector<std::string> parts;
  for (const PlannedRun& run : runs) parts.push_back(folder.part(run.spec.architecture));
  ProgressLine line(runs, options.show_progress);
  Children children;
  std::size_t next = 0;
  while (next < runs.size() || !children.alive.empty()) {
    if (next < runs.size() && children.alive.size() < options.jobs) {
      const PlannedRun& run = runs[next];
      if (can_host(run.findings) || run.even_if_refused) {
        children.alive.push_back(start(next, run, catalog, traces, parts[next]));
        folder.remember(children.alive.back().pid);
      } else {
        write_unhosted(run.spec, in_summary(run.findings), parts[next]);
      }
      ++next;
      continue;
    }
    const std::size_t done = first_done(children.alive, line);
    const Child child = children.alive[done];
    children.alive.erase(children.alive.begin() + static_cast<std::ptrdiff_t>(done));
    wait_for(child, runs[child.run], folder);
    line.set(child.run, 100);
  }
  return folder.summaries();
}

}  // namespace berth
