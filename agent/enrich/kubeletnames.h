// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tapio::agent {

struct PodName {
    std::string namespaceName;
    std::string podName;

    bool operator==(const PodName &) const = default;
};

struct ContainerName {
    PodName pod;
    std::string containerName;
    std::string containerId;

    bool operator==(const ContainerName &) const = default;
};

/// "NAMESPACE_POD_UID", a folder's name in /var/log/pods. Returns uid and names; empty when it is something else.
std::optional<std::pair<std::string, PodName>> parsePodFolder(std::string_view name);
/// "POD_NAMESPACE_CONTAINER-ID.log", a link's name in /var/log/containers.
std::optional<ContainerName> parseContainerLog(std::string_view name);

/// Pod and container names as the kubelet writes them into its log folders, so that no Kubernetes API is needed. One thread.
class KubeletNames {
public:
    KubeletNames(std::filesystem::path podLogs, std::filesystem::path containerLogs);

    /// Reads a folder again when it changed, or so shortly before `nowUtcNs` that its time stamp cannot tell. True when
    /// something was read.
    bool refresh(std::int64_t nowUtcNs);
    const PodName *pod(std::string_view uid) const;
    const ContainerName *container(std::string_view id) const;

private:
    struct Folder {
        std::filesystem::path path;
        std::int64_t changedNs = -1; ///< the folder's mtime when it was read; -1 = never
    };
    static bool changed(Folder &folder, std::int64_t nowUtcNs);

    Folder m_podLogs;
    Folder m_containerLogs;
    std::map<std::string, PodName, std::less<>> m_pods;
    std::map<std::string, ContainerName, std::less<>> m_containers;
};

} // namespace tapio::agent
