// Money, time and quantities are exact, and say what they are.
#include <doctest/doctest.h>

#include "sim/base/money.hpp"
#include "sim/base/quantity.hpp"
#include "sim/base/table.hpp"
#include "sim/base/time.hpp"

using namespace std::chrono_literals;
using berth::Usd;

TEST_CASE("prices are read exactly and refused when they are no plain decimals") {
  Usd price;
  REQUIRE(berth::parse_usd("0.0000111244", price));
  CHECK(static_cast<long long>(price.tenth_nanos()) == 111'244);
  CHECK(berth::exact(price) == "0.0000111244");
  for (const char* bad :
       {"", ".", "-1", "1e3", "1,5", "0.00000000001", "nan", "1.2.3", " 1", "999999999999999999999999999"}) {
    CAPTURE(bad);
    CHECK_FALSE(berth::parse_usd(bad, price));
  }
}

TEST_CASE("a large quantity times a price keeps every digit beyond 64 bits") {
  const Usd price{405};  // 4.05e-8 USD
  const __int128 quantity = __int128{1} << 62;
  const Usd amount = berth::scaled(price, quantity, 1);
  CHECK(amount.tenth_nanos() == 405 * quantity);
  CHECK(berth::exact(amount) == "186773283746.3092101120");  // 405 × 2⁶² ÷ 10¹⁰
}

TEST_CASE("scaling rounds once, halves away from zero") {
  CHECK(berth::scaled(Usd{10}, 1, 4) == Usd{3});  // 2.5
  CHECK(berth::scaled(Usd{-10}, 1, 4) == Usd{-3});
  CHECK(berth::scaled(Usd{9}, 1, 4) == Usd{2});  // 2.25
}

TEST_CASE("cents are for paper") {
  CHECK(berth::cents(Usd{12'345'678'950'000'000}) == "1,234,567.90");  // 1,234,567.895
  CHECK(berth::cents(Usd{49'999'999}) == "0.00");
  CHECK(berth::cents(Usd{50'000'000}) == "0.01");
  CHECK(berth::cents(Usd{-10'000'000'000}) == "-1.00");
  CHECK(berth::exact(Usd{-1}) == "-0.0000000001");
  CHECK(berth::as_double(Usd{15'000'000'000}) == 1.5);
}

TEST_CASE("durations are said exactly") {
  CHECK(berth::say(15h) == "15 h");
  CHECK(berth::say(150s) == "2 min 30 s");
  CHECK(berth::say(1500ms) == "1.5 s");
  CHECK(berth::say(20ms) == "20 ms");
  CHECK(berth::say(250us) == "250 us");
  CHECK(berth::say(berth::Duration{12'345'678}) == "12.345678 s");
  CHECK(berth::say(60s + 1us) == "1 min 0.000001 s");
  CHECK(berth::say(25h) == "1 d 1 h");
  CHECK(berth::say(-90s) == "-1 min 30 s");
  CHECK(berth::say(0s) == "0 us");
}

TEST_CASE("capacities are said without exponents") {
  CHECK(berth::say(berth::kVcpu * 1'000'000) == "1000000 vCPU");
  CHECK(berth::say(berth::cpu_units(256)) == "0.25 vCPU");
  CHECK(berth::say(berth::kGiB * 12'345) == "12.056 TiB");
  CHECK(berth::say(berth::kMiB * 1'536) == "1.5 GiB");
  CHECK(berth::say(berth::Bytes{100}) == "100 B");
  CHECK(berth::say(berth::Bytes{} - berth::kMiB) == "-1 MiB");
  CHECK(berth::in_millicores(berth::Cpu{129}) == 2);
  CHECK(berth::cpu_units(1024) == berth::millicores(1000));
}

namespace {
enum class RowId : std::uint32_t {};
}

TEST_CASE("a table uses the space of an erased row again, but never its id") {
  berth::Table<RowId, std::string> table;
  const RowId a = table.add("a");
  const RowId b = table.add("b");
  table.erase(a);
  CHECK_FALSE(table.has(a));
  CHECK(table.size() == 1);
  const RowId c = table.add("c");
  CHECK(c == RowId{2});
  CHECK(table[c] == "c");
  CHECK(table[b] == "b");
  std::string walked;
  table.for_each([&](RowId, const std::string& row) { walked += row; });
  CHECK(walked == "cb");  // in order of slot: c took the place of a
  table.erase(b);
  table.erase(c);
  CHECK(table.size() == 0);
  CHECK(table.next_id() == RowId{3});
}
