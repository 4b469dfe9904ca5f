// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/server/consolesession.h"
#include "agent/server/replayring.h"
#include "protocol/wire/message.h"

namespace tapio::server {

/// Frames that are in the replay ring, and whose acknowledgement waits until the consoles that store have stored them. Never
/// long, so that a slow console holds no agent up: see release(). Fan-in thread.
class HeldAcks {
public:
    /// The last frame of a node's current session that must be acknowledged to leave it enough credit; 0 = none.
    using MustGo = std::function<std::uint64_t(const std::string &node, std::uint64_t streamId)>;

    void hold(const wire::Delivery &delivery, ReplayRing::Position position, std::int64_t nowBootNs);
    /// What may be acknowledged now, in order: stored by all of `stores`, or held for two seconds, or in the way of its agent.
    std::vector<wire::ResumePoint> release(const std::vector<const ConsoleSession *> &stores, std::int64_t nowBootNs, const MustGo &mustGo);

private:
    struct Held {
        std::uint64_t streamId = 0;
        std::uint64_t frameSeq = 0;
        ReplayRing::Position position = 0;
        std::int64_t sinceBootNs = 0;
    };

    std::map<std::string, std::deque<Held>> m_held; ///< by node, none empty
};

} // namespace tapio::server
