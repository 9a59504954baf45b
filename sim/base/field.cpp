#include "sim/base/field.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/base/pointer.hpp"
#include "sim/base/units.hpp"

namespace berth {
namespace {

std::string word_list(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& w : words) text += (text.empty() ? "" : ", ") + w;
  return text;
}

/// A letter as edit distance sees it: case, - and _ are no difference.
char plain(char c) {
  if (c == '-' || c == ' ') return '_';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = plain(a[i - 1]) == plain(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && plain(a[i - 1]) == plain(b[j - 2]) && plain(a[i - 2]) == plain(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string found;
  for (const std::string& k : known) {
    const std::size_t d = distance(word, k);
    if (d < best) {
      best = d;
      found = k;
    }
  }
  return found;
}

void Field::fail(std::string expected, std::string found, std::string cure) const {
  throw InputError(
      {value_->origin ? *value_->origin : file_, pointer_, std::move(expected), std::move(found), std::move(cure)});
}

std::string Field::shown() const { return berth::shown(*value_); }

bool Field::has(std::string_view key) const { return value_->find(key) != nullptr; }

std::optional<Field> Field::find(std::string_view key) const {
  if (!is(Value::Kind::object)) fail("an object", shown(), "write { … }");
  const Value* v = value_->find(key);
  if (v == nullptr) return std::nullopt;
  return Field(*v, file_, pointer_ + pointer_part(key), std::string(key));
}

Field Field::at(std::string_view key) const {
  if (auto there = find(key)) return *std::move(there);
  std::vector<std::string> keys;
  for (const auto& member : value_->members) keys.push_back(member.first);
  const std::string near = nearest(key, keys);
  fail(fmt::format("the key \"{}\"", key),
       keys.empty() ? std::string("an empty object") : "an object with " + word_list(keys),
       near.empty() ? fmt::format("add \"{}\"", key) : fmt::format("rename \"{}\" to \"{}\"", near, key));
}

std::vector<Field> Field::members() const {
  if (!is(Value::Kind::object)) fail("an object", shown(), "write { … }");
  std::vector<Field> fields;
  for (const auto& [key, value] : value_->members)
    if (key != "notes") fields.push_back(Field(value, file_, pointer_ + pointer_part(key), key));
  return fields;
}

std::vector<Field> Field::items() const {
  if (!is(Value::Kind::list))
    fail("a list", shown(), fmt::format("write [{}]", is(Value::Kind::object) ? "…" : shown()));
  std::vector<Field> fields;
  for (std::size_t i = 0; i < value_->items.size(); ++i) {
    const std::string key = std::to_string(i);
    fields.push_back(Field(value_->items[i], file_, pointer_ + "/" + key, key));
  }
  return fields;
}

std::string Field::text() const {
  if (!is(Value::Kind::text)) {
    const bool scalar = is(Value::Kind::number) || is(Value::Kind::boolean);
    const bool from_shell = value_->origin && *value_->origin == "--set";
    fail("a text", shown(),
         !scalar      ? "write a text in double quotes"
         : from_shell ? fmt::format("write '\"{}\"': the shell takes one pair of quotes away", shown())
                      : fmt::format("write \"{}\"", shown()));
  }
  return value_->text;
}

bool Field::truth() const {
  if (!is(Value::Kind::boolean)) fail("true or false", shown(), "write true or false, without quotes");
  return value_->truth;
}

std::int64_t Field::whole(std::int64_t low, std::int64_t high) const {
  const std::string expected = fmt::format("a whole number from {} to {}", low, high);
  if (!is(Value::Kind::number))
    fail(expected, shown(),
         fmt::format("write a number without quotes and unit, such as {}", std::max<std::int64_t>(low, 1)));
  if (!value_->whole) fail(expected, shown(), "write it without fraction and exponent");
  if (value_->integer < low || value_->integer > high)
    fail(expected, shown(),
         fmt::format("write {}",
                     value_->integer < low ? fmt::format("{} or more", low) : fmt::format("{} or less", high)));
  return value_->integer;
}

double Field::number(double low, double high) const {
  const std::string expected = fmt::format("a number from {} to {}", low, high);
  if (!is(Value::Kind::number)) fail(expected, shown(), "write a number without quotes and unit");
  const double n = value_->number;
  if (!std::isfinite(n) || n < low || n > high)
    fail(expected, shown(), n < low ? fmt::format("write {} or more", low) : fmt::format("write {} or less", high));
  return n;
}

std::string Field::one_of(std::initializer_list<std::string_view> words) const {
  const std::vector<std::string> known(words.begin(), words.end());
  const std::string expected = "one of " + word_list(known);
  if (!is(Value::Kind::text)) fail(expected, shown(), fmt::format("write \"{}\"", known.front()));
  if (std::find(known.begin(), known.end(), value_->text) != known.end()) return value_->text;
  const std::string near = nearest(value_->text, known);
  fail(expected, shown(), fmt::format("write \"{}\"", near.empty() ? known.front() : near));
}

namespace {

/// The text of a quantity; a bare number or anything else is refused with the value as it could be written.
const std::string& quantity_text(const Field& field, const UnitKind& kind) {
  const Value& v = field.value();
  if (v.is(Value::Kind::text)) return v.text;
  if (!v.is(Value::Kind::number))
    field.fail(std::string(kind.what), field.shown(), fmt::format("write \"{}\"", kind.example));
  if (v.number < 0)
    field.fail(std::string(kind.what) + ", not negative", field.shown(), fmt::format("write \"{}\"", kind.example));
  field.fail(std::string(kind.what), field.shown(), with_units(v.text, kind));
}

[[noreturn]] void refuse_quantity(const Field& field, const UnitKind& kind, const Misread& why) {
  field.fail(why.expected, field.shown(), why.cure.empty() ? fmt::format("write \"{}\"", kind.example) : why.cure);
}

std::int64_t whole_amount(const Field& field, const UnitKind& kind) {
  std::int64_t amount = 0;
  if (const auto wrong = read_amount(quantity_text(field, kind), kind, amount)) refuse_quantity(field, kind, *wrong);
  return amount;
}

double rate(const Field& field, const UnitKind& kind) {
  double amount = 0;
  if (const auto wrong = read_rate(quantity_text(field, kind), kind, amount)) refuse_quantity(field, kind, *wrong);
  return amount;
}

}  // namespace

Cpu Field::cpu() const { return Cpu{whole_amount(*this, cpu_kind())}; }
Bytes Field::bytes() const { return Bytes{whole_amount(*this, bytes_kind())}; }
Duration Field::duration() const { return Duration{whole_amount(*this, duration_kind())}; }
double Field::per_second() const { return rate(*this, rate_kind()); }
double Field::bytes_per_second() const { return rate(*this, bandwidth_kind()); }
double Field::percent() const { return is(Value::Kind::number) ? number(0, 1e6) : rate(*this, percent_kind()); }

Usd Field::usd() const {
  const std::string expected = "an amount of money with its unit, at most ten decimals";
  constexpr std::string_view kExample = "write \"0.04048 USD\"";
  if (is(Value::Kind::number))
    fail(expected, shown(), value_->number < 0 ? std::string(kExample) : fmt::format("write \"{} USD\"", value_->text));
  if (!is(Value::Kind::text)) fail(expected, shown(), std::string(kExample));
  std::string_view text = value_->text;
  const bool dollar = !text.empty() && text.front() == '$';
  const bool named = text.size() > 3 && text.substr(text.size() - 3) == "USD";
  if (dollar) text.remove_prefix(1);
  if (named) text.remove_suffix(3);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  Usd amount;
  if (!parse_usd(text, amount)) fail(expected, shown(), std::string(kExample));
  if (!dollar && !named) fail(expected, shown(), fmt::format("write \"{} USD\"", text));
  return amount;
}

Instant Field::instant() const {
  const std::string expected = "a date, or a date with time and zone";
  if (!is(Value::Kind::text)) fail(expected, shown(), "write \"2026-03-02T00:00Z\" or \"2026-03-02\"");
  Instant t;
  std::string why;
  if (!parse_instant(value_->text, t, &why)) fail(expected, shown(), why);
  return t;
}

}  // namespace berth
