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
};
std::string_view kubernetesFactKindName(KubernetesFactKind kind) noexcept; ///< "pod-evicted"

/// What happened to a pod by Kubernetes, as seen on its node. The pod is the event's origin. Each kind fills the fields that say so.
struct KubernetesFact {
    static constexpr std::size_t resourceBytes = 32;
    static constexpr std::size_t messageBytes = 400;
    static constexpr std::size_t sourceBytes = 16;
    static constexpr std::size_t volumeBytes = 63; // a DNS label
    static constexpr std::size_t fileBytes = 255;
    static constexpr std::size_t subjectBytes = 100;

    KubernetesFactKind kind = KubernetesFactKind::Unknown;
    std::string
        resource; ///< PodEvicted: what ran short, as the kubelet calls it: "memory", "ephemeral-storage", "inodes", "pids"; empty = not said
    std::string message;         ///< PodEvicted: the kubelet's words
    std::string source;          ///< volumes: "configmap", "secret", or "projected", which mixes both
    std::string volume;          ///< volumes: as the pod's specification calls it, which need not be the name of the ConfigMap or Secret
    std::string file;            ///< CertificateExpiry: within the volume
    std::string subject;         ///< CertificateExpiry: common name of the certificate that ends first in the file; empty = none
    std::int64_t notAfterNs = 0; ///< CertificateExpiry: UTC; the last moment at which it is valid
    std::int64_t leftNs = 0;     ///< CertificateExpiry: until then, from when it was looked at; below 0 = since then

    bool operator==(const KubernetesFact &) const = default;
};

} // namespace tapio::wire
