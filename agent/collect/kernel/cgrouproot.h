// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "protocol/base/result.h"

namespace tapio::agent {

/// An open file descriptor of the root of the cgroup hierarchy of version 2, for programs that are attached there.
class CgroupRoot {
public:
    CgroupRoot() = default;
    ~CgroupRoot();
    CgroupRoot(CgroupRoot &&other) noexcept;
    CgroupRoot &operator=(CgroupRoot &&other) noexcept;

    /// Looks at `folder` and, for a hybrid node, at "unified" in it. Errors: Unsupported, naming the folder: there is no
    /// version 2, or only the part of it that a container sees; Io, PermissionDenied as open(2) has it.
    static Result<CgroupRoot> open(const std::string &folder);

    int fd() const noexcept { return m_fd; }

private:
    int m_fd = -1;
};

} // namespace tapio::agent
