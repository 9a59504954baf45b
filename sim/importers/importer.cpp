// The registry of importers.
#include "sim/importers/importer.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/field.hpp"
#include "sim/importers/formats.hpp"

namespace berth {

const std::vector<Importer>& importers() {
  static const std::vector<Importer> all = {
      {"simkube", "the trace of sk-tracer as JSON: Deployments over time", 1, &import_simkube},
      {"openb", "the list of pods of Alibaba's openb cluster, CSV", 1, &import_openb},
  };
  return all;
}

const Importer& importer_named(const std::string& format, std::size_t files) {
  std::vector<std::string> known;
  for (const Importer& importer : importers()) {
    known.emplace_back(importer.format);
    if (importer.format != format) continue;
    if (importer.file_count != files)
      throw InputError({"", "import " + format, fmt::format("{} file: {}", importer.file_count, importer.files),
                        fmt::format("{}", files), "name it alone"});
    return importer;
  }
  const std::string near = nearest(format, known);
  throw InputError({"", "import", fmt::format("one of {}", fmt::join(known, ", ")), format,
                    near.empty() ? "choose one of those" : "write " + near});
}

void check_copies(const ImportRequest& request, std::size_t things, const char* what) {
  const std::int64_t most =
      std::max<std::int64_t>(1, kMostImported / std::max<std::int64_t>(1, static_cast<std::int64_t>(things)));
  if (request.copies < 1 || request.copies > most)
    throw InputError({"", "--copies", fmt::format("1 to {}: at most {} {} in one scenario", most, kMostImported, what),
                      fmt::format("{}", request.copies), fmt::format("--copies {}", request.copies < 1 ? 1 : most)});
}

}  // namespace berth
