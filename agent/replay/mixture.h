// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "agent/replay/scenario.h"

/// Scenarios made of others, so that they need not be stored. Pure.
namespace tapio::replay {

/// The second begins `shiftNs` (not below 0) after the first did, on the same node: its node takes the first's name, and all its times move with it. Labels move along.
/// What agents found is left out, as are drills' own labels, whose signatures would be of other times.
/// Two OOM kills of different cgroups of one node within ten minutes are a cascade as well, which gets a label.
Scenario mix(const Scenario &first, const Scenario &second, std::int64_t shiftNs);

struct MixtureSpec {
    std::size_t first = 0, second = 0; ///< of the scenarios that were given
    std::int64_t shiftNs = 0;

    bool operator==(const MixtureSpec &) const = default;
};
/// Of each scenario with a fault `rounds` that begin within a healthy one, and `rounds` that begin while another fault of another family lasts; and of each healthy one
/// one with another. Never of two with pods of one workload: what is true of the one would be true of the other's as well. The same for the same scenarios and seed, on every
/// machine; chosen by chance where there are several.
std::vector<MixtureSpec> planMixtures(const std::vector<Scenario> &scenarios, std::uint64_t seed, unsigned rounds);

/// One scenario on several nodes.
struct SpreadSpec {
    std::size_t scenario = 0;
    std::vector<std::int64_t> shiftsNs; ///< ascending, the first 0: so much later it is on each next node
};
/// The same on as many nodes as there are shifts, for rules across nodes alone: its labels are of those that must open on so many
/// (Label::onTwoNodes, onThreeNodes).
Scenario spread(const Scenario &scenario, const std::vector<std::int64_t> &shiftsNs);
/// Of each scenario without samples, which rules across nodes do not hear: on two nodes and on three, by chance up to so far apart.
inline constexpr std::int64_t longestApartNs = 20 * nsPerSecond;
std::vector<SpreadSpec> planSpreads(const std::vector<Scenario> &scenarios, std::uint64_t seed);

} // namespace tapio::replay
