// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/prerequisites.h"

#include <array>
#include <cerrno>

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/btf.h>

namespace tapio::agent {

Status checkCapabilities()
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
    if (::syscall(SYS_capget, &header, data.data()) != 0)
        return failErrno("reading the capabilities of the process", errno);
    return checkCapabilities(std::uint64_t(data[1].effective) << 32 | data[0].effective);
}

Status checkCapabilities(std::uint64_t effective)
{
    const auto has = [&](unsigned capability) { return (effective >> capability & 1) != 0; };
    if (has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON)))
        return {};
    std::string missing;
    if (!has(CAP_BPF))
        missing = "CAP_BPF";
    if (!has(CAP_PERFMON))
        missing += missing.empty() ? "CAP_PERFMON" : " and CAP_PERFMON";
    return fail(Errc::PermissionDenied, "missing " + missing + ": loading kernel programs needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN");
}

Status checkBtf(const std::string &path)
{
    if (::access(path.c_str(), R_OK) != 0)
        return fail(Errc::Unsupported, "no kernel type information (BTF) at " + path + ": the kernel needs CONFIG_DEBUG_INFO_BTF=y", errno);
    btf *types = btf__parse(path.c_str(), nullptr);
    if (!types)
        return fail(Errc::Unsupported, path + " holds no readable kernel type information (BTF)", errno);
    btf__free(types);
    return {};
}

} // namespace tapio::agent
