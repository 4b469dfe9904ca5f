// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/enrich/cgrouppath.h"

#include <algorithm>
#include <array>

namespace tapio::agent {

namespace {

bool isHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

std::optional<std::string_view> between(std::string_view text, std::string_view prefix, std::string_view suffix)
{
    if (text.size() < prefix.size() + suffix.size() || !text.starts_with(prefix) || !text.ends_with(suffix))
        return std::nullopt;
    return text.substr(prefix.size(), text.size() - prefix.size() - suffix.size());
}

/// containerd with the cgroupfs driver under a kubelet with the systemd driver: "SLICE:cri-containerd:ID" as one name.
std::string_view firstOfColons(std::string_view segment) { return segment.substr(0, segment.find(':')); }

} // namespace

bool isContainerId(std::string_view text) { return text.size() == 64 && std::all_of(text.begin(), text.end(), isHex); }

bool isPodUid(std::string_view text)
{
    if (text.size() == 32)
        return std::all_of(text.begin(), text.end(), isHex);
    if (text.size() != 36)
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !isHex(text[i]))
            return false;
    }
    return true;
}

std::optional<std::string_view> containerIdOfSegment(std::string_view segment)
{
    if (const auto colon = segment.rfind(':'); colon != std::string_view::npos)
        segment.remove_prefix(colon + 1);
    if (isContainerId(segment))
        return segment;
    constexpr std::array<std::string_view, 5> runtimes{"docker-", "cri-containerd-", "crio-", "libpod-", "nerdctl-"};
    for (const std::string_view runtime : runtimes) {
        const auto id = between(segment, runtime, ".scope");
        if (id && isContainerId(*id))
            return id;
    }
    // CRI-O with the cgroupfs driver and Podman's split cgroups have the prefix without a scope.
    for (const std::string_view runtime : {std::string_view("crio-"), std::string_view("libpod-")}) {
        if (segment.starts_with(runtime) && isContainerId(segment.substr(runtime.size())))
            return segment.substr(runtime.size());
    }
    return std::nullopt;
}

std::optional<std::string> podUidOfSegment(std::string_view segment)
{
    segment = firstOfColons(segment);
    std::optional<std::string_view> uid;
    if (segment.starts_with("pod")) {
        uid = segment.substr(3);
    } else if (const auto slice = between(segment, "", ".slice")) {
        const auto at = slice->rfind("-pod");
        if (at != std::string_view::npos)
            uid = slice->substr(at + 4);
    }
    if (!uid)
        return std::nullopt;
    std::string plain(*uid);
    std::replace(plain.begin(), plain.end(), '_', '-');
    if (!isPodUid(plain))
        return std::nullopt;
    return plain;
}

CgroupIdentity identityFromPath(std::string_view path)
{
    CgroupIdentity identity;
    bool kubepods = false;
    while (!path.empty()) {
        const auto slash = std::min(path.find('/'), path.size());
        const std::string_view segment = path.substr(0, slash);
        path.remove_prefix(std::min(slash + 1, path.size()));
        if (segment.empty())
            continue;
        kubepods = kubepods || segment.starts_with("kubepods") || segment.find("-kubepods") != std::string_view::npos;
        if (kubepods) {
            if (auto uid = podUidOfSegment(segment)) {
                identity.podUid = std::move(*uid);
                identity.containerId.clear();
            }
        }
        const auto id = containerIdOfSegment(segment);
        if (id && (identity.podUid.empty() || identity.containerId.empty()))
            identity.containerId = std::string(*id);
    }
    return identity;
}

} // namespace tapio::agent
