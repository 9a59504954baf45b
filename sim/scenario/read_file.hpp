// A scenario file with its includes; and paths that files name.
#pragma once

#include <string>
#include <vector>

#include "sim/base/value.hpp"

namespace berth {

/// The file laid over the files it includes, in order. InputError on a cycle or more than 16 levels.
/// Every file read is added to `inputs` once.
Value read_with_includes(const std::string& file, std::vector<std::string>& inputs);

/// A path as written at `origin`: relative to that file's folder, or to the current folder when it came from an option.
std::string path_from(const Origin& origin, const std::string& path);

}  // namespace berth
