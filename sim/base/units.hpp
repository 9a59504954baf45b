// Texts with a unit ("0.5 vCPU", "1 min 30 s", "10 Gbit/s") as numbers: exact integers, or rates.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace berth {

/// One of the unit is times/per of the base unit.
struct Unit {
  std::string_view name;
  std::int64_t times;
  std::int64_t per = 1;
};

/// One kind of amount: its units (the first `listed` are named in errors, the rest are other spellings of them).
struct UnitKind {
  std::string_view what;      ///< "an amount of CPU with a unit"
  std::string_view example;   ///< "0.5 vCPU"
  std::string_view often[2];  ///< the units a bare number is most likely meant in; the second may be empty
  std::span<const Unit> units;
  std::size_t listed;
  std::int64_t limit;           ///< the largest amount, in the base unit
  std::string_view limit_text;  ///< the same in words
  bool sums = false;            ///< "1 min 30 s" is allowed, units descending
};

const UnitKind& cpu_kind();        ///< grains of 1/128,000 vCPU
const UnitKind& bytes_kind();      ///< bytes
const UnitKind& duration_kind();   ///< microseconds
const UnitKind& percent_kind();    ///< per cent
const UnitKind& rate_kind();       ///< per second
const UnitKind& bandwidth_kind();  ///< bytes per second

/// Why a text is refused.
struct Misread {
  std::string expected;
  std::string cure;  ///< empty: show the kind's example
};

/// The amount in whole base units, rounded half up once; nothing when it could be read.
std::optional<Misread> read_amount(std::string_view text, const UnitKind& kind, std::int64_t& out);
/// The same as a double, for rates.
std::optional<Misread> read_rate(std::string_view text, const UnitKind& kind, double& out);
/// `write "512 vCPU" or "512 units"`: the cure for a number without unit.
std::string with_units(std::string_view number, const UnitKind& kind);

}  // namespace berth
