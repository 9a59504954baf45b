// The network as transfers see it: flows share the links of their route by max-min fairness.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/base/check.hpp"
#include "sim/base/quantity.hpp"
#include "sim/base/time.hpp"

namespace berth {

enum class LinkId : std::uint32_t {};
/// Given in order of start.
enum class FlowId : std::uint32_t {};

/// The links a flow passes, the node's own first: {node, gateway}. Work on a disk (unpacking a layer) is a flow on a
/// link of its own, {disk}, with the disk's rate as capacity: it shares that rate as transfers share a link.
class Route {
 public:
  static constexpr std::size_t kMaxLinks = 4;
  Route(std::initializer_list<LinkId> links) : Route(std::span<const LinkId>(links.begin(), links.size())) {}
  explicit Route(std::span<const LinkId> links) {
    SIM_CHECK(links.size() >= 1);
    SIM_CHECK(links.size() <= kMaxLinks);
    for (const LinkId link : links) links_[size_++] = link;
  }
  const LinkId* begin() const { return links_.data(); }
  const LinkId* end() const { return links_.data() + size_; }
  std::size_t size() const { return size_; }
  LinkId operator[](std::size_t i) const { return links_[i]; }

 private:
  std::array<LinkId, kMaxLinks> links_{};
  std::size_t size_ = 0;
};

inline constexpr double kUnlimited = std::numeric_limits<double>::infinity();

/// Its clock is the moment of the last advance_to; start, cancel and set_capacity happen at that moment.
class Network {
 public:
  virtual ~Network() = default;

  /// Capacities are finite and positive.
  virtual LinkId add_link(std::string name, double bytes_per_s) = 0;
  virtual void set_capacity(LinkId link, double bytes_per_s) = 0;
  /// Bytes that have passed the link, those of unfinished flows included.
  virtual double carried(LinkId link) const = 0;

  /// Why this implementation cannot carry such a flow; empty when it can. Ask before the run.
  virtual std::string refusal(const Route& route) const = 0;
  /// InputError when refusal(route) is not empty, RunError when SimGrid has no room for another. A flow of no bytes
  /// finishes at once. The limit holds for the life of the flow: of a download that of its connection, of an unpack the
  /// rate of decompression.
  virtual FlowId start(const Route& route, Bytes bytes, double limit_bytes_per_s) = 0;
  /// The bytes it has moved. The others have its share from this moment on.
  virtual Bytes cancel(FlowId flow) = 0;

  /// When the next flow finishes, rounded up to the microsecond; kNever when none will.
  virtual Time next_time() = 0;
  /// Moves the clock and appends what has finished by `time`, sorted by id. When nothing is due this only notes the
  /// time: stopping in between changes no result.
  virtual void advance_to(Time time, std::vector<FlowId>& finished) = 0;
};

inline constexpr int kFlowsOfSimgrid = 4096;  // each has a host of a platform that is made ahead

/// Any route, by SimGrid. One in the life of a process; at most kFlowsOfSimgrid flows at once.
std::unique_ptr<Network> make_simgrid_network();
/// Routes {own} and {own, gateway}: exact and fast. Each own link keeps to one gateway.
std::unique_ptr<Network> make_fair_share_network();

}  // namespace berth
