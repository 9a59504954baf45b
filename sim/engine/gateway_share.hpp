// One gateway's capacity, shared by flows that each have a limit of their own: exact max-min fairness, by classes.
#pragma once

#include <limits>
#include <map>
#include <set>
#include <utility>

#include "sim/engine/network.hpp"

namespace berth {

/// A flow's rate is min(its limit, the water level). Flows with equal limits form a class and move alike, so a class
/// has one volume clock and a flow is the volume at which it ends. Classes below the level are capped by their limit,
/// the others share what is left: a change costs O(log n) and the classes that the level crosses.
/// Times are seconds: ends are handled at their exact moment, not at the microsecond at which they are reported.
class GatewayShare {
  struct FlowClass {
    bool shared = false;
    double base = 0;   // volume at `since`
    double since = 0;  // a moment while capped, a shared volume while shared
    double due = 0;    // when its first flow ends, in the units of `since`
    std::set<std::pair<double, FlowId>> ends;
  };
  using Classes = std::map<double, FlowClass>;

 public:
  /// Where a flow is: its class and the volume at which it ends.
  struct Place {
    Classes::iterator in;
    double end = 0;
  };

  explicit GatewayShare(double capacity) : capacity_(capacity), first_shared_(classes_.end()) {}
  GatewayShare(const GatewayShare&) = delete;
  GatewayShare& operator=(const GatewayShare&) = delete;

  /// Not past next_end(). An earlier moment is ignored.
  void move_to(double now);
  void set_capacity(double bytes_per_s) { capacity_ = bytes_per_s; }

  Place add(FlowId flow, double limit, double bytes);
  /// The bytes it still had to move.
  double remove(FlowId flow, Place place);
  /// After any of the changes above, once for several.
  void rebalance();

  /// When the next flow ends; infinity when none does.
  double next_end() const;
  /// Moves to next_end() and names the flow that ends there. It is still to be removed.
  FlowId move_to_end();

  double remaining(Place place, double now) const;
  double carried(double now) const;

 private:
  using Due = std::set<std::pair<double, double>>;  // (due, limit)

  double elapsed(double now) const { return now > now_ ? now - now_ : 0; }
  double rate() const { return capped_sum_ + (shared_flows_ > 0 ? level_ * static_cast<double>(shared_flows_) : 0); }
  double volume(const Classes::value_type& entry, double now) const;
  Classes::iterator class_of(double limit);
  void count(const Classes::value_type& entry, long flows);
  void list(Classes::iterator entry);
  void unlist(Classes::iterator entry);
  void find_level();
  void share(Classes::iterator entry);
  void cap(Classes::iterator entry);

  double capacity_;
  double now_ = 0;
  double level_ = std::numeric_limits<double>::infinity();
  double shared_volume_ = 0;  // what one sharing flow has moved so far
  double carried_ = 0;
  double capped_sum_ = 0;
  long capped_flows_ = 0;
  long shared_flows_ = 0;
  Classes classes_;
  Classes::iterator first_shared_;  // all before it are capped
  Due capped_due_;                  // moments
  Due shared_due_;                  // shared volumes
};

}  // namespace berth
