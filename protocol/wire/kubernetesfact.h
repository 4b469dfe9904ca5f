// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tapio::wire {

enum class KubernetesFactKind : std::uint8_t {
    Unknown = 0,
    PodEvicted = 1,        ///< the kubelet ended the pod, since its node ran short of something
    VolumeChanged = 2,     ///< the kubelet put another content into a mounted ConfigMap or Secret; what it was or is never shows
    CertificateExpiry = 3, ///< a certificate in such a volume ends soon, or has
    NodeNotReady = 4,      ///< the node's condition Ready is "False", or "Unknown", since its kubelet is not heard
    NodeReady = 5,         ///< it is "True": again, or still though the node's agent is lost
    NodeRemoved = 6,       ///< the cluster has no node of that name any more
};
std::string_view kubernetesFactKindName(KubernetesFactKind kind) noexcept; ///< "pod-evicted"

/// What happened to a pod by Kubernetes, as seen on its node; the pod is the event's origin. Or what the API server says of a node, as a server heard it.
/// Each kind fills the fields that say so.
struct KubernetesFact {
    static constexpr std::size_t resourceBytes = 32;
    static constexpr std::size_t messageBytes = 400;
    static constexpr std::size_t sourceBytes = 16;
    static constexpr std::size_t volumeBytes = 63; // a DNS label
    static constexpr std::size_t fileBytes = 255;
    static constexpr std::size_t subjectBytes = 100;
    static constexpr std::size_t nodeBytes = 253;
    static constexpr std::size_t reasonBytes = 64;

    KubernetesFactKind kind = KubernetesFactKind::Unknown;
    std::string
        resource; ///< PodEvicted: what ran short, as the kubelet calls it: "memory", "ephemeral-storage", "inodes", "pids"; empty = not said
    std::string message;         ///< PodEvicted, NodeNotReady, NodeReady: the words of the kubelet, or of who speaks for it
    std::string source;          ///< volumes: "configmap", "secret", or "projected", which mixes both
    std::string volume;          ///< volumes: as the pod's specification calls it, which need not be the name of the ConfigMap or Secret
    std::string file;            ///< CertificateExpiry: within the volume
    std::string subject;         ///< CertificateExpiry: common name of the certificate that ends first in the file; empty = none
    std::int64_t notAfterNs = 0; ///< CertificateExpiry: UTC; the last moment at which it is valid
    std::int64_t leftNs = 0;     ///< CertificateExpiry: until then, from when it was looked at; below 0 = since then
    std::string node = {};       ///< nodes: as the cluster calls it
    std::string reason = {};     ///< NodeNotReady, NodeReady: "KubeletNotReady", "NodeStatusUnknown"
    std::int64_t sinceNs = 0;    ///< NodeNotReady, NodeReady: UTC, by the cluster's clock; 0 = not said

    bool operator==(const KubernetesFact &) const = default;
};

} // namespace tapio::wire
