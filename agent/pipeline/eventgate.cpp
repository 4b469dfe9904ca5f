// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/eventgate.h"

#include <algorithm>

namespace tapio::agent {

namespace {

template <typename List, typename Value>
bool takes(const List &list, const Value &value)
{
    return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

} // namespace

bool EventGate::wants(const wire::Event &event, const wire::Origin &origin) const
{
    if (m_filter.any.empty())
        return true;
    return std::any_of(m_filter.any.begin(), m_filter.any.end(), [&](const wire::EventFilter &filter) {
        return event.severity >= filter.minSeverity && takes(filter.types, event.type) && takes(filter.nodes, m_node)
            && takes(filter.namespaces, origin.namespaceName) && takes(filter.pods, origin.podName);
    });
}

} // namespace tapio::agent
