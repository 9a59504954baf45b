// Which arrivals of jobs wait for which: one that comes after a job waits for that job's last arrival before it, or
// with it. Two arrays of one size wait index for index, others for the whole.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sim/world/world.hpp"

namespace berth {

/// An arrival of a job.
using JobKey = std::pair<ServiceId, std::uint32_t>;

class JobOrder {
 public:
  explicit JobOrder(const World& world);

  struct Waits {
    std::int64_t open = 0;  ///< for so many others
    bool in_vain = false;   ///< one of them has not succeeded
  };
  /// From now on it is told when they end.
  Waits add(const JobKey& key);
  struct Told {
    JobKey key;
    bool in_vain;
  };
  /// Those that waited for it, each with one less to wait for, in the order in which they came.
  std::vector<Told> ended(const JobKey& key, bool succeeded);

 private:
  /// What others wait for: all arrivals of one moment, or one index of an array.
  struct Awaited {
    std::int64_t open = 0;
    bool failed = false;
    std::vector<JobKey> waiting{};
  };
  struct Followed {
    std::vector<Awaited> moments;
    std::map<std::uint32_t, Awaited> indexes;  ///< by arrival; those that somebody waits for, or that have ended
    bool by_index = false;                     ///< some job waits index for index
  };
  std::optional<std::uint32_t> moment_before(ServiceId job, Time at) const;
  Awaited& awaited(ServiceId follower, ServiceId job, std::uint32_t moment, std::uint32_t arrival);
  bool same_indexes(ServiceId a, ServiceId b) const;
  const JobSpec& spec(ServiceId job) const { return *world_[job].spec->job; }

  const World& world_;
  std::vector<std::vector<ServiceId>> after_;  // by service
  std::vector<Followed> followed_;             // by service
};

}  // namespace berth
