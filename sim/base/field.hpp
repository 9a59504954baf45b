// A value with its path: every read checks the type and the unit, and every error says where it is and how to mend it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/error.hpp"
#include "sim/base/money.hpp"
#include "sim/base/quantity.hpp"
#include "sim/base/time.hpp"
#include "sim/base/value.hpp"

namespace berth {

/// A view of one value in a document. Does not own; the Value must outlive it.
class Field {
 public:
  Field(const Value& root, std::string file) : value_(&root), file_(std::move(file)) {}

  const Value& value() const { return *value_; }
  const std::string& pointer() const { return pointer_; }  ///< "" for the root, else "/services/web"
  const std::string& key() const { return key_; }          ///< the last part of the pointer
  bool is(Value::Kind kind) const { return value_->kind == kind; }

  bool has(std::string_view key) const;
  /// The member; InputError when this is not an object or the key is missing.
  Field at(std::string_view key) const;
  std::optional<Field> find(std::string_view key) const;
  /// Members of an object (InputError when it is none), `notes` left out, in order of writing.
  std::vector<Field> members() const;
  /// Items of a list (InputError when it is none).
  std::vector<Field> items() const;

  std::string text() const;
  bool truth() const;
  /// A bare whole number within [low, high].
  std::int64_t whole(std::int64_t low = 0, std::int64_t high = 1'000'000'000) const;
  /// A bare finite number within [low, high].
  double number(double low = 0, double high = 1e15) const;
  /// One of the words; the error lists them and names the nearest.
  std::string one_of(std::initializer_list<std::string_view> words) const;

  // Quantities are texts with a unit; a bare number is an error that shows the cure. None may be negative.
  Cpu cpu() const;                  ///< "0.5 vCPU", "512 units", "500m" (millicores)
  Bytes bytes() const;              ///< "512 MiB", "1Gi", "1 GB" (10⁹), "24 KiB", "100 B"
  Duration duration() const;        ///< "40 ms", "3 s", "10 min", "24 h", "7 d", "250 us", "1 min 30 s"
  double percent() const;           ///< "25 %" or a bare number of percent, 0 … 1,000,000; returned as 25
  double per_second() const;        ///< "5 /s", "300 /min", "0.5 rps"
  double bytes_per_second() const;  ///< "125 MiB/s", "10 Gbit/s"
  Usd usd() const;                  ///< "0.04048 USD", exact
  Instant instant()
      const;  ///< "2026-03-02T00:00Z", "2026-03-02T09:00+09:00", "2026-03-02", "2026-03" (first of the month)

  /// An InputError at this place.
  [[noreturn]] void fail(std::string expected, std::string found, std::string cure) const;
  /// What stands here, for the `found` of an error: `"abc"`, `17`, `an object`, cut to 60 characters.
  std::string shown() const;

 private:
  Field(const Value& value, std::string file, std::string pointer, std::string key)
      : value_(&value), file_(std::move(file)), pointer_(std::move(pointer)), key_(std::move(key)) {}

  const Value* value_;
  std::string file_;
  std::string pointer_;
  std::string key_;
};

/// The word of `known` nearest to `word` by edit distance, or "" when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace berth
