// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/uprobemulti.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tapio::agent {

namespace {

/// union bpf_attr as BPF_LINK_CREATE takes it for this type; the kernel's header may be older than the kernel.
struct LinkCreate {
    std::uint32_t programFd = 0;
    std::uint32_t targetFd = 0;
    std::uint32_t attachType = uprobeMultiAttachType;
    std::uint32_t linkFlags = 0;
    std::uint64_t path = 0;
    std::uint64_t offsets = 0;
    std::uint64_t referenceOffsets = 0;
    std::uint64_t cookies = 0;
    std::uint32_t count = 0;
    std::uint32_t flags = 0;
    std::uint32_t pid = 0;
    std::uint32_t reserved = 0;
};
static_assert(sizeof(LinkCreate) == 64);

constexpr std::uint32_t onReturnFlag = 1; // BPF_F_UPROBE_MULTI_RETURN

} // namespace

int linkUprobes(int programFd, const std::string &path, const std::vector<std::uint64_t> &offsets, bool onReturn)
{
    LinkCreate request;
    request.programFd = static_cast<std::uint32_t>(programFd);
    request.path = reinterpret_cast<std::uint64_t>(path.c_str());
    request.offsets = reinterpret_cast<std::uint64_t>(offsets.data());
    request.count = static_cast<std::uint32_t>(offsets.size());
    request.flags = onReturn ? onReturnFlag : 0;
    return static_cast<int>(::syscall(SYS_bpf, BPF_LINK_CREATE, &request, sizeof(request)));
}

} // namespace tapio::agent
