// Images, and what the nodes of an EC2 pool have to do with them: their disk, how they pull, what is there already.
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "sim/scenario/parts.hpp"

namespace berth {
namespace {

constexpr std::int64_t kMegabyte = 1'000'000;
/// Deflate writes at least one byte for so many of its input.
constexpr std::int64_t kMostDeflated = 1032;

void check_layer(const Field& field, const LayerSpec& layer, const Catalog& catalog) {
  const auto most = static_cast<std::int64_t>(catalog.constant("pull.ecr_layer_mb_maximum"));
  if (layer.compressed.count() > most * kMegabyte)
    field.at("compressed")
        .fail(fmt::format("at most {} MB, the largest layer that ECR takes", most), field.at("compressed").shown(),
              "split the layer, or move data out of the image");
  if (layer.unpacked.count() * 2 < layer.compressed.count())
    field.at("unpacked")
        .fail(fmt::format("about the compressed size or more ({})", field.at("compressed").shown()),
              field.at("unpacked").shown(), "exchange the two");
  if (layer.compression == Compression::gzip && layer.unpacked.count() / kMostDeflated > layer.compressed.count())
    field.at("unpacked")
        .fail(fmt::format("at most {} times the compressed size, which is all that gzip can do", kMostDeflated),
              field.at("unpacked").shown(), "check the two units");
}

/// Equal names are one layer, so they are equal in all.
void check_same(const Field& field, const LayerSpec& layer, const LayerSpec& first) {
  if (layer.compressed == first.compressed && layer.unpacked == first.unpacked &&
      layer.compression == first.compression)
    return;
  field.fail("the sizes and the compression that the layer has in other images: equal names are one layer",
             fmt::format("{} and {} unpacked, elsewhere {} and {}", say(layer.compressed), say(layer.unpacked),
                         say(first.compressed), say(first.unpacked)),
             "give it another name, or the same sizes and compression");
}

void build_pull(const Field& pool, PullSpec& spec) {
  if (const auto pull = pool.find("pull")) {
    if (const auto f = pull->find("layers_in_parallel")) spec.layers_in_parallel = f->whole();
    if (const auto f = pull->find("unpacks_in_parallel")) spec.unpacks_in_parallel = f->whole();
    if (const auto f = pull->find("lazy")) spec.lazy = f->truth();
  }
  if (const auto kubelet = pool.find("kubelet")) {
    if (const auto f = kubelet->find("serialize_image_pulls")) spec.serialize = f->truth();
    if (const auto f = kubelet->find("registry_qps")) spec.registry_qps = f->number();
    if (const auto f = kubelet->find("registry_burst")) spec.registry_burst = f->whole();
  }
  if (const auto f = pool.find("image_pull")) {
    const std::string word = f->text();
    spec.behaviour = word == "once"            ? ImagePull::once
                     : word == "always"        ? ImagePull::always
                     : word == "prefer_cached" ? ImagePull::prefer_cached
                                               : ImagePull::standard;
  }
}

/// gp3: 500 IOPS a GiB, 0.25 MiB/s an IOPS, up to the maxima of the day (EC2 user guide, general purpose volumes).
void build_gp3(const Field& volume, const Catalog& catalog, const PoolSpec& pool, DiskSpec& disk) {
  const auto limit = [&](const char* name) { return catalog.constant(std::string("ebs.gp3.") + name); };
  const double gib = static_cast<double>(pool.root_volume.count()) / static_cast<double>(kGiB.count());
  double iops = limit("iops");
  if (const auto f = volume.find("iops")) {
    disk.iops = f->whole();
    const double most = std::max(iops, std::min(limit("iops_maximum"), gib * limit("iops_per_gib_maximum")));
    if (static_cast<double>(disk.iops) < iops || static_cast<double>(disk.iops) > most)
      f->fail(fmt::format("{:.0f} to {:.0f} IOPS for a gp3 volume of {} ({:.0f} a GiB)", iops, most,
                          say(pool.root_volume), limit("iops_per_gib_maximum")),
              f->shown(), "change it, or take a larger volume");
    iops = static_cast<double>(disk.iops);
  }
  if (const auto f = volume.find("throughput")) {
    const double mib = f->bytes_per_second() / static_cast<double>(kMiB.count());
    const double most = std::min(limit("mib_per_s_maximum"), iops * limit("mib_per_s_per_iops_maximum"));
    if (mib < limit("mib_per_s") || mib > most || mib != std::floor(mib))
      f->fail(fmt::format("{:.0f} to {:.0f} whole MiB/s for a gp3 volume of {:.0f} IOPS ({} MiB/s an IOPS)",
                          limit("mib_per_s"), most, iops, limit("mib_per_s_per_iops_maximum")),
              f->shown(), "change it, or add \"iops\"");
    disk.mib_per_s = static_cast<std::int64_t>(mib);
  }
}

void check_size(const Field& size, const Catalog& catalog, const PoolSpec& pool) {
  const char* const kind = pool.disk.kind == DiskKind::gp2 ? "gp2" : "gp3";
  const auto most = static_cast<std::int64_t>(catalog.constant(fmt::format("ebs.{}.gib_maximum", kind)));
  if (pool.root_volume > kGiB * most)
    size.fail(fmt::format("at most {} GiB, the largest {} volume on {}", most, kind,
                          iso8601(catalog.key().date).substr(0, 10)),
              size.shown(), "write a smaller one");
}

void check_local_disks(const Field& pool, const Catalog& catalog) {
  const auto types = pool.find("instance_types");
  if (!types)
    pool.fail("instance_types with local NVMe disks, as the root_volume is instance_store", "none",
              "list types such as m6id.large, or choose a gp3 root_volume");
  for (const Field& type : types->items())
    if (catalog.instance(type.text())->local_nvme == Bytes{})
      type.fail("an instance type with local NVMe disks, as the root_volume is instance_store", type.shown(),
                "choose a type such as m6id.large, or a gp3 root_volume");
}

}  // namespace

Registry build_registry(const Field& image) {
  const std::string word = image.at("registry").text();
  return word == "ecr_public"     ? Registry::ecr_public
         : word == "pull_through" ? Registry::pull_through
         : word == "public"       ? Registry::outside
         : word == "mirror"       ? Registry::mirror
                                  : Registry::ecr;
}

std::vector<ImageSpec> build_images(const Field& images, const Catalog& catalog) {
  std::vector<ImageSpec> specs;
  std::map<std::string, LayerSpec> known;
  for (const Field& image : images.members()) {
    ImageSpec spec;
    spec.name = image.key();
    spec.registry = build_registry(image);
    const Compression compression = image.at("compression").text() == "zstd" ? Compression::zstd : Compression::gzip;
    for (const Field& field : image.at("layers").members()) {
      const LayerSpec layer{field.key(), field.at("compressed").bytes(), field.at("unpacked").bytes(), compression};
      check_layer(field, layer, catalog);
      check_same(field, layer, known.emplace(layer.name, layer).first->second);
      spec.layers.push_back(layer);
    }
    spec.soci = image.at("soci").truth();
    if (const auto platforms = image.find("platforms"))
      for (const Field& platform : platforms->items()) spec.platforms.push_back(platform.text());
    specs.push_back(std::move(spec));
  }
  return specs;
}

void build_node_disk(const Field& field, const Catalog& catalog, PoolSpec& pool) {
  build_pull(field, pool.pull);
  if (const auto baked = field.find("baked_images"))
    for (const Field& image : baked->items()) pool.baked_images.push_back(image.text());
  const Field volume = field.at("root_volume");
  if (!volume.is(Value::Kind::object)) {
    pool.root_volume = volume.bytes();
    check_size(volume, catalog, pool);
    return;
  }
  const std::string kind = volume.at("kind").text();
  pool.disk.kind = kind == "gp2" ? DiskKind::gp2 : kind == "gp3" ? DiskKind::gp3 : DiskKind::instance_store;
  if (const auto size = volume.find("size")) {
    pool.root_volume = size->bytes();
    check_size(*size, catalog, pool);
  }
  if (pool.disk.kind == DiskKind::instance_store) check_local_disks(field, catalog);
  if (pool.disk.kind != DiskKind::gp3) return;
  build_gp3(volume, catalog, pool, pool.disk);
}

}  // namespace berth
