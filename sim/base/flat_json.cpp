#include "sim/base/flat_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "sim/base/json_bounds.hpp"

namespace berth {
namespace {

/// Signs of a text that need no second look: no quote, backslash, control character or part of a longer character.
constexpr std::array<bool, 256> plain_signs() {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr std::array<bool, 256> kPlain = plain_signs();

/// Bytes of the UTF-8 character there, which is not ASCII; 0 when it is none (RFC 3629, section 4).
std::size_t utf8_length(const char* at, const char* end) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(at[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || static_cast<std::size_t>(end - at) < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const bool longer_than_needed = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool surrogate = first == 0xed && byte(1) > 0x9f;
  const bool beyond_unicode = first == 0xf4 && byte(1) > 0x8f;
  return longer_than_needed || surrogate || beyond_unicode ? 0 : length;
}

/// Bytes of the escape there; 0 when it is none, or half of a pair, which is left to the thorough reader.
std::size_t escape_length(const char* at, const char* end) {
  if (end - at < 2) return 0;
  if (at[1] != 'u') return std::string_view("\"\\/bfnrt").find(at[1]) != std::string_view::npos ? 2 : 0;
  if (end - at < 6) return 0;
  unsigned code = 0;
  const auto [stop, error] = std::from_chars(at + 2, at + 6, code, 16);
  return error == std::errc{} && stop == at + 6 && (code < 0xd800 || code > 0xdfff) ? 6 : 0;
}

}  // namespace

/// One pass over the text. Every function returns false where the document is left to the thorough reader.
class FlatReader {
 public:
  explicit FlatReader(FlatJson& into) : into_(into), at_(into.text_.data()), end_(at_ + into.text_.size()) {
    if (into.text_.substr(0, 3) == "\xef\xbb\xbf") at_ += 3;
    into_.tokens_.reserve(into.text_.size() / 8);
  }

  bool read() {
    for (;;) {
      skip_blanks();
      if (at_ == end_) return false;
      bool opened = false;
      if (!value(opened)) return false;
      if (opened) continue;
      if (!after_value()) return false;
      if (open_.empty()) break;
    }
    skip_blanks();
    return at_ == end_;
  }

 private:
  using Token = FlatJson::Token;

  void skip_blanks() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  void put(Value::Kind kind, const char* from, const char* to) {
    Token& token = into_.tokens_.emplace_back();
    token.kind = kind;
    token.at = static_cast<std::uint32_t>(from - into_.text_.data());
    token.length = static_cast<std::uint32_t>(to - from);
    token.next = static_cast<std::uint32_t>(into_.tokens_.size());
  }

  /// `opened`: a list or an object has begun, and a value is next.
  bool value(bool& opened) {
    switch (*at_) {
      case '"':
        return text();
      case '{':
      case '[':
        return open(opened);
      case 't':
        return word("true", Value::Kind::boolean);
      case 'f':
        return word("false", Value::Kind::boolean);
      case 'n':
        return word("null", Value::Kind::null);
      default:
        return number();
    }
  }

  bool word(std::string_view letters, Value::Kind kind) {
    if (static_cast<std::size_t>(end_ - at_) < letters.size()) return false;
    if (std::string_view(at_, letters.size()) != letters) return false;
    put(kind, at_, at_ + letters.size());
    at_ += letters.size();
    return true;
  }

  bool text() {
    const char* const from = ++at_;
    bool escaped = false;
    for (;;) {
      while (at_ < end_ && kPlain[static_cast<unsigned char>(*at_)]) ++at_;
      if (at_ == end_) return false;
      if (*at_ == '"') break;
      std::size_t length = 0;
      if (*at_ == '\\') {
        length = escape_length(at_, end_);
        escaped = true;
      } else if (static_cast<unsigned char>(*at_) >= 0x80) {
        length = utf8_length(at_, end_);
      }
      if (length == 0) return false;
      at_ += length;
    }
    put(Value::Kind::text, from, at_++);
    into_.tokens_.back().escaped = escaped;
    return true;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  bool digits() {
    if (at_ == end_ || !is_digit(*at_)) return false;
    while (at_ < end_ && is_digit(*at_)) ++at_;
    return true;
  }

  bool number() {
    const char* const from = at_;
    const bool negative = take('-');
    const bool zero = at_ < end_ && *at_ == '0';
    const char* const first = at_;
    if (!digits() || (zero && at_ - first > 1)) return false;
    const bool whole = at_ == end_ || (*at_ != '.' && *at_ != 'e' && *at_ != 'E');
    if (negative && zero && whole) return false;  // -0 is 0 in a Value
    if (take('.') && !digits()) return false;
    const bool power = at_ < end_ && (*at_ == 'e' || *at_ == 'E');
    if (power) {
      ++at_;
      if (!take('-')) take('+');
      if (!digits()) return false;
    }
    constexpr std::ptrdiff_t kSurelyFinite = 300;
    if (power || at_ - from > kSurelyFinite) {
      double ignored = 0;
      if (std::from_chars(from, at_, ignored).ec != std::errc{}) return false;
    }
    put(Value::Kind::number, from, at_);
    return true;
  }

  bool open(bool& opened) {
    if (open_.size() == kDeepestJson) return false;
    const bool object = *at_ == '{';
    put(object ? Value::Kind::object : Value::Kind::list, at_, at_ + 1);
    ++at_;
    open_.push_back(into_.tokens_.size() - 1);
    skip_blanks();
    if (take(object ? '}' : ']')) return close();
    opened = true;
    return !object || key();
  }

  bool key() {
    skip_blanks();
    if (at_ == end_ || *at_ != '"' || !text() || into_.tokens_.back().escaped) return false;
    skip_blanks();
    return take(':');
  }

  bool close() {
    Token& token = into_.tokens_[open_.back()];
    token.next = static_cast<std::uint32_t>(into_.tokens_.size());
    const bool right = token.kind == Value::Kind::list || has_each_key_once(open_.back());
    open_.pop_back();
    return right;
  }

  bool has_each_key_once(std::size_t object) {
    keys_.clear();
    const std::size_t end = into_.tokens_[object].next;
    for (std::size_t key = object + 1; key < end; key = into_.tokens_[key + 1].next)
      keys_.push_back(into_.text_.substr(into_.tokens_[key].at, into_.tokens_[key].length));
    std::sort(keys_.begin(), keys_.end());
    return std::adjacent_find(keys_.begin(), keys_.end()) == keys_.end();
  }

  /// Up to the next value, or out of all lists and objects.
  bool after_value() {
    while (!open_.empty()) {
      Token& parent = into_.tokens_[open_.back()];
      parent.size = parent.size + 1;
      const bool object = parent.kind == Value::Kind::object;
      skip_blanks();
      if (take(',')) return !object || key();
      if (!take(object ? '}' : ']') || !close()) return false;
    }
    return true;
  }

  FlatJson& into_;
  const char* at_;
  const char* end_;
  std::vector<std::size_t> open_;
  std::vector<std::string_view> keys_;
};

std::optional<FlatJson> FlatJson::read(std::string_view text) {
  if (text.size() > kLargestJson) return std::nullopt;
  FlatJson document;
  document.text_ = text;
  if (!FlatReader(document).read()) return std::nullopt;
  return document;
}

std::optional<FlatField> FlatField::find(std::string_view key) const {
  if (!is(Value::Kind::object)) fail();
  const std::size_t end = token().next;
  for (std::size_t at = index_ + 1; at < end; at = document_->tokens_[at + 1].next)
    if (raw(at) == key) return FlatField(*document_, at + 1);
  return std::nullopt;
}

FlatField FlatField::at(std::string_view key) const {
  const auto found = find(key);
  if (!found) fail();
  return *found;
}

std::string FlatField::text_of(std::size_t index) const {
  const std::string_view written = raw(index);
  if (!document_->tokens_[index].escaped) return std::string(written);
  return parse_json(document_->text_.substr(document_->tokens_[index].at - 1, written.size() + 2), "").text;
}

std::string FlatField::text() const {
  if (!is(Value::Kind::text)) fail();
  return text_of(index_);
}

std::int64_t FlatField::whole(std::int64_t low, std::int64_t high) const {
  const std::string_view written = raw(index_);
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), n);
  if (!is(Value::Kind::number) || error != std::errc{} || end != written.data() + written.size()) fail();
  if (n < low || n > high) fail();
  return n;
}

std::string_view FlatField::spelling(std::string& buffer) const {
  if (is(Value::Kind::number)) return raw(index_);
  if (!is(Value::Kind::text)) return {};
  if (!token().escaped) return raw(index_);
  buffer = text_of(index_);
  return buffer;
}

}  // namespace berth
