// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/enrich/kubeletnames.h"

#include <sys/stat.h>
#include <utility>

#include "agent/enrich/cgrouppath.h"
#include "agent/enrich/kubename.h"
#include "protocol/base/clock.h"

namespace tapio::agent {

namespace {

constexpr std::size_t maxEntries = 16'384; // far above the pods of a node

template <typename Take> void eachName(const std::filesystem::path &folder, Take take)
{
    std::error_code error;
    std::size_t count = 0;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end && count < maxEntries; it.increment(error)) {
        take(it->path().filename().native());
        ++count;
    }
}

} // namespace

std::optional<std::pair<std::string, PodName>> parsePodFolder(std::string_view name)
{
    const auto first = name.find('_');
    const auto last = name.rfind('_');
    if (first == std::string_view::npos || first == last)
        return std::nullopt;
    const std::string_view space = name.substr(0, first);
    const std::string_view pod = name.substr(first + 1, last - first - 1);
    const std::string_view uid = name.substr(last + 1);
    if (!isKubernetesName(space) || !isKubernetesName(pod) || !isPodUid(uid))
        return std::nullopt;
    return std::pair(std::string(uid), PodName{std::string(space), std::string(pod)});
}

std::optional<ContainerName> parseContainerLog(std::string_view name)
{
    constexpr std::string_view suffix = ".log";
    if (!name.ends_with(suffix))
        return std::nullopt;
    name.remove_suffix(suffix.size());
    const auto first = name.find('_');
    const auto second = first == std::string_view::npos ? first : name.find('_', first + 1);
    const auto dash = name.rfind('-');
    if (second == std::string_view::npos || dash == std::string_view::npos || dash < second)
        return std::nullopt;
    const std::string_view pod = name.substr(0, first);
    const std::string_view space = name.substr(first + 1, second - first - 1);
    const std::string_view container = name.substr(second + 1, dash - second - 1);
    const std::string_view id = name.substr(dash + 1);
    if (!isKubernetesName(pod) || !isKubernetesName(space) || !isKubernetesName(container) || !isContainerId(id))
        return std::nullopt;
    return ContainerName{{std::string(space), std::string(pod)}, std::string(container), std::string(id)};
}

KubeletNames::KubeletNames(std::filesystem::path podLogs, std::filesystem::path containerLogs)
    : m_podLogs{std::move(podLogs), -1}, m_containerLogs{std::move(containerLogs), -1}
{}

bool KubeletNames::changed(Folder &folder, std::int64_t nowUtcNs)
{
    // Two changes within one tick of the file system's clock have the same time stamp.
    constexpr std::int64_t settledNs = nsPerSecond;
    struct stat status {};
    if (stat(folder.path.c_str(), &status) != 0)
        return std::exchange(folder.changedNs, -1) != -1;
    const std::int64_t modified = status.st_mtim.tv_sec * nsPerSecond + status.st_mtim.tv_nsec;
    if (modified == folder.changedNs)
        return false;
    folder.changedNs = nowUtcNs - modified < settledNs ? 0 : modified;
    return true;
}

bool KubeletNames::refresh(std::int64_t nowUtcNs)
{
    const bool podsChanged = changed(m_podLogs, nowUtcNs);
    const bool containersChanged = changed(m_containerLogs, nowUtcNs);
    if (podsChanged) {
        m_pods.clear();
        eachName(m_podLogs.path, [this](const std::string &name) {
            if (auto pod = parsePodFolder(name))
                m_pods.insert(std::move(*pod));
        });
    }
    if (containersChanged) {
        m_containers.clear();
        eachName(m_containerLogs.path, [this](const std::string &name) {
            if (auto container = parseContainerLog(name))
                m_containers.emplace(container->containerId, *container);
        });
    }
    return podsChanged || containersChanged;
}

const PodName *KubeletNames::pod(std::string_view uid) const
{
    const auto found = m_pods.find(uid);
    return found == m_pods.end() ? nullptr : &found->second;
}

const ContainerName *KubeletNames::container(std::string_view id) const
{
    const auto found = m_containers.find(id);
    return found == m_containers.end() ? nullptr : &found->second;
}

} // namespace tapio::agent
