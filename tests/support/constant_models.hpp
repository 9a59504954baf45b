// The shipped models with a constant in place of every latency, so that tests can name seconds.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "sim/base/value.hpp"
#include "sim/catalog/catalog.hpp"

namespace berth::test {

/// A temporary folder, gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "berth-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What every step takes in these tests; steps that are not named take a second.
inline constexpr Duration kFargateAttach = 5s;
inline constexpr Duration kFargatePrepare = 9s;
inline constexpr Duration kFargateRegister = 20s;  // on EKS
inline constexpr Duration kGroupReaction = 10s;
inline constexpr Duration kCreateFleet = 2s;
inline constexpr Duration kInstanceLaunch = 6s;
inline constexpr Duration kInstanceBoot = 20s;
inline constexpr Duration kStoppedBoot = 11s;
inline constexpr Duration kWarmReaction = 7s;
inline constexpr Duration kNodeJoin = 4s;
inline constexpr Duration kInstanceTerminate = 30s;
inline constexpr Duration kManifest = 1s;       // the registry is asked for an image
inline constexpr Duration kCachedImage = 50ms;  // the image is on the node
inline constexpr Duration kContainerStart = 1s;
inline constexpr Duration kContainerExit = 3s;
inline constexpr Duration kTargetRegister = 2s;
inline constexpr Duration kReport = 1s;
inline constexpr Duration kEcsAgent = 0s;
inline constexpr Duration kEcsDeprovision = 1s;
inline constexpr Duration kFargateDeprovision = 1s;
inline constexpr Duration kVolumeCreate = 2s;
inline constexpr Duration kVolumeAttachEcs = 4s;
inline constexpr Duration kVolumeAttachCsi = 7s;
inline constexpr Duration kVolumeMount = 1s;
inline constexpr Duration kVolumeDetach = 6s;
inline constexpr Duration kEfsMount = 3s;

using LatencyChanges = std::map<std::string, Duration>;

inline void write_constant_latencies(const Catalog& shipped, const std::string& path, const LatencyChanges& changes) {
  const std::map<std::string, Duration> seconds = {{"fargate.network_attach", kFargateAttach},
                                                   {"fargate.machine_prepare", kFargatePrepare},
                                                   {"fargate.eks.register", kFargateRegister},
                                                   {"asg.reaction", kGroupReaction},
                                                   {"karpenter.create_fleet", kCreateFleet},
                                                   {"ec2.launch", kInstanceLaunch},
                                                   {"ec2.boot.ecs_al2023", kInstanceBoot},
                                                   {"ec2.boot.eks_al2023", kInstanceBoot},
                                                   {"ec2.boot.stopped", kStoppedBoot},
                                                   {"asg.warm_reaction", kWarmReaction},
                                                   {"eks.api_call", 0s},  // kReport is the whole
                                                   {"ecs.agent", kEcsAgent},
                                                   {"ecs.deprovision", kEcsDeprovision},
                                                   {"fargate.deprovision", kFargateDeprovision},
                                                   {"node.join.ecs", kNodeJoin},
                                                   {"node.join.eks", kNodeJoin},
                                                   {"ec2.terminate", kInstanceTerminate},
                                                   {"pull.manifest", kManifest},
                                                   {"pull.cached", kCachedImage},
                                                   {"container.exit", kContainerExit},
                                                   {"alb.register", kTargetRegister},
                                                   {"ebs.create", kVolumeCreate},
                                                   {"ebs.attach.ecs", kVolumeAttachEcs},
                                                   {"ebs.attach.csi", kVolumeAttachCsi},
                                                   {"ebs.mount", kVolumeMount},
                                                   {"ebs.detach", kVolumeDetach},
                                                   {"efs.mount", kEfsMount}};
  std::ofstream file(path);
  file << "{\"latencies\": {";
  const char* comma = "";
  for (const Latency& latency : shipped.latencies()) {
    const auto changed = changes.find(latency.name);
    const auto known = changed == changes.end() ? seconds.find(latency.name) : changed;
    const bool is_known = changed != changes.end() || known != seconds.end();
    const Duration takes = is_known ? known->second : Duration{1s};
    file << comma << "\"" << latency.name << "\": {\"constant\": \"" << takes.count() / 1000
         << " ms\", \"source\": \"test\", \"day\": \"2026-03-01\", \"set\": \"none\"}";
    comma = ",\n";
  }
  file << "}}\n";
}

// Calibration is not to change what tests expect.
inline constexpr double kUnpackRate = 45;         // unpacked MiB a second and vCPU
inline constexpr double kReadWithoutDelay = 400;  // MiB of an image at its first start on Fargate

inline void pin_calibrated_constants(const std::string& path) {
  Value constants = load_json(path);
  const auto pin = [&](const std::string& name, double value) {
    set_at(constants, "/constants/" + name + "/value", Value::of_number(value, nullptr), "test");
  };
  pin("pull.unpack_mib_per_s_per_vcpu", kUnpackRate);
  pin("fargate.start_read_free_mib", kReadWithoutDelay);
  std::ofstream(path) << to_json(constants);
}

/// A vCPU of Fargate does as much as the reference.
inline void pin_fargate_speed(const std::string& path) {
  Value speeds = load_json(path);
  set_at(speeds, "/fargate/speed", Value::of_number(1, nullptr), "test");
  std::ofstream(path) << to_json(speeds);
}

inline Instant test_day() { return std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}; }

/// us-east-1 on that day with constant latencies.
inline Catalog constant_catalog_of(Instant day, const LatencyChanges& changes = {}) {
  const CatalogKey key{"us-east-1", day, "defaults"};
  const std::string shipped = std::string(BERTH_SOURCE_DIR) + "/models";
  const TemporaryFolder folder;
  for (const auto& file : std::filesystem::directory_iterator(shipped))
    std::filesystem::copy(file.path(), folder.path() + "/" + file.path().filename().string());
  write_constant_latencies(Catalog::load(shipped, key), folder.path() + "/latencies.json", changes);
  pin_calibrated_constants(folder.path() + "/constants.json");
  pin_fargate_speed(folder.path() + "/cpu_speed.json");
  return Catalog::load(folder.path(), key);
}

/// On 1 March 2026; read once.
inline const Catalog& constant_catalog() {
  static const Catalog catalog = constant_catalog_of(test_day());
  return catalog;
}

}  // namespace berth::test
