// What clients do after a failed request: how often they try again, after how long, and within what budget.
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "sim/scenario/parts.hpp"

namespace berth {
namespace {

constexpr std::int64_t kMostRetries = 100;  // the number of the attempt is part of the key of its luck

constexpr Duration kLongest = std::chrono::days(365);

std::int64_t nanoseconds(Duration d) { return d.count() * 1000; }

std::int64_t nanoseconds(const Field& field) {
  const Duration length = field.duration();
  if (length > kLongest) field.fail("at most " + say(kLongest), field.shown(), "write \"1 min\"");
  return nanoseconds(length);
}

std::int64_t seconds_constant(const Catalog& catalog, const char* name) {
  return nanoseconds(from_seconds(catalog.constant(name)));
}

void build_back_off(const Field& back_off, RetrySpec& spec) {
  if (const auto f = back_off.find("initial")) spec.initial = nanoseconds(*f);
  if (const auto f = back_off.find("max")) spec.longest = nanoseconds(*f);
  if (const auto f = back_off.find("factor")) {
    spec.factor = f->number();
    if (spec.factor < 1) f->fail("a factor from 1 on: a back-off does not shrink", f->shown(), "write 2");
  }
  const std::string jitter = back_off.at("jitter").text();
  spec.jitter = jitter == "none" ? Jitter::none : jitter == "equal" ? Jitter::equal : Jitter::full;
}

void build_budget(const Field& budget, const Catalog& catalog, RetrySpec& spec) {
  constexpr double kMostPercent = 1000;  // Finagle's bound, and that of the window
  constexpr std::int64_t kMostPerSecond = 1'000'000;
  const Field share = budget.at("share");
  if (share.percent() > kMostPercent) share.fail("at most 1000 % of the requests", share.shown(), "write \"20 %\"");
  const Field free = budget.at("per_second");
  if (free.whole() > kMostPerSecond)
    free.fail(fmt::format("at most {} retries a second", kMostPerSecond), free.shown(), "write 10");
  spec.has_budget = true;
  spec.budget_ppm = std::llround(share.percent() * 1e4);
  spec.budget_per_second = free.whole();
  spec.budget_window = seconds_constant(catalog, "retries.budget_window_s");
  const auto window = budget.find("window");
  if (!window) return;
  const Duration length = window->duration();
  if (length < 1s || length > 60s) window->fail("1 s to 60 s", window->shown(), "write \"10 s\"");
  spec.budget_window = nanoseconds(length);
}

bool has_word(const Field& words, const char* word) {
  const std::vector<Field> items = words.items();
  return std::any_of(items.begin(), items.end(), [&](const Field& item) { return item.text() == word; });
}

}  // namespace

RetrySpec build_retries(const Field& retries, const Catalog& catalog) {
  RetrySpec spec;
  const bool only_max = !retries.is(Value::Kind::object);
  const Field max = only_max ? retries : retries.at("max");
  spec.max = max.whole();
  if (spec.max > kMostRetries) max.fail(fmt::format("at most {} retries", kMostRetries), max.shown(), "write 3");
  spec.initial = seconds_constant(catalog, "retries.back_off_s");
  spec.longest = seconds_constant(catalog, "retries.back_off_maximum_s");
  spec.factor = catalog.constant("retries.back_off_factor");
  constexpr std::pair<const char*, Failure> kFailures[] = {{"timed_out", Failure::timed_out},
                                                           {"refused", Failure::refused},
                                                           {"dropped", Failure::dropped},
                                                           {"error", Failure::error}};
  const auto on = only_max ? std::nullopt : retries.find("on");
  for (const auto& [word, why] : kFailures)
    if (!on || has_word(*on, word)) spec.cover(why);
  if (only_max) return spec;
  if (const auto back_off = retries.find("back_off")) build_back_off(*back_off, spec);
  if (const auto f = retries.find("deadline")) spec.deadline = nanoseconds(*f);
  if (const auto f = retries.find("budget")) build_budget(*f, catalog, spec);
  return spec;
}

}  // namespace berth
