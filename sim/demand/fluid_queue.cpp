#include "sim/demand/fluid_queue.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/base/plain_math.hpp"

namespace berth {
namespace {

constexpr double kShort = 2e8;  // nanoseconds to work off a queue that is taken as settled
constexpr double kLong = 2e9;   // in which arrivals may change
constexpr double kFew = 8;      // requests in one that is
constexpr double kNear = 1e-4;  // from a load of 1: closer the curve is a hyperbola
constexpr double kNoLimit = 1e300;

/// Mean × density at zero of a truncated normal on [0, ∞), by its squared coefficient of variation: 1 for the
/// exponential, which is as wide as it gets.
class EdgeDensity {
 public:
  EdgeDensity() {
    // By the place of the cut in standard deviations below the mean of the whole normal, from deep to far above.
    std::vector<std::pair<double, double>> points;
    for (double cut = -12; cut <= 30; cut += 0.01) {
      const double beyond = std::erfc(cut / std::sqrt(2.0)) / 2;
      const double hazard = cut < 25 ? std::exp(-cut * cut / 2) / std::sqrt(2 * M_PI) / beyond : cut + 1 / cut;
      const double mean = hazard - cut, at_zero = hazard * mean;
      points.emplace_back((1 - at_zero) / (mean * mean), at_zero);
    }
    std::size_t next = 0;
    for (std::size_t i = 0; i < kCells; ++i) {
      const double spread = static_cast<double>(i) / (kCells - 1);
      while (next < points.size() && points[next].first < spread) ++next;
      if (next == 0) values_[i] = 0;
      else if (next >= points.size()) values_[i] = 1;
      else {
        const auto &a = points[next - 1], &b = points[next];
        values_[i] = a.second + (b.second - a.second) * (spread - a.first) / (b.first - a.first);
      }
    }
    values_.front() = 0;
    values_.back() = 1;
  }
  double at(double spread) const {
    if (spread >= 1) return 1;
    const double place = std::max(0.0, spread) * (kCells - 1);
    const auto low = static_cast<std::size_t>(place);
    return values_[low] + (values_[low + 1] - values_[low]) * (place - static_cast<double>(low));
  }

 private:
  static constexpr std::size_t kCells = 257;
  std::array<double, kCells> values_{};
};

double edge_density(double spread) {
  static const EdgeDensity table;
  return table.at(spread);
}

FluidDelay delay_of(double chance, double mean, double deviation) {
  if (chance <= 0 || mean <= 0) return {};
  const double more = std::min(deviation, mean);
  return {std::min(1.0, chance), mean - more, more, more < mean / 2};
}

class Step {
 public:
  Step(const FluidQueue& before, const FluidCurve& curve, const LaneSpec& spec, double rate, double length)
      : before_(before), curve_(curve), spec_(spec), rate_(rate), length_(length), capacity_(curve.capacity()) {
    if (spec.concurrency == 0) return;
    by_queue_ = static_cast<double>(spec.queue_limit);
    by_patience_ = spec.timeout > 0 ? capacity_ * static_cast<double>(spec.timeout) : kNoLimit;
    limit_ = std::min(by_queue_, by_patience_);
  }

  FluidStep take() {
    if (capacity_ == 0) never_full();
    else if (limit_ < std::max(kFew, capacity_ * kShort)) short_queue();
    else backlog();
    made_.after.number = std::max(0.0, made_.after.number);
    return made_;
  }

 private:
  void never_full() {
    const double alone = curve_.at(1).shallow;  // nanoseconds
    const double sum = before_.number + rate_ * length_;
    made_.after.number = alone > 0 ? sum / (1 + length_ / alone) : 0;
    made_.finished = sum - made_.after.number;
  }

  /// A chain that is cut off at the limit, settled; it is filled and worked off no faster than that can be.
  void short_queue() {
    const double load = rate_ / capacity_;
    const FluidPoint p = curve_.at(load);
    const double ratio = load < 1 ? p.ratio : 1 + (load - 1) / curve_.variability();
    const auto [sum, together, square, last] = queue_lengths(ratio, std::floor(limit_ * curve_.joined()));
    const double mean = together / curve_.joined();
    const double full = p.odds * sum / (1 + p.odds * sum);
    const double at_limit = p.odds * last / (1 + p.odds * sum);
    // What is at the limit spills over by chance; an overload also by what does not finish.
    const double spills = load < 1 && ratio < 1 ? at_limit * std::min(1.0, ratio * (1 - load) / (load * (1 - ratio)))
                                                : 1 - (full + p.free_rate * (1 - full)) / load;
    const double turned_away = rate_ > 0 ? std::clamp(spills, 0.0, 1.0) : 0;
    const double seen = load < 1 && p.busy > 0 ? p.meets / p.busy : 1;
    const double slots = static_cast<double>(spec_.concurrency);
    const double waiting = full * mean;
    const double steady = p.free_mean * (1 - full) + slots * full + waiting;
    const double come = rate_ * length_ * (1 - turned_away);
    lose(rate_ * length_ * turned_away);
    const double all = before_.number + come;
    made_.after.number = std::clamp(steady, std::max(0.0, all - capacity_ * length_), all);
    made_.after.backlog = waiting;
    made_.finished = all - made_.after.number;
    made_.load = std::min(1.0, made_.finished / length_ / capacity_);
    slow_down(curve_.at(std::min(made_.load, 1 - kNear)), made_.load * capacity_);
    const double waits = std::max(0.0, full - at_limit) / std::max(1e-12, 1 - at_limit) * seen;
    const double out = std::max(1e-300, rate_ * (1 - turned_away));
    if (waits > 0 && waiting > 0) {
      const double each = waiting / out / waits;
      const double lengths = std::max(0.0, square - together * together) + together * curve_.departure_variance();
      made_.queued = delay_of(waits, each, std::sqrt(lengths) / curve_.joined() / capacity_);
    }
  }

  struct Lengths {
    double sum, mean, square, last;  // Σ rʲ; mean and mean square of j; r to the limit
  };
  /// Of a queue of 0 … limit, each length `ratio` times as likely as the one before.
  static Lengths queue_lengths(double ratio, double limit) {
    // A rising sequence is a falling one read from its end.
    const double r = ratio <= 1 ? ratio : 1 / ratio;
    const double end = r > 0 ? plain_exp((limit + 1) * plain_log(r)) : 0;
    Lengths q{};
    const double n = limit + 1;
    if (1 - r < 1e-6 / n) {
      q = {n, limit / 2, limit * (2 * limit + 1) / 6, 1};
    } else {
      q.sum = (1 - end) / (1 - r);
      q.mean = r / (1 - r) - n * end / (1 - end);
      const double variance = r / ((1 - r) * (1 - r)) - n * n * end / ((1 - end) * (1 - end));
      q.square = std::max(0.0, variance) + q.mean * q.mean;
      q.last = end / std::max(r, 1e-300);
    }
    if (ratio <= 1) return q;
    const double most = plain_exp(std::min(300.0, limit * plain_log(ratio)));
    const double square = limit * limit - 2 * limit * q.mean + q.square;
    return {q.sum * most, limit - q.mean, square, most};
  }

  /// What a target with a backlog would be like at one of its possible ends.
  struct Standing {
    double number = 0, backlog = 0, finishing = 0, lost = 0, load = 0;
  };

  /// `u` from 0 on, monotone: below 1 along the curve, above along its hyperbola.
  Standing standing(double u) const {
    Standing s;
    const double load = std::min(u, 1.0) * (1 - kNear);
    const FluidPoint p = curve_.at(load);
    double deep = idle_ * p.deep / (1 - load);
    s.load = load;
    double busy = p.busy;
    if (u > 1) {
      const double edge = curve_.at(1).deep * idle_;
      deep += (u - 1) * reach_;
      s.load = std::clamp(1 - edge / std::max(deep, 1e-300), load, 1.0);
      busy = 1;
    }
    s.number = p.shallow + deep;
    s.backlog = busy > 0 ? deep / busy : 0;
    s.finishing = s.load * capacity_;
    if (limit_ < kNoLimit) {
      const double room = limit_ - s.backlog;
      s.lost =
          room > 1e-9 ? std::min(rate_, noise_ * edge_density(before_.variance / (room * room)) / (2 * room)) : rate_;
    }
    return s;
  }

  void backlog() {
    noise_ = curve_.noise(rate_);
    const double old = before_.backlog * before_.backlog;
    idle_ = edge_density(old > 0 ? before_.variance / old : 1);
    const double all = before_.number + rate_ * length_;
    reach_ = all + 1;
    double low = 0, high = 2;
    for (int i = 0; i < 44; ++i) {
      const double middle = (low + high) / 2;
      const Standing s = standing(middle);
      (s.number + (s.finishing + s.lost) * length_ > all ? high : low) = middle;
    }
    const Standing s = standing(low);
    lose(s.lost * length_);
    made_.finished = std::min(s.finishing * length_, all - s.lost * length_);
    made_.load = s.load;
    made_.after.number = all - s.lost * length_ - made_.finished;
    made_.after.backlog = s.backlog;
    made_.after.variance = variance_of(s.backlog);
    const FluidPoint p = curve_.at(std::min(s.load, 1 - kNear));
    const double spread = s.backlog > 0 ? made_.after.variance / (s.backlog * s.backlog) : 1;
    const double meets = s.load > 1 - kNear ? 1 : p.meets;
    const double deep = s.number - p.shallow;
    if (s.finishing <= 0 || meets <= 0) return;
    // Those who leave came before the others: at the rate of now, if more come than go.
    const double each = deep / std::max(s.finishing, rate_ - s.lost) / meets;
    FluidDelay& delay = spec_.concurrency > 0 ? made_.queued : made_.slowed;
    delay = delay_of(meets, each, each * std::sqrt(spread));
    if (spec_.concurrency > 0) slow_down(p, s.finishing);
  }

  /// After the step: every request adds to it, both edges hold it together.
  double variance_of(double backlog) const {
    const double square = backlog * backlog;
    if (square <= 0) return 0;
    const double room = limit_ < kNoLimit ? std::max(limit_ - backlog, 1e-9) : kNoLimit;
    double low = 0, high = 1;
    for (int i = 0; i < 30; ++i) {
      const double spread = (low + high) / 2;
      const double held = edge_density(spread) + (room < kNoLimit ? edge_density(spread * square / (room * room)) : 0);
      (spread * square > before_.variance + length_ * noise_ * (1 - held) ? high : low) = spread;
    }
    return std::min(high * square, room < kNoLimit ? room * room : kNoLimit);
  }

  void slow_down(const FluidPoint& p, double finishing) {
    if (p.meets_slow <= 0 || finishing <= 0) return;
    const double each = p.slowed / finishing / p.meets_slow;
    made_.slowed = delay_of(p.meets_slow, each, each * p.slow_spread);
  }

  /// Turned away at once, or after the client's patience: those who wait that long fill the queue, as far as it goes.
  void lose(double lost) {
    const double patient =
        spec_.timeout > 0 ? std::max(0.0, by_queue_ - by_patience_) / static_cast<double>(spec_.timeout) * length_ : 0;
    made_.abandoned = by_patience_ <= by_queue_ ? std::min(lost, patient) : 0;
    made_.refused = lost - made_.abandoned;
  }

  const FluidQueue& before_;
  const FluidCurve& curve_;
  const LaneSpec& spec_;
  double rate_, length_, capacity_;
  double by_queue_ = kNoLimit, by_patience_ = kNoLimit, limit_ = kNoLimit;
  double noise_ = 0, idle_ = 1, reach_ = 0;
  FluidStep made_;
};

}  // namespace

FluidStep fluid_step(const FluidQueue& before, const FluidCurve& curve, const LaneSpec& spec, double rate,
                     std::int64_t from, std::int64_t until, const ExpectedArrivals& arrivals, double own_part) {
  const auto length = static_cast<double>(until - from);
  FluidStep step = Step(before, curve, spec, rate, length).take();
  const double now = step.queued.least + step.queued.more;
  if (step.after.backlog <= kLong * curve.capacity() || own_part <= 0 || now <= 0) return step;
  // First come, first served: who leaves came when the last that wait had not come yet.
  const double come = rate * length;
  const double stays = come > 0 ? std::max(0.05, 1 - (step.refused + step.abandoned) / come) : 1;
  double age = arrivals.age_of(step.after.backlog / stays / own_part, from);
  if (before.age > 0 && stays < 1) {
    const double growth = come > 0 ? std::max(0.0, 1 - step.finished / come) : 0;
    age = std::min(age, before.age + growth * length);
  }
  if (age <= 0) return step;
  step.after.age = age;
  step.queued.least *= age / now;
  step.queued.more *= age / now;
  return step;
}

}  // namespace berth
