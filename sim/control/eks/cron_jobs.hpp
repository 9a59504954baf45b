// What a CronJob does when the time of a Job has come and when one of its Jobs is over (kubernetes v1.30
// pkg/controller/cronjob/cronjob_controllerv2.go).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/base/time.hpp"
#include "sim/world/job_specs.hpp"

namespace berth {

/// The Jobs of one CronJob, by number of arrival.
class CronJobs {
 public:
  struct Begin {
    bool starts = true;                  ///< else one that runs must end first
    std::vector<std::uint32_t> deleted;  ///< that still ran
    std::optional<std::uint32_t> missed;
  };
  struct End {
    std::vector<std::uint32_t> deleted;   ///< done, and more than are kept
    std::optional<std::uint32_t> starts;  ///< one that had to wait
    std::optional<std::uint32_t> missed;  ///< it has waited too long
  };

  Begin is_due(const CronJobSpec& spec, std::uint32_t arrival);
  /// `due`: when each arrival was.
  End is_over(const CronJobSpec& spec, std::uint32_t arrival, bool succeeded, const std::vector<Time>& due, Time now);

 private:
  std::vector<std::uint32_t> active_;
  std::vector<std::uint32_t> successful_, failed_;  ///< ascending
  std::optional<std::uint32_t> waiting_;            ///< the last that was due while another ran
};

}  // namespace berth
