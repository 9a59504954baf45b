// The cluster query language: what it means, and what is refused with place and cure.
#include "sim/policy/placement/cluster_query.hpp"

#include <doctest/doctest.h>

#include "sim/base/random.hpp"
#include "sim/policy/placement/ecs_rules.hpp"

namespace berth {
namespace {

const NodeAttributes kGpuNode = {{"ecs.availability-zone", "us-east-1a"},
                                 {"ecs.cpu-architecture", "x86_64"},
                                 {"ecs.instance-type", "g2.2xlarge"},
                                 {"rack", "12"},
                                 {"stack", "prod"}};

/// Whether the query allows the node; it hosts tasks of service:production only.
bool allows_gpu_node(const std::string& text) {
  ClusterQuery query;
  const auto error = parse_cluster_query(text, query);
  REQUIRE_MESSAGE(!error, text << ": " << (error ? error->expected : ""));
  const std::string groups[] = {"service:production", "service:database"};
  const EcsConstraints bound = bind_to_classes({query}, {&kGpuNode, 1}, groups);
  return allows(bound, 0, [&](std::uint32_t g) { return bound.groups[g] == 0; });
}

}  // namespace

TEST_CASE("the developer guide's examples and every operator mean what they say") {
  const std::pair<const char*, bool> rows[] = {
      {"attribute:ecs.instance-type == g2.2xlarge", true},
      {"attribute:ecs.instance-type equals 'g2.2xlarge'", true},
      {"attribute:ecs.availability-zone in [us-east-1a, us-east-1b]", true},
      {"attribute:ecs.availability-zone !in [us-east-1a,us-east-1b]", false},
      {"attribute:ecs.instance-type =~ g2.* and attribute:ecs.availability-zone != us-east-1d", true},
      {"task:group == service:production", true},
      {"not(task:group == database)", true},
      {"not(task:group == service:production)", false},
      {"task:group != service:production", false},
      {"task:group in [service:database, service:production]", true},
      {"task:group =~ service:d.*", false},
      {"attribute:stack == prod", true},
      {"attribute:stack != prod", false},
      {"attribute:none != prod", false},
      {"attribute:none !exists", true},
      {"attribute:none not_exists", true},
      {"attribute:stack exists", true},
      {"attribute:stack exists && attribute:none exists", false},
      {"attribute:stack exists || attribute:none exists", true},
      {"attribute:rack > 9", true},
      {"attribute:rack greater_than_equal 12", true},
      {"attribute:rack < 12", false},
      {"attribute:rack <= 12.0", true},
      {"attribute:stack > 1", false},
      {"attribute:ecs.instance-type matches (g2|g3)\\.[0-9]?xlarge", true},
      {"attribute:ecs.instance-type =~ g2", false},
      {"attribute:ecs.instance-type !~ 'm6i[.].*'", true},
      {"agentConnected == true", true},
      {"agentConnected != true", false},
      {"agentConnected == false", false},
      {"agentConnected in [false]", false},
      {"!(attribute:stack == prod) or attribute:rack == 12", true},
      {"attribute:none exists or attribute:stack exists and attribute:none exists", false},
      {"(attribute:stack exists or attribute:none exists) and attribute:rack exists", true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first);
    CHECK(allows_gpu_node(row.first) == row.second);
  }
}

TEST_CASE("a query that is wrong is refused with the place and a cure") {
  struct Row {
    const char* text;
    std::size_t position;
    const char* expected;
  };
  const Row rows[] = {{"", 0, "attribute:NAME"},
                      {"attribute:stack = prod", 16, "an operator"},
                      {"attribute:stack ==", 18, "a value"},
                      {"attribute:stack in prod", 19, "[ after in"},
                      {"attribute:stack in [prod", 24, ", or ]"},
                      {"attribute:stack == prod and", 27, "attribute:NAME"},
                      {"attribute:stack == prod attribute:a exists", 24, "and, or"},
                      {"(attribute:stack == prod", 24, "the )"},
                      {"attribute:stack == 'prod", 19, "quotation mark"},
                      {"attribute:rack > many", 17, "a number"},
                      {"task:group exists", 11, "=="},
                      {"agentVersion < 1.14.5", 0, "simulated"},
                      {"runningTasksCount == 1", 0, "simulated"},
                      {"attribute:stack =~ a(b", 22, "the )"},
                      {"attribute:stack =~ a**{", 23, "a number after {"},
                      {"attribute:stack =~ ^a", 19, "anchors"},
                      {"attribute:stack =~ '(?=a)'", 21, "look-around"}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    ClusterQuery query;
    const auto error = parse_cluster_query(row.text, query);
    REQUIRE(error);
    CHECK(error->position == row.position);
    CHECK_MESSAGE(error->expected.find(row.expected) != std::string::npos, error->expected);
    CHECK_FALSE(error->cure.empty());
    CHECK(query.terms.empty());
  }
}

TEST_CASE("no query crashes or hangs, however long, deep or bent") {
  ClusterQuery query;
  CHECK(parse_cluster_query(std::string(2'000, '('), query));
  CHECK(parse_cluster_query(std::string(2'000, '!'), query));
  std::string deep = "attribute:a exists";
  for (int i = 0; i < 24; ++i) deep = "attribute:a exists or attribute:a exists and (" + deep + ")";
  CHECK_FALSE(parse_cluster_query(deep, query));
  CHECK(evaluate(query, [](std::uint32_t) { return true; }));
  CHECK_FALSE(evaluate(query, [](std::uint32_t) { return false; }));
  Pattern hostile;
  REQUIRE_FALSE(hostile.read("(a*)*b"));
  CHECK_FALSE(hostile.matches(std::string(5'000, 'a')));
  CHECK(hostile.read("((a{1000}){1000}){1000}"));  // too many states, said at once
  const std::string signs = "ab()[]{}*+?|\\.^$,-'\"=!~<>& 01:";
  for (std::uint64_t n = 0; n < 20'000; ++n) {
    const Draws draws(n, Purpose::trace_shape, 1);
    std::string text = n % 2 == 0 ? "attribute:a =~ " : "";
    for (std::uint64_t i = 0; i < n % 17; ++i) text += signs[below(draws.at(i), signs.size())];
    if (!parse_cluster_query(text, query) && !query.terms.empty()) holds(query.terms.front(), kGpuNode);
  }
}

TEST_CASE("constraints are distinctInstance or memberOf with a query, and places count from their beginning") {
  CHECK(std::holds_alternative<DistinctInstance>(parse_ecs_constraint("distinctInstance")));
  CHECK(std::holds_alternative<ClusterQuery>(parse_ecs_constraint("memberOf(not(attribute:a exists))")));
  CHECK(std::get<QueryError>(parse_ecs_constraint("memberOf(attribute:a is b)")).position == 21);
  CHECK(std::get<QueryError>(parse_ecs_constraint("memberOf(attribute:a exists")).expected ==
        "the bracket that ends memberOf(");
  CHECK(std::get<QueryError>(parse_ecs_constraint("distinct")).position == 0);
  CHECK(std::get<QueryError>(parse_ecs_constraint("")).position == 0);
}

TEST_CASE("instances have the attributes that ECS sets and the labels of their pool") {
  PoolSpec pool;
  pool.ami = "al2023";
  pool.labels = {{"stack", "prod"}};
  InstanceType type;
  type.name = "m6g.large";
  type.arch = "arm64";
  const NodeAttributes attributes = node_attributes(pool, type, "a", "us-east-1");
  CHECK(*attribute(attributes, "ecs.availability-zone") == "us-east-1a");
  CHECK(*attribute(attributes, "ecs.cpu-architecture") == "arm64");
  CHECK(*attribute(attributes, "ecs.ami-id") == "ami-al2023");
  CHECK(*attribute(attributes, "stack") == "prod");
  CHECK(attribute(attributes, "none") == nullptr);
  CHECK(availability_zone("us-east-1a", "us-east-1") == "us-east-1a");
}

}  // namespace berth
