// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tapio::agent {

inline constexpr std::size_t mostRouteBytes = 200;

/// The path of a request target without its query, each segment that identifies one thing replaced by {id}: numbers, UUIDs,
/// hexadecimal numbers from 8 digits on, and what is longer than any name. "*" stays, the target of CONNECT is {authority}.
/// Valid UTF-8 when the target is; at most mostRouteBytes, the rest of a longer path is {more}. Pure.
std::string routeTemplate(std::string_view method, std::string_view target);

/// Keeps the number of different routes within bounds: a path that carries names of things would make a new one with each
/// request. One thread.
class RouteTable {
public:
    explicit RouteTable(std::size_t mostRoutes = 1000, std::int64_t idleNs = 600'000'000'000) : m_most(mostRoutes), m_idleNs(idleNs) {}

    /// `route`, or "{other}" when there are too many that were used within the last `idleNs`.
    std::string admit(std::string route, std::int64_t nowNs);
    std::size_t size() const noexcept { return m_routes.size(); }

private:
    struct Use {
        std::string route;
        std::int64_t usedNs;
    };
    std::size_t m_most;
    std::int64_t m_idleNs;
    std::list<Use> m_uses;                                                   ///< the last used first
    std::unordered_map<std::string_view, std::list<Use>::iterator> m_routes; ///< keys lie in m_uses
};

} // namespace tapio::agent
