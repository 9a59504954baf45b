// --trace on the command line.
#include "sim/demand/traces/trace.hpp"
#include "sim/demand/traces/trace_content.hpp"
#include "tests/demand/scene.hpp"

namespace berth::demand_test {

TEST_CASE("a trace on the command line is a name, a file and options") {
  const auto [name, options] = trace_option(
      "shop=a/b=c.csv,from=1998-06-30,to=1998-07-01T12:00,scale=1e2,gaps=zero,means=count,shift=2h,repeat");
  CHECK(name == "shop");
  CHECK(options.file == "a/b=c.csv");
  CHECK(options.from == trace_time("1998-06-30"));
  CHECK(options.to == trace_time("1998-07-01 12:00"));
  CHECK(options.scale == 100);
  CHECK(options.gaps == Gaps::zero);
  CHECK(options.means == Meaning::count);
  CHECK(options.shift == 2h);
  CHECK(options.repeat);
}

TEST_CASE("what is left out on the command line stays open") {
  const auto [name, options] = trace_option("shop=shop.csv");
  CHECK(name == "shop");
  CHECK_FALSE(options.from);
  CHECK_FALSE(options.to);
  CHECK_FALSE(options.gaps);
  CHECK_FALSE(options.means);
  CHECK_FALSE(options.repeat);
  CHECK(options.scale == 1);
  CHECK(options.shift == 0s);
}

TEST_CASE("a wrong trace option is refused with what would be right") {
  struct Case {
    const char* text;
    const char* found;
    const char* cure;
  };
  const Case cases[] = {
      {"", "nothing", "shop=shop.csv"},
      {"shop", "\"shop\"", "shop=shop.csv"},
      {"=x.csv", "=x.csv", "shop=shop.csv"},
      {"shop=", "shop=", "shop=shop.csv"},
      {"shop=,scale=2", "shop=", "shop=shop.csv"},
      {"shop,scale=2", "shop,scale=2", "shop=shop.csv"},
      {"shop=x,form=1998-06-30", "\"form\"", "did you mean from?"},
      {"shop=x,y.csv", "\"y.csv\"", "comma"},
      {"shop=x,from=June", "\"June\"", "from=1998-06-30"},
      {"shop=x,scale=0", "\"0\"", "scale=500"},
      {"shop=x,scale=-2", "\"-2\"", "scale=500"},
      {"shop=x,scale=nan", "\"nan\"", "scale=500"},
      {"shop=x,scale=2x", "\"2x\"", "scale=500"},
      {"shop=x,scale=", "nothing", "scale=500"},
      {"shop=x,gaps=none", "\"none\"", "gaps=zero"},
      {"shop=x,means=sum", "\"sum\"", "means=count"},
      {"shop=x,shift=2", "\"2\"", "shift=2h"},
      {"shop=x,repeat=yes", "\"repeat\"", ""},
      {"shop=x,scale=2,scale=3", "scale=2,scale=3", "keep one"},
      {"shop=x,,", "nothing", ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto parts = refusal_of([&] { trace_option(c.text); });
    CHECK(parts.place == "--trace");
    CHECK_MESSAGE(has_text(parts.found, c.found), parts.found);
    CHECK_MESSAGE(has_text(parts.cure, c.cure), parts.cure);
  }
}

}  // namespace berth::demand_test
