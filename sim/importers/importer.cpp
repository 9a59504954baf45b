// The registry of importers.
#include "sim/importers/importer.hpp"

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/field.hpp"
#include "sim/importers/formats.hpp"

namespace berth {

const std::vector<Importer>& importers() {
  static const std::vector<Importer> all = {
      {"simkube", "the trace of sk-tracer as JSON: Deployments over time", 1, &import_simkube},
  };
  return all;
}

const Importer& importer_named(const std::string& format, std::size_t files) {
  std::vector<std::string> known;
  for (const Importer& importer : importers()) {
    known.emplace_back(importer.format);
    if (importer.format != format) continue;
    if (importer.file_count != files)
      throw InputError({"", "import " + format,
                        fmt::format("{} ({})", importer.file_count == 1 ? "one file" : "two files", importer.files),
                        fmt::format("{}", files),
                        fmt::format("name {}", importer.file_count == 1 ? "it alone" : "both")});
    return importer;
  }
  const std::string near = nearest(format, known);
  throw InputError({"", "import", fmt::format("one of {}", fmt::join(known, ", ")), format,
                    near.empty() ? "choose one of those" : "write " + near});
}

}  // namespace berth
