// Runs the project's own policies on files of upstream test cases and says which cases pass.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "tools/conformance/family.hpp"

namespace {

using berth::conformance::families;
using berth::conformance::Tally;

constexpr const char* kUsage =
    "usage: conformance FILE|FOLDER ...\n"
    "Runs berth's policies on test vectors (JSON files with a \"topic\"; of a folder every *.json) and prints for\n"
    "each file how many cases passed, failed and were skipped. Exit code 0: none failed, 1: some did, 2: wrong "
    "input.\n";

std::vector<std::string> files_of(const std::vector<std::string>& arguments) {
  std::vector<std::string> files;
  for (const auto& a : arguments) {
    if (!std::filesystem::is_directory(a)) {
      files.push_back(a);
      continue;
    }
    std::vector<std::string> inside;
    for (const auto& entry : std::filesystem::directory_iterator(a)) {
      if (entry.path().extension() == ".json") inside.push_back(entry.path().string());
    }
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

/// The number of failures in the file.
int run_file(const std::string& path) {
  const auto root = berth::load_json(path);
  const berth::Field file(root, path);
  const auto topic = file.at("topic").text();
  const auto name = std::filesystem::path(path).filename().string();
  for (const auto& family : families()) {
    if (family.topic != topic) continue;
    Tally tally;
    family.run(file, tally);
    fmt::print("{:<36} passed {:>3}  failed {:>3}  skipped {:>3}\n", name, tally.passed, tally.failed, tally.skipped);
    for (const auto& line : tally.lines) fmt::print("    {}\n", line);
    return tally.failed;
  }
  fmt::print("{:<36} not covered yet: {}\n", name, topic);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty() || arguments.front() == "--help") {
    std::fputs(kUsage, arguments.empty() ? stderr : stdout);
    return arguments.empty() ? 2 : 0;
  }
  try {
    int failed = 0;
    for (const auto& file : files_of(arguments)) failed += run_file(file);
    return failed == 0 ? 0 : 1;
  } catch (const berth::InputError& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 2;
  }
}
