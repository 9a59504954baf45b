// The score plug-ins as loops over columns. Integer quotients are taken as quotients of doubles: exact for
// 0 <= a <= b < 2^46 (a × 100 < 2^53), and four times as fast as a 64-bit division.
#include "sim/policy/placement/kube_scores.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace berth {
namespace {

constexpr std::int64_t kShapeScale = 10;  // shape scores are written 0 … 10

/// part × 100 / whole, truncated; 0 <= part <= whole, whole > 0.
inline std::int64_t hundredths(std::int64_t part, std::int64_t whole) {
  return static_cast<std::int64_t>(static_cast<double>(part * kMaxScore) / static_cast<double>(whole));
}

/// The mean of one score a resource, weighted; resources that a node does not have are left out.
template <class Score>
void weighted_mean(std::span<const ScoredResource> resources, Nodes nodes, std::int64_t weight, Totals totals,
                   const Score& score) {
  std::vector<std::uint32_t> sums(nodes.size(), 0), weights(nodes.size(), 0);  // 32 bits: a cheap last division
  for (const auto& r : resources) {
    const auto *allocatable = r.allocatable.data(), *used = r.used.data();
    const auto own = static_cast<std::uint32_t>(r.weight);
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      const std::int64_t whole = allocatable[nodes[k]];
      if (whole == 0) continue;
      sums[k] += own * static_cast<std::uint32_t>(score(used[nodes[k]] + r.request, whole));
      weights[k] += own;
    }
  }
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    if (weights[k] == 2) totals[k] += weight * (sums[k] / 2);  // CPU and memory, by far the most: no division
    else if (weights[k] > 0) totals[k] += weight * (sums[k] / weights[k]);
  }
}

double share(const ScoredResource& r, std::uint32_t position) {
  return std::min(1.0,
                  static_cast<double>(r.used[position] + r.request) / static_cast<double>(r.allocatable[position]));
}

double population_deviation(std::span<const double> shares) {
  double mean = 0, squares = 0;
  for (const double s : shares) mean += s;
  mean /= static_cast<double>(shares.size());
  for (const double s : shares) squares += (s - mean) * (s - mean);
  return std::sqrt(squares / static_cast<double>(shares.size()));
}

double imbalance(std::span<const double> shares) {
  if (shares.size() < 2) return 0;
  if (shares.size() == 2) return std::fabs((shares[0] - shares[1]) / 2);  // of three that a node lacks one of
  return population_deviation(shares);
}

/// The weight of a topology with that many domains: more domains make each of them count more.
double domain_weight(std::size_t domains) { return std::log(static_cast<double>(domains + 2)); }

}  // namespace

void least_allocated(std::span<const ScoredResource> resources, Nodes nodes, std::int64_t weight, Totals totals) {
  weighted_mean(resources, nodes, weight, totals, [](std::int64_t used, std::int64_t whole) {
    return used > whole ? 0 : hundredths(whole - used, whole);
  });
}

void most_allocated(std::span<const ScoredResource> resources, Nodes nodes, std::int64_t weight, Totals totals) {
  weighted_mean(resources, nodes, weight, totals,
                [](std::int64_t used, std::int64_t whole) { return hundredths(std::min(used, whole), whole); });
}

std::int64_t broken_linear(std::span<const ShapePoint> shape, std::int64_t u) {
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (u > shape[i].utilisation) continue;
    if (i == 0) return shape[0].score;
    const auto& a = shape[i - 1];
    const auto& b = shape[i];
    return a.score + (b.score - a.score) * (u - a.utilisation) / (b.utilisation - a.utilisation);
  }
  return shape.back().score;
}

void requested_to_capacity_ratio(std::span<const ScoredResource> resources, std::span<const ShapePoint> shape,
                                 Nodes nodes, std::int64_t weight, Totals totals) {
  std::vector<ShapePoint> scaled(shape.begin(), shape.end());
  for (auto& point : scaled) point.score *= kShapeScale;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    std::int64_t sum = 0, weights = 0;
    for (const auto& r : resources) {
      const std::int64_t whole = r.allocatable[nodes[k]];
      if (whole == 0) continue;
      const std::int64_t used = r.used[nodes[k]] + r.request;
      const std::int64_t score = broken_linear(scaled, used > whole ? kMaxScore : hundredths(used, whole));
      if (score <= 0) continue;
      sum += score * r.weight;
      weights += r.weight;
    }
    if (weights == 0) continue;
    totals[k] += weight * std::llround(static_cast<double>(sum) / static_cast<double>(weights));
  }
}

void balanced_allocation(std::span<const ScoredResource> resources, Nodes nodes, std::int64_t weight, Totals totals) {
  if (resources.size() == 2) {
    const ScoredResource &one = resources[0], &other = resources[1];
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      const bool both = one.allocatable[nodes[k]] != 0 && other.allocatable[nodes[k]] != 0;
      const double apart = both ? std::fabs((share(one, nodes[k]) - share(other, nodes[k])) / 2) : 0;
      totals[k] += weight * static_cast<std::int64_t>((1 - apart) * kMaxScore);
    }
    return;
  }
  std::vector<double> shares;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    shares.clear();
    for (const auto& r : resources) {
      if (r.allocatable[nodes[k]] != 0) shares.push_back(share(r, nodes[k]));
    }
    totals[k] += weight * static_cast<std::int64_t>((1 - imbalance(shares)) * kMaxScore);
  }
}

void image_locality(std::span<const ImageColumn> images, std::size_t containers, std::size_t all_nodes, Nodes nodes,
                    std::int64_t weight, Totals totals) {
  if (images.empty() || all_nodes == 0 || containers == 0) return;
  const std::int64_t low = (23 * kMiB).count();
  const std::int64_t high = (1000 * kMiB).count() * static_cast<std::int64_t>(containers);
  std::vector<std::int64_t> worth;  // the bytes saved, scaled down where few nodes have the image
  for (const auto& image : images) {
    const double spread = static_cast<double>(image.nodes_with) / static_cast<double>(all_nodes);
    worth.push_back(static_cast<std::int64_t>(static_cast<double>(image.size.count()) * spread));
  }
  const auto has = [&](std::size_t image, std::uint32_t position) {
    return position < images[image].present.size() && images[image].present[position] != 0;
  };
  const auto score_of = [&](std::int64_t sum) {
    return weight * (kMaxScore * (std::clamp(sum, low, high) - low) / (high - low));
  };
  if (images.size() == 1) {  // two scores there are
    const std::int64_t with = score_of(worth.front()), without = score_of(0);
    for (std::size_t k = 0; k < nodes.size(); ++k) totals[k] += has(0, nodes[k]) ? with : without;
    return;
  }
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < images.size(); ++i) {
      if (has(i, nodes[k])) sum += worth[i];
    }
    totals[k] += score_of(sum);
  }
}

void default_spread(const ClusterView& view, const Ask& ask, Nodes nodes, std::int64_t weight, Totals totals) {
  constexpr std::int64_t kHostSkew = 3, kZoneSkew = 5;
  if (nodes.empty()) return;
  std::vector<std::uint8_t> zone_there(256, 0);
  for (const std::uint32_t p : nodes) zone_there[static_cast<std::size_t>(view.zone[p])] = 1;
  const double by_node = domain_weight(nodes.size());
  const double by_zone =
      domain_weight(static_cast<std::size_t>(std::count(zone_there.begin(), zone_there.end(), std::uint8_t{1})));
  const auto leaving_in = [&](std::size_t zone) {  // pods that are being deleted do not count
    return zone < ask.leaving_by_zone.size() ? ask.leaving_by_zone[zone] : 0;
  };
  const auto raw_of = [&](std::uint32_t here, std::size_t zone) {
    if (ask.same_service_by_zone.empty()) return std::llround(here * by_node + (kHostSkew - 1));  // without zones
    const double around =
        zone < ask.same_service_by_zone.size() ? ask.same_service_by_zone[zone] - leaving_in(zone) : 0;
    return std::llround(here * by_node + (kHostSkew - 1) + around * by_zone + (kZoneSkew - 1));
  };
  std::vector<std::int64_t> without(zone_there.size());  // by zone, of a node that has none: by far the most
  for (std::size_t z = 0; z < zone_there.size(); ++z) {
    if (zone_there[z]) without[z] = raw_of(0, z);
  }
  std::vector<std::int64_t> raw(nodes.size());
  const auto& same = ask.same_service;
  for (std::size_t k = 0, next = 0; k < nodes.size(); ++k) {
    if (k > 0 && nodes[k] < nodes[k - 1]) next = 0;  // the sample went round the end
    while (next < same.size() && same[next].position < nodes[k]) ++next;
    const auto zone = static_cast<std::size_t>(view.zone[nodes[k]]);
    const bool has_some = next < same.size() && same[next].position == nodes[k];
    raw[k] = has_some ? raw_of(same[next].replicas - same[next].leaving, zone) : without[zone];
  }
  const auto [low, high] = std::minmax_element(raw.begin(), raw.end());
  const std::int64_t least = *low, most = *high;
  const auto score_of = [&](std::int64_t r) {
    return weight * (most == 0 ? kMaxScore : kMaxScore * (most + least - r) / most);
  };
  std::vector<std::int64_t> scores;  // by raw - least, where that takes fewer divisions
  if (most - least < std::ssize(raw) / 4)
    for (std::int64_t r = least; r <= most; ++r) scores.push_back(score_of(r));
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    totals[k] += scores.empty() ? score_of(raw[k]) : scores[static_cast<std::size_t>(raw[k] - least)];
  }
}

}  // namespace berth
