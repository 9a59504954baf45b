// A curve: points in order of time, straight lines between them.
#pragma once

#include <utility>
#include <vector>

namespace berth {

using Curve = std::vector<std::pair<double, double>>;  // (seconds, count)

/// The first moment at which it has `count`; infinite when it never has.
double reaches(const Curve& curve, double count);
/// At that moment; 0 before its first point, its last count after the last one.
double count_at(const Curve& curve, double t_s);
/// The largest count in each period, at the moment at which the period begins: how CloudWatch shows a maximum.
Curve maxima(const Curve& curve, double period_s);

}  // namespace berth
