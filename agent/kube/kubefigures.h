// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace tapio::agent {

/// What asking Kubernetes came to; cumulative but for the last four. A value.
struct KubeFigures {
    std::uint64_t lists = 0;   ///< that came whole; of a kubelet: polls
    std::uint64_t watches = 0; ///< begun
    std::uint64_t events = 0;  ///< of watches, bookmarks not among them
    std::uint64_t bookmarks = 0;
    std::uint64_t expired = 0;      ///< the server no longer knew where a watch was to go on (410): listed again
    std::uint64_t unauthorized = 0; ///< 401
    std::uint64_t forbidden = 0;    ///< 403
    std::uint64_t refused = 0;      ///< any other status that is no success
    std::uint64_t disconnected = 0; ///< no connection, a broken one, TLS, a time-out
    std::uint64_t malformed = 0;    ///< what came was not understood, or too long
    std::uint64_t unusable = 0;     ///< objects without a usable name or uid, or of another node
    std::uint64_t noRoom = 0;       ///< objects that there was no room for
    std::uint64_t tokenReads = 0;
    std::uint64_t pods = 0;            ///< known now
    std::uint64_t podsGone = 0;        ///< deleted and still remembered
    std::int64_t lastSuccessUtcNs = 0; ///< 0 = never
    std::int64_t knownUtcNs = 0;       ///< of the last list, or bookmark of a watch: what is known is no older; 0 = never

    bool operator==(const KubeFigures &) const = default;
};

} // namespace tapio::agent
