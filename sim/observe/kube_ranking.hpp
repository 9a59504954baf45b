// How kube-scheduler ranks the nodes that a pod may go to: each plug-in's score of the best ones, by its own code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/world/world.hpp"

namespace berth {

struct KubeRanking {
  struct Column {
    std::string head, plug_in;
    std::int64_t weight = 1;
  };
  struct Row {
    std::string node, zone;
    std::vector<std::int64_t> scores;  ///< by column, 0 to 100
    std::int64_t total = 0;
    bool chosen = false;
  };
  std::vector<Column> columns;      ///< of plug-ins that have something to say of the pod
  std::vector<std::string> silent;  ///< the others give every node the same
  std::vector<Row> rows;
  std::size_t fitting = 0;
  std::size_t best = 0;         ///< nodes of the top total: one of them is drawn
  std::int64_t looked_for = 0;  ///< so many that fit end the search; 0: all are scored
};

/// At this moment for a pod that waits; for one that was placed in this instant as it was before. On EC2.
KubeRanking kube_ranking(const World& world, ReplicaId pod, std::size_t most);

/// Lines of at most `width` columns; empty where no node fits, and without scores where there is only one.
std::string kube_ranking_text(const KubeRanking& ranking, std::size_t width);

}  // namespace berth
