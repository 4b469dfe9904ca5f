// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/uprobemulti.h"

#include <array>
#include <cerrno>

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

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

int uprobeMultiRefusal(int attachType)
{
    bpf_insn zero{}, leave{};
    zero.code = BPF_ALU64 | BPF_MOV | BPF_K;
    leave.code = BPF_JMP | BPF_EXIT;
    const std::array<bpf_insn, 2> instructions{zero, leave};
    bpf_prog_load_opts options{};
    options.sz = sizeof(options);
    options.expected_attach_type = static_cast<bpf_attach_type>(attachType);
    const int program = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "tapio_try", "GPL", instructions.data(), instructions.size(), &options);
    if (program < 0)
        return -program;
    const int link = linkUprobes(program, "/", {0}, false);
    const int error = link < 0 ? errno : 0;
    if (link >= 0)
        ::close(link);
    ::close(program);
    return error == EBADF ? 0 : error; // it got as far as to see that this is a folder
}

} // namespace tapio::agent
