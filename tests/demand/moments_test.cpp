// What is to happen in a joint lane comes in order: near or far, looked at ahead of time or not.
#include "sim/demand/moments.hpp"

#include <doctest/doctest.h>

#include <queue>
#include <vector>

#include "sim/base/random.hpp"

namespace berth {

namespace {

struct Later {
  bool operator()(const Moment& a, const Moment& b) const { return b < a; }
};

bool same(const Moment& a, const Moment& b) { return !(a < b) && !(b < a); }

constexpr std::int64_t kMs = 1'000'000, kSecond = 1'000'000'000;

}  // namespace

TEST_CASE("what is to happen comes in order, however far ahead it was known") {
  const Draws draws(1, Purpose::service_time, 7);
  constexpr std::int64_t kLengths[] = {1, 1'000, 40'000, 20 * kMs, 134 * kMs, 135 * kMs, 3 * kSecond, 600 * kSecond};
  Moments moments;
  std::priority_queue<Moment, std::vector<Moment>, Later> expected;
  std::int64_t now = 0;
  int disorder = 0;
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    const auto four = draws.four(i);
    // In waves, so that it is empty now and then, with a long way to the next.
    const bool comes = four[0] % 100 < (i / 500 % 2 == 0 ? 70u : 30u);
    if (comes) {
      const auto length = static_cast<std::int64_t>(below(four[1], static_cast<std::uint64_t>(kLengths[four[2] % 8])));
      const Moment m{now + length, static_cast<std::uint32_t>(four[3] % 3), static_cast<std::uint32_t>(i % 1'000)};
      moments.push(m);
      expected.push(m);
    } else if (!expected.empty()) {
      const std::int64_t time = moments.first_time();
      const Moment first = moments.take_first();
      disorder += time != first.time || !same(first, expected.top());
      now = expected.top().time;
      expected.pop();
    }
  }
  CHECK(disorder == 0);
  for (; !expected.empty(); expected.pop()) disorder += !same(moments.take_first(), expected.top());
  CHECK(disorder == 0);
  CHECK(moments.first_time() == INT64_MAX);
}

TEST_CASE("whoever looks ahead to a moment forbids no earlier one") {
  for (const std::int64_t seen : {100 * kMs, 100 * kSecond}) {
    CAPTURE(seen);
    Moments moments;
    moments.push({seen, 0, 1});
    CHECK(moments.first_time() == seen);
    moments.push({seen - 50 * kMs, 0, 2});
    CHECK(moments.first_time() == seen - 50 * kMs);
    moments.push({5, 0, 3});
    CHECK(moments.take_first().which == 3);
    CHECK(moments.take_first().which == 2);
    CHECK(moments.take_first().which == 1);
  }
}

TEST_CASE("of two at one moment the kind decides, and not which of them was known long before") {
  Moments moments;
  moments.push({10 * kSecond, 1, 1});  // far ahead
  moments.push({10 * kSecond, 3, 3});
  moments.push({10 * kSecond - kMs, 0, 0});
  CHECK(moments.take_first().which == 0);
  moments.push({10 * kSecond, 2, 2});  // near
  moments.push({10 * kSecond, 0, 4});
  for (const std::uint32_t which : {4u, 1u, 2u, 3u}) CHECK(moments.take_first().which == which);
}

}  // namespace berth
