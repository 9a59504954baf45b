// What a study reads of its runs: pending times, nodes by type over time, bands over several runs.
#include "sim/study/cluster_runs.hpp"

#include <doctest/doctest.h>

namespace berth {
namespace {

ClusterCase two_runs() {
  ClusterCase one;
  one.scaler = "karpenter";
  one.duration_s = 100;
  one.runs.resize(2);
  one.runs[0].nodes = {{"m6i.large", 0, 100}, {"c6i.large", 20, 60}, {"c6i.large", 60, 100}};
  one.runs[1].nodes = {{"m6i.large", 0, 100}};
  one.runs[0].pending_s = {1, 2, 30};
  one.runs[1].pending_s = {};
  return one;
}

TEST_CASE("a band has the middle, and between what eight of ten lie") {
  std::vector<double> samples;
  for (int i = 0; i <= 10; ++i) samples.push_back(10 - i);
  const Band band = band_of(samples);
  CHECK(band.p10 == 1);
  CHECK(band.p50 == 5);
  CHECK(band.p90 == 9);
  CHECK(band_of({7}).p10 == 7);
}

TEST_CASE("nodes count from ready to their end, by type") {
  const ClusterCase one = two_runs();
  CHECK(node_types(one) == std::vector<std::string>{"c6i.large", "m6i.large"});
  CHECK(mean_nodes(one, "c6i.large") == std::vector<double>{0.8, 0});
  CHECK(mean_nodes(one, "") == std::vector<double>{1.8, 1});
  CHECK(nodes_at(one, "c6i.large", 19.9) == std::vector<double>{0, 0});
  CHECK(nodes_at(one, "c6i.large", 20) == std::vector<double>{1, 0});
  CHECK(nodes_at(one, "", 60) == std::vector<double>{2, 1});
}

TEST_CASE("a node that ends when the next is ready does not stand beside it") {
  CHECK(most_nodes(two_runs()) == std::vector<double>{2, 1});
}

TEST_CASE("a run in which nobody waited has no pending time") {
  CHECK(pending_quantiles(two_runs(), 1) == std::vector<double>{30, 0});
  CHECK(pending_quantiles(two_runs(), 0.5) == std::vector<double>{2, 0});
}

TEST_CASE("the file has every type at every step, with its band") {
  const std::string csv = nodes_csv({two_runs()}, 50);
  CHECK(csv ==
        "scaler,copies,t_s,instance_type,p10,p50,p90\n"
        "karpenter,1,0,c6i.large,0,0,0\n"
        "karpenter,1,0,m6i.large,1,1,1\n"
        "karpenter,1,50,c6i.large,0.1,0.5,0.9\n"
        "karpenter,1,50,m6i.large,1,1,1\n");
}

}  // namespace
}  // namespace berth
