// Regular expressions of the cluster query language (Java's syntax, what a placement constraint uses of it), matched
// against whole texts in time that grows with pattern × text: no pattern can hang a run.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

/// Letters, `.`, classes `[a-z]` and `\d \w \s`, `( | )`, and the repetitions `* + ? {n} {n,} {n,m}`.
class Pattern {
 public:
  struct Error {
    std::size_t position;
    std::string expected;
  };
  /// Empty, and the pattern is ready; else what is wrong with it.
  std::optional<Error> read(std::string_view text);
  /// The whole text, not a part of it.
  bool matches(std::string_view text) const;

  static constexpr std::size_t kMostStates = 4096;

 private:
  friend class PatternReader;
  struct State {
    enum class Kind : std::uint8_t { one_of, fork, end } kind;
    std::uint32_t set = 0;              ///< one_of: index in sets_
    std::uint32_t next = 0, other = 0;  ///< other: of a fork
  };
  void follow(std::uint32_t state, std::vector<std::uint32_t>& reached, std::vector<bool>& seen) const;

  std::vector<State> states_;
  std::vector<std::bitset<256>> sets_;
  std::uint32_t start_ = 0;
};

}  // namespace berth
