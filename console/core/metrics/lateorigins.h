// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocol/base/clock.h"
#include "protocol/wire/event.h"

namespace tapio::console {

inline bool isInContainer(const wire::Origin &origin) noexcept { return !origin.containerId.empty() || !origin.podUid.empty(); }
/// To a pod (metrics, panel 8): a container outside of Kubernetes counts as not resolved.
inline bool isResolved(const wire::Origin &origin) noexcept { return isInContainer(origin) && !origin.podName.empty(); }

/// What live figures remember of events whose origin may be amended, so that an amendment counts for what this console had, and once: it may as well
/// be about events that a server let go before the console read them, or that were sent before it began. Bounded for each node, so that none pushes out
/// what is known of another. One thread (any); times are the server's UTC.
class LateOrigins {
public:
    static constexpr std::size_t mostKills = 1024;
    static constexpr std::size_t mostOrigins = 2048;          ///< (stream, origin) in each of two generations
    static constexpr std::int64_t keptNs = 120 * nsPerSecond; ///< an agent amends within this time

    /// A process that the kernel killed for want of memory, in a pod without a name so far. The kill itself is an event as all others: one that is
    /// forgotten here is not lost, only no later name reaches the figure of the pods' kills.
    struct OomKill {
        std::uint64_t streamId = 0, seq = 0;
        std::size_t was = 0;     ///< hashOf() what it came with
        std::int64_t timeNs = 0; ///< of the kill
        std::int64_t heldNs = 0; ///< since then
        std::string pod;         ///< under which it is shown by now; empty = not at all
    };
    /// Events of one stream that came with one origin.
    struct Events {
        std::uint64_t first = 0, last = 0; ///< numbers; there may be others between
        std::uint64_t count = 0;
        std::uint64_t inContainer = 0, resolved = 0; ///< of them, as it is counted so far
    };
    struct Counts {
        std::uint64_t inContainer = 0, resolved = 0;
    };

    static std::size_t hashOf(const wire::Origin &origin) noexcept;

    void note(const std::string &node, std::uint64_t streamId, std::size_t was, const Events &events, std::int64_t nowNs);
    /// What is to be counted more, no event twice: `news` says what of it is new by the amendment's own words.
    struct News {
        bool inContainer = false, resolved = false;
    };
    Counts amend(const std::string &node, std::uint64_t streamId, std::size_t was, const wire::OriginAmendment &one, News news);

    /// Returns what is held no longer to make room; so do the next two what they find.
    std::vector<OomKill> hold(const std::string &node, OomKill kill);
    std::vector<OomKill> takeKills(const std::string &node, std::uint64_t streamId, std::size_t was, const wire::OriginAmendment &one);
    /// Forgets what was kept long enough.
    std::vector<OomKill> age(std::int64_t nowNs);

    std::size_t nodes() const noexcept { return m_nodes.size(); }

private:
    struct Key {
        std::uint64_t streamId = 0;
        std::size_t was = 0;
        bool operator==(const Key &) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key &key) const noexcept { return key.was ^ (key.streamId * 0x9e3779b97f4a7c15u); }
    };
    using Origins = std::unordered_map<Key, Events, Hash>;
    struct Node {
        Origins young, old;
        std::int64_t turnedNs = 0; ///< when `young` began
        std::deque<OomKill> kills; ///< in the order they came
    };

    std::unordered_map<std::string, Node> m_nodes;
};

} // namespace tapio::console
