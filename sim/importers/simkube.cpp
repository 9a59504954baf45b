// SimKube traces: objects applied to and deleted from a Kubernetes cluster over time.
// Format: acrlabs/simkube, sk-store, version 2: events of {ts in UNIX seconds, applied_objs, deleted_objs}.
#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/field.hpp"
#include "sim/importers/eks_cluster.hpp"
#include "sim/importers/formats.hpp"
#include "sim/importers/kube_quantity.hpp"
#include "sim/importers/written.hpp"

namespace berth {
namespace {

/// After the last event, so that its effect is seen.
constexpr std::int64_t kTail_s = 60;
constexpr std::int64_t kLatest_s = 4'102'444'800;  // 2100

struct Amount {
  std::optional<std::int64_t> request, limit;  ///< millicores, or thousandths of a byte
  bool operator==(const Amount& o) const { return request == o.request && limit == o.limit; }
};

struct Container {
  std::string name, image;
  Amount cpu, memory;
  bool operator==(const Container& o) const {
    return name == o.name && image == o.image && cpu == o.cpu && memory == o.memory;
  }
};

/// One Deployment over the whole trace.
struct Recorded {
  std::string name_space, name;
  std::vector<Container> containers;  ///< when it appeared first
  std::vector<std::pair<std::int64_t, std::vector<Container>>> revisions;
  std::vector<std::pair<std::int64_t, std::int64_t>> counts;  ///< since when, how many; each differs from the last
  std::int64_t grace_s = 30;

  const std::vector<Container>& newest() const { return revisions.empty() ? containers : revisions.back().second; }
};

Amount amount_of(const Field& container, const char* resource) {
  Amount amount;
  const auto resources = container.find("resources");
  if (!resources || !resources->is(Value::Kind::object)) return amount;
  const auto read = [&](const char* kind) -> std::optional<std::int64_t> {
    const auto of_kind = resources->find(kind);
    if (!of_kind || !of_kind->is(Value::Kind::object)) return std::nullopt;
    const auto there = of_kind->find(resource);
    return there ? std::optional(kube_quantity_milli(*there)) : std::nullopt;
  };
  amount.limit = read("limits");
  amount.request = read("requests");
  if (!amount.request) amount.request = amount.limit;  // as the API server fills it in
  if (amount.limit && *amount.limit < *amount.request) amount.limit = amount.request;
  return amount;
}

std::string plain(const Field& field) {
  const std::string text = field.text();
  const bool odd = text.empty() || text.size() > 253 || std::any_of(text.begin(), text.end(), [](unsigned char c) {
                     return c <= ' ' || c == '"' || c == ',' || c == '*' || c == 0x7f;
                   });
  if (odd) field.fail("a name without spaces, quotes, commas and *", field.shown(), "rename it");
  return text;
}

std::string plain_name(const Field& field) {
  const std::string text = plain(field);
  if (text.find('/') != std::string::npos) field.fail("a name of Kubernetes, without /", field.shown(), "rename it");
  return text;
}

/// Reads the events in their order; what happens at one moment to one object counts once, as it is in the end.
class Trace {
 public:
  explicit Trace(const Field& root) {
    if (root.has("version")) root.at("version").whole(2, 2);
    const Field list = root.at("events");
    const std::vector<Field> events = list.items();
    if (events.empty()) list.fail("at least one event", "none", "record a trace with some");
    start_ = events.front().at("ts").whole(0, kLatest_s);
    for (const Field& event : events) {
      const std::int64_t at = event.at("ts").whole(0, kLatest_s) - start_;
      if (at < end_) event.at("ts").fail("events in order of time", event.at("ts").shown(), "sort them");
      end_ = at;
      for (const Field& object : event.at("applied_objs").items()) apply(object, at);
      for (const Field& object : event.at("deleted_objs").items()) erase(object, at);
    }
    if (deployments.empty())
      list.fail("at least one Deployment", "none", "record a trace that tracks apps/v1.Deployment");
  }

  std::vector<Recorded> deployments;  // in the order in which they appear
  std::int64_t start() const { return start_; }
  std::int64_t end() const { return end_; }

  std::vector<std::string> left_out() const {
    std::vector<std::string> all;
    for (const auto& [what, count] : left_out_) all.push_back(fmt::format("{} ({})", what, count));
    return all;
  }

 private:
  void leave_out(const std::string& what) { ++left_out_[what]; }

  /// Null: not a Deployment.
  Recorded* find(const Field& object, bool may_make) {
    const std::string kind = object.has("kind") ? plain(object.at("kind")) : "Deployment";
    if (kind != "Deployment") {
      leave_out("objects of kind " + kind);
      return nullptr;
    }
    const Field metadata = object.at("metadata");
    const std::string name = plain_name(metadata.at("name"));
    const std::string space = metadata.has("namespace") ? plain_name(metadata.at("namespace")) : "default";
    const auto [at, fresh] = position_.emplace(space + "/" + name, deployments.size());
    if (!fresh) return &deployments[at->second];
    if (!may_make) {
      position_.erase(at);
      leave_out("deletions of what never was");
      return nullptr;
    }
    if (static_cast<std::int64_t>(deployments.size()) == kMostImported)
      metadata.fail(fmt::format("at most {} Deployments", kMostImported), "more", "cut the trace");
    deployments.push_back({space, name, {}, {}, {}});
    return &deployments.back();
  }

  void apply(const Field& object, std::int64_t at) {
    Recorded* deployment = find(object, true);
    if (deployment == nullptr) return;
    const Field spec = object.at("spec");
    const Field pod = spec.at("template").at("spec");
    std::vector<Container> containers = containers_of(pod);
    if (deployment->containers.empty()) {
      deployment->containers = std::move(containers);
      note_what_is_left_out(pod);
      if (const auto grace = pod.find("terminationGracePeriodSeconds"); grace && grace->is(Value::Kind::number))
        deployment->grace_s = grace->whole(0, 86'400);
    } else if (containers != deployment->newest()) {
      revise(*deployment, at, std::move(containers));
    }
    count(*deployment, at, spec.has("replicas") ? spec.at("replicas").whole(0, kMostImported) : 1);
  }

  void erase(const Field& object, std::int64_t at) {
    if (Recorded* deployment = find(object, false)) count(*deployment, at, 0);
  }

  static void count(Recorded& deployment, std::int64_t at, std::int64_t wanted) {
    auto& counts = deployment.counts;
    if (!counts.empty() && counts.back().first == at) counts.pop_back();
    if (counts.empty() ? wanted > 0 : counts.back().second != wanted) counts.emplace_back(at, wanted);
  }

  void revise(Recorded& deployment, std::int64_t at, std::vector<Container> containers) {
    const auto same_name = [](const Container& a, const Container& b) { return a.name == b.name; };
    const std::vector<Container>& before = deployment.newest();
    if (!std::equal(before.begin(), before.end(), containers.begin(), containers.end(), same_name))
      return leave_out("revisions that add or take away containers");
    deployment.revisions.emplace_back(at, std::move(containers));
  }

  static std::vector<Container> containers_of(const Field& pod) {
    std::vector<Container> all;
    const Field list = pod.at("containers");
    for (const Field& item : list.items()) {
      all.push_back(
          {plain_name(item.at("name")), plain(item.at("image")), amount_of(item, "cpu"), amount_of(item, "memory")});
      const bool twice =
          std::any_of(all.begin(), all.end() - 1, [&](const Container& c) { return c.name == all.back().name; });
      if (twice) item.at("name").fail("every container once", item.at("name").shown(), "rename one of the two");
    }
    if (all.empty()) list.fail("at least one container", "none", "record whole pod templates");
    return all;
  }

  void note_what_is_left_out(const Field& pod) {
    for (const char* key : {"initContainers", "nodeSelector", "affinity", "tolerations", "topologySpreadConstraints"})
      if (const auto there = pod.find(key); there && !there->value().items.empty() + !there->value().members.empty())
        leave_out(fmt::format("{} of pod templates", key));
  }

  std::map<std::string, std::size_t> position_;
  std::map<std::string, std::int64_t> left_out_;
  std::int64_t start_ = 0, end_ = 0;
};

/// Short names for long references: the part behind the last slash, where no other image has it.
class ImageNames {
 public:
  explicit ImageNames(const std::vector<Recorded>& deployments) {
    for (const Recorded& d : deployments) {
      for (const Container& c : d.containers) add(c.image);
      for (const auto& revision : d.revisions)
        for (const Container& c : revision.second) add(c.image);
    }
  }
  const std::string& of(const std::string& reference) const { return names_.at(reference); }
  const std::map<std::string, std::string>& all() const { return names_; }

 private:
  void add(const std::string& reference) {
    if (names_.find(reference) != names_.end()) return;
    const std::string last = reference.substr(reference.rfind('/') + 1);
    std::string name = last.empty() ? "image" : last;
    for (int n = 2; !taken_.emplace(name, reference).second; ++n) name = fmt::format("{}.{}", last, n);
    names_.emplace(reference, name);
  }
  std::map<std::string, std::string> names_, taken_;
};

const char* registry_of(const std::string& reference) {
  if (reference.find(".dkr.ecr.") != std::string::npos) return "ecr";
  return reference.rfind("public.ecr.aws/", 0) == 0 ? "ecr_public" : "public";
}

std::string seconds_text(std::int64_t s) { return fmt::format("{} s", s); }

Value amount_value(const Written& w, const Amount& amount, bool cpu) {
  const auto shown = [&](std::int64_t milli) {
    return w.text(cpu ? fmt::format("{}m", milli) : fmt::format("{} B", (milli + 999) / 1000));
  };
  if (!amount.limit) return shown(amount.request.value_or(0));
  return w.object({{"request", shown(*amount.request)}, {"limit", shown(*amount.limit)}});
}

Value containers_value(const Written& w, const std::vector<Container>& containers, const ImageNames& images,
                       std::int64_t grace_s) {
  Written::Members all;
  for (const Container& c : containers) {
    Written::Members keys = {{"image", w.text(images.of(c.image))},
                             {"cpu", amount_value(w, c.cpu, true)},
                             {"memory", amount_value(w, c.memory, false)}};
    if (grace_s != 30) keys.emplace_back("stop_timeout", w.text(seconds_text(grace_s)));
    all.emplace_back(c.name, w.object(std::move(keys)));
  }
  return w.object(std::move(all));
}

Value service_value(const Written& w, const Recorded& d, const ImageNames& images) {
  std::vector<Value> steps, deployments;
  for (const auto& [at, count] : d.counts)
    steps.push_back(w.object({{"at", w.text(seconds_text(at))}, {"count", w.number(count)}}));
  for (const auto& [at, containers] : d.revisions)
    deployments.push_back(
        w.object({{"at", w.text(seconds_text(at))},
                  {"change", w.object({{"containers", containers_value(w, containers, images, d.grace_s)}})}}));
  Written::Members keys = {{"desired", w.number(0)},
                           {"containers", containers_value(w, d.containers, images, d.grace_s)},
                           {"demand", w.object({{"replicas", w.list(std::move(steps))}})}};
  if (!deployments.empty()) keys.emplace_back("deployments", w.list(std::move(deployments)));
  if (d.name_space != "default") keys.emplace_back("eks", w.object({{"namespace", w.text(d.name_space)}}));
  return w.object(std::move(keys));
}

/// NAME, where another namespace has it too NAMESPACE.NAME; the second copy is NAME.2 and so on.
Value services_value(const Written& w, const Trace& trace, const ImageNames& images, const ImportRequest& request) {
  std::map<std::string, int> namesakes;
  for (const Recorded& d : trace.deployments) ++namesakes[d.name];
  Written::Members services;
  std::map<std::string, std::string> taken = {{"idle", ""}, {"system", ""}, {"shared", ""}};
  for (std::int64_t copy = 1; copy <= request.copies; ++copy)
    for (const Recorded& d : trace.deployments) {
      if (d.counts.empty()) continue;
      std::string name = namesakes[d.name] > 1 ? d.name_space + "." + d.name : d.name;
      if (copy > 1) name += fmt::format(".{}", copy);
      if (!taken.emplace(name, d.name_space).second)
        throw InputError({request.files.front(), "", "names that stay different when they are copied",
                          "\"" + name + "\" twice", "rename one of the Deployments"});
      services.emplace_back(std::move(name), service_value(w, d, images));
    }
  return w.object(std::move(services));
}

Value images_value(const Written& w, const ImageNames& names, const ImportRequest& request) {
  Written::Members images;
  for (const auto& [reference, name] : names.all())
    images.emplace_back(
        name,
        w.object(
            {{"registry", w.text(registry_of(reference))},
             {"layers",
              w.object({{reference,
                         w.object({{"compressed", w.text(fmt::format("{} B", request.image_compressed.count()))},
                                   {"unpacked", w.text(fmt::format("{} B", request.image_unpacked.count()))}})}})}}));
  return w.object(std::move(images));
}

/// The most replicas at once, of one copy.
std::int64_t most_replicas(const Trace& trace) {
  std::vector<std::pair<std::int64_t, std::int64_t>> changes;
  for (const Recorded& d : trace.deployments) {
    std::int64_t before = 0;
    for (const auto& [at, count] : d.counts) {
      changes.emplace_back(at, count - before);
      before = count;
    }
  }
  std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::int64_t now = 0, most = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    now += changes[i].second;
    if (i + 1 == changes.size() || changes[i + 1].first != changes[i].first) most = std::max(most, now);
  }
  return most;
}

}  // namespace

Imported import_simkube(const ImportRequest& request) {
  const Value root = load_json(request.files.front());
  const Trace trace(Field(root, request.files.front()));
  check_copies(request, trace.deployments.size(), "services");
  const Written w("simkube");
  const ImageNames images(trace.deployments);
  std::string notes = fmt::format(
      "Imported from a SimKube trace of {} Deployments. Images are {} MiB compressed and {} MiB unpacked (a guess: the "
      "trace does not say).",
      trace.deployments.size(), request.image_compressed.count() / kMiB.count(),
      request.image_unpacked.count() / kMiB.count());
  Imported imported;
  imported.left_out = trace.left_out();
  for (const std::string& what : imported.left_out) notes += " Left out: " + what + ".";
  imported.scenario = w.object({
      {"berth", w.number(1)},
      {"name",
       w.text(fmt::format("simkube-{}x-{}", request.copies, request.scaler == "karpenter" ? "karpenter" : "ca"))},
      {"notes", w.text(std::move(notes))},
      {"start", w.text(iso8601(Instant{std::chrono::seconds{trace.start()}}))},
      {"duration", w.text(seconds_text(trace.end() + kTail_s))},
      {"account", eks_account(w, most_replicas(trace) * request.copies)},
      {"network", eks_network(w)},
      {"images", images_value(w, images, request)},
      {"services", services_value(w, trace, images, request)},
      {"architectures", eks_architectures(w, request, most_replicas(trace) * request.copies)},
  });
  return imported;
}

}  // namespace berth
