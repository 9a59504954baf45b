// Two curves in one frame of text, in Braille and in ASCII.
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "sim/observe/curve_chart.hpp"

namespace berth::test {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

const Curve kLine = {{0, 0}, {100, 400}};
constexpr ChartSize kSmall{30, 6};

TEST_CASE("in ASCII the simulated curve is dotted and the measured points are rings") {
  const auto lines = lines_of(curve_chart({{0, 0}, {50, 200}, {100, 400}}, kLine, false, kSmall));
  REQUIRE(lines.size() == 6);
  CHECK(lines.at(0) == "   400 +                ....o");
  CHECK(lines.at(3) == "       |o.....");
  CHECK(lines.at(4) == "     0 +---------------------");
  CHECK(lines.at(5).find("0 s") != std::string::npos);
}

TEST_CASE("no line is wider or the frame higher than asked, in Braille as in ASCII") {
  for (const bool unicode : {true, false}) {
    const auto lines = lines_of(curve_chart({{0, 0}, {4000, 35000}}, kLine, unicode));
    CHECK(lines.size() == ChartSize{}.height);
    for (const std::string& line : lines)
      CHECK(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; }) <= 100);
  }
}

TEST_CASE("long curves are labelled in minutes") {
  const std::string chart = curve_chart({{0, 0}, {3600, 10}}, {{0, 0}, {3600, 10}}, false);
  CHECK(chart.find("10 min") != std::string::npos);
  CHECK(chart.find(" s") == std::string::npos);
}

TEST_CASE("measured points that stand too close leave room for the line between them") {
  Curve dense;
  for (int t = 0; t <= 100; ++t) dense.emplace_back(t, 4.0 * t);
  const std::string chart = curve_chart(dense, kLine, false, kSmall);
  CHECK(std::count(chart.begin(), chart.end(), 'o') == 7);
}

TEST_CASE("a curve of a single moment is drawn, not divided by zero") {
  CHECK(lines_of(curve_chart({{0, 5}}, {{0, 5}}, false, kSmall)).size() == 6);
}

}  // namespace
}  // namespace berth::test
