#include "sim/observe/interruption.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <iterator>

#include "sim/base/check.hpp"

namespace berth {
namespace {

// A signal handler may only touch what is plain and global.
constexpr int kMostChildren = 256;
volatile pid_t interrupted_owner = 0;
volatile pid_t interrupted_children[kMostChildren];
char interrupted_folder[4096];
std::size_t made_parent_length = 0;                    // of the folder's path; 0: all folders above were there before
constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};  // SIGHUP: the terminal was closed
struct sigaction before[std::size(kSignals)];

/// Only calls that are safe in a handler: removing a tree needs memory, so another program does it.
void remove_in_another_process(const char* folder) {
  const pid_t remover = fork();
  if (remover == 0) {
    execl("/bin/rm", "rm", "-rf", "--", folder, static_cast<char*>(nullptr));
    _exit(127);
  }
  if (remover > 0) waitpid(remover, nullptr, 0);
}

/// Those that are empty again, from the inside out.
void remove_made_parents(char* path) {
  while (made_parent_length > 0) {
    char* const slash = std::strrchr(path, '/');
    if (slash == nullptr || slash == path) return;
    *slash = '\0';
    if (std::strlen(path) < made_parent_length || rmdir(path) != 0) return;
  }
}

void clean_up_and_die(int signal_number) {
  if (getpid() == interrupted_owner) {
    for (volatile pid_t& child : interrupted_children) {
      if (child == 0) continue;
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
    remove_in_another_process(interrupted_folder);
    remove_made_parents(interrupted_folder);
  }
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

}  // namespace

Interruption::Interruption(const std::string& folder, const std::string& made_parent) {
  SIM_CHECK(interrupted_owner == 0 || interrupted_owner != getpid());
  SIM_CHECK(folder.size() < sizeof interrupted_folder);
  std::memcpy(interrupted_folder, folder.c_str(), folder.size() + 1);
  made_parent_length = made_parent.size();
  for (volatile pid_t& child : interrupted_children) child = 0;
  interrupted_owner = getpid();
  struct sigaction act = {};
  act.sa_handler = clean_up_and_die;
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    sigaction(kSignals[i], nullptr, &before[i]);
    const bool nohup = kSignals[i] == SIGHUP && before[i].sa_handler == SIG_IGN;  // asked to outlive its terminal
    if (!nohup) sigaction(kSignals[i], &act, nullptr);
  }
}

Interruption::~Interruption() {
  for (std::size_t i = 0; i < std::size(kSignals); ++i) sigaction(kSignals[i], &before[i], nullptr);
  interrupted_owner = 0;
}

void Interruption::remember(pid_t child) {
  for (volatile pid_t& slot : interrupted_children) {
    if (slot != 0) continue;
    slot = child;
    return;
  }
  SIM_CHECK_SAY(false, "more children than the handler knows of");
}

void Interruption::forget(pid_t child) {
  for (volatile pid_t& slot : interrupted_children)
    if (slot == child) slot = 0;
}

}  // namespace berth
