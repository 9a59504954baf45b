#include "sim/base/random.hpp"

#include <Random123/philox.h>

namespace berth {

std::uint64_t name_hash(std::string_view name) {
  std::uint64_t h = 0xcbf2'9ce4'8422'2325;
  for (const char c : name) {
    h ^= static_cast<unsigned char>(c);
    h *= 0x0000'0100'0000'01b3;
  }
  h ^= h >> 31;
  h *= 0x9e37'79b9'7f4a'7c15;
  return h ^ (h >> 29);
}

Draws::Draws(std::uint64_t seed, Purpose purpose, std::uint64_t name, std::uint64_t birth)
    : key_{seed ^ (static_cast<std::uint64_t>(purpose) << 48), name}, birth_(birth) {}

std::array<std::uint64_t, 4> Draws::four(std::uint64_t n) const {
  const r123::Philox4x64::key_type key{{key_[0], key_[1]}};
  const r123::Philox4x64::ctr_type counter{{n, birth_, 0, 0}};
  const auto bits = r123::Philox4x64{}(counter, key);
  return {bits[0], bits[1], bits[2], bits[3]};
}

}  // namespace berth
