#include "sim/demand/cores_loop.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace berth {

void CoresLoop::advance_to(std::int64_t end) {
  SIM_CHECK(end >= now_);
  if (end == now_) return;
  if (step_end_ == step_begin_) open_step();
  while (step_end_ <= end) {
    now_ = step_end_;
    close_step(now_);
    open_step();
  }
  now_ = end;
}

void CoresLoop::open_step() {
  constexpr std::int64_t kForever = std::int64_t{1} << 62;
  step_end_ = std::min(load_.even_until(step_begin_), kForever);
  const double length_s = static_cast<double>(step_end_ - step_begin_) / 1e9;
  const double cores = load_.between(step_begin_, step_end_) / length_s;
  cores_ = std::llround(cores * static_cast<double>(kVcpu.count()));
  deal();
  stirred_ = true;
}

void CoresLoop::close_step(std::int64_t t) {
  const std::int64_t length = t - step_begin_;
  for (Row& row : rows_) {
    row.used = used_until(row, t);
    row.asked += static_cast<Work>(row.part) * length;
    used_all_ += static_cast<Work>(row.given) * length;
  }
  asked_all_ += static_cast<Work>(cores_) * length;
  unserved_all_ += static_cast<Work>(lost_) * length;
  step_begin_ = step_end_ = t;
}

/// In whole grains, of which the last ones in order may get one more: in order of room, then of the ids.
void CoresLoop::deal() {
  order_.clear();
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    rows_[i].part = rows_[i].given = 0;
    if (borrowed_ != nullptr) rows_[i].allotment = (*borrowed_)[rows_[i].place];
    if (rows_[i].serves) order_.push_back(i);
  }
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return rows_[a].allotment < rows_[b].allotment; });
  std::int64_t to_ask = cores_, to_give = cores_;
  auto left = static_cast<std::int64_t>(order_.size());
  for (const std::uint32_t i : order_) {
    Row& row = rows_[i];
    row.part = to_ask / left;
    row.given = std::min(row.allotment.count(), to_give / left);
    to_ask -= row.part;
    to_give -= row.given;
    --left;
  }
  lost_ = to_give;
}

std::vector<CoresLoop::Row>::iterator CoresLoop::place_of(TargetId id) {
  return std::lower_bound(rows_.begin(), rows_.end(), id,
                          [](const Row& row, TargetId other) { return row.id < other; });
}

CoresLoop::Row& CoresLoop::row_of(TargetId id) {
  const auto at = place_of(id);
  SIM_CHECK(at != rows_.end());
  SIM_CHECK(at->id == id);
  return *at;
}

void CoresLoop::add_target(TargetId id, Cpu allotment, std::int64_t, std::uint32_t place, TargetSite) {
  SIM_CHECK(!has_target(id));
  close_step(now_);
  Row row;
  row.id = id;
  row.place = place;
  row.allotment = allotment;
  rows_.insert(place_of(id), row);
}

void CoresLoop::drain_target(TargetId id) {
  close_step(now_);
  row_of(id).serves = false;
}

void CoresLoop::resume_target(TargetId id, std::int64_t) {
  close_step(now_);
  row_of(id).serves = true;
}

void CoresLoop::remove_target(TargetId id) {
  close_step(now_);
  row_of(id);
  rows_.erase(place_of(id));
}

void CoresLoop::set_allotment(TargetId id, Cpu allotment) {
  if (row_of(id).allotment == allotment) return;
  close_step(now_);
  row_of(id).allotment = allotment;
}

bool CoresLoop::has_target(TargetId id) const {
  return std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) { return row.id == id; });
}

TargetTotals CoresLoop::target_totals(TargetId id) const {
  const Row& row = const_cast<CoresLoop&>(*this).row_of(id);
  TargetTotals totals;
  totals.cpu_used = static_cast<std::int64_t>(used_until(row, now_) / kVcpu.count());
  const Work asked = row.asked + static_cast<Work>(row.part) * (now_ - step_begin_);
  totals.cpu_arrived = static_cast<std::int64_t>(asked / kVcpu.count());
  return totals;
}

void CoresLoop::mark(std::int64_t t) {
  SIM_CHECK(t >= now_);
  stirred_ = false;
  for (Row& row : rows_) row.used_at_mark = used_until(row, t);
}

/// Who is full would take more: its equal part, or all that nobody has room for.
void CoresLoop::take_use(std::vector<UseSinceMark>& into) {
  into.clear();
  for (const Row& row : rows_) {
    const Work used = (used_until(row, now_) - row.used_at_mark) / kVcpu.count();
    const bool full = row.serves && row.given == row.allotment.count();
    const std::int64_t wanted = full ? std::max(row.part, row.given + lost_) : row.given;
    into.push_back({row.place, static_cast<std::int64_t>(used), wanted});
  }
  mark(now_);
}

CoresTotals CoresLoop::cores_totals() const {
  const Work passed = now_ - step_begin_;
  return {static_cast<std::int64_t>((asked_all_ + cores_ * passed) / kVcpu.count()),
          static_cast<std::int64_t>((unserved_all_ + lost_ * passed) / kVcpu.count())};
}

void CoresLoop::check() const {
  const std::int64_t given = std::accumulate(rows_.begin(), rows_.end(), std::int64_t{0},
                                             [](std::int64_t sum, const Row& row) { return sum + row.given; });
  if (step_end_ > step_begin_) SIM_CHECK(given + lost_ == cores_);
  SIM_CHECK(used_all_ + unserved_all_ == asked_all_);
}

}  // namespace berth
