// B0, the calendar against heaps on the hold model.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <queue>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/engine/calendar.hpp"
#include "sim/engine/network.hpp"

namespace berth {
namespace {

/// Twenty kinds of event, as a simulation has them: dispatch is part of the price.
template <int>
struct Kind {
  std::uint64_t a, b;
};
template <class>
struct Kinds;
template <int... n>
struct Kinds<std::integer_sequence<int, n...>> {
  using Event = std::variant<Kind<n>...>;
  static Event make(std::uint64_t random) {
    static constexpr Event (*makers[])(std::uint64_t) = {[](std::uint64_t r) { return Event{Kind<n>{r, r >> 7}}; }...};
    return makers[random % sizeof...(n)](random);
  }
};
using Twenty = Kinds<std::make_integer_sequence<int, 20>>;
using HoldEvent = Twenty::Event;
static_assert(sizeof(HoldEvent) == 24);

std::uint64_t visited(const HoldEvent& event) {
  return std::visit([]<int n>(const Kind<n>& kind) { return kind.a + static_cast<std::uint64_t>(n) * kind.b; }, event);
}

/// xorshift64*: the same cheap draws for all.
struct HoldDraws {
  std::uint64_t state = 88172645463325252ull;
  std::uint64_t operator()() {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 2685821657736338717ull >> 8;
  }
  /// 0 to 20 s, in microseconds.
  std::int64_t delay() { return static_cast<std::int64_t>((*this)() % 20'000'000); }
};

/// The rival: time, sequence and 24 bytes; it can neither cancel nor tell kinds apart.
struct BareItem {
  std::int64_t time;
  std::uint64_t sequence;
  std::uint64_t payload[3];
  bool operator<(const BareItem& other) const {
    return time != other.time ? time > other.time : sequence > other.sequence;
  }
};

void B0_bare_heap(benchmark::State& state) {
  HoldDraws draws;
  std::priority_queue<BareItem> heap;
  std::uint64_t sequence = 0, sum = 0;
  for (std::int64_t i = 0; i < state.range(0); ++i) heap.push({draws.delay(), ++sequence, {1, 2, 3}});
  for (auto _ : state) {
    const BareItem item = heap.top();
    heap.pop();
    sum += item.payload[0];
    heap.push({item.time + draws.delay(), ++sequence, {sum, 2, 3}});
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations());
}

/// A heap of the same variant, with a row for each event so that it can be cancelled: what one would write at first.
struct VariantItem {
  std::int64_t time;
  std::uint64_t ticket;
  HoldEvent event;
  bool operator<(const VariantItem& other) const {
    return time != other.time ? time > other.time : ticket > other.ticket;
  }
};
struct VariantHeap {
  std::priority_queue<VariantItem> heap;
  std::vector<std::uint64_t> rows;
  std::vector<std::uint32_t> free;
  std::uint64_t births = 0;

  std::uint64_t at(std::int64_t time, const HoldEvent& event) {
    if (free.empty()) {
      free.push_back(static_cast<std::uint32_t>(rows.size()));
      rows.push_back(0);
    }
    const std::uint32_t slot = free.back();
    free.pop_back();
    rows[slot] = ++births << 24 | slot;
    heap.push({time, rows[slot], event});
    return rows[slot];
  }
  bool cancel(std::uint64_t ticket) {
    std::uint64_t& row = rows[ticket & 0xff'ffff];
    if (row != ticket) return false;
    row = 0;
    free.push_back(ticket & 0xff'ffff);
    return true;
  }
  VariantItem pop() {
    while (rows[heap.top().ticket & 0xff'ffff] != heap.top().ticket) heap.pop();
    const VariantItem item = heap.top();
    heap.pop();
    cancel(item.ticket);
    return item;
  }
};

/// Timers that 10 % of the steps cancel and arm again: the last 256 scheduled.
template <class Ticket>
struct Timers {
  std::vector<Ticket> last = std::vector<Ticket>(256);
  Ticket& any(HoldDraws& draws) { return last[draws() % 256]; }
};

void B0_variant_heap(benchmark::State& state) {
  HoldDraws draws;
  VariantHeap heap;
  Timers<std::uint64_t> timers;
  std::uint64_t sum = 0;
  for (std::int64_t i = 0; i < state.range(0); ++i) timers.any(draws) = heap.at(draws.delay(), Twenty::make(draws()));
  for (auto _ : state) {
    const VariantItem item = heap.pop();
    sum += visited(item.event);
    const std::uint64_t ticket = heap.at(item.time + draws.delay(), Twenty::make(draws()));
    timers.any(draws) = ticket;
    if (draws() % 10 != 0) continue;
    std::uint64_t& timer = timers.any(draws);
    if (heap.cancel(timer)) timer = heap.at(item.time + draws.delay(), Twenty::make(sum));
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations());
}

void B0_calendar(benchmark::State& state) {
  HoldDraws draws;
  Calendar<HoldEvent> calendar;
  Calendar<HoldEvent>::Entry entry;
  Timers<Ticket> timers;
  std::uint64_t sum = 0;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    timers.any(draws) = calendar.at(Time{Duration{draws.delay()}}, Phase::arrival, Twenty::make(draws()));
  for (auto _ : state) {
    calendar.pop(entry);
    sum += visited(entry.event);
    const Ticket ticket = calendar.at(entry.time + Duration{draws.delay()}, Phase::arrival, Twenty::make(draws()));
    timers.any(draws) = ticket;
    if (draws() % 10 != 0) continue;
    Ticket& timer = timers.any(draws);
    if (calendar.cancel(timer))
      timer = calendar.at(entry.time + Duration{draws.delay()}, Phase::arrival, Twenty::make(sum));
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(B0_bare_heap)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(B0_variant_heap)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(B0_calendar)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

}  // namespace
}  // namespace berth
