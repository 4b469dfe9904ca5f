// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "console/core/metrics/insightfold.h"
#include "protocol/base/clock.h"

/// Insights of a pod, as they were told last.
namespace tapio::test {

inline constexpr std::int64_t t0 = 1'750'000'000 * nsPerSecond, s = nsPerSecond;

inline console::InsightView view(std::uint64_t id, const std::string &root, std::int64_t fromNs, std::int64_t toNs)
{
    console::InsightView one;
    one.node = "n1";
    one.insight.id = id;
    one.insight.state = wire::InsightState::Open;
    one.insight.rootKind = wire::EntityKind::Pod;
    one.insight.root = root;
    one.insight.fromNs = fromNs;
    one.insight.toNs = toNs;
    one.toldNs = toNs;
    return one;
}

} // namespace tapio::test
