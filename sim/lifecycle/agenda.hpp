// The calendar of a run as lives and controllers use it: the next step by name, with a typed delay, in its phase.
#pragma once

#include "sim/base/table.hpp"
#include "sim/engine/calendar.hpp"
#include "sim/world/events.hpp"

namespace berth {

using EventCalendar = Calendar<Event>;

/// When in an instant an event is handled; the reasons stand beside Phase.
Phase phase_of(const Event& event);

inline Owner owned_by(ReplicaId id) { return {owner::kReplica, index(id)}; }
inline Owner owned_by(NodeId id) { return {owner::kNode, index(id)}; }
inline Owner owned_by(VolumeSetId id) { return {owner::kVolumes, index(id)}; }
inline Owner owned_by(TargetId id) { return {owner::kTarget, index(id)}; }

class Agenda {
 public:
  explicit Agenda(EventCalendar& calendar) : calendar_(calendar) {}

  Time now() const { return calendar_.now(); }
  /// The owner's next step, after `delay` (>= 0).
  template <class Id>
  void then(Id whose, Duration delay, const Event& event) {
    calendar_.at(now() + delay, phase_of(event), event, owned_by(whose));
  }
  /// A step that nobody's end cancels: controllers' ticks, reports on their way.
  void at(Time t, const Event& event) { calendar_.at(t, phase_of(event), event, Owner{}); }
  void in(Duration delay, const Event& event) { at(now() + delay, event); }
  template <class Id>
  void cancel_all(Id whose) {
    calendar_.cancel_all(owned_by(whose));
  }

 private:
  EventCalendar& calendar_;
};

}  // namespace berth
