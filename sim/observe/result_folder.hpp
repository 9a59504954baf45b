// The folder of results: it appears whole, under its name, at the end of the experiment, or not at all.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "sim/observe/interruption.hpp"
#include "sim/observe/summary.hpp"

namespace berth {

/// Files are collected in a sibling folder that is renamed by publish() and removed by anything else: the
/// destructor, SIGINT, SIGTERM. One at a time in a process.
class ResultFolder {
 public:
  /// InputError when `target` exists or when nothing can be made beside it.
  explicit ResultFolder(std::string target);
  ~ResultFolder();
  ResultFolder(const ResultFolder&) = delete;
  ResultFolder& operator=(const ResultFolder&) = delete;

  /// A new folder for the files of one run. Parts are merged in the order in which they were asked for.
  std::string part(const std::string& architecture);
  /// A process that writes into a part: on SIGINT and SIGTERM it is killed before the folder is removed.
  /// forget() it once it was waited for.
  void remember(pid_t child);
  void forget(pid_t child);

  /// Of all parts, in order. RunError when a part has none.
  std::vector<Summary> summaries() const;
  /// A whole file beside the merged ones (manifest.json). RunError when the disk is full.
  void write(const std::string& name, const std::string& text);
  /// Merges the parts file by file under one header, writes summary.json, and gives the folder its name.
  void publish();

  const std::string& target() const { return target_; }

 private:
  void remove_all();

  std::string target_;
  std::string temporary_;
  std::string made_parent_;  ///< the first of the folders above that had to be made; empty: none
  std::vector<std::string> parts_;
  std::unique_ptr<Interruption> interruption_;
  bool published_ = false;
};

/// Concatenates the parts' `<file>.csv` under one header. RunError when headers differ or the disk is full.
void merge_csv(const std::vector<std::string>& parts, const std::string& file, const std::string& into);

}  // namespace berth
