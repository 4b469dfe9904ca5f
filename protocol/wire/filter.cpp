// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/filter.h"

#include <algorithm>

namespace tapio::wire {

namespace {

template <typename List, typename Value> bool takes(const List &list, const Value &value) noexcept
{
    return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

} // namespace

bool wantsNode(const EventFilter &filter, std::string_view node) noexcept { return takes(filter.nodes, node); }

bool wantsOrigin(const EventFilter &filter, const Origin &origin) noexcept
{
    return takes(filter.namespaces, origin.namespaceName) && takes(filter.pods, origin.podName);
}

bool isUnnamed(const Origin &origin) noexcept
{
    const bool isGuess = origin.attribution == Attribution::Inferred;
    return origin.namespaceName.empty() && (!origin.podUid.empty() || origin.cgroupPath.empty() || isGuess);
}

bool wantsEvent(const EventFilter &filter, const Event &event) noexcept
{
    return event.severity >= filter.minSeverity && takes(filter.types, event.type);
}

bool isDetailType(EventType type) noexcept { return type == EventType::ProcessExec || type == EventType::ProcessExit; }

bool wantsEverything(const EventFilter &filter) noexcept
{
    return filter.types.empty() && filter.minSeverity == Severity::Debug && filter.nodes.empty() && filter.namespaces.empty()
           && filter.pods.empty();
}

} // namespace tapio::wire
