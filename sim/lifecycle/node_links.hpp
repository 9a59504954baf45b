// The network interfaces of nodes as links: lent to a node while it pulls, as wide as its credits allow.
#pragma once

#include <map>
#include <vector>

#include "sim/engine/network.hpp"
#include "sim/lifecycle/agenda.hpp"
#include "sim/lifecycle/nic_credits.hpp"
#include "sim/world/world.hpp"

namespace berth {

class NodeLinks {
 public:
  /// Links lie on shelves while nobody has them: a link never changes its shelf.
  NodeLinks(const World& world, Agenda& agenda, Network& network, std::size_t shelves);

  bool lent(NodeId node) const { return lent_.count(node) != 0; }
  /// Never wider than `most`, in bytes per second.
  void lend(NodeId node, std::size_t shelf, double most);
  /// Nothing may be under way.
  void take_back(NodeId node);

  /// The link for a transfer that begins now.
  LinkId link_to_start(NodeId node);
  /// A transfer is over, and so many bytes of it came.
  void came(NodeId node, Bytes bytes);
  /// The credits may be used up now. Who went slower than the full burst has some left, and is asked again later.
  void on(const BurstOver& e);
  /// The node's own events are taken off the calendar: its next BurstOver is asked for again.
  void stopped(NodeId node);

 private:
  struct Link {
    LinkId id;
    double passed = 0;  ///< when it was last on its shelf
  };
  struct Lent {
    Link link;
    std::size_t shelf;
    double most;
    double came = 0;     ///< by transfers that are over, since it was lent
    double counted = 0;  ///< what the credits know of, since it was lent
  };
  struct Interface {
    NicCredits credits;
    bool asked = false;  ///< a BurstOver is on the calendar
  };

  Interface* interface_of(NodeId node);
  void count(Lent& lent, Interface& interface, double total);
  void follow(NodeId node, const Lent& lent, Interface& interface);

  const World& world_;
  Agenda& agenda_;
  Network& network_;
  std::vector<std::vector<Link>> idle_;
  std::map<NodeId, Lent> lent_;
  std::map<NodeId, Interface> interfaces_;  // of all nodes with a burst that ever pulled
  double fargate_rate_;
  Duration burst_;
};

}  // namespace berth
