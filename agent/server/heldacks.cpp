// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/heldacks.h"

#include <algorithm>

#include "protocol/base/clock.h"

namespace tapio::server {

namespace {

constexpr std::int64_t longestNs = 2 * nsPerSecond; ///< a store commits every second at the latest

} // namespace

void HeldAcks::hold(const wire::Delivery &delivery, ReplayRing::Position position, std::int64_t nowBootNs)
{
    m_held[delivery.node].push_back({delivery.frame.streamId, delivery.frame.frameSeq, position, nowBootNs});
}

std::vector<wire::ResumePoint> HeldAcks::release(const std::vector<const ConsoleSession *> &stores, std::int64_t nowBootNs,
                                                 const MustGo &mustGo)
{
    std::vector<wire::ResumePoint> safe;
    for (auto each = m_held.begin(); each != m_held.end();) {
        const std::string &node = each->first;
        auto &held = each->second;
        const std::size_t before = safe.size();
        const std::uint64_t crowding = mustGo(node, held.front().streamId);
        const std::uint64_t stream = held.front().streamId;
        while (!held.empty()) {
            const Held &one = held.front();
            const bool stored = std::all_of(stores.begin(), stores.end(), [&](const ConsoleSession *console) {
                return console->settled(node, one.streamId, one.frameSeq, one.position);
            });
            if (!stored && nowBootNs - one.sinceBootNs < longestNs && !(one.streamId == stream && one.frameSeq <= crowding))
                break;
            if (safe.size() > before && safe.back().streamId == one.streamId)
                safe.back().frameSeq = one.frameSeq;
            else
                safe.push_back({node, one.streamId, one.frameSeq});
            held.pop_front();
        }
        each = held.empty() ? m_held.erase(each) : std::next(each);
    }
    return safe;
}

} // namespace tapio::server
