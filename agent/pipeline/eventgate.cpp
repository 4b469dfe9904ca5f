// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/eventgate.h"

#include <algorithm>

#include "protocol/wire/filter.h"

namespace tapio::agent {

bool EventGate::takes(const wire::EventFilter &filter, const wire::Event &event, const wire::Origin &origin) const
{
    return wire::wantsEvent(filter, event) && (wire::isUnnamed(origin) || wire::wantsOrigin(filter, origin))
           && wire::wantsNode(filter, m_node);
}

bool EventGate::wants(const wire::Event &event, const wire::Origin &origin) const
{
    return m_filter.any.empty() || std::any_of(m_filter.any.begin(), m_filter.any.end(), [&](const wire::EventFilter &filter) {
               return takes(filter, event, origin);
           });
}

bool EventGate::wantsDetail(const wire::Event &event, const wire::Origin &origin) const
{
    return std::any_of(m_filter.any.begin(), m_filter.any.end(),
                       [&](const wire::EventFilter &filter) { return filter.detail && takes(filter, event, origin); });
}

} // namespace tapio::agent
