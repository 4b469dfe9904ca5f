// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Many places of one file with one link: from Linux 6.6 on (89ae89f53d20, "bpf: Add multi uprobe link"), and in libbpf from 1.3 on, which is
/// newer than what this is built with.
namespace tapio::agent {

inline constexpr int uprobeMultiAttachType = 48; ///< BPF_TRACE_UPROBE_MULTI; a program must be loaded for it

/// Attaches to all processes that have the file mapped, now or later. `onReturn`: when the functions return that begin there. The link's
/// descriptor, the caller's to close, or -1 with errno.
int linkUprobes(int programFd, const std::string &path, const std::vector<std::uint64_t> &offsets, bool onReturn);

/// The kernel's answer to such a link: 0 = it makes them, else the errno with which it refuses. Loading says nothing: before 6.6 it takes any
/// attach type with a program for uprobes. Links nothing. `attachType` is for tests: the program is loaded for it.
int uprobeMultiRefusal(int attachType = uprobeMultiAttachType);

} // namespace tapio::agent
