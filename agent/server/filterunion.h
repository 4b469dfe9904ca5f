// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "protocol/wire/message.h"

namespace tapio::server {

/// What agents are asked to send: everything that anyone here wants, and no more; detail where it was asked for. One thread.
class FilterUnion {
public:
    /// Above this many different filters, comparing each event with all of them costs an agent more than sending it.
    static constexpr std::size_t maxFilters = 32;

    /// `wanted`: one per subscriber. `everything`: someone here wants all (a store), or nobody is here yet and the replay
    /// ring is to be filled. True: the union changed, and has a new epoch.
    bool update(std::vector<wire::EventFilter> wanted, bool everything);
    const wire::Filter &current() const noexcept { return m_current; }

private:
    wire::Filter m_current;
};

} // namespace tapio::server
