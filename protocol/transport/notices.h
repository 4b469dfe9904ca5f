// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "protocol/transport/endpoint.h"

namespace tapio::transport {

/// Notices on their way from the bridge to the endpoint's caller. Refusals, which strangers can cause at will, are folded:
/// the first per address, code and identity at once, then one per window that says how many it stands for. Accepted and
/// Closed come from peers with a certificate and are never folded. Any thread. Internal to the transport.
class NoticeLog {
public:
    void add(Notice notice);
    /// Oldest first. Also what was folded and whose window is over.
    std::vector<Notice> take(std::int64_t nowNs);

private:
    struct Fold {
        std::int64_t windowEndNs = 0;
        std::uint32_t suppressed = 0;
        Notice last;
    };
    using Key = std::tuple<std::string, std::string, std::string>;

    void push(Notice notice);
    void unfold(std::int64_t nowNs);

    std::mutex m_mutex;
    std::deque<Notice> m_pending;
    std::uint32_t m_overflow = 0;
    Notice m_lastOverflow;
    std::map<Key, Fold> m_folds;
    std::int64_t m_firstEndNs = 0; ///< no window of m_folds ends before
};

} // namespace tapio::transport
