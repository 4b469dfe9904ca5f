// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/nodesource.h"

#include <iterator>
#include <utility>

#include "agent/kube/nodejson.h"

namespace tapio::agent {

Result<ListPage> NodeObjects::takePage(std::string_view body)
{
    auto page = parseNodePage(body);
    if (!page)
        return fail(page.error());
    m_listed.insert(m_listed.end(), std::make_move_iterator(page->objects.begin()), std::make_move_iterator(page->objects.end()));
    return ListPage(std::move(*page));
}

std::uint64_t NodeObjects::endList(std::int64_t /*nowBootNs*/) { return m_table.replaceAll(std::exchange(m_listed, {})); }

Result<FollowedObjects::Heard> NodeObjects::takeLine(std::string_view line, std::int64_t /*nowBootNs*/)
{
    auto event = parseNodeEvent(line);
    if (!event)
        return fail(event.error());
    Heard heard;
    const bool isAboutNode = event->kind != WatchEvent::Kind::Bookmark && event->kind != WatchEvent::Kind::Error;
    heard.isUsable = !isAboutNode || event->object;
    if (event->object && event->kind == WatchEvent::Kind::Deleted)
        m_table.remove(event->object->node);
    else if (event->object)
        heard.hasRoom = m_table.put(std::move(*event->object));
    heard.event = std::move(*event);
    return heard;
}

} // namespace tapio::agent
