#include "tools/berth/terminal.hpp"

#include <cstdlib>
#include <string_view>

namespace berth {

/// As the C library chooses a locale: the first of these that says anything.
bool terminal_knows_unicode() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view locale = value;
    return locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
  }
  return false;
}

}  // namespace berth
