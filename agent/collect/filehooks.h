// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "protocol/wire/report.h"

namespace tapio::agent {

/// States of the files that a sampler reads. A file read in many cgroups is one hook: active when any of them gave it.
class FileHooks {
public:
    using Id = std::size_t;

    Id add(std::string collector, std::string name);
    /// Forgets the outcomes of the round before.
    void begin();
    /// The same for one file, where they are not all read in one round.
    void forget(Id id);
    /// errnum 0: it was read and understood; EBADMSG: it was not understood; ENODEV, ESRCH: its cgroup or process just ended.
    void note(Id id, int errnum);
    /// Shown beside an active hook; empty = nothing to say.
    void remark(Id id, std::string text);
    std::vector<wire::Hook> hooks() const;

private:
    struct File {
        std::string collector;
        std::string name;
        std::string remark;
        bool tried = false;
        bool worked = false;
        int errnum = 0;
    };
    std::vector<File> m_files;
};

/// A hook that the configuration switched off.
wire::Hook disabledHook(std::string collector);

} // namespace tapio::agent
