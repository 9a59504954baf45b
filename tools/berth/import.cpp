// `berth import`: a recording of another tool as an ordinary scenario.
#include <fmt/format.h>

#include <filesystem>

#include "sim/base/error.hpp"
#include "sim/observe/text_file.hpp"
#include "tools/berth/verbs.hpp"

namespace berth {

int import_verb(const ImportVerbRequest& request) {
  const Importer& importer = importer_named(request.format, request.import.files.size());
  if (!request.out.empty() && std::filesystem::exists(request.out))
    throw InputError({"", "--out", "a file that does not exist yet", request.out, "remove it, or name another file"});
  const Imported imported = importer.read(request.import);
  for (const std::string& what : imported.left_out) fmt::print(stderr, "berth: left out: {}\n", what);
  const std::string text = to_json(imported.scenario) + "\n";
  if (request.out.empty()) fmt::print("{}", text);
  else write_text(request.out, text);
  return kDone;
}

}  // namespace berth
