#include "sim/study/packing.hpp"

#include <algorithm>
#include <utility>

namespace berth {

Packing::Packing(const std::vector<RecordedNode>& nodes, std::vector<RecordedKind> kinds)
    : kinds_(std::move(kinds)),
      cpu_(nodes.size()),
      memory_(nodes.size()),
      stranded_(nodes.size()),
      pods_(nodes.size()) {
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    cpu_[n].all = nodes[n].cpu.count();
    memory_[n].all = nodes[n].memory.count();
    all_cpu_ += static_cast<double>(cpu_[n].all);
    all_memory_ += static_cast<double>(memory_[n].all);
    strand(n);
  }
}

void Packing::move(std::size_t n, std::int64_t cpu, std::int64_t memory, int pods) {
  count_if_used(n, -1);
  cpu_[n].used += cpu;
  memory_[n].used += memory;
  pods_[n] += pods;
  used_cpu_ += static_cast<double>(cpu);
  used_memory_ += static_cast<double>(memory);
  count_if_used(n, +1);
  sum_cpu_stranded_ -= stranded_[n].cpu;
  sum_memory_stranded_ -= stranded_[n].memory;
  strand(n);
}

PackingFigures Packing::now() const {
  PackingFigures f;
  f.nodes_used = static_cast<double>(nodes_used_);
  f.packing_cpu = nodes_used_ == 0 ? 0 : used_cpu_ / cpu_of_used_;
  f.packing_memory = nodes_used_ == 0 ? 0 : used_memory_ / memory_of_used_;
  f.cpu_used = used_cpu_ / all_cpu_;
  f.memory_used = used_memory_ / all_memory_;
  f.cpu_stranded = std::max(0.0, sum_cpu_stranded_) / all_cpu_;
  f.memory_stranded = std::max(0.0, sum_memory_stranded_) / all_memory_;
  return f;
}

void Packing::count_if_used(std::size_t n, int sign) {
  if (pods_[n] == 0) return;
  nodes_used_ += sign;
  cpu_of_used_ += sign * static_cast<double>(cpu_[n].all);
  memory_of_used_ += sign * static_cast<double>(memory_[n].all);
}

/// A kind that one resource alone keeps away cannot use the other.
void Packing::strand(std::size_t n) {
  double cpu = 0, memory = 0;
  for (const RecordedKind& kind : kinds_) {
    const bool has_cpu = kind.cpu <= cpu_[n].free(), has_memory = kind.memory <= memory_[n].free();
    if (has_cpu && !has_memory) cpu += kind.share;
    if (has_memory && !has_cpu) memory += kind.share;
  }
  stranded_[n] = {cpu * static_cast<double>(cpu_[n].free()), memory * static_cast<double>(memory_[n].free())};
  sum_cpu_stranded_ += stranded_[n].cpu;
  sum_memory_stranded_ += stranded_[n].memory;
}

void MeanPacking::add(const PackingFigures& f, double seconds) {
  sums_.nodes_used += seconds * f.nodes_used;
  sums_.packing_cpu += seconds * f.packing_cpu;
  sums_.packing_memory += seconds * f.packing_memory;
  sums_.cpu_used += seconds * f.cpu_used;
  sums_.memory_used += seconds * f.memory_used;
  sums_.cpu_stranded += seconds * f.cpu_stranded;
  sums_.memory_stranded += seconds * f.memory_stranded;
  length_ += seconds;
  if (f.nodes_used > 0) length_used_ += seconds;
}

PackingFigures MeanPacking::mean() const {
  PackingFigures m = sums_;
  for (double* sum : {&m.nodes_used, &m.cpu_used, &m.memory_used, &m.cpu_stranded, &m.memory_stranded}) *sum /= length_;
  if (length_used_ > 0)
    for (double* sum : {&m.packing_cpu, &m.packing_memory}) *sum /= length_used_;
  return m;
}

}  // namespace berth
