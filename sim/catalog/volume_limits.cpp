// How many EBS volumes an instance takes beside its root volume: a limit of its own, or one shared with interfaces.
#include <algorithm>

#include "sim/catalog/readers.hpp"
#include "sim/catalog/rows.hpp"

namespace berth {
namespace {

bool lists(const Field& row, const std::string& family) {
  const std::string words = " " + row.at("families").text() + " ";
  return words.find(" " + family + " ") != std::string::npos;
}

std::int64_t dedicated(const Field& row, const std::string& type) {
  const std::string size = type.substr(type.find('.') + 1);
  const Field sizes = row.at("sizes");
  return sizes.has(size) ? sizes.at(size).whole(1) : row.at("others").whole(1);
}

}  // namespace

void read_volume_limits(const std::string& folder, std::vector<InstanceType>& instances) {
  const ModelFile file(folder, "volume_limits.json");
  const Field own = file.field.at("dedicated"), shared = file.field.at("shared"), xen = file.field.at("xen");
  read_source(own, {"families", "sizes", "others"});
  read_source(shared, {"volumes"});
  read_source(xen, {"families", "volumes"});
  for (InstanceType& type : instances) {
    std::int64_t all = 0;
    if (lists(own, type.family)) all = dedicated(own, type.name);
    else if (lists(xen, type.family)) all = xen.at("volumes").whole(1);
    else all = shared.at("volumes").whole(1) - type.max_enis - (type.local_nvme.count() > 0 ? 1 : 0);
    type.ebs_volumes = std::max<std::int64_t>(0, all - 1);  // one is the root volume's
  }
}

}  // namespace berth
