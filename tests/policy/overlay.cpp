// Trial moves change nothing but the trial.
#include "tests/policy/placing.hpp"

namespace berth {

TEST_CASE("what is put on an overlay fills the trial and leaves the cluster alone") {
  ViewBuilder nodes;
  nodes.node(2 * kVcpu, 4 * kGiB);
  const auto view = nodes.view();
  Overlay trial(view);
  const Ask half = ask_for(kVcpu, 2 * kGiB);
  trial.put_on(0, half);
  CHECK(trial.fits(0, half));
  trial.put_on(0, half);
  CHECK_FALSE(trial.fits(0, half));
  CHECK(view.cpu_used[0] == 0);
  trial.take_off(0, half);
  CHECK(trial.fits(0, half));
}

TEST_CASE("an overlay counts on nodes that are coming and not on those that are going") {
  ViewBuilder nodes;
  nodes.node(kVcpu, kGiB).seen(NodeStage::draining);
  nodes.node(kVcpu, kGiB).seen(NodeStage::terminating);
  nodes.node(kVcpu, kGiB).seen(NodeStage::booting);
  const auto view = nodes.view();
  Overlay trial(view);
  CHECK(trial.first_fit(ask_for(kVcpu, kGiB)) == 2);
  trial.remove_node(2);
  CHECK(trial.first_fit(ask_for(kVcpu, kGiB)) == trial.size());
}

TEST_CASE("a planned node stands after all others and takes what its offering holds") {
  ViewBuilder nodes;
  nodes.node(kVcpu, kGiB);
  Overlay trial(nodes.view());
  const auto planned = trial.add_node(offering(7, 4 * kVcpu, 8 * kGiB, 10), PoolId{3}, ZoneId{1});
  CHECK(planned == 1);
  CHECK(trial.first_fit(ask_for(3 * kVcpu, kGiB)) == planned);
  const PoolId other[] = {PoolId{0}};
  Ask elsewhere = ask_for(3 * kVcpu, kGiB);
  elsewhere.pools = other;
  CHECK_FALSE(trial.fits(planned, elsewhere));
}

}  // namespace berth
