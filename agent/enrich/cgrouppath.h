// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tapio::agent {

/// What a cgroup's path says about itself. Empty strings: it says nothing.
struct CgroupIdentity {
    std::string podUid;      ///< with dashes; 32 hex digits without any for a static pod
    std::string containerId; ///< 64 hex digits

    bool operator==(const CgroupIdentity &) const = default;
};

/// Reads the layouts of the cgroupfs and systemd drivers of kubelet, Docker, containerd, CRI-O and Podman, on v1 and v2:
///   /kubepods[/burstable|/besteffort]/pod<uid>/<cid>
///   /kubepods.slice/.../kubepods-burstable-pod<uid, underscores>.slice/{docker,cri-containerd,crio}-<cid>.scope
///   /kubepods-pod<uid>.slice:cri-containerd:<cid>
///   /docker/<cid>, /system.slice/docker-<cid>.scope, /machine.slice/libpod-<cid>.scope
/// A pod counts below a "kubepods" segment only: anyone can name a cgroup "pod...". Below a pod the first container is the
/// pod's own; otherwise the innermost one.
CgroupIdentity identityFromPath(std::string_view path);

/// The container id in one path segment. Empty for a monitor process's scope (crio-conmon-, libpod-conmon-).
std::optional<std::string_view> containerIdOfSegment(std::string_view segment);
/// The pod uid in one path segment, underscores turned to dashes.
std::optional<std::string> podUidOfSegment(std::string_view segment);

/// 8-4-4-4-12 hex digits, or 32 of them (the kubelet's hash of a static pod's manifest).
bool isPodUid(std::string_view text);
bool isContainerId(std::string_view text);

} // namespace tapio::agent
