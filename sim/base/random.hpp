// Luck without state: every draw is a function of (seed, purpose, name, birth number, draw number).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace berth {

/// Why a number is drawn. A new purpose goes at the end: the number is part of every key.
enum class Purpose : std::uint32_t {
  arrival,
  service_time,
  network_attach,
  machine_prepare,
  instance_boot,
  node_join,
  container_start,
  placement,
  probe_phase,
  retry,
  job_arrival,
  job_run_time,
  trace_shape,
  health_check,
  status_report,
  target_registration,
  container_exit,
  launch_reaction,
  instance_launch,
  instance_terminate,
  ecs_agent,
  deprovision,
  api_call,
  interface_attach,
  address_retry,
  volume,
  pull_manifest,
  pull_cached,
  pull_retry,
  activation,
  alarm_phase,
  spot_interruption,
  fault,
  scheduled_action,
  hpa_phase,
  preemption,
  expander,
  node_update,
  client_retry,
  balancing,
  load_balancer_zone,
  called_service_time,
  call_made,
  call_error,
  call_retry,
  kube_proxy,
  node_target,
};

/// The 64-bit hash of an entity's name ("web/17"); the same on every machine (FNV-1a, finished by a mixer).
std::uint64_t name_hash(std::string_view name);

/// One keyed stream. Cheap to copy; `at(n)` may be called in any order and any number of times.
class Draws {
 public:
  Draws() = default;
  Draws(std::uint64_t seed, Purpose purpose, std::uint64_t name, std::uint64_t birth = 0);

  /// Draw number n: 64 uniform bits.
  std::uint64_t at(std::uint64_t n) const { return four(n)[0]; }
  /// Four independent 64-bit draws for the price of one (Philox4x64-10).
  std::array<std::uint64_t, 4> four(std::uint64_t n) const;

 private:
  std::uint64_t key_[2] = {0, 0};
  std::uint64_t birth_ = 0;
};

/// Uniform in [0, n); n > 0. Without modulo bias beyond 2⁻⁶⁴·n.
constexpr std::uint64_t below(std::uint64_t bits, std::uint64_t n) {
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(bits) * n) >> 64);
}

}  // namespace berth
