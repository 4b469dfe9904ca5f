// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/collect/procparse.h"

namespace tapio::agent {

/// A file system on a local block device that can be written to. Not images, which are always full, and not what a process serves (FUSE;
/// ntfs-3g is one): a process that hangs would hang whoever asks it, for as long as it likes.
bool isLocal(const MountEntry &mount);
/// Is the mount itself, not the file system, read-only?
bool isReadOnly(const MountEntry &mount);
/// A path that leads over it never waits for a server or a process: a local block device, an image, or memory.
bool isSafeToCross(const MountEntry &mount);

/// The mounts of one namespace, as its mountinfo has them: which of them does a path lead to? The list is its owners' to make, so that
/// the work is bounded. One thread.
class MountTree {
public:
    explicit MountTree(std::vector<MountEntry> mounts);
    MountTree(const MountTree &) = delete;
    MountTree &operator=(const MountTree &) = delete;

    const std::vector<MountEntry> &mounts() const noexcept { return m_mounts; }
    /// The mounts that the path to `mount`, one of mounts(), leads over, from the root on, itself the last. Empty where the path leads to
    /// another one, which lies over it or over a folder above it, or where the list is too tangled to say.
    std::vector<const MountEntry *> wayTo(const MountEntry &mount);
    bool isVisible(const MountEntry &mount) { return !wayTo(mount).empty(); }
    /// Some were not found since that took too many steps.
    bool isTangled() const noexcept { return m_steps == 0; }

private:
    using Place = std::pair<std::uint64_t, std::string_view>; ///< the mount that it is in, and where

    enum class Found : std::uint8_t { Nothing, One, Several };
    Found over(std::uint64_t id, std::string_view place, const MountEntry *&found);

    std::vector<MountEntry> m_mounts;
    std::map<Place, const MountEntry *> m_children; ///< null: several are at one place, and nobody knows which is seen
    std::size_t m_steps;                            ///< that may still be taken
};

} // namespace tapio::agent
