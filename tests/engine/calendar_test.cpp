// What the calendar promises about order, rounds, cancelling and looking ahead.
#include "sim/engine/calendar.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <tuple>

#include "tests/engine/aborts.hpp"

namespace berth {
namespace {

struct Note {
  int what = 0;
};
using Notes = Calendar<Note>;

std::vector<int> rest(Notes& calendar) {
  std::vector<int> order;
  for (Notes::Entry e; calendar.pop(e);) order.push_back(e.event.what);
  return order;
}

TEST_CASE("events happen in order of time, then phase, then of being scheduled") {
  Notes calendar;
  calendar.at(at_second(2), Phase::arrival, {5});
  calendar.at(at_second(1), Phase::decision, {3});
  calendar.at(at_second(1), Phase::completion, {1});
  calendar.at(at_second(1), Phase::observation, {4});
  calendar.at(at_second(1), Phase::completion, {2});
  calendar.at(at_second(2), Phase::arrival, {6});
  CHECK(rest(calendar) == std::vector<int>{1, 2, 3, 4, 5, 6});
  CHECK(calendar.now() == at_second(2));
  CHECK(calendar.next_time() == kNever);
}

TEST_CASE("an event posted for the running instant joins this round if its phase is still to come, else the next") {
  Notes calendar;
  Notes::Entry e;
  calendar.at(at_second(1), Phase::arrival, {1});
  calendar.at(at_second(1), Phase::decision, {4});
  calendar.at(at_second(1), Phase::observation, {9});
  REQUIRE(calendar.pop(e));
  calendar.at(at_second(1), Phase::arrival, {6});     // not after arrival
  calendar.at(at_second(1), Phase::completion, {5});  // before arrival
  calendar.at(at_second(1), Phase::measure, {2});
  calendar.at(at_second(1), Phase::measure, {3});
  std::vector<std::tuple<int, std::uint32_t>> seen;
  while (calendar.pop(e)) seen.emplace_back(e.event.what, e.round);
  CHECK(seen == std::vector<std::tuple<int, std::uint32_t>>{{2, 0}, {3, 0}, {4, 0}, {5, 1}, {6, 1}, {9, 1}});
}

TEST_CASE("observation runs once, after the last round, also for what was planned before") {
  Notes calendar;
  Notes::Entry e;
  calendar.at(at_second(1), Phase::observation, {100});
  calendar.at(at_second(1), Phase::decision, {0});
  std::vector<int> order;
  while (calendar.pop(e)) {
    order.push_back(e.event.what);
    CHECK(e.time == at_second(1));
    if (e.event.what < 3) calendar.at(calendar.now(), Phase::decision, {e.event.what + 1});
    if (e.event.what == 1) calendar.at(calendar.now(), Phase::observation, {101});
  }
  CHECK(order == std::vector<int>{0, 1, 2, 3, 100, 101});
  CHECK(calendar.round() == 3);
}

TEST_CASE("an observer that schedules for the instant it observes is a bug") {
  const std::string said = test::last_words([] {
    Notes calendar;
    Notes::Entry e;
    calendar.at(at_second(1), Phase::observation, {1});
    calendar.pop(e);
    calendar.at(at_second(1) + 1us, Phase::decision, {2});
    calendar.at(at_second(1), Phase::decision, {3});
  });
  CHECK(said.find("an observer scheduled an event for the instant it observes") != std::string::npos);
}

TEST_CASE("an event for the past is a bug") {
  const std::string said = test::last_words([] {
    Notes calendar;
    calendar.advance_now(at_second(2));
    calendar.at(at_second(1), Phase::decision, {1});
  });
  CHECK(said.find("time >= now_") != std::string::npos);
}

TEST_CASE("a thousand rounds in one instant are allowed, one more is a cycle and is named") {
  const auto run = [](int last) {
    return test::last_words([last] {
      Notes calendar([](const Note& note) { return note.what % 2 == 0 ? "ping" : "pong"; });
      Notes::Entry e;
      calendar.at(Time{}, Phase::decision, {0});
      while (calendar.pop(e))
        if (e.event.what < last) calendar.at(Time{}, Phase::decision, {e.event.what + 1});
    });
  };
  CHECK(run(1000) == "");
  CHECK(run(1001).find("forever at 0.000000 s; the last ones: pong ping pong ping") != std::string::npos);
}

TEST_CASE("a cancelled event does not happen, and its ticket is never valid again") {
  Notes calendar;
  const Ticket first = calendar.at(at_second(1), Phase::arrival, {1});
  CHECK(calendar.pending(first));
  CHECK(calendar.cancel(first));
  CHECK_FALSE(calendar.cancel(first));
  const Ticket second = calendar.at(at_second(1), Phase::arrival, {2});  // takes the free row
  CHECK_FALSE(calendar.pending(first));
  CHECK_FALSE(calendar.cancel(first));
  CHECK(calendar.size() == 1);
  CHECK(rest(calendar) == std::vector<int>{2});
  CHECK_FALSE(calendar.cancel(second));
  CHECK_FALSE(calendar.cancel(Ticket::none));
}

TEST_CASE("cancelling what was posted for the running instant leaves nothing due") {
  Notes calendar;
  const Ticket now = calendar.at(Time{}, Phase::arrival, {1});
  const Ticket last = calendar.at(Time{}, Phase::observation, {2});
  CHECK(calendar.next_time() == Time{});
  calendar.cancel(now);
  CHECK(calendar.next_time() == Time{});
  calendar.cancel(last);
  CHECK(calendar.next_time() == kNever);
  CHECK(rest(calendar).empty());
}

TEST_CASE("an owner takes back all its events and nobody else's") {
  Notes calendar;
  const Owner web{2, 17}, shop{2, 3}, node{1, 17};
  for (int i = 0; i < 3; ++i) calendar.at(at_second(i), Phase::arrival, {i}, web);
  calendar.at(at_second(1), Phase::arrival, {10}, shop);
  calendar.at(at_second(2), Phase::arrival, {11}, node);
  const Ticket single = calendar.at(at_second(3), Phase::arrival, {12}, web);
  calendar.cancel(single);
  CHECK(calendar.cancel_all(web) == 3);
  CHECK(calendar.cancel_all(web) == 0);
  CHECK(calendar.cancel_all(Owner{}) == 0);
  CHECK(calendar.cancel_all(Owner{7, 1}) == 0);
  CHECK(rest(calendar) == std::vector<int>{10, 11});
}

TEST_CASE("looking ahead does not forbid an earlier event, and the clock can be moved up to the next one") {
  Notes calendar;
  calendar.at(at_second(3600), Phase::arrival, {2});
  CHECK(calendar.next_time() == at_second(3600));
  calendar.advance_now(at_second(10));
  calendar.at(at_second(10), Phase::completion, {0});
  CHECK(calendar.next_time() == at_second(10));
  calendar.at(at_second(11), Phase::arrival, {1});
  CHECK(rest(calendar) == std::vector<int>{0, 1, 2});
}

/// The calendar as one would write it without a thought of speed.
struct PlainCalendar {
  static constexpr std::uint32_t kLast = 1u << 30;
  using Key = std::tuple<Time, std::uint32_t, Phase, std::uint64_t>;
  std::map<Key, std::uint32_t> events;  // the owner's id
  Time now{};
  std::uint32_t round = 0;
  int running = -1;

  Key key(Time time, Phase phase, std::uint64_t serial) const {
    if (phase == Phase::observation) return {time, kLast, phase, serial};
    if (time > now || static_cast<int>(phase) > running) return {time, time > now ? 0 : round, phase, serial};
    return {time, round + 1, phase, serial};
  }
  void pop() {
    const Key first = events.begin()->first;
    if (std::get<0>(first) != now) round = 0;
    now = std::get<0>(first);
    if (std::get<1>(first) != kLast) round = std::get<1>(first);
    running = static_cast<int>(std::get<2>(first));
    events.erase(events.begin());
  }
};

Duration random_delay(std::mt19937_64& random) {
  static constexpr std::uint64_t kSpans[] = {1, 1, 3, 40, 1000, 100'000, 3'000'000, 4'000'000'000, 1'000'000'000'000};
  return Duration{static_cast<std::int64_t>(random() % kSpans[random() % 9])};
}

TEST_CASE("a million random events come in the order of a plain sorted map") {
  std::mt19937_64 random(20260302);
  Calendar<std::uint64_t> calendar;
  Calendar<std::uint64_t>::Entry entry;
  PlainCalendar plain;
  std::vector<std::tuple<Ticket, PlainCalendar::Key>> recent(512);
  std::uint64_t serial = 0;
  std::size_t wanted = 2000;
  const auto insert = [&] {
    const bool observing = plain.running == static_cast<int>(Phase::observation);
    const Time time = plain.now + random_delay(random) + (observing ? 1us : 0us);
    const auto phase = static_cast<Phase>(random() % 5);
    const Owner owner{1 + static_cast<std::uint32_t>(random() % 2), static_cast<std::uint32_t>(random() % 64)};
    const PlainCalendar::Key key = plain.key(time, phase, serial);
    const Ticket ticket = calendar.at(time, phase, serial, owner);
    plain.events.emplace(key, owner.kind * 64 + owner.id);
    recent[serial++ % recent.size()] = {ticket, key};
  };
  std::size_t different = 0;
  for (int step = 0; step < 1'000'000; ++step) {
    if (step % 50'000 == 0) wanted = step % 100'000 == 0 ? 2000 : 20;  // busy and quiet times
    if (plain.events.size() < wanted || random() % 2 == 0) insert();
    if (random() % 4 == 0) insert();
    if (random() % 3 == 0) {
      const auto [ticket, key] = recent[random() % recent.size()];
      different += calendar.cancel(ticket) != (ticket != Ticket::none && plain.events.erase(key) == 1);
    }
    if (random() % 2000 == 0) {
      const Owner owner{1 + static_cast<std::uint32_t>(random() % 2), static_cast<std::uint32_t>(random() % 64)};
      const auto gone =
          std::erase_if(plain.events, [&](const auto& e) { return e.second == owner.kind * 64 + owner.id; });
      different += calendar.cancel_all(owner) != gone;
    }
    if (plain.events.empty()) insert();
    const Time next = std::get<0>(plain.events.begin()->first);
    different += calendar.next_time() != next;
    if (next > plain.now && random() % 8 == 0) {  // a transfer ends before the next event
      plain.now +=
          Duration{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>((next - plain.now).count()))} + 1us;
      plain.round = 0;
      plain.running = -1;
      calendar.advance_now(plain.now);
      insert();
      insert();
    }
    REQUIRE(calendar.pop(entry));
    const std::uint64_t expected = std::get<3>(plain.events.begin()->first);
    plain.pop();
    different += entry.event != expected || entry.time != plain.now || entry.round != plain.round;
    different += static_cast<int>(entry.phase) != plain.running || calendar.size() != plain.events.size();
    REQUIRE(different == 0);
  }
}

TEST_CASE("a burst inside one long quiet slot keeps its order") {
  Notes calendar;
  calendar.at(at_second(100'000), Phase::arrival, {100'000});
  CHECK(calendar.next_time() == at_second(100'000));
  for (int i = 0; i < 50'000; ++i)
    calendar.at(Time{Duration{(i * 7919L) % 50'000 * 1'000'000 + 1}}, Phase::arrival, {(i * 7919) % 50'000});
  const std::vector<int> order = rest(calendar);
  CHECK(order.size() == 50'001);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("timers that are armed again and again are forgotten, those alive stay in order") {
  Notes calendar;
  std::vector<Ticket> timers(100);
  for (int turn = 0; turn < 1000; ++turn)
    for (int i = 0; i < 100; ++i) {
      calendar.cancel(timers[static_cast<std::size_t>(i)]);
      timers[static_cast<std::size_t>(i)] = calendar.at(at_second(1000 + i + turn), Phase::decision, {i});
    }
  CHECK(calendar.size() == 100);
  const std::vector<int> order = rest(calendar);
  CHECK(order.size() == 100);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("sweeping a wheel leaves the living keys only") {
  TimingWheel wheel;
  for (std::uint64_t i = 1; i <= 5000; ++i) wheel.insert(WheelKey{i * i * 1000, i});
  wheel.first();
  wheel.sweep([](std::uint64_t ticket) { return ticket % 5 == 0; });
  CHECK(wheel.size() == 1000);
  std::uint64_t expected = 5;
  for (; wheel.first() != nullptr; wheel.drop_first(), expected += 5) REQUIRE(wheel.first()->ticket == expected);
  CHECK(expected == 5005);
}

}  // namespace
}  // namespace berth
