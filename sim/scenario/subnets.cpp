#include "sim/scenario/subnets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace berth {
namespace {

// What a VPC allows for a subnet (Amazon VPC user guide, subnet sizing): a rule of the format, as the notation itself.
constexpr int kLargestPrefix = 16, kSmallestPrefix = 28;
constexpr const char* kCidrCure = "write it as \"10.0.0.0/20\"";

struct Cidr {
  std::uint32_t first = 0;
  int prefix = 0;

  std::uint32_t last() const { return first + static_cast<std::uint32_t>((std::uint64_t{1} << (32 - prefix)) - 1); }
};

/// Digits only, without leading zeros, up to `most`, ended by `end` (0: the end of the text).
std::optional<std::uint32_t> take_part(std::string_view& text, std::uint32_t most, char end) {
  std::uint32_t value = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto digits = static_cast<std::size_t>(at - text.data());
  if (error != std::errc{} || value > most || (digits > 1 && text.front() == '0')) return std::nullopt;
  text.remove_prefix(digits);
  if (end == 0) return text.empty() ? std::optional(value) : std::nullopt;
  if (text.empty() || text.front() != end) return std::nullopt;
  text.remove_prefix(1);
  return value;
}

std::optional<Cidr> parse_cidr(std::string_view text) {
  Cidr cidr;
  for (const char end : {'.', '.', '.', '/'}) {
    const auto part = take_part(text, 255, end);
    if (!part) return std::nullopt;
    cidr.first = cidr.first << 8 | *part;
  }
  const auto prefix = take_part(text, 32, 0);
  if (!prefix) return std::nullopt;
  cidr.prefix = static_cast<int>(*prefix);
  return cidr;
}

std::string dotted(std::uint32_t a) {
  return fmt::format("{}.{}.{}.{}", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
}

Cidr cidr_of(const Field& field) {
  const auto cidr = parse_cidr(field.text());
  if (!cidr) field.fail("an IPv4 range in CIDR notation", field.shown(), kCidrCure);
  if (cidr->prefix < kLargestPrefix || cidr->prefix > kSmallestPrefix)
    field.fail(
        fmt::format("a subnet of /{} to /{}: a VPC has no larger and no smaller ones", kLargestPrefix, kSmallestPrefix),
        field.shown(), kCidrCure);
  const std::uint32_t behind = cidr->last() - cidr->first;
  if ((cidr->first & behind) != 0)
    field.fail(fmt::format("the first address of a /{}", cidr->prefix), field.shown(),
               fmt::format("write \"{}/{}\"", dotted(cidr->first & ~behind), cidr->prefix));
  return *cidr;
}

void check_ranges(const Field& zones) {
  std::vector<std::pair<std::string, Cidr>> taken;
  for (const Field& zone : zones.members())
    for (const char* key : {"private_cidr", "public_cidr"}) {
      const auto field = zone.find(key);
      if (!field) continue;
      const Cidr cidr = cidr_of(*field);
      for (const auto& [pointer, other] : taken)
        if (cidr.first <= other.last() && other.first <= cidr.last())
          field->fail(
              "a range that no other subnet has",
              fmt::format("{}, which overlaps {} ({}/{})", field->shown(), pointer, dotted(other.first), other.prefix),
              "give each subnet a range of its own");
      taken.emplace_back(field->pointer(), cidr);
    }
}

bool is_on(const Field& object, const char* key) {
  const auto field = object.find(key);
  return field && field->truth();
}

/// A target of the mode that is not on would be passed over in silence.
void check_cni(const Field& cni) {
  const auto prefix_target = cni.find("warm_prefix_target");
  if (prefix_target && !is_on(cni, "prefix_delegation"))
    prefix_target->fail("prefix_delegation, without which there are no prefixes", "it is off",
                        "add \"prefix_delegation\": true, or remove the target");
  const auto eni_target = cni.find("warm_eni_target");
  if (eni_target && is_on(cni, "prefix_delegation"))
    eni_target->fail("warm_prefix_target: with prefix_delegation the CNI counts prefixes", eni_target->shown(),
                     "write \"warm_prefix_target\" in its place, or remove prefix_delegation");
}

CniSpec build_cni(const Field& network, const Catalog& catalog) {
  CniSpec spec;
  spec.warm_eni_target = static_cast<std::int64_t>(catalog.constant("cni.warm_eni_target"));
  spec.warm_prefix_target = static_cast<std::int64_t>(catalog.constant("cni.warm_prefix_target"));
  const auto cni = network.find("cni");
  if (!cni) return spec;
  const auto read = [&](const char* key, std::int64_t& into) {
    if (const auto field = cni->find(key)) into = field->whole();
  };
  read("warm_eni_target", spec.warm_eni_target);
  read("warm_ip_target", spec.warm_ip_target);
  read("minimum_ip_target", spec.minimum_ip_target);
  read("warm_prefix_target", spec.warm_prefix_target);
  spec.prefix_delegation = is_on(*cni, "prefix_delegation");
  spec.custom_networking = is_on(*cni, "custom_networking");
  const auto pods = cni->find("max_pods");
  if (pods && pods->is(Value::Kind::text)) spec.capped_pods = pods->text() == "capped";
  else if (pods) spec.max_pods = pods->whole(1);
  return spec;
}

}  // namespace

std::vector<std::string> zone_names(const Field& zones) {
  std::vector<std::string> names;
  if (zones.is(Value::Kind::object)) {
    for (const Field& zone : zones.members()) names.push_back(zone.key());
    if (names.empty()) zones.fail("at least one zone", "an empty object", "write {\"a\": {}, \"b\": {}, \"c\": {}}");
    return names;
  }
  if (zones.items().empty()) zones.fail("at least one zone", "an empty list", "write [\"a\", \"b\", \"c\"]");
  for (const Field& zone : zones.items()) {
    if (std::find(names.begin(), names.end(), zone.text()) != names.end())
      zone.fail("every zone once", zone.shown() + " a second time", "remove it, or give it another name");
    names.push_back(zone.text());
  }
  return names;
}

void check_addresses(const Field& network) {
  if (const auto zones = network.find("zones"); zones && zones->is(Value::Kind::object)) check_ranges(*zones);
  if (const auto cni = network.find("cni")) check_cni(*cni);
}

void build_addresses(const Field& network, const Catalog& catalog, NetworkSpec& spec) {
  const Field zones = network.at("zones");
  const auto reserved = static_cast<std::int64_t>(catalog.constant("vpc.subnet.reserved_addresses"));
  const auto usual = static_cast<int>(catalog.constant("vpc.subnet.default_prefix"));
  spec.zones = zone_names(zones);
  spec.subnets.clear();
  for (const std::string& name : spec.zones) {
    const auto cidr = zones.is(Value::Kind::object) ? zones.at(name).find("private_cidr") : std::nullopt;
    const int prefix = cidr ? cidr_of(*cidr).prefix : usual;
    spec.subnets.push_back({(std::int64_t{1} << (32 - prefix)) - reserved});
  }
  spec.cni = build_cni(network, catalog);
}

}  // namespace berth
