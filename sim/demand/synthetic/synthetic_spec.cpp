// A synthetic load as a scenario writes it.
#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "sim/demand/synthetic/synthetic.hpp"

namespace berth {

namespace {

/// Objects of a load have few keys: any other is refused with the nearest one.
void only_keys(const Field& field, const std::vector<std::string>& known) {
  for (const Field& member : field.members()) {
    if (std::find(known.begin(), known.end(), member.key()) != known.end()) continue;
    const std::string near = nearest(member.key(), known);
    std::string list;
    for (const std::string& key : known) list += (list.empty() ? "" : ", ") + key;
    member.fail("one of the keys " + list, fmt::format("\"{}\"", member.key()),
                near.empty() ? "remove it" : fmt::format("did you mean \"{}\"?", near));
  }
}

template <class Out, class Read>
void read_if(const Field& field, const char* key, Out& out, Read read) {
  if (const auto member = field.find(key)) out = read(*member);
}

Duration read_duration(const Field& f) { return f.duration(); }
double read_rate_per_second(const Field& f) { return f.per_second(); }
double read_factor(const Field& f) { return f.number(0, 1e6); }

Duration read_interval(const Field& f) {
  const Duration interval = f.duration();
  if (interval <= Duration{0}) f.fail("a duration above 0", f.shown(), "write \"60 s\"");
  return interval;
}

SyntheticSpec::Step step_of(const Field& field) {
  only_keys(field, {"at", "rate", "over"});
  SyntheticSpec::Step step;
  step.at = field.at("at").duration();
  step.rate = field.at("rate").per_second();
  read_if(field, "over", step.over, read_duration);
  return step;
}

SyntheticSpec::Diurnal diurnal_of(const Field& field) {
  only_keys(field, {"mean", "amplitude", "peak", "weekend"});
  SyntheticSpec::Diurnal d;
  d.mean = field.at("mean").per_second();
  read_if(field, "amplitude", d.amplitude, read_rate_per_second);
  read_if(field, "peak", d.peak, read_duration);
  read_if(field, "weekend", d.weekend, read_factor);
  if (d.amplitude > d.mean)
    field.at("amplitude")
        .fail(fmt::format("at most the mean ({} /s), as a rate cannot be negative", d.mean),
              field.at("amplitude").shown(), "make the mean larger or the amplitude smaller");
  return d;
}

SyntheticSpec::FlashCrowd crowd_of(const Field& field) {
  only_keys(field, {"at", "factor", "rate", "rise", "hold", "decay"});
  SyntheticSpec::FlashCrowd crowd;
  crowd.at = field.at("at").duration();
  if (field.has("factor") == field.has("rate"))
    field.fail("either factor (times everything else) or rate (that much more)", field.has("rate") ? "both" : "neither",
               "write \"factor\": 3 or \"rate\": \"200 /s\"");
  read_if(field, "factor", crowd.factor, read_factor);
  read_if(field, "rate", crowd.rate, read_rate_per_second);
  read_if(field, "rise", crowd.rise, read_duration);
  read_if(field, "hold", crowd.hold, read_duration);
  read_if(field, "decay", crowd.decay, read_duration);
  return crowd;
}

std::vector<SyntheticSpec::Step> steps_of(const Field& field) {
  std::vector<SyntheticSpec::Step> steps;
  for (const Field& item : field.items()) {
    steps.push_back(step_of(item));
    if (steps.size() > 1 && steps.back().at < steps[steps.size() - 2].at + steps[steps.size() - 2].over)
      item.at("at").fail("a moment not before the end of the step before", item.at("at").shown(),
                         "put the steps in order of time");
  }
  return steps;
}

std::vector<double> factors_of(const Field& field, std::size_t least, std::size_t most) {
  std::vector<double> factors;
  for (const Field& item : field.items()) factors.push_back(read_factor(item));
  if (factors.size() < least || factors.size() > most)
    field.fail(least == most ? fmt::format("{} factors", least) : fmt::format("{} to {} factors", least, most),
               fmt::format("{}", factors.size()), "write one for each part");
  return factors;
}

std::vector<double> profile_of(const Field& field) { return factors_of(field, 1, 1440); }
std::vector<double> week_of(const Field& field) { return factors_of(field, 7, 7); }

SyntheticSpec::Holiday holiday_of(const Field& field) {
  only_keys(field, {"day", "days", "factor"});
  SyntheticSpec::Holiday holiday;
  holiday.day = field.at("day").instant();
  holiday.factor = read_factor(field.at("factor"));
  read_if(field, "days", holiday.days, [](const Field& f) { return f.whole(1, 366); });
  return holiday;
}

std::vector<SyntheticSpec::BurstState> bursts_of(const Field& field) {
  std::vector<SyntheticSpec::BurstState> states;
  for (const Field& item : field.items()) {
    only_keys(item, {"factor", "mean"});
    states.push_back({read_factor(item.at("factor")), read_interval(item.at("mean"))});
  }
  if (states.size() < 2 || states.size() > 100)
    field.fail("2 to 100 states", fmt::format("{}", states.size()),
               "write [{\"factor\": 1, \"mean\": \"10 min\"}, {\"factor\": 5, \"mean\": \"1 min\"}]");
  return states;
}

SyntheticSpec::OnOff on_off_of(const Field& field) {
  only_keys(field, {"sources", "rate", "on", "off", "alpha"});
  SyntheticSpec::OnOff on_off;
  on_off.sources = field.at("sources").whole(1, 100'000);
  on_off.rate = field.at("rate").per_second();
  on_off.on = read_interval(field.at("on"));
  on_off.off = read_interval(field.at("off"));
  read_if(field, "alpha", on_off.alpha, [](const Field& f) { return f.number(1.05, 10); });
  return on_off;
}

SyntheticSpec::Noise noise_of(const Field& field) {
  only_keys(field, {"sigma", "correlation", "quantiles"});
  SyntheticSpec::Noise noise;
  if (field.has("sigma") == field.has("quantiles"))
    field.fail("either sigma (lognormal) or quantiles", field.has("sigma") ? "both" : "neither",
               "write \"sigma\": 0.1");
  read_if(field, "sigma", noise.sigma, [](const Field& f) { return f.number(0, 3); });
  read_if(field, "correlation", noise.correlation, read_duration);
  if (const auto quantiles = field.find("quantiles")) {
    noise.quantiles = factors_of(*quantiles, kNoiseProbabilities.size(), kNoiseProbabilities.size());
    if (!std::is_sorted(noise.quantiles.begin(), noise.quantiles.end()))
      quantiles->fail("ascending factors, at 0, 0.1, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9 and 100 %", "others",
                      "put them in order");
  }
  return noise;
}

std::vector<SyntheticSpec::Noise> noises_of(const Field& field) {
  std::vector<SyntheticSpec::Noise> all;
  if (!field.is(Value::Kind::list)) return {noise_of(field)};
  for (const Field& item : field.items()) all.push_back(noise_of(item));
  if (all.size() > 10) field.fail("at most 10 noises", fmt::format("{}", all.size()), "remove some");
  return all;
}

}  // namespace

SyntheticSpec synthetic_spec(const Field& field) {
  only_keys(field, {"interval", "duration", "start", "base", "steps", "diurnal", "daily", "weekend", "weekly", "hourly",
                    "holidays", "flash_crowds", "bursts", "on_off", "noise", "most", "seed"});
  SyntheticSpec spec;
  spec.name = field.pointer();
  read_if(field, "interval", spec.interval, read_interval);
  read_if(field, "duration", spec.duration, read_interval);
  read_if(field, "start", spec.start, [](const Field& f) { return f.instant(); });
  read_if(field, "base", spec.base, read_rate_per_second);
  read_if(field, "steps", spec.steps, steps_of);
  read_if(field, "diurnal", spec.diurnal, diurnal_of);
  if (const auto crowds = field.find("flash_crowds"))
    for (const Field& item : crowds->items()) spec.flash_crowds.push_back(crowd_of(item));
  read_if(field, "daily", spec.daily, profile_of);
  read_if(field, "weekend", spec.weekend, profile_of);
  read_if(field, "weekly", spec.weekly, week_of);
  read_if(field, "hourly", spec.hourly, profile_of);
  if (const auto holidays = field.find("holidays"))
    for (const Field& item : holidays->items()) spec.holidays.push_back(holiday_of(item));
  read_if(field, "bursts", spec.bursts, bursts_of);
  if (const auto on_off = field.find("on_off")) spec.on_off = on_off_of(*on_off);
  read_if(field, "noise", spec.noise, noises_of);
  read_if(field, "most", spec.most, read_rate_per_second);
  if (const auto seed = field.find("seed")) spec.seed = static_cast<std::uint64_t>(seed->whole());
  return spec;
}

LoadSeries synthetic(const Field& field, Duration run_length, std::uint64_t seed) {
  const SyntheticSpec spec = synthetic_spec(field);
  if (spec.duration && *spec.duration < run_length)
    field.at("duration")
        .fail(fmt::format("at least the run's {}", say(run_length)), say(*spec.duration),
              "leave it out: the load then lasts as long as the run");
  return synthetic(spec, run_length, seed);
}

}  // namespace berth
