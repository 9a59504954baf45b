// What holds a start back: every limiter can be asked at any moment for whom it holds, and until when.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/base/time.hpp"
#include "sim/world/ids.hpp"
#include "sim/world/limits.hpp"

namespace berth {

/// A replica in a limiter's queue.
struct Held {
  Limit limit;
  std::int64_t ahead = 0;          ///< how many go before it
  std::optional<double> tokens;    ///< what the bucket holds now
  std::optional<double> per_s;     ///< … and gets a second
  std::optional<Time> next = {};   ///< when it lets the next one go
  std::optional<Time> until = {};  ///< its turn, when all before it take theirs; empty: nobody can know
};

class Limiter {
 public:
  virtual ~Limiter() = default;
  /// Empty when it does not hold that replica now. Changes nothing.
  virtual std::optional<Held> held_by(ReplicaId replica) const = 0;
};

}  // namespace berth
