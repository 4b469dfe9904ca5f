// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include <sys/types.h>

#include "agent/drill/drill.h"
#include "agent/drill/system.h"

namespace tapio::drill {

/// What the process of a drill says to its runner, one line each.
struct ChildWord {
    enum class Kind : std::uint8_t { Ready, Done, Failed };
    Kind kind = Kind::Failed;
    dev_t device = 0;           ///< Ready: of the scratch file system, 0 = none
    Errc code = Errc::Internal; ///< Failed
    std::string text;           ///< Done, Failed: printable ASCII, at most 400 characters
};
std::string formatWord(const ChildWord &word);
/// Errors: Malformed.
Result<ChildWord> parseWord(std::string_view line);

/// The two ends of a drill's own processes, as its runner holds them. The child waits for a byte before it does anything, and for
/// another one when it is ready: so it is in its cgroup first, and the fault begins when the runner says so.
struct DrillProcess {
    pid_t pid = -1;
    Fd go;    ///< write one byte; closing it ends the child
    Fd words; ///< read lines
};

/// Whether such namespaces can be made here. Errors: PermissionDenied, Unsupported, by errno.
Status probeNamespaces();

/// Forks a child that is, in this order: bound to the life of the calling thread (PR_SET_PDEATHSIG), the first to go when the node runs
/// out of memory, within rlimits, in pid, mount, IPC, UTS and network namespaces of its own, without any place to write but its folder,
/// without capabilities beyond the drill's. All that it starts dies with it. Errors: by errno.
Result<DrillProcess> startIsolated(const Drill &drill, const Limits &limits, const Workplace &workplace);

} // namespace tapio::drill
