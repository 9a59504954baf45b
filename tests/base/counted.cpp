// What is more than berth counts to ends a run with words, not with a wrong sign.
#include "sim/base/counted.hpp"

#include <doctest/doctest.h>

TEST_CASE("sums and products of bytes are exact up to 2^60, and refused above") {
  using berth::counted;
  using berth::counted_product;
  CHECK(counted_product(1 << 30, 1 << 30) == berth::kMostCounted);
  CHECK_THROWS_AS(counted_product((1 << 30) + 1, 1 << 30), berth::RunError);
  CHECK_THROWS_AS(counted_product(INT64_MAX, INT64_MAX), berth::RunError);
  CHECK(counted(-__int128{berth::kMostCounted}) == -berth::kMostCounted);
  CHECK_THROWS_AS(counted(-__int128{berth::kMostCounted} - 1), berth::RunError);
}
