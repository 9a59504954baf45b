// Where models/ is.
#include <cstdlib>
#include <filesystem>

#include "sim/base/error.hpp"
#include "sim/catalog/catalog.hpp"

namespace berth {

std::string models_folder() {
  namespace fs = std::filesystem;
  if (const char* wanted = std::getenv("BERTH_MODELS"); wanted != nullptr && *wanted != '\0') return wanted;

  std::error_code unreadable;
  const fs::path beside = fs::read_symlink("/proc/self/exe", unreadable).parent_path();
  // build/bin/berth in the source tree, bin/berth of an unpacked archive, then the tree this file was compiled in.
  const fs::path candidates[] = {beside / "../../models", beside / "../models", beside / "models",
                                 fs::path(__FILE__).parent_path() / "../../models"};
  for (const fs::path& folder : candidates) {
    std::error_code missing;
    if (fs::exists(folder / "prices.json", missing)) return folder.lexically_normal().string();
  }
  throw InputError({"", "BERTH_MODELS", "the folder models/ beside the program", "none found",
                    "set BERTH_MODELS to the folder models/ of the source tree"});
}

}  // namespace berth
