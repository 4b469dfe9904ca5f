// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/eventgate.h"

#include <algorithm>

#include "protocol/wire/filter.h"

namespace tapio::agent {

bool EventGate::wants(const wire::Event &event, const wire::Origin &origin) const
{
    if (m_filter.any.empty())
        return true;
    const bool isUnnamed = wire::isUnnamed(origin);
    return std::any_of(m_filter.any.begin(), m_filter.any.end(), [&](const wire::EventFilter &filter) {
        return wire::wantsEvent(filter, event) && (isUnnamed || wire::wantsOrigin(filter, origin)) && wire::wantsNode(filter, m_node);
    });
}

} // namespace tapio::agent
