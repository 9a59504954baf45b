// Recordings of other tools as ordinary scenarios: one format a file, one line in the registry.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/quantity.hpp"
#include "sim/base/value.hpp"

namespace berth {

struct ImportRequest {
  std::vector<std::string> files;
  std::int64_t copies = 1;           ///< every workload so many times
  std::string scaler = "karpenter";  ///< of the nodes: karpenter | cluster_autoscaler
  /// Recordings name images and say nothing of their size.
  Bytes image_compressed = kMiB * 150, image_unpacked = kMiB * 400;
};

struct Imported {
  Value scenario;
  std::vector<std::string> left_out;  ///< what the recording has and the scenario has not, a sentence each
};

struct Importer {
  const char* format;
  const char* files;  ///< what it reads, for help and errors
  std::size_t file_count;
  Imported (*read)(const ImportRequest& request);
};

/// In the order of help texts.
const std::vector<Importer>& importers();
/// InputError that lists the formats when there is none of that name, or the number of files is wrong.
const Importer& importer_named(const std::string& format, std::size_t files);

/// InputError unless `copies` of `things` are at least one and no more than one scenario may have.
void check_copies(const ImportRequest& request, std::size_t things, const char* what);

/// The most that one scenario may have after copying.
inline constexpr std::int64_t kMostImported = 100'000;

}  // namespace berth
