// Services whose number of replicas follows a script: somebody, or a recording, sets it at given moments.
#pragma once

#include "sim/control/hands.hpp"

namespace berth {

class ScriptedCounts {
 public:
  explicit ScriptedCounts(Hands hands) : hands_(hands) {}

  /// Puts every step of the run on the calendar.
  void begin();
  /// The controllers hear of the new count as of any other: on ECS a quota may leave it fewer.
  void on(const CountDue& e);

 private:
  Hands hands_;
};

}  // namespace berth
