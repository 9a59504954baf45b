#include "sim/policy/placement/pattern.hpp"

#include <algorithm>

namespace berth {

/// Thompson's construction by recursive descent: each part of the pattern becomes states that lead to `end`.
class PatternReader {
 public:
  PatternReader(Pattern& pattern, std::string_view text) : pattern_(pattern), text_(text) {}

  std::optional<Pattern::Error> read() {
    pattern_ = {};
    const std::uint32_t end = add({Pattern::State::Kind::end});
    Part whole = alternatives(0);
    if (!error_ && at_ < text_.size()) fail("the end, or a ( before this )");
    if (!error_) pattern_.start_ = build(whole, end);
    if (!error_ && pattern_.states_.size() > Pattern::kMostStates)
      error_ = Pattern::Error{0, "fewer or smaller repetitions"};
    return error_;
  }

 private:
  using State = Pattern::State;
  /// A tree of what was read; repetitions are written out when it is built.
  struct Part {
    enum class Kind : std::uint8_t { one_of, sequence, either, repeat } kind = Kind::sequence;
    std::uint32_t set = 0, least = 0;
    std::optional<std::uint32_t> most{};
    std::vector<Part> parts{};
  };
  static constexpr int kDeepest = 32;

  bool more() const { return !error_ && at_ < text_.size(); }
  char here() const { return text_[at_]; }
  void fail(std::string expected) {
    if (!error_) error_ = Pattern::Error{at_, std::move(expected)};
  }

  Part alternatives(int depth) {
    Part either{Part::Kind::either};
    either.parts.push_back(sequence(depth));
    while (more() && here() == '|') {
      ++at_;
      either.parts.push_back(sequence(depth));
    }
    return either;
  }

  Part sequence(int depth) {
    Part all{Part::Kind::sequence};
    while (more() && here() != '|' && here() != ')') all.parts.push_back(repeated(depth));
    return all;
  }

  Part repeated(int depth) {
    Part part = single(depth);
    while (more() && (here() == '*' || here() == '+' || here() == '?' || here() == '{')) {
      Part repeat{Part::Kind::repeat};
      if (here() == '{') bounds(repeat);
      else {
        repeat.least = here() == '+' ? 1 : 0;
        if (here() == '?') repeat.most = 1;
        ++at_;
      }
      if (more() && (here() == '?' || here() == '+')) return fail("no lazy or possessive repetition"), part;
      repeat.parts.push_back(std::move(part));
      part = std::move(repeat);
      if (++repetitions_ > 64) fail("at most 64 repetitions");
    }
    return part;
  }

  void bounds(Part& repeat) {
    ++at_;
    const auto number = [&]() -> std::optional<std::uint32_t> {
      std::optional<std::uint32_t> n;
      for (; more() && here() >= '0' && here() <= '9'; ++at_)
        n = std::min<std::uint32_t>(1000, n.value_or(0) * 10 + static_cast<std::uint32_t>(here() - '0'));
      return n;
    };
    const auto least = number();
    if (!least) return fail("a number after {");
    repeat.least = *least;
    repeat.most = *least;
    if (more() && here() == ',') {
      ++at_;
      repeat.most = number();
    }
    if (!more() || here() != '}') return fail("} after the bounds of a repetition");
    if (repeat.most && *repeat.most < repeat.least) return fail("bounds in order");
    ++at_;
  }

  Part single(int depth) {
    Part part{Part::Kind::one_of};
    std::bitset<256> set;
    switch (here()) {
      case '(':
        return group(depth);
      case '[':
        set = bracket();
        break;
      case '.':
        set.set();
        set.reset('\n');
        ++at_;
        break;
      case '\\':
        set = escaped();
        break;
      case '*':
      case '+':
      case '?':
      case '{':
        fail("something before it that is repeated");
        break;
      case '^':
      case '$':
        fail("no anchors: a pattern is for the whole value");
        break;
      default:
        set.set(static_cast<unsigned char>(here()));
        ++at_;
    }
    part.set = static_cast<std::uint32_t>(pattern_.sets_.size());
    pattern_.sets_.push_back(set);
    return part;
  }

  Part group(int depth) {
    if (depth >= kDeepest) return fail("fewer brackets in each other"), Part{};
    ++at_;
    if (more() && here() == '?') {
      if (text_.substr(at_, 2) != "?:") return fail("no look-around, flags or names: (…) or (?:…)"), Part{};
      at_ += 2;
    }
    Part inner = alternatives(depth + 1);
    if (!more() || here() != ')') return fail("the ) of a group"), Part{};
    ++at_;
    return inner;
  }

  std::bitset<256> escaped() {
    std::bitset<256> set;
    ++at_;
    if (!more()) return fail("a character after \\"), set;
    const char c = here();
    const auto range = [&](unsigned char from, unsigned char to) {
      for (unsigned i = from; i <= to; ++i) set.set(i);
    };
    const char kind = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (word && kind != 'd' && kind != 'w' && kind != 's')
      return fail("\\d, \\w, \\s, or \\ before a character that means something else"), set;
    if (kind == 'd' || kind == 'w') range('0', '9');
    if (kind == 'w') {
      range('a', 'z');
      range('A', 'Z');
      set.set('_');
    }
    if (kind == 's')
      for (const char space : {' ', '\t', '\n', '\r', '\f', '\v'}) set.set(static_cast<unsigned char>(space));
    if (!word) set.set(static_cast<unsigned char>(c));
    else if (c != kind) set.flip();
    ++at_;
    return set;
  }

  std::bitset<256> bracket() {
    std::bitset<256> set;
    ++at_;
    const bool inverse = more() && here() == '^';
    if (inverse) ++at_;
    for (bool first = true; more() && (here() != ']' || first); first = false) {
      if (here() == '\\') {
        set |= escaped();
        continue;
      }
      if (here() == '[' || here() == '&') return fail("no class within a class"), set;
      const auto from = static_cast<unsigned char>(here());
      auto to = from;
      if (at_ + 2 < text_.size() && text_[at_ + 1] == '-' && text_[at_ + 2] != ']') {
        to = static_cast<unsigned char>(text_[at_ + 2]);
        at_ += 2;
      }
      if (to < from || to == '\\') return fail("the bounds of a range in order"), set;
      for (unsigned i = from; i <= to; ++i) set.set(i);
      ++at_;
    }
    if (!more()) return fail("the ] of a class"), set;
    ++at_;
    return inverse ? ~set : set;
  }

  std::uint32_t add(State state) {
    pattern_.states_.push_back(state);
    return static_cast<std::uint32_t>(pattern_.states_.size() - 1);
  }

  /// The first state of the part, which leads to `next`. Gives up quietly when there are too many.
  std::uint32_t build(const Part& part, std::uint32_t next) {
    if (pattern_.states_.size() > Pattern::kMostStates) return next;
    switch (part.kind) {
      case Part::Kind::one_of:
        return add({State::Kind::one_of, part.set, next});
      case Part::Kind::sequence:
        for (auto p = part.parts.rbegin(); p != part.parts.rend(); ++p) next = build(*p, next);
        return next;
      case Part::Kind::either: {
        std::uint32_t first = build(part.parts.back(), next);
        for (std::size_t i = part.parts.size() - 1; i-- > 0;)
          first = add({State::Kind::fork, 0, build(part.parts[i], next), first});
        return first;
      }
      case Part::Kind::repeat:
        break;
    }
    return repeat(part, next);
  }

  std::uint32_t repeat(const Part& part, std::uint32_t next) {
    const Part& inner = part.parts.front();
    std::uint32_t first = next;
    if (!part.most) {
      const std::uint32_t loop = add({State::Kind::fork, 0, next, next});
      const std::uint32_t body = build(inner, loop);
      pattern_.states_[loop].next = body;
      first = loop;
    } else {
      for (std::uint32_t i = part.least; i < *part.most && pattern_.states_.size() <= Pattern::kMostStates; ++i)
        first = add({State::Kind::fork, 0, build(inner, first), next});
    }
    for (std::uint32_t i = 0; i < part.least && pattern_.states_.size() <= Pattern::kMostStates; ++i)
      first = build(inner, first);
    return first;
  }

  Pattern& pattern_;
  std::string_view text_;
  std::size_t at_ = 0;
  int repetitions_ = 0;
  std::optional<Pattern::Error> error_;
};

std::optional<Pattern::Error> Pattern::read(std::string_view text) { return PatternReader(*this, text).read(); }

void Pattern::follow(std::uint32_t state, std::vector<std::uint32_t>& reached, std::vector<bool>& seen) const {
  std::vector<std::uint32_t> open = {state};
  while (!open.empty()) {
    const std::uint32_t s = open.back();
    open.pop_back();
    if (seen[s]) continue;
    seen[s] = true;
    if (states_[s].kind != State::Kind::fork) {
      reached.push_back(s);
      continue;
    }
    open.push_back(states_[s].other);
    open.push_back(states_[s].next);
  }
}

bool Pattern::matches(std::string_view text) const {
  std::vector<std::uint32_t> now, then;
  std::vector<bool> seen(states_.size());
  follow(start_, now, seen);
  for (const char c : text) {
    then.clear();
    seen.assign(states_.size(), false);
    for (const std::uint32_t s : now)
      if (states_[s].kind == State::Kind::one_of && sets_[states_[s].set][static_cast<unsigned char>(c)])
        follow(states_[s].next, then, seen);
    now.swap(then);
  }
  return std::any_of(now.begin(), now.end(), [&](std::uint32_t s) { return states_[s].kind == State::Kind::end; });
}

}  // namespace berth
