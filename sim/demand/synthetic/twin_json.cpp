// A synthetic load as the JSON that describes it.
#include <fmt/format.h>

#include "sim/demand/synthetic/twin.hpp"

namespace berth {

namespace {

Value text_value(std::string text) { return Value::of_text(std::move(text), nullptr); }
Value number_value(double n) { return Value::of_number(n, nullptr); }
Value rate_value(double per_second) { return text_value(fmt::format("{} /s", per_second)); }
Value time_value(Duration d) { return text_value(say(d)); }

Value numbers(const std::vector<double>& values) {
  Value list = Value::of_list(nullptr);
  for (const double v : values) list.items.push_back(number_value(v));
  return list;
}

template <class Item, class Write>
void write_list(Value& into, const char* key, const std::vector<Item>& items, Write write) {
  if (items.empty()) return;
  Value list = Value::of_list(nullptr);
  for (const Item& item : items) {
    Value& object = list.items.emplace_back(Value::of_object(nullptr));
    write(item, object);
  }
  into.member(key) = std::move(list);
}

void write_step(const SyntheticSpec::Step& step, Value& v) {
  v.member("at") = time_value(step.at);
  v.member("rate") = rate_value(step.rate);
  if (step.over > Duration{0}) v.member("over") = time_value(step.over);
}

void write_crowd(const SyntheticSpec::FlashCrowd& crowd, Value& v) {
  v.member("at") = time_value(crowd.at);
  if (crowd.rate > 0) v.member("rate") = rate_value(crowd.rate);
  else v.member("factor") = number_value(crowd.factor);
  v.member("rise") = time_value(crowd.rise);
  v.member("hold") = time_value(crowd.hold);
  v.member("decay") = time_value(crowd.decay);
}

void write_holiday(const SyntheticSpec::Holiday& holiday, Value& v) {
  v.member("day") = text_value(iso8601(holiday.day));
  v.member("days") = number_value(static_cast<double>(holiday.days));
  v.member("factor") = number_value(holiday.factor);
}

void write_burst(const SyntheticSpec::BurstState& state, Value& v) {
  v.member("factor") = number_value(state.factor);
  v.member("mean") = time_value(state.mean);
}

void write_noise(const SyntheticSpec::Noise& noise, Value& v) {
  if (noise.quantiles.empty()) v.member("sigma") = number_value(noise.sigma);
  else v.member("quantiles") = numbers(noise.quantiles);
  if (noise.correlation > Duration{0}) v.member("correlation") = time_value(noise.correlation);
}

void write_diurnal(const SyntheticSpec::Diurnal& diurnal, Value& v) {
  v.member("mean") = rate_value(diurnal.mean);
  v.member("amplitude") = rate_value(diurnal.amplitude);
  v.member("peak") = time_value(diurnal.peak);
  v.member("weekend") = number_value(diurnal.weekend);
}

void write_on_off(const SyntheticSpec::OnOff& on_off, Value& v) {
  v.member("sources") = number_value(static_cast<double>(on_off.sources));
  v.member("rate") = rate_value(on_off.rate);
  v.member("on") = time_value(on_off.on);
  v.member("off") = time_value(on_off.off);
  v.member("alpha") = number_value(on_off.alpha);
}

}  // namespace

Value synthetic_json(const SyntheticSpec& spec) {
  Value v = Value::of_object(nullptr);
  v.member("interval") = time_value(spec.interval);
  if (spec.duration) v.member("duration") = time_value(*spec.duration);
  v.member("start") = text_value(iso8601(spec.start));
  if (spec.seed) v.member("seed") = number_value(static_cast<double>(*spec.seed));
  v.member("base") = rate_value(spec.base);
  write_list(v, "steps", spec.steps, write_step);
  if (spec.diurnal) write_diurnal(*spec.diurnal, v.member("diurnal") = Value::of_object(nullptr));
  if (!spec.daily.empty()) v.member("daily") = numbers(spec.daily);
  if (!spec.weekend.empty()) v.member("weekend") = numbers(spec.weekend);
  if (!spec.weekly.empty()) v.member("weekly") = numbers(spec.weekly);
  if (!spec.hourly.empty()) v.member("hourly") = numbers(spec.hourly);
  write_list(v, "holidays", spec.holidays, write_holiday);
  write_list(v, "flash_crowds", spec.flash_crowds, write_crowd);
  write_list(v, "bursts", spec.bursts, write_burst);
  if (spec.on_off) write_on_off(*spec.on_off, v.member("on_off") = Value::of_object(nullptr));
  write_list(v, "noise", spec.noise, write_noise);
  if (spec.most) v.member("most") = rate_value(*spec.most);
  return v;
}

}  // namespace berth
