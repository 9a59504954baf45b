// How well pods pack their nodes: what is requested, and what is left where nobody can use it.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/importers/openb.hpp"

namespace berth {

/// Shares are of all nodes together, 0 … 1. Stranded: what is free on a node and of no use to a pod of the recording
/// because the other resource has run out there; each kind of pod counts as often as it occurs (after the fragmentation
/// measure of Weng et al., USENIX ATC 2023, for two resources).
struct PackingFigures {
  double nodes_used = 0;   ///< nodes with a pod
  double packing_cpu = 0;  ///< of those nodes' CPU, what is requested
  double packing_memory = 0;
  double cpu_used = 0, memory_used = 0;          ///< of all nodes
  double cpu_stranded = 0, memory_stranded = 0;  ///< of all nodes
};

/// Pods that ask for the same.
struct RecordedKind {
  std::int64_t cpu = 0, memory = 0;
  double share = 0;  ///< of all pods
};

/// Kept as pods come and go.
class Packing {
 public:
  Packing(const std::vector<RecordedNode>& nodes, std::vector<RecordedKind> kinds);
  void move(std::size_t node, std::int64_t cpu, std::int64_t memory, int pods);
  PackingFigures now() const;

 private:
  struct Amount {
    std::int64_t all = 0, used = 0;
    std::int64_t free() const { return all - used; }
  };
  struct Stranded {
    double cpu = 0, memory = 0;
  };
  void count_if_used(std::size_t node, int sign);
  void strand(std::size_t node);

  std::vector<RecordedKind> kinds_;
  std::vector<Amount> cpu_, memory_;
  std::vector<Stranded> stranded_;
  std::vector<int> pods_;
  std::int64_t nodes_used_ = 0;
  double all_cpu_ = 0, all_memory_ = 0, used_cpu_ = 0, used_memory_ = 0, cpu_of_used_ = 0, memory_of_used_ = 0;
  double sum_cpu_stranded_ = 0, sum_memory_stranded_ = 0;
};

/// Weighted by time; how nodes with pods are packed, over the time in which there are some.
class MeanPacking {
 public:
  void add(const PackingFigures& figures, double seconds);
  bool empty() const { return length_ <= 0; }
  PackingFigures mean() const;

 private:
  PackingFigures sums_;
  double length_ = 0, length_used_ = 0;
};

}  // namespace berth
