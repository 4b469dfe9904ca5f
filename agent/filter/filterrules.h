// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/collect/kernelfilter.h"
#include "agent/filter/cgroupselector.h"

namespace tapio::agent {

/// A port or a range of them, both ends included.
struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;

    bool operator==(const PortRange &) const = default;
};

/// "443" or "30000-32767". Errors: InvalidArgument, saying what it must be.
Result<PortRange> parsePortRange(std::string_view text);
std::string toString(const PortRange &range);

/// What the configuration says of one collector.
struct CollectorRules {
    std::vector<CgroupSelector> allow; ///< cgroups that are told of; empty = all
    std::vector<CgroupSelector> deny;  ///< and of these not
    std::vector<PortRange> ports;      ///< empty = all
    std::vector<PortRange> excludePorts;
    std::chrono::milliseconds floor{0};
    std::uint32_t rate = defaultRate; ///< 0 = no limit
    std::uint32_t burst = defaultBurst;
    std::uint32_t detail = 0; ///< of what went well within a second and is in the collector's sums, so many; 0 = as rate says

    /// One cgroup alone may so cost about what the agent's CPU budget is by default, 1 % of a core (tests/benchmarks/README.md), and a
    /// start of some thousand programs at once is told whole.
    static constexpr std::uint32_t defaultRate = 1000;
    static constexpr std::uint32_t defaultBurst = 5000;
    /// Enough to see what a service is asked, whatever it is asked of how often; the sums say that.
    static constexpr std::uint32_t defaultDetail = 100;
    static constexpr std::uint32_t detailBurstSeconds = 5;

    bool operator==(const CollectorRules &) const = default;
    bool asksForCgroups() const noexcept { return !allow.empty() || !deny.empty(); }
};

/// [filter] of the configuration.
struct FilterRules {
    bool remote = false;             ///< a console may change the rest
    bool followSubscriptions = true; ///< what nobody subscribes to is left out in the kernel already
    std::array<CollectorRules, filteredCount> collectors = defaultRules();

    static std::array<CollectorRules, filteredCount> defaultRules();
    bool operator==(const FilterRules &) const = default;
    CollectorRules &of(Filtered collector) { return collectors[static_cast<std::size_t>(collector)]; }
    const CollectorRules &of(Filtered collector) const { return collectors[static_cast<std::size_t>(collector)]; }
};

/// Collectors that have no ports, or no time that a floor could be held against.
constexpr bool hasPorts(Filtered collector) noexcept { return collector != Filtered::Process; }
constexpr bool hasFloor(Filtered collector) noexcept { return collector != Filtered::Process; }
/// Collectors that add up in the kernel all that they see: connections by outcome, requests by class of status and latency.
constexpr bool hasSums(Filtered collector) noexcept { return collector == Filtered::Tcp || collector == Filtered::Http; }

/// The part that the kernel programs can do without knowing cgroups. KernelRule::byCgroup is set where there are selectors.
KernelFilter kernelFilterOf(const FilterRules &rules);

/// Whether a record of this origin is left out by allow and deny. What cannot be decided yet is not.
bool deniesOrigin(const CollectorRules &rules, const wire::Origin &origin);

} // namespace tapio::agent
