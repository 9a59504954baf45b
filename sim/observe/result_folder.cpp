#include "sim/observe/result_folder.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/observe/columns.hpp"
#include "sim/observe/text_file.hpp"
#include "sim/observe/trace_json.hpp"

namespace berth {
namespace {

namespace fs = std::filesystem;

fs::path parent_of(const std::string& target) {
  const fs::path parent = fs::path(target).parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

std::string without_end_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

/// The first folder on the way that does not exist yet; empty when all do.
std::string first_missing(fs::path folder) {
  std::string missing;
  std::error_code ignored;
  for (; !folder.empty() && !fs::exists(folder, ignored); folder = folder.parent_path()) missing = folder.string();
  return missing;
}

[[noreturn]] void refuse_target(const std::string& target, const std::string& found) {
  throw InputError({"", "--out " + target, "a new folder in a place that can be written", found,
                    "choose another place with --out FOLDER"});
}

}  // namespace

ResultFolder::ResultFolder(std::string target) : target_(without_end_slash(std::move(target))) {
  std::error_code failed;
  if (fs::exists(fs::symlink_status(target_, failed)))
    throw InputError({"", "--out " + target_, "a folder that does not exist yet", "it exists",
                      fmt::format("choose another place with --out FOLDER, or remove it: rm -r {}", target_)});
  const fs::path parent = parent_of(target_);
  made_parent_ = first_missing(parent);
  fs::create_directories(parent, failed);
  if (failed) refuse_target(target_, fmt::format("{}: {}", parent.string(), failed.message()));
  std::string pattern = (parent / ("." + fs::path(target_).filename().string() + ".XXXXXX")).string();
  if (mkdtemp(pattern.data()) == nullptr) {
    const std::string reason = std::strerror(errno);
    remove_all();
    refuse_target(target_, fmt::format("{}: {}", parent.string(), reason));
  }
  temporary_ = pattern;
  interruption_ = std::make_unique<Interruption>(temporary_, made_parent_);
}

ResultFolder::~ResultFolder() {
  if (!published_) remove_all();
}

void ResultFolder::remove_all() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
  if (made_parent_.empty()) return;
  // Only what is empty again: somebody else may have begun to use the folders that we made.
  for (fs::path folder = parent_of(target_);; folder = folder.parent_path()) {
    if (!fs::remove(folder, ignored) || folder == made_parent_) return;
  }
}

std::string ResultFolder::part(const std::string& architecture) {
  const std::string folder = fmt::format("{}/.parts/{}-{}", temporary_, parts_.size(), architecture);
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) throw RunError(fmt::format("cannot make {}: {}", folder, failed.message()));
  parts_.push_back(folder);
  return folder;
}

void ResultFolder::remember(pid_t child) { interruption_->remember(child); }
void ResultFolder::forget(pid_t child) { interruption_->forget(child); }

std::vector<Summary> ResultFolder::summaries() const {
  std::vector<Summary> all;
  for (const std::string& part : parts_) {
    std::error_code ignored;
    if (!fs::exists(part + "/summary.json", ignored))
      throw RunError(fmt::format("the run of {} left no results", fs::path(part).filename().string()));
    all.push_back(load_summary(part));
  }
  return all;
}

void ResultFolder::write(const std::string& name, const std::string& text) {
  write_text(temporary_ + "/" + name, text);
}

void ResultFolder::publish() {
  const Origin origin = std::make_shared<const std::string>("summary.json");
  Value runs = Value::of_list(origin);
  for (const Summary& s : summaries()) runs.items.push_back(summary_value(s));
  Value whole = Value::of_object(origin);
  whole.member("runs") = std::move(runs);
  write("summary.json", to_json(whole) + "\n");
  for (const ResultFile& file : result_files()) merge_csv(parts_, file.name, temporary_ + "/" + file.name + ".csv");
  merge_traces(parts_, temporary_ + "/trace.json");

  std::error_code failed;
  fs::remove_all(temporary_ + "/.parts", failed);
  if (!failed)
    fs::permissions(temporary_,
                    fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec | fs::perms::others_read |
                        fs::perms::others_exec,
                    failed);
  if (!failed && fs::exists(fs::symlink_status(target_))) failed = std::make_error_code(std::errc::file_exists);
  if (!failed) fs::rename(temporary_, target_, failed);
  if (failed) throw RunError(fmt::format("cannot give {} its name: {}", target_, failed.message()));
  published_ = true;
  interruption_.reset();
}

void merge_csv(const std::vector<std::string>& parts, const std::string& file, const std::string& into) {
  std::string header;
  for (const std::string& part : parts) {
    const std::string text = read_text(part + "/" + file + ".csv");
    const std::size_t end = text.find('\n') + 1;
    const std::string own_header = text.substr(0, end);
    if (header.empty()) write_text(into, header = own_header);
    if (own_header != header || header.empty()) throw RunError("the parts of " + file + ".csv have different columns");
    append_text(into, std::string_view(text).substr(end));
  }
}

}  // namespace berth
