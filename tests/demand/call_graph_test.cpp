// The graph of calls: circles, what belongs together, and the critical path.
#include <doctest/doctest.h>

#include "sim/demand/call_graph.hpp"

namespace berth {

using Numbers = std::vector<std::size_t>;

TEST_CASE("a circle of calls is found with its way") {
  const CallEdge none[] = {{0, 1}, {0, 2}, {1, 2}};
  CHECK(circle_of_calls(3, none).empty());
  const CallEdge circle[] = {{0, 1}, {1, 2}, {2, 1}};
  CHECK(circle_of_calls(3, circle) == Numbers{1, 2, 1});
  const CallEdge itself[] = {{0, 0}};
  CHECK(circle_of_calls(1, itself) == Numbers{0, 0});
  CHECK(circle_of_calls(0, {}).empty());
}

TEST_CASE("who shares a callee belongs together") {
  const CallEdge calls[] = {{0, 3}, {2, 3}, {4, 1}};
  CHECK(joined_by_calls(6, calls) == Numbers{0, 1, 0, 0, 1, 2});
}

TEST_CASE("callers come before those that they call, else in order") {
  const CallEdge calls[] = {{3, 0}, {0, 2}, {3, 2}};
  CHECK(callers_first(4, calls) == Numbers{1, 3, 0, 2});
}

TEST_CASE("steps side by side take as long as the longest way through them") {
  CHECK(critical_path({}) == 0);
  const TimedStep row[] = {{5, 0}, {7, 1}, {1, 3}};
  CHECK(critical_path(row) == 5 + 7 + 1);
  const TimedStep fork[] = {{5, 0}, {7, 0}, {1, 1}};
  CHECK(critical_path(fork) == 7);
}

}  // namespace berth
