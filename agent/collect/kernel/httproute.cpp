// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/httproute.h"

#include <algorithm>

namespace tapio::agent {

namespace {

constexpr std::size_t longestName = 40; ///< of a segment that still names a kind of thing
constexpr std::size_t shortestHex = 8;
constexpr std::string_view more = "{more}";

bool isDigit(char c) { return c >= '0' && c <= '9'; }

bool isHex(char c) { return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// RFC 9562 section 4
bool isUuid(std::string_view text)
{
    if (text.size() != 36)
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !isHex(text[i]))
            return false;
    }
    return true;
}

bool identifies(std::string_view segment)
{
    if (segment.empty())
        return false;
    return segment.size() > longestName || std::all_of(segment.begin(), segment.end(), isDigit) || isUuid(segment)
           || (segment.size() >= shortestHex && std::all_of(segment.begin(), segment.end(), isHex));
}

/// The path of an absolute or origin form (RFC 9112 section 3.2).
std::string_view pathOf(std::string_view target)
{
    target = target.substr(0, target.find_first_of("?#"));
    const std::size_t scheme = target.find("://");
    if (target.starts_with('/') || scheme == std::string_view::npos)
        return target;
    const std::size_t path = target.find('/', scheme + 3);
    return path == std::string_view::npos ? "/" : target.substr(path);
}

} // namespace

std::string routeTemplate(std::string_view method, std::string_view target)
{
    if (method == "CONNECT")
        return "{authority}";
    std::string_view path = pathOf(target);
    std::string route;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        const std::string_view segment = path.substr(0, end);
        const std::string_view written = identifies(segment) ? std::string_view("{id}") : segment;
        const bool last = end == path.size();
        if (route.size() + written.size() + 1 + (last ? 0 : more.size()) > mostRouteBytes)
            return route.append(more);
        route += written;
        path.remove_prefix(end);
        if (!last) {
            route += '/';
            path.remove_prefix(1);
        }
    }
    return route;
}

std::string RouteTable::admit(std::string route, std::int64_t nowNs)
{
    if (const auto known = m_routes.find(route); known != m_routes.end()) {
        known->second->usedNs = nowNs;
        m_uses.splice(m_uses.begin(), m_uses, known->second);
        return route;
    }
    if (m_uses.size() >= m_most) {
        if (m_uses.empty() || nowNs - m_uses.back().usedNs < m_idleNs)
            return "{other}";
        m_routes.erase(m_uses.back().route);
        m_uses.pop_back();
    }
    m_uses.push_front({route, nowNs});
    m_routes.emplace(m_uses.front().route, m_uses.begin());
    return route;
}

} // namespace tapio::agent
