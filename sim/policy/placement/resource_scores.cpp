// The score plug-ins that look at CPU and memory, eight nodes at a time. Integer quotients are taken as quotients of
// doubles: exact for 0 <= a <= b < 2^46 (a × 100 < 2^53). The loops over eight have no branches and a fixed length, so
// that they become packed arithmetic, of which all is exact or rounded as IEEE 754 says: the same on every processor.
#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/policy/placement/eight_nodes.hpp"
#include "sim/policy/placement/kube_scores.hpp"

namespace berth {
namespace {

constexpr std::int64_t kShapeScale = 10;  // shape scores are written 0 … 10

#define BERTH_PACKED [[gnu::always_inline]] inline  // a call would leave the wide registers

/// a - b, but nothing for less than nothing; twice it, because that takes no branch. Of whole numbers.
BERTH_PACKED double twice_excess(double a, double b) { return (a - b) + std::fabs(a - b); }

/// The smaller; of whole numbers.
BERTH_PACKED double smaller(double a, double b) { return a - twice_excess(a, b) / 2; }

/// part × 100 / whole, truncated; 0 <= part <= whole, whole > 0.
BERTH_PACKED std::int32_t hundredths(double part, double whole) {
  return static_cast<std::int32_t>(part * kMaxScore / whole);
}

/// The same with 1 / whole known. Half a part more is half a part away from every whole hundredth, which is more than
/// the two roundings are off by (100 × 2^-52) where whole < 2^43.
BERTH_PACKED std::int32_t hundredths_by(double inverse, double part) {
  return static_cast<std::int32_t>((part * kMaxScore + 0.5) * inverse);
}
constexpr std::int64_t kInverseWillDo = std::int64_t{1} << 43;

BERTH_PACKED double share(double used, double whole) { return smaller(used, whole) / whole; }

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

BERTH_PACKED std::int32_t balance(double imbalance) { return static_cast<std::int32_t>((1 - imbalance) * kMaxScore); }

BERTH_PACKED std::int32_t balance_of(double a, double b) { return balance(std::fabs((a - b) / 2)); }

/// A resource at eight nodes.
struct EightOf {
  const std::int64_t *allocatable, *taken;
  std::int64_t request;
  Eight<std::int64_t> copies[2];
  bool alike;      // all have as much of it: one division instead of eight
  double inverse;  // then: 1 / that

  BERTH_PACKED EightOf(const EightNodes& eight, const ScoredResource& r) : request(r.request) {
    allocatable = eight.of(r.allocatable, copies[0]);
    taken = eight.of(r.used, copies[1]);
    std::int64_t different = 0;
    for (std::size_t i = 0; i < kEight; ++i) different |= allocatable[i] ^ allocatable[0];
    alike = different == 0 && allocatable[0] > 0 && allocatable[0] < kInverseWillDo;
    inverse = alike ? 1 / exact_double(allocatable[0]) : 0;
  }
  BERTH_PACKED double whole(std::size_t i) const { return exact_double(allocatable[i]); }
  /// With what the pod would add.
  BERTH_PACKED double used(std::size_t i) const { return exact_double(taken[i] + request); }
};

BERTH_PACKED double part_of(bool least, double used, double whole) {
  return least ? twice_excess(whole, used) / 2 : smaller(used, whole);
}

/// CPU and memory, counted alike, at nodes of one size: by far the most. Other cases are not done here.
template <bool kLeast>
BERTH_PACKED bool quick_means(const EightNodes& eight, std::span<const ScoredResource> resources,
                              Eight<std::int32_t>& means) {
  if (resources.size() != 2 || resources[0].weight != 1 || resources[1].weight != 1) return false;
  const EightOf a(eight, resources[0]), b(eight, resources[1]);
  if (!a.alike || !b.alike) return false;
  const double a_whole = a.whole(0), b_whole = b.whole(0);
  for (std::size_t i = 0; i < kEight; ++i)
    means[i] = (hundredths_by(a.inverse, part_of(kLeast, a.used(i), a_whole)) +
                hundredths_by(b.inverse, part_of(kLeast, b.used(i), b_whole))) >>
               1;
  return true;
}

/// The mean of one score a resource, weighted; resources that a node does not have are left out.
template <bool kLeast>
BERTH_PACKED void weighted_mean(std::span<const ScoredResource> resources, Nodes nodes, std::int64_t weight,
                                Totals totals) {
  for (std::size_t k = 0; k < nodes.size(); k += kEight) {
    const EightNodes eight(nodes, k);
    Eight<std::int32_t> means;
    if (!quick_means<kLeast>(eight, resources, means)) {
      Eight<std::int32_t> sums{}, weights{};
      for (const auto& r : resources) {
        const EightOf of(eight, r);
        const auto own = static_cast<std::int32_t>(r.weight);
        for (std::size_t i = 0; i < kEight; ++i) {
          if (of.allocatable[i] == 0) continue;
          sums[i] += own * hundredths(part_of(kLeast, of.used(i), of.whole(i)), of.whole(i));
          weights[i] += own;
        }
      }
      for (std::size_t i = 0; i < kEight; ++i) means[i] = weights[i] == 0 ? 0 : sums[i] / weights[i];
    }
    eight.add(means, weight, totals);
  }
}

BERTH_WIDE void mean_of_least(std::span<const ScoredResource> resources, Nodes nodes, std::int64_t weight,
                              Totals totals) {
  weighted_mean<true>(resources, nodes, weight, totals);
}

BERTH_WIDE void mean_of_most(std::span<const ScoredResource> resources, Nodes nodes, std::int64_t weight,
                             Totals totals) {
  weighted_mean<false>(resources, nodes, weight, totals);
}

/// By 1 / whole, which is off by some 10^-14: false where that could change a score.
BERTH_PACKED bool quick_balance(const EightOf& a, const EightOf& b, Eight<std::int32_t>& scores) {
  constexpr double kFarMore = 1e-9;
  if (!a.alike || !b.alike) return false;
  const double a_whole = a.whole(0), b_whole = b.whole(0);
  std::int32_t different = 0;
  for (std::size_t i = 0; i < kEight; ++i) {
    const double apart = smaller(a.used(i), a_whole) * a.inverse - smaller(b.used(i), b_whole) * b.inverse;
    const double scaled = (1 - std::fabs(apart / 2)) * kMaxScore;
    scores[i] = static_cast<std::int32_t>(scaled - kFarMore);
    different |= scores[i] ^ static_cast<std::int32_t>(scaled + kFarMore);
  }
  return different == 0;
}

/// CPU and memory.
BERTH_WIDE void balance_of_two(const ScoredResource& one, const ScoredResource& other, Nodes nodes, std::int64_t weight,
                               Totals totals) {
  for (std::size_t k = 0; k < nodes.size(); k += kEight) {
    const EightNodes eight(nodes, k);
    const EightOf a(eight, one), b(eight, other);
    Eight<std::int32_t> scores;
    if (!quick_balance(a, b, scores)) {
      for (std::size_t i = 0; i < kEight; ++i) {
        const bool both = a.allocatable[i] != 0 && b.allocatable[i] != 0;
        scores[i] = both ? balance_of(share(a.used(i), a.whole(i)), share(b.used(i), b.whole(i))) : balance(0);
      }
    }
    eight.add(scores, weight, totals);
  }
}

}  // namespace

void least_allocated(std::span<const ScoredResource> resources, Nodes nodes, std::int64_t weight, Totals totals) {
  mean_of_least(resources, nodes, weight, totals);
}

void most_allocated(std::span<const ScoredResource> resources, Nodes nodes, std::int64_t weight, Totals totals) {
  mean_of_most(resources, nodes, weight, totals);
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
      const std::int64_t score =
          broken_linear(scaled, used > whole ? kMaxScore : hundredths(exact_double(used), exact_double(whole)));
      if (score <= 0) continue;
      sum += score * r.weight;
      weights += r.weight;
    }
    if (weights == 0) continue;
    totals[k] += weight * std::llround(static_cast<double>(sum) / static_cast<double>(weights));
  }
}

void balanced_allocation(std::span<const ScoredResource> resources, Nodes nodes, std::int64_t weight, Totals totals) {
  if (resources.size() == 2) return balance_of_two(resources[0], resources[1], nodes, weight, totals);
  std::vector<double> shares;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    shares.clear();
    for (const auto& r : resources) {
      const std::int64_t whole = r.allocatable[nodes[k]];
      if (whole != 0) shares.push_back(share(exact_double(r.used[nodes[k]] + r.request), exact_double(whole)));
    }
    totals[k] += weight * balance(imbalance(shares));
  }
}

}  // namespace berth
