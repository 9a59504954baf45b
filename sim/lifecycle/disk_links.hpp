// Unpacking on a node: its disk as a link that is lent while layers are unpacked, and how fast its processors are.
#pragma once

#include <vector>

#include "sim/engine/network.hpp"
#include "sim/lifecycle/node_slots.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// An unpack is a flow of the layer's unpacked bytes over the node's disk. Its own limit is what one unpack makes of
/// the processors (it does not use more than a few cores). All unpacks of a node share the lesser of the disk's rate
/// and what all its cores decompress; where gzip and zstd unpack side by side, the cores count at gzip's rate.
class DiskLinks {
 public:
  DiskLinks(const World& world, Network& network);

  FlowId unpack(NodeId node, LayerId layer);
  /// That unpack is over or was broken off; the link is free again after the last.
  void ended(NodeId node, LayerId layer);

  /// Bytes per second that the node's disk takes.
  double disk_rate(NodeId node) const;

 private:
  struct Lent {
    LinkId link{};
    std::uint32_t unpacks = 0;
    std::uint32_t gzip = 0;  // of them
  };
  double cores(NodeId node) const;
  double rate_per_core(Compression compression) const;
  double shared_rate(NodeId node, const Lent& lent) const;

  const World& world_;
  Network& network_;
  double gzip_per_core_, zstd_per_core_, cores_minimum_, cores_maximum_;
  double fargate_disk_, gp3_, gp2_small_, gp2_, instance_store_;
  Bytes gp2_small_size_;
  NodeSlots<Lent> lent_;
  std::vector<LinkId> idle_;
};

}  // namespace berth
