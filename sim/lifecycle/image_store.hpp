// What lies on the disks of nodes: image layers with their sizes, the images that need them, and their clean-up.
#pragma once

#include <vector>

#include "sim/lifecycle/node_slots.hpp"
#include "sim/world/world.hpp"

namespace berth {

/// Keeps NodeRow::layers. A layer takes its unpacked size, and while it is on its way its compressed size too; an ECS
/// task on Fargate keeps both (ECS developer guide, fargate-task-storage). A layer goes when no image on that disk
/// needs it.
class ImageStore {
 public:
  explicit ImageStore(World& world);

  bool has(NodeId node, LayerId layer) const;
  /// All of it, pulled there or baked into the AMI.
  bool has(NodeId node, ImageId image) const;
  /// Pulled there for a container, and not cleaned up since.
  bool pulled(NodeId node, ImageId image) const;

  /// A container begins to pull or run the image: neither it nor its layers are cleaned up until all have let go.
  void use(NodeId node, ImageId image);
  void let_go(NodeId node, ImageId image);
  /// The image is whole and was pulled.
  void complete(NodeId node, ImageId image);
  /// Its layers were on the disk before.
  void begin_cached(NodeId node, ImageId image);
  /// A failed pull leaves nothing that no other needs.
  std::vector<LayerId> discard(NodeId node, ImageId image);

  /// Takes the space of a layer that is going to come; false when the disk has not got it.
  bool take_room(NodeId node, LayerId layer);
  /// It does not come after all.
  void give_room_back(NodeId node, LayerId layer);
  /// It is there; false when no image needs it any more, and it is gone again.
  bool put(NodeId node, LayerId layer);

  /// The next cycle of the node's agent or kubelet that can remove something; kNever when none can.
  Time next_clean_up(NodeId node) const;
  /// That cycle, now; the layers that went.
  std::vector<LayerId> clean_up(NodeId node);
  /// Under pressure the kubelet removes every image that nothing uses, whatever its age, until `layer` fits
  /// (node-level reclaim before eviction, kubernetes.io node-pressure eviction). ECS has no such thing.
  std::vector<LayerId> reclaim(NodeId node, LayerId layer);
  /// The disk is no more.
  void forget(NodeId node) { disks_.erase(node); }

  Bytes used(NodeId node) const;
  Bytes size(NodeId node) const;

 private:
  struct Held {
    ImageId image;
    std::uint32_t users = 0;
    bool whole = false;
    bool pulled = false;
    Time pulled_at{};
    Time last_used{};
    Time kept_until{};  // ECS: exited containers hold their image for a while
  };
  struct Disk {
    Bytes size, used;
    bool keeps_compressed = false;
    std::vector<std::uint16_t> wanted;  // by layer: images here that need it
    std::vector<Held> held;             // in order of first use
  };
  struct Rules {
    bool cleans = true;
    Duration period{0}, minimum_age{0}, kept{0};
    std::int64_t at_once = 0;  // images a cycle; 0 = no limit
    double high = 0, low = 0;  // of the disk; 0 = whatever its use
  };

  Disk& disk(NodeId node);
  const Rules& rules(NodeId node) const;
  Bytes size_of_disk(NodeId node) const;
  Bytes coming(LayerId layer) const;
  static const Held* held(const Disk& disk, ImageId image);
  static Held* held(Disk& disk, ImageId image);
  Held& hold(Disk& disk, ImageId image);
  Time removable_from(const Held& image, const Rules& rules) const;
  std::size_t oldest(const Disk& disk, const Rules& rules, bool whatever_age) const;
  void remove(NodeId node, Disk& disk, std::size_t held, std::vector<LayerId>& gone);
  void bake(NodeId node, Disk& disk);
  void lay(NodeId node, Disk& disk, ImageId image);

  World& world_;
  Rules ecs_, kubelet_, none_;
  ImagePull ecs_pulls_ = ImagePull::standard;  // where a pool says nothing
  Bytes os_;
  NodeSlots<Disk> disks_;
};

}  // namespace berth
