// How large a JSON document may be, whoever reads it.
#pragma once

#include <cstddef>

namespace berth {

inline constexpr std::size_t kDeepestJson = 64;  ///< levels of objects and lists
inline constexpr std::size_t kLargestJson = std::size_t{64} << 20;

}  // namespace berth
