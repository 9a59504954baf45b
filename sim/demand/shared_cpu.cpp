#include "sim/demand/shared_cpu.hpp"

namespace berth {

SharedCpu::SharedCpu(Cpu allotment, std::int64_t now) : worked_until_(now) { set_allotment(allotment, now); }

void SharedCpu::set_allotment(Cpu allotment, std::int64_t t) {
  if (allotment.count() == allotment_) return;
  work_until(t);
  allotment_ = allotment.count();
  per_allotment_ = allotment_ > 0 ? 1.0 / static_cast<double>(allotment_) : 0;
  set_rate();
}

bool SharedCpu::take_unfelt(Cpu allotment) {
  if (allotment.count() == allotment_) return true;
  if (allotment.count() <= 0 || wanted() > std::min(allotment_, allotment.count())) return false;
  allotment_ = allotment.count();
  per_allotment_ = 1.0 / static_cast<double>(allotment_);
  return true;
}

std::int64_t SharedCpu::used(std::int64_t t) const {
  const __int128 used = used_ + static_cast<__int128>(t - worked_until_) * grains_in_use_;
  if (used <= INT64_MAX) return static_cast<std::int64_t>(used) / kVcpu.count();  // the short division is the quick one
  return static_cast<std::int64_t>(used / kVcpu.count());
}

}  // namespace berth
