// Nodes and asks of a few words for the tests of policies.
#pragma once

#include <doctest/doctest.h>

#include "sim/world/view.hpp"

namespace berth {

inline Ask ask_for(Cpu cpu, Bytes memory) {
  Ask ask;
  ask.cpu = cpu;
  ask.memory = memory;
  return ask;
}

inline Offering offering(std::uint16_t type, Cpu cpu, Bytes memory, std::int64_t cents_an_hour) {
  Offering o;
  o.type = type;
  o.cpu = cpu;
  o.memory = memory;
  o.slots = 50;
  o.usd_hour = Usd{cents_an_hour * 100'000'000};
  return o;
}

}  // namespace berth
