// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/listjson.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/enrich/jsonvisit.h"
#include "protocol/wire/text.h"

namespace tapio::agent {

WatchEvent::Kind watchEventKind(std::string_view type) noexcept
{
    constexpr std::array<std::pair<std::string_view, WatchEvent::Kind>, 5> kinds{{{"ADDED", WatchEvent::Kind::Added},
                                                                                  {"MODIFIED", WatchEvent::Kind::Modified},
                                                                                  {"DELETED", WatchEvent::Kind::Deleted},
                                                                                  {"BOOKMARK", WatchEvent::Kind::Bookmark},
                                                                                  {"ERROR", WatchEvent::Kind::Error}}};
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const auto &one) { return one.first == type; });
    return found == kinds.end() ? WatchEvent::Kind::Unknown : found->second;
}

std::string statusMessage(std::string_view body)
{
    class Visitor final : public JsonVisitor {
    public:
        std::string message;
        void text(std::string_view path, std::string &&value) override
        {
            if (path == "/message")
                message = wire::toLine(value, mostMessageBytes);
        }
    } visitor;
    return visitJson(body, visitor) ? visitor.message : std::string();
}

} // namespace tapio::agent
