// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/wire/report.h"

namespace tapio::agent {

/// What is known of a container beside its pod. Empty = whoever told does not say.
struct ContainerFacts {
    std::string containerId; ///< 64 hex digits, without the runtime's prefix
    std::string name;
    std::string image;   ///< as it was asked for
    std::string imageId; ///< as the runtime says

    bool operator==(const ContainerFacts &) const = default;
};

/// That the kubelet ended a pod since its node, or the pod itself, ran short of something.
struct EvictionFacts {
    std::string
        resource; ///< that the node is short of: "memory", "ephemeral-storage", "inodes", "pids"; empty = not said, or a limit of the pod's own
    std::string message; ///< the kubelet's words, on one line

    bool operator==(const EvictionFacts &) const = default;
};

/// What the cluster knows of a pod. A value; what it says of a pod's uid stays true for ever, for uids are not used again.
struct PodFacts {
    std::string uid;
    std::string cgroupUid; ///< what cgroups and log folders call it where that is not `uid` (static pods), else empty
    std::string namespaceName;
    std::string name;
    std::string nodeName;
    std::string workloadKind;
    std::string workloadName;
    std::vector<ContainerFacts> containers;
    std::optional<EvictionFacts> eviction; ///< none = it was not evicted

    bool operator==(const PodFacts &) const = default;
};

/// A pod that was evicted while somebody watched.
struct Eviction {
    std::uint64_t number = 0; ///< from 1 on, without holes
    std::string podUid;
    EvictionFacts facts;
    std::int64_t seenBootNs = 0;
};

/// The pods of this node as the cluster has them. Any thread; never blocks for longer than a look into a table.
class ClusterPods {
public:
    virtual ~ClusterPods() = default;

    /// Anybody is asked at all: otherwise nothing will ever be known.
    virtual bool isAsked() const noexcept = 0;
    /// Another number after every change.
    virtual std::uint64_t generation() const noexcept = 0;
    /// By the name that cgroups have for it; null = not known.
    virtual std::shared_ptr<const PodFacts> find(std::string_view uid) const = 0;
    /// Those above this number that are still remembered, in order. What was so before anybody asked about the node's pods is none.
    virtual std::vector<Eviction> evictionsAfter(std::uint64_t number) const = 0;
    virtual wire::Hook hook() const = 0;
};

} // namespace tapio::agent
