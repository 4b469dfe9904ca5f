// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/podobjects.h"

#include <utility>

#include "agent/kube/podjson.h"

namespace tapio::agent {

bool PodObjects::isOurs(const PodFacts &pod) const
{
    return pod.nodeName == m_node || (m_source == KubeSourceKind::Kubelet && pod.nodeName.empty());
}

Result<ListPage> PodObjects::takePage(std::string_view body)
{
    auto page = parsePodPage(body);
    if (!page)
        return fail(page.error());
    for (PodFacts &pod : page->objects) {
        if (isOurs(pod))
            m_listed.push_back(std::move(pod));
        else
            ++page->unusable;
    }
    return ListPage(std::move(*page));
}

std::uint64_t PodObjects::endList(std::int64_t nowBootNs) { return m_table.replaceAll(std::exchange(m_listed, {}), nowBootNs); }

Result<FollowedObjects::Heard> PodObjects::takeLine(std::string_view line, std::int64_t nowBootNs)
{
    auto event = parsePodEvent(line);
    if (!event)
        return fail(event.error());
    const WatchEvent::Kind kind = event->kind;
    Heard heard;
    const bool isAboutPod = kind != WatchEvent::Kind::Bookmark && kind != WatchEvent::Kind::Error;
    heard.isUsable = !isAboutPod || (event->object && isOurs(*event->object));
    if (isAboutPod && heard.isUsable) {
        if (kind == WatchEvent::Kind::Deleted)
            m_table.remove(*event->object, nowBootNs);
        else
            heard.hasRoom = m_table.put(std::move(*event->object), nowBootNs);
    }
    heard.event = std::move(*event);
    return heard;
}

} // namespace tapio::agent
