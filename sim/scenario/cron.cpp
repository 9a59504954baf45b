// Reading cron texts and expanding them over a run.
#include "sim/scenario/cron.hpp"

#include <cctype>
#include <charconv>

namespace berth {
namespace {

struct CronField {
  std::string_view what;
  int low, high;
  std::vector<std::string_view> names;  // of low, low + 1, …
};

const std::array<CronField, 5>& cron_fields() {
  static const std::array<CronField, 5> fields = {{
      {"minute", 0, 59, {}},
      {"hour", 0, 23, {}},
      {"day of the month", 1, 31, {}},
      {"month", 1, 12, {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
      {"weekday", 0, 7, {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
  }};
  return fields;
}

bool same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::toupper(static_cast<unsigned char>(a[i])) != b[i]) return false;
  return true;
}

std::optional<int> cron_number(std::string_view text, const CronField& field) {
  for (std::size_t i = 0; i < field.names.size(); ++i)
    if (same_word(text, field.names[i])) return field.low + static_cast<int>(i);
  int n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n < field.low || n > field.high) return std::nullopt;
  return n;
}

/// One item of a list: *, 5, 1-5, */15, 10-50/20.
template <class Set>
bool cron_item(std::string_view text, const CronField& field, Set& set) {
  int step = 1;
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const auto [end, error] = std::from_chars(text.data() + slash + 1, text.data() + text.size(), step);
    if (error != std::errc{} || end != text.data() + text.size() || step < 1) return false;
    text = text.substr(0, slash);
  }
  int first = field.low, last = field.high;
  if (text != "*") {
    const std::size_t dash = text.find('-');
    const auto from = cron_number(text.substr(0, dash), field);
    const auto to = dash == std::string_view::npos ? from : cron_number(text.substr(dash + 1), field);
    if (!from || !to || *to < *from) return false;
    first = *from;
    last = dash == std::string_view::npos && slash != std::string_view::npos ? field.high : *to;
  }
  for (int n = first; n <= last; n += step) set.set(static_cast<std::size_t>(n) % set.size());
  return true;
}

template <class Set>
bool cron_list(std::string_view text, const CronField& field, Set& set) {
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find(',', at);
    if (!cron_item(text.substr(at, end == std::string_view::npos ? end : end - at), field, set)) return false;
    if (end == std::string_view::npos) return true;
    at = end + 1;
  }
}

std::vector<std::string_view> words_in(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; (at = text.find_first_not_of(' ', at)) != std::string_view::npos;) {
    const std::size_t end = text.find(' ', at);
    words.push_back(text.substr(at, end == std::string_view::npos ? end : end - at));
    if (end == std::string_view::npos) break;
    at = end;
  }
  return words;
}

bool day_matches(const Cron& cron, std::chrono::year_month_day day, unsigned weekday) {
  if (!cron.months.test(static_cast<unsigned>(day.month()))) return false;
  const bool by_day = cron.days.test(static_cast<unsigned>(day.day()));
  const bool by_weekday = cron.weekdays.test(weekday);
  if (cron.any_day) return by_weekday;
  if (cron.any_weekday) return by_day;
  return by_day || by_weekday;
}

}  // namespace

std::optional<Cron> parse_cron(std::string_view text, std::string& why) {
  const auto words = words_in(text);
  if (words.size() != 5) {
    why = "five fields: minute hour day month weekday";
    return std::nullopt;
  }
  Cron cron;
  const auto& fields = cron_fields();
  const bool right[] = {cron_list(words[0], fields[0], cron.minutes), cron_list(words[1], fields[1], cron.hours),
                        cron_list(words[2], fields[2], cron.days), cron_list(words[3], fields[3], cron.months),
                        cron_list(words[4], fields[4], cron.weekdays)};
  for (std::size_t i = 0; i < 5; ++i) {
    if (right[i]) continue;
    why = "a " + std::string(fields[i].what) + " from " + std::to_string(fields[i].low) + " to " +
          std::to_string(fields[i].high) + ", *, a list, a range or a step, not \"" + std::string(words[i]) + "\"";
    return std::nullopt;
  }
  cron.any_day = words[2].front() == '*';
  cron.any_weekday = words[4].front() == '*';
  return cron;
}

std::optional<Cron> parse_kube_cron(std::string_view text, std::string& why) {
  constexpr std::pair<std::string_view, std::string_view> kShort[] = {
      {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
      {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"}};
  for (const auto& [word, fields] : kShort)
    if (text == word) return parse_cron(fields, why);
  return parse_cron(text, why);
}

std::vector<Time> moments(const Cron& cron, Instant start, Duration duration, Duration zone_offset) {
  using std::chrono::days;
  std::vector<Time> found;
  const auto local_start = start + zone_offset;
  const auto local_end = local_start + duration;
  for (auto day = std::chrono::floor<days>(local_start); day < local_end; day += days{1}) {
    if (!day_matches(cron, day, std::chrono::weekday(day).c_encoding())) continue;
    for (int minute = 0; minute < 24 * 60; ++minute) {
      if (!cron.hours.test(static_cast<std::size_t>(minute / 60))) continue;
      if (!cron.minutes.test(static_cast<std::size_t>(minute % 60))) continue;
      const Instant at = day + std::chrono::minutes{minute};
      if (at >= local_start && at < local_end) found.push_back(Time{at - local_start});
    }
  }
  return found;
}

std::vector<DisruptionBudget::Window> windows(const Cron& cron, Instant start, Duration run, Duration open) {
  std::vector<DisruptionBudget::Window> all;
  for (const Time at : moments(cron, start - open, run + open, Duration{0}))
    if (at > Time{}) all.push_back({at - open, at});  // one that closes as the run begins is none
  return all;
}

Duration zone_offset(std::string_view start) {
  const std::size_t clock = start.find('T');
  if (clock == std::string_view::npos) return Duration{0};
  const std::size_t sign = start.find_first_of("+-", clock);
  if (sign == std::string_view::npos || start.size() < sign + 3) return Duration{0};
  const auto two = [&](std::size_t at) {
    return at + 1 < start.size() ? (start[at] - '0') * 10 + (start[at + 1] - '0') : 0;
  };
  const std::size_t minutes_at = sign + 3 < start.size() && start[sign + 3] == ':' ? sign + 4 : sign + 3;
  const Duration size = std::chrono::hours{two(sign + 1)} + std::chrono::minutes{two(minutes_at)};
  return start[sign] == '-' ? -size : size;
}

}  // namespace berth
