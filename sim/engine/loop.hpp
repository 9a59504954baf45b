// The event loop: whichever is due first, the calendar's next event or the network's next finished transfer.
#pragma once

#include <algorithm>
#include <vector>

#include "sim/base/check.hpp"
#include "sim/engine/calendar.hpp"
#include "sim/engine/network.hpp"

namespace berth {

/// Runs everything due up to and including `end`. `on_finished(FlowId)` turns a finished transfer into an event of
/// the present instant; `dispatch(entry)` lets it happen. Running to a moment between and then to `end` is the same.
template <class Event, class OnFinished, class Dispatch>
void run_until(Time end, Calendar<Event>& calendar, Network& network, OnFinished&& on_finished, Dispatch&& dispatch) {
  SIM_CHECK(end >= calendar.now());
  std::vector<FlowId> finished;
  typename Calendar<Event>::Entry entry;
  Time network_now = calendar.now();
  for (;;) {
    const Time transfer = network.next_time();
    const Time due = std::min(calendar.next_time(), transfer);
    if (due > end || due == kNever) break;
    if (transfer == due) {  // before the events of its instant, which may wait for it
      calendar.advance_now(due);
      finished.clear();
      network.advance_to(due, finished);
      SIM_CHECK(!finished.empty() || network.next_time() > due);  // an end on the edge of a microsecond may slip
      for (const FlowId flow : finished) on_finished(flow);
      network_now = due;
      continue;
    }
    if (due > network_now) network.advance_to(due, finished);
    network_now = due;
    calendar.pop(entry);
    dispatch(entry);
  }
  if (end == kNever) return;
  calendar.advance_now(end);  // who asks after the run asks about its end
  network.advance_to(end, finished);
}

}  // namespace berth
