// Distributions as written become tables of quantiles in the unit that their reader needs.
#include "sim/world/specs.hpp"

#include "sim/base/check.hpp"

namespace berth {
namespace {

/// `scale` units a microsecond.
Quantiles quantiles_of(const DistributionSpec& spec, double scale) {
  using Form = DistributionSpec::Form;
  SIM_CHECK(!spec.parameters.empty());
  std::vector<double> values;
  for (const Duration d : spec.parameters) values.push_back(static_cast<double>(d.count()) * scale);
  switch (spec.form) {
    case Form::constant:
      return Quantiles::constant(values[0]);
    case Form::exponential:
      return Quantiles::exponential(values[0]);
    case Form::lognormal:
      return Quantiles::lognormal(values[0], values[1]);
    case Form::gamma:
      return Quantiles::gamma(values[0], spec.shape);
    case Form::uniform:
      return Quantiles::uniform(values[0], values[1]);
    case Form::empirical:
      break;
  }
  return Quantiles::empirical(values);
}

}  // namespace

Quantiles DistributionSpec::in_nanoseconds() const { return quantiles_of(*this, 1000); }
Quantiles DistributionSpec::in_microseconds() const { return quantiles_of(*this, 1); }

}  // namespace berth
