// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tapio::agent {

/// metadata.ownerReferences of an object.
struct OwnerReference {
    std::string kind;
    std::string name;
    bool controller = false;
};

/// What a pod says of itself that tells who runs it.
struct PodOwnership {
    std::string_view podName;
    std::string_view nodeName;
    std::string_view templateHash;   ///< label pod-template-hash
    bool isMirror = false;           ///< of a file on its node (annotation kubernetes.io/config.mirror)
    std::int64_t createdSeconds = 0; ///< UTC; 0 = not known
    const std::vector<OwnerReference> &owners;
};

struct Workload {
    std::string kind;
    std::string name;

    bool operator==(const Workload &) const = default;
};

/// What a person would roll out or restart: the Deployment rather than its ReplicaSet, the CronJob rather than its Job. Both are read from
/// the names that their controllers give, so that nothing but pods has to be asked for:
///   ReplicaSet NAME-HASH of a pod labelled pod-template-hash=HASH    -> Deployment NAME
///   Job NAME-MINUTES, the minute (or second, before 1.21) of its schedule at which the pod was created    -> CronJob NAME
/// A pod that nothing controls is its own workload ("Pod"); one that its node reads from a file is a "StaticPod" without the node's name.
Workload workloadOf(const PodOwnership &pod);

/// "2026-03-01T12:00:05Z" as the API server writes it, UTC seconds; 0 for anything else.
std::int64_t parseApiTime(std::string_view text);

} // namespace tapio::agent
