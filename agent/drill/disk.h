// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>

#include <sys/types.h>

#include "agent/drill/drill.h"

namespace tapio::drill {

struct ScratchDisk {
    std::filesystem::path folder; ///< where it is mounted
    dev_t device = 0;
};

/// An ext4 file system of that size in a file of `folder`, behind a loop device that the kernel frees when nothing uses it any more.
/// For a mount namespace of one's own. Errors: NotFound (no mkfs.ext4), Unsupported, by errno.
Result<ScratchDisk> mountScratchDisk(const std::filesystem::path &folder, std::uint64_t bytes);

/// Whether the above can be. Errors: NotFound, Unsupported.
Status probeScratchDisk(const Place &place);

} // namespace tapio::drill
