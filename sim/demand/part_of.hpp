// A share of an amount, in whole numbers.
#pragma once

#include <cstdint>

namespace berth {

/// amount · part / whole; the short division is the quick one.
inline std::int64_t part_of(std::int64_t amount, std::int64_t part, std::int64_t whole) {
  std::int64_t product = 0;
  if (!__builtin_mul_overflow(amount, part, &product)) return product / whole;
  return static_cast<std::int64_t>(static_cast<__int128>(amount) * part / whole);
}

}  // namespace berth
