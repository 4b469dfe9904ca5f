// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace tapio::wire {

/// How sure the agent is of an origin's identity. Shown as a glyph with its word.
enum class Attribution : std::uint8_t {
    Unknown = 0,  ///< the cgroup could not be resolved to anything
    Live = 1,     ///< resolved from the cgroup as it exists now
    Cached = 2,   ///< the cgroup is gone; this is what was known while it lived
    Inferred = 3, ///< read from a path or a name only, nothing confirmed it
};

/// Where something happened: host, cgroup, container, pod. A value type; empty strings mean "not known" or "not in one".
/// Batches carry each distinct origin once; events refer to it by index.
struct Origin {
    std::uint64_t cgroupId = 0; ///< kernfs id: v2 where the task has one, else the v1 memory hierarchy's
    std::string cgroupPath;     ///< "/kubepods/burstable/pod<uid>/<cid>"; "/" is the host itself
    std::string containerId;    ///< 64 hex digits, without the runtime's prefix
    std::string containerName;  ///< from the kubelet's log folder names
    std::string podUid;         ///< with dashes
    std::string podName;
    std::string namespaceName;
    Attribution attribution = Attribution::Unknown;
    std::string workloadKind =
        {}; ///< of what runs the pod: "Deployment", "StatefulSet", "DaemonSet", "CronJob"; "Pod" = nothing does, "StaticPod" = a file on its node
    std::string workloadName = {};
    std::string image = {};   ///< as it was asked for: "registry.example/shop/web:1.4"
    std::string imageId = {}; ///< what it was at the time, as the runtime says: "registry.example/shop/web@sha256:..."

    bool operator==(const Origin &) const = default;
};

} // namespace tapio::wire
