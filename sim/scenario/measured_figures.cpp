#include "sim/scenario/measured_figures.hpp"

#include <algorithm>

namespace berth {
namespace {

/// Of each service that /steps names with the moment of its step in load.
Samples scale_outs(const Field& figure, const SimulatedResults& simulated) {
  Samples samples;
  const std::string to = figure.at("to").text();
  for (const Field& step : figure.at("steps").members()) {
    const Samples of_one = simulated.scale_out_of(step.key(), seconds(step.duration()), to);
    if (of_one.empty()) step.fail("a service that was scaled out after this moment", "none", "see its scenario");
    samples.insert(samples.end(), of_one.begin(), of_one.end());
  }
  return samples;
}

Samples rollouts(const Field& figure, const SimulatedResults& simulated) {
  const bool replaced = figure.at("until").one_of({"healthy", "replaced"}) == "replaced";
  const auto took = simulated.rollout_of(figure.at("service").text(), replaced);
  return took ? Samples{*took} : Samples{};
}

Samples samples_of(const Field& figure, const SimulatedResults& simulated) {
  const std::string rows =
      figure.at("rows").one_of({"replicas", "nodes", "new_nodes", "rollouts", "scale_outs", "starts"});
  if (rows == "starts") {
    const auto apart = simulated.between_starts();
    return apart ? Samples{*apart} : Samples{};
  }
  if (rows == "scale_outs") return scale_outs(figure, simulated);
  if (rows == "rollouts") return rollouts(figure, simulated);
  if (rows == "new_nodes")
    return simulated.new_nodes_of(figure.at("service").text(), figure.at("from"), figure.at("to"));
  const std::string from = figure.at("from").text(), to = figure.at("to").text();
  return rows == "nodes" ? simulated.nodes_of(figure.at("pool").text(), from, to)
                         : simulated.replicas_of(figure.at("service").text(), from, to);
}

void read_measured(const Field& figure, Compared& line) {
  const auto within = figure.find("within");
  const double share = within ? within->percent() / 100 : 0;
  if (const auto measured = figure.find("measured")) {
    if (!within) figure.at("within");  // a single figure is never met exactly
    line.measured_s = line.stated_low_s = line.stated_high_s = seconds(measured->duration());
  } else {
    line.stated_low_s = seconds(figure.at("low").duration());
    line.stated_high_s = seconds(figure.at("high").duration());
    line.range = true;
    if (line.stated_high_s < line.stated_low_s)
      figure.at("high").fail("no less than low", figure.at("high").shown(), "exchange them");
  }
  line.low_s = line.stated_low_s * (1 - share);
  line.high_s = line.stated_high_s * (1 + share);
}

}  // namespace

Compared compare_figure(const Field& figure, const SimulatedRuns& runs) {
  Compared line;
  line.name = figure.key();
  const Samples samples = samples_of(figure, results_for(figure, runs));
  if (samples.empty())
    figure.fail("a service or pool for which this happened in the simulation", "none", "see its scenario");
  line.simulated_n = samples.size();
  line.simulated_s = quantile_of(samples, 0.5);
  line.source = figure.at("source").text();
  read_measured(figure, line);
  if (const auto only = figure.find("for_comparison")) line.counts = !only->truth();
  return line;
}

Order compare_order(const Field& order, const std::vector<Compared>& figures) {
  Order result{order.key(), true};
  double last = 0;
  for (const Field& name : order.items()) {
    const auto figure =
        std::find_if(figures.begin(), figures.end(), [&](const Compared& f) { return f.name == name.text(); });
    if (figure == figures.end()) name.fail("the name of a figure", name.shown(), "name one of /figures");
    result.right = result.right && last < figure->simulated_s;
    last = figure->simulated_s;
  }
  return result;
}

}  // namespace berth
