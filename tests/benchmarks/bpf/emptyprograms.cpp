// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/benchmarks/bpf/emptyprograms.h"

#include <array>

#include <fcntl.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

namespace tapio::bench {

namespace {

/// "Return `result`": BPF_MOV64_IMM of r0, BPF_EXIT.
std::array<bpf_insn, 2> returning(int result)
{
    bpf_insn set{}, leave{};
    set.code = BPF_ALU64 | BPF_MOV | BPF_K;
    set.imm = result;
    leave.code = BPF_JMP | BPF_EXIT;
    return {set, leave};
}

class EmptyPrograms final : public Observer {
public:
    ~EmptyPrograms() override
    {
        for (const int fd : m_fds)
            ::close(fd);
    }
    double cpuNs() const override { return 0; }
    std::uint64_t outputs() const override { return 0; }

    bool atTracepoint(const std::string &name)
    {
        const int type = libbpf_find_vmlinux_btf_id(name.c_str(), BPF_TRACE_RAW_TP);
        if (type <= 0)
            return false;
        LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_RAW_TP, .attach_btf_id = static_cast<__u32>(type));
        const auto instructions = returning(0);
        const int program = keep(bpf_prog_load(BPF_PROG_TYPE_TRACING, "empty", "GPL", instructions.data(), instructions.size(), &options));
        return program >= 0 && keep(bpf_raw_tracepoint_open(nullptr, program)) >= 0;
    }

    bool atPackets(bpf_attach_type way)
    {
        LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = way);
        const auto instructions = returning(1); // the packet passes
        const int program =
            keep(bpf_prog_load(BPF_PROG_TYPE_CGROUP_SKB, "empty", "GPL", instructions.data(), instructions.size(), &options));
        return program >= 0 && keep(bpf_link_create(program, root(), way, nullptr)) >= 0;
    }

private:
    int root()
    {
        if (m_root >= 0)
            return m_root;
        for (const char *path : {"/sys/fs/cgroup/unified/cgroup.controllers", "/sys/fs/cgroup/cgroup.controllers"}) {
            if (const std::string file = path; ::access(path, F_OK) == 0)
                return m_root = keep(::open(file.substr(0, file.rfind('/')).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        }
        return -1;
    }
    int keep(int fd)
    {
        if (fd >= 0)
            m_fds.push_back(fd);
        return fd;
    }

    std::vector<int> m_fds;
    int m_root = -1;
};

} // namespace

std::unique_ptr<Observer> attachEmptyPrograms(const Hooks &hooks)
{
    auto programs = std::make_unique<EmptyPrograms>();
    for (const std::string &name : hooks.tracepoints) {
        if (!programs->atTracepoint(name))
            return nullptr;
    }
    if (hooks.packets && !(programs->atPackets(BPF_CGROUP_INET_EGRESS) && programs->atPackets(BPF_CGROUP_INET_INGRESS)))
        return nullptr;
    return programs;
}

} // namespace tapio::bench
