// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include <sys/types.h>

#include "agent/drill/drill.h"
#include "agent/drill/system.h"

namespace tapio::drill {

/// One drill at a time on a machine: a lock of fcntl(2) on a file of the state folder. The kernel names its holder, so that no number of
/// an ended process is ever signalled.
class RunLock {
public:
    /// Makes the state folder (0700, root's). Errors: Busy (names the holder), PermissionDenied (the folder is not ours), by errno.
    static Result<RunLock> acquire(const Place &place);
    /// Nobody: nothing.
    static std::optional<pid_t> holder(const Place &place);

private:
    explicit RunLock(Fd fd) noexcept : m_fd(std::move(fd)) {}
    Fd m_fd;
};

} // namespace tapio::drill
