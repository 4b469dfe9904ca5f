// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <string_view>

namespace tapio::agent {

/// A DNS subdomain or label of Kubernetes (RFC 1123): what namespaces, pods, containers and nodes are named with.
inline bool isKubernetesName(std::string_view text) noexcept
{
    constexpr std::size_t longest = 253;
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
    return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), allowed);
}

} // namespace tapio::agent
