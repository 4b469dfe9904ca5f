// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <utility>

#include "protocol/wire/message.h"

namespace tapio::agent {

/// What the server wants of this node. An event is wanted when any of its filters takes it; with no filter, all are. A filter by namespace or pod
/// takes what has no name yet, too: it may be of that namespace, and only what was sent can be amended.
class EventGate {
public:
    /// Wants everything until told otherwise.
    explicit EventGate(std::string node) : m_node(std::move(node)) {}

    void set(wire::Filter filter) { m_filter = std::move(filter); }
    bool wants(const wire::Event &event, const wire::Origin &origin) const;
    /// Also when it is detail, which otherwise goes out around insights alone.
    bool wantsDetail(const wire::Event &event, const wire::Origin &origin) const;

private:
    bool takes(const wire::EventFilter &filter, const wire::Event &event, const wire::Origin &origin) const;

    std::string m_node;
    wire::Filter m_filter;
};

} // namespace tapio::agent
