// Prices of a region on a day: prices.json, and the EC2 prices of instance_types.csv.
#include <algorithm>

#include "sim/catalog/readers.hpp"
#include "sim/catalog/rows.hpp"

namespace berth {
namespace {

constexpr __int128 kFactorOne = 10'000'000'000;

struct PriceUnit {
  std::string name, smallest;
  std::int64_t smallest_per_unit = 1;
};

PriceUnit unit_named(const ModelFile& file, const Field& name) {
  const auto unit = file.field.at("units").find(name.text());
  if (!unit) name.fail("a unit of /units", name.shown(), "add the unit there");
  return {name.text(), unit->at("smallest").text(), unit->at("smallest_per_unit").whole(1, 1'000'000'000'000)};
}

std::vector<Price::Tier> tiers_of(const Field& row) {
  if (const auto usd = row.find("usd")) return {Price::Tier{0, usd->usd()}};
  std::vector<Price::Tier> tiers;
  for (const Field& tier : row.at("tiers").items()) {
    const std::int64_t up_to = tier.at("up_to").whole();
    if (!tiers.empty() && (tiers.back().up_to == 0 || (up_to != 0 && up_to <= tiers.back().up_to)))
      tier.fail("tiers that rise and end with 0", tier.at("up_to").shown(), "order them; only the last has no end");
    tiers.push_back({up_to, tier.at("usd").usd()});
  }
  if (tiers.empty() || tiers.back().up_to != 0)
    row.at("tiers").fail("a last tier without end", "none", "add one with \"up_to\": 0");
  return tiers;
}

/// The rows of one region that hold on the day. A row with `of` is a factor of another one.
class RegionPrices {
 public:
  RegionPrices(const ModelFile& file, const Field& region, Instant day) : file_(file), region_(region), day_(day) {}

  std::optional<Price> price(const Field& entry) const {
    const auto row = row_on(entry, day_, {"usd", "tiers", "of", "factor"});
    if (!row) return std::nullopt;
    const auto unit_name = file_.field.at("skus").find(entry.key());
    if (!unit_name) entry.fail("a sku that /skus gives a unit", entry.key(), "add it to /skus");
    PriceUnit unit = unit_named(file_, *unit_name);
    Price price{entry.key(), unit.name, unit.smallest, unit.smallest_per_unit, {}, row->source};
    price.tiers = row->field.has("of") ? factored(row->field) : tiers_of(row->field);
    return price;
  }

 private:
  std::vector<Price::Tier> factored(const Field& row) const {
    const auto base_entry = region_.find(row.at("of").text());
    const auto base = base_entry ? row_on(*base_entry, day_, {"usd", "tiers"}) : std::nullopt;
    if (!base) row.at("of").fail("a sku with a price of its own on that day", row.at("of").shown(), "correct the name");
    Usd factor;
    if (!parse_usd(row.at("factor").value().text, factor))
      row.at("factor").fail("a plain decimal number", row.at("factor").shown(), "write 0.3");
    std::vector<Price::Tier> tiers = tiers_of(base->field);
    for (Price::Tier& tier : tiers) tier.usd = scaled(tier.usd, factor.tenth_nanos(), kFactorOne);
    return tiers;
  }

  const ModelFile& file_;
  Field region_;
  Instant day_;
};

struct Fee {
  std::string name;
  std::int64_t percent = 0;
  Source source;
};

void add_instance_prices(const std::string& folder, const ModelFile& file, const CatalogKey& key,
                         const std::vector<InstanceType>& instances, std::vector<Price>& prices) {
  const bool sold_here = std::any_of(instances.begin(), instances.end(), [](const auto& t) { return t.usd_hour; });
  if (!sold_here) return;
  const Source list = column_source(folder, regional_column("usd_h", key.region));
  Source spot = list;
  if (std::any_of(instances.begin(), instances.end(), [](const auto& t) { return t.spot_saving_pct; })) {
    spot = column_source(folder, regional_column("spot_saving_pct", key.region));
    spot.guess = true;
    spot.why = "a month's mean saving on the on-demand price stands for the spot price of the hour";
  }
  std::vector<Fee> fees;
  for (const Field& fee : file.field.at("fees").members())
    fees.push_back({fee.key(), fee.at("percent").whole(0, 100), read_source(fee, {"percent"})});

  const auto add = [&](std::string sku, Usd usd, const Source& source) {
    prices.push_back({std::move(sku), "hour", "second", 3600, {Price::Tier{0, usd}}, source});
  };
  for (const InstanceType& type : instances) {
    if (!type.usd_hour) continue;
    add("ec2:" + type.name, *type.usd_hour, list);
    if (type.spot_saving_pct)
      add("ec2:" + type.name + ":spot",
          scaled(*type.usd_hour, 100 - static_cast<std::int64_t>(*type.spot_saving_pct), 100), spot);
    for (const Fee& fee : fees) add(fee.name + ":" + type.name, scaled(*type.usd_hour, fee.percent, 100), fee.source);
  }
}

}  // namespace

std::vector<Price> read_prices(const std::string& folder, const CatalogKey& key,
                               const std::vector<InstanceType>& instances) {
  const ModelFile file(folder, "prices.json");
  std::vector<Price> prices;
  // All regions are read, so that a wrong row is found whichever region a scenario is in.
  std::vector<std::string> regions;
  for (const Field& region : file.field.at("regions").members()) {
    regions.push_back(region.key());
    const RegionPrices rows(file, region, key.date);
    for (const Field& entry : region.members()) {
      auto price = rows.price(entry);
      if (price && region.key() == key.region) prices.push_back(std::move(*price));
    }
  }
  if (std::find(regions.begin(), regions.end(), key.region) == regions.end()) {
    std::string known;
    for (const std::string& region : regions) known += (known.empty() ? "" : ", ") + region;
    throw InputError({file.path, "/regions", "prices of the scenario's region; known: " + known, key.region,
                      "choose one of these as `region`, or add its prices"});
  }
  add_instance_prices(folder, file, key, instances, prices);
  std::sort(prices.begin(), prices.end(), [](const Price& a, const Price& b) { return a.sku < b.sku; });
  return prices;
}

}  // namespace berth
