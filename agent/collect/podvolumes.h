// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The ConfigMaps, Secrets and projections that the kubelet mounts, as its folder has them: pods/UID/volumes/kubernetes.io~SOURCE/NAME. In each
/// the link "..data" leads to a folder beside it with the content, and another content is another folder to which the link is put at once (the
/// kubelet's AtomicWriter). What a pod's owner has put there is hostile: no link but that one is followed, everything is bounded, and
/// what is not as the kubelet makes it is left out. One thread.
namespace tapio::agent {

struct PodVolume {
    std::string source;            ///< "configmap", "secret", "projected"
    std::string name;              ///< as the pod's specification has it
    std::string target;            ///< that "..data" leads to
    std::int64_t changedUtcNs = 0; ///< when it was put there
};

/// Of one pod.
struct PodVolumeLook {
    std::vector<PodVolume> volumes;
    std::size_t beyond = 0; ///< for which there was no room
    std::size_t odd = 0;    ///< not as the kubelet makes them
    int errnum = 0;         ///< of the last that could not be looked at; a pod that just went has none
};

/// The uids of the pods that have a folder.
struct PodList {
    std::vector<std::string> uids;
    bool isCut = false; ///< there are more than were wanted
    int errnum = 0;     ///< why there is no list
};

class PodVolumeFolder {
public:
    /// `kubelet`: "/var/lib/kubelet". Opens pods/ below it; see list().
    explicit PodVolumeFolder(const std::filesystem::path &kubelet);
    ~PodVolumeFolder();
    PodVolumeFolder(const PodVolumeFolder &) = delete;
    PodVolumeFolder &operator=(const PodVolumeFolder &) = delete;

    PodList list(std::size_t most) const;
    PodVolumeLook look(const std::string &podUid, std::size_t most) const;

    /// Hands over the files of a volume whose names are wanted, without those in folders below it: at most `most` of them, of at most `mostBytes`
    /// each. How many there were more, or could not be read; none: the content is gone, and another is there by now or the volume is gone too.
    std::optional<std::size_t> eachFile(const std::string &podUid, const PodVolume &volume, std::size_t most, std::size_t mostBytes,
                                        const std::function<bool(std::string_view name)> &isWanted,
                                        const std::function<void(std::string_view name, std::string_view text)> &use) const;

private:
    int m_fd = -1;
    int m_errnum = 0;
};

} // namespace tapio::agent
