// JSON text to a tree of values and back. The only way in: depth, size and duplicate keys are refused while reading.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/check.hpp"
#include "sim/base/error.hpp"
#include "sim/base/json_bounds.hpp"
#include "sim/base/value.hpp"

namespace berth {
namespace {

constexpr std::size_t kMostValues = 4'000'000;  // a value takes far more memory than its text: 150 bytes and more

/// Lets the reader know how far the parser has read, so that a refusal in the middle can name its line.
struct CountedChar {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at = nullptr;
  const char** read = nullptr;

  reference operator*() const { return *at; }
  CountedChar& operator++() {
    ++at;
    *read = at;
    return *this;
  }
  CountedChar operator++(int) {
    CountedChar before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountedChar& other) const { return at == other.at; }
  bool operator!=(const CountedChar& other) const { return at != other.at; }
};

/// Builds the tree from the parser's events.
class JsonReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  JsonReader(std::string_view text, const std::string& name)
      : text_(text),
        name_(name),
        origin_(std::make_shared<const std::string>(name)),
        read_(text.data()),
        good_(text.data()) {
    if (text.substr(0, 3) == "\xef\xbb\xbf") good_ += 3;
  }

  Value read() {
    const CountedChar first{text_.data(), &read_};
    const CountedChar last{text_.data() + text_.size(), &read_};
    const bool done = nlohmann::json::sax_parse(first, last, this);
    SIM_CHECK(done && open_.empty());
    return std::move(root_);
  }

  bool null() override { return put(Value{}); }
  bool boolean(bool truth) override { return put(Value::of_truth(truth, nullptr)); }
  bool number_integer(number_integer_t n) override { return put(whole(n)); }
  bool number_unsigned(number_unsigned_t n) override {
    if (n <= static_cast<number_unsigned_t>(INT64_MAX)) return put(whole(static_cast<std::int64_t>(n)));
    return number_float(static_cast<double>(n), std::to_string(n));
  }
  bool number_float(number_float_t number, const string_t& spelling) override {
    Value v;
    v.kind = Value::Kind::number;
    v.number = number;
    v.text = spelling;
    return put(std::move(v));
  }
  bool string(string_t& text) override { return put(Value::of_text(std::move(text), nullptr)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return start(Value::of_object(nullptr)); }
  bool start_array(std::size_t) override { return start(Value::of_list(nullptr)); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }

  bool key(string_t& key) override {
    if (!open_.back().keys.insert(key).second)
      refuse(before(read_), "every key of an object once", fmt::format("\"{}\" a second time", key),
             "remove one of the two, or give it another name");
    key_ = std::move(key);
    return passed(':');
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& problem) override {
    explain(problem.id, problem.what());
  }

 private:
  struct Open {
    Value* value;
    const char* since;
    std::set<std::string> keys;
  };

  static Value whole(std::int64_t n) {
    Value v;
    v.kind = Value::Kind::number;
    v.number = static_cast<double>(n);
    v.integer = n;
    v.whole = true;
    v.text = std::to_string(n);
    return v;
  }

  Value& place(Value v) {
    v.origin = origin_;
    if (++values_ > kMostValues)
      refuse(before(read_), fmt::format("at most {} values", kMostValues), "one more", "split the file");
    if (open_.empty()) return root_ = std::move(v);
    Value& parent = *open_.back().value;
    if (parent.is(Value::Kind::list)) return parent.items.emplace_back(std::move(v));
    return parent.members.emplace_back(std::move(key_), std::move(v)).second;
  }
  bool put(Value v) {
    const bool looked_ahead = v.is(Value::Kind::number) && read_[-1] != v.text.back();
    place(std::move(v));
    passed(',');
    if (looked_ahead) --good_;  // to see the end of a number the parser reads one character more
    return true;
  }
  bool passed(char separator) {
    good_ = read_;
    separator_ = separator;
    return true;
  }
  bool start(Value v) {
    if (open_.size() == kDeepestJson)
      refuse(before(read_), fmt::format("at most {} levels of objects and lists", kDeepestJson), "one more level",
             "make the file flatter");
    Value& placed = place(std::move(v));
    open_.push_back({&placed, before(read_), {}});
    return passed(0);
  }
  bool end() {
    open_.pop_back();
    return passed(',');
  }

  const char* before(const char* at) const { return at > text_.data() ? at - 1 : at; }

  std::size_t line_of(const char* at) const { return 1 + static_cast<std::size_t>(std::count(text_.data(), at, '\n')); }

  [[noreturn]] void refuse(const char* at, std::string expected, std::string found, std::string cure) const {
    const char* line_start = at;
    while (line_start > text_.data() && line_start[-1] != '\n') --line_start;
    const auto column = 1 + std::count_if(line_start, at, [](char c) { return (c & 0xc0) != 0x80; });
    throw InputError({name_, fmt::format("line {}, column {}", line_of(at), column), std::move(expected),
                      std::move(found), std::move(cure)});
  }

  /// Says in plain words what the parser's message means. Its own idea of the last token is not used: it often
  /// includes the one before.
  [[noreturn]] void explain(int id, std::string_view message) const {
    const auto says = [&](std::string_view words) { return message.find(words) != std::string_view::npos; };
    const char* const here = before(read_);
    if (id == 406) refuse(token_start(), "a number below 1.8e308", token_text(token_start()), "write a smaller number");
    if (says("unexpected end of input")) explain_end();
    if (says("missing closing quote"))
      refuse(token_start(), "the closing \" of this text", "the end of the file", "close the text with \"");
    if (says("control character"))
      refuse(here, "the closing \" on the same line", "a line break or control character within a text",
             "close the text with \", or write \\n for a line break and \\t for a tab");
    if (says("ill-formed UTF-8")) refuse(here, "UTF-8 text", "bytes that are none", "save the file as UTF-8");
    if (says("invalid string"))
      refuse(here, "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX after a backslash", "another character",
             "write \\\\ for a backslash");
    explain_token(says);
  }

  [[noreturn]] void explain_end() const {
    const char* const here = text_.data() + text_.size();
    if (open_.empty())
      refuse(here, "a JSON value, such as { … }", "nothing", "write the file, or check that it is the right one");
    const bool object = open_.back().value->is(Value::Kind::object);
    refuse(here,
           fmt::format("the closing {} of the {} opened in line {}", object ? '}' : ']', object ? "object" : "list",
                       line_of(open_.back().since)),
           "the end of the file", object ? "add }" : "add ]");
  }

  template <class Says>
  [[noreturn]] void explain_token(Says says) const {
    const char* const start = token_start();
    std::string expected = "a value: a text in double quotes, a number, true, false, null, {…} or […]";
    std::string cure = cure_of(start);
    if (says("while parsing object key")) {
      expected = "a key in double quotes";
      if (cure.empty()) cure = "write the key in double quotes";
    } else if (says("while parsing object separator")) {
      expected = "a colon after the key";
      if (cure.empty()) cure = "write \"key\": value";
    } else if (says("while parsing object") || says("while parsing array")) {
      expected = says("while parsing object") ? "a comma or }" : "a comma or ]";
      if (cure.empty()) cure = "put a comma between two values, and close what was opened last first";
    } else if (says("expected end of input")) {
      expected = "nothing more after the end of the value";
      cure = "remove what follows, or check the brackets before it";
    }
    if (cure.empty()) cure = "write texts in double quotes, and true, false, null in small letters";
    refuse(start, expected, "`" + token_text(start) + "`", cure);
  }

  /// The frequent slips, told by the first character of what was not expected.
  std::string cure_of(const char* start) const {
    const char c = start < text_.data() + text_.size() ? *start : ' ';
    const bool after_comma = std::find(good_, start, ',') != start;
    if ((c == '}' || c == ']') && after_comma) return fmt::format("remove the comma before {}", c);
    if (c == '\'') return "use double quotes";
    if (c == '/' || c == '#') return "JSON has no comments: write the text under \"notes\"";
    if (c == ',') return "remove the comma, or write the value that is missing before it";
    if (c == '+' || c == '.') return "write numbers without + and with a digit before the point, such as 0.5";
    if (c == '-') return "write a digit after -";
    if (c >= '0' && c <= '9' && start == good_) return "write numbers without leading zeros";
    return "";
  }

  /// Where the token begins that was not expected: behind the last good one and the separator that may follow it.
  const char* token_start() const {
    const char* const end = text_.data() + text_.size();
    const auto skip_blanks = [&](const char* at) {
      while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) ++at;
      return at;
    };
    const char* at = skip_blanks(good_);
    if (at < end && *at == separator_ && !open_.empty()) at = skip_blanks(at + 1);
    return at;
  }

  std::string token_text(const char* start) const {
    constexpr std::ptrdiff_t kLongest = 30;
    const char* const end = start + std::min(kLongest, text_.data() + text_.size() - start);
    const char* at = start;
    while (at < end && std::string_view(" \t\r\n,:{}[]").find(*at) == std::string_view::npos) ++at;
    return std::string(start, at == start && start < end ? start + 1 : at);
  }

  std::string_view text_;
  const std::string& name_;
  Origin origin_;
  const char* read_;
  const char* good_;    // the end of the last token that was all right
  char separator_ = 0;  // what may follow it: a colon after a key, a comma after a value
  Value root_;
  std::size_t values_ = 0;
  std::vector<Open> open_;
  std::string key_;
};

[[noreturn]] void too_large(const std::string& name) {
  throw InputError({name, "", "at most 64 MiB of JSON", "a larger file", "split it with \"include\""});
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_leaf(const Value& v) { return v.items.empty() && v.members.empty(); }

void write_json(const Value& value, std::size_t indent, std::string& out) {
  const std::string inner = "\n" + std::string(indent + 2, ' ');
  switch (value.kind) {
    case Value::Kind::null:
      out += "null";
      return;
    case Value::Kind::boolean:
      out += value.truth ? "true" : "false";
      return;
    case Value::Kind::number:
      out += value.text;
      return;
    case Value::Kind::text:
      out += quoted(value.text);
      return;
    case Value::Kind::list: {
      const bool one_line = std::all_of(value.items.begin(), value.items.end(), is_leaf);
      out += '[';
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) out += one_line ? ", " : ",";
        if (!one_line) out += inner;
        write_json(value.items[i], indent + 2, out);
      }
      if (!one_line) out += "\n" + std::string(indent, ' ');
      out += ']';
      return;
    }
    case Value::Kind::object:
      break;
  }
  out += '{';
  for (std::size_t i = 0; i < value.members.size(); ++i) {
    out += (i > 0 ? "," : "") + inner + quoted(value.members[i].first) + ": ";
    write_json(value.members[i].second, indent + 2, out);
  }
  if (!value.members.empty()) out += "\n" + std::string(indent, ' ');
  out += '}';
}

}  // namespace

Value parse_json(std::string_view text, const std::string& name) {
  if (text.size() > kLargestJson) too_large(name);
  return JsonReader(text, name).read();
}

Value load_json(const std::string& path) {
  const auto refuse = [&](const char* cure) {
    throw InputError({path, "", "a readable JSON file", std::strerror(errno), cure});
  };
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) refuse("check the path and its permissions");
  std::string text;
  char block[1 << 16];
  std::size_t got = 0;
  while (text.size() <= kLargestJson && (got = std::fread(block, 1, sizeof block, file)) > 0) text.append(block, got);
  const bool failed = std::ferror(file) != 0;
  const int reason = errno;
  std::fclose(file);
  errno = reason;
  if (failed) refuse("name a file, not a folder");
  return parse_json(text, path);
}

std::string to_json(const Value& value) {
  std::string out;
  write_json(value, 0, out);
  out += '\n';
  return out;
}

Value value_from_option(std::string_view text, const std::string& option) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool brackets = first != std::string_view::npos && std::strchr("{[\"", text[first]) != nullptr;
  if (brackets || nlohmann::json::accept(text)) return parse_json(text, option);
  return Value::of_text(std::string(text), std::make_shared<const std::string>(option));
}

}  // namespace berth
