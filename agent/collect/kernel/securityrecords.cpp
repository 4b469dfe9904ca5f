// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/securityrecords.h"

#include <utility>

#include "agent/collect/kernel/recordview.h"
#include "bpf/include/tapio_records.h"
#include "protocol/wire/containerexec.h"

namespace tapio::agent {

Status decodePrivilege(std::span<const std::byte> bytes, KernelRecord &record)
{
    const auto raw = recordView<tapio_privilege>(bytes);
    if (!raw)
        return fail(raw.error());
    auto filename = terminated(raw->filename);
    if (!filename)
        return unterminated("file name");

    wire::PrivilegeGain detail;
    detail.oldUid = raw->old_uid;
    detail.newUid = raw->new_uid;
    detail.oldEuid = raw->old_euid;
    detail.newEuid = raw->new_euid;
    detail.oldGid = raw->old_egid;
    detail.newGid = raw->new_egid;
    detail.gainedCapabilities = raw->gained_capabilities;
    // Nobody watched the call that did it; what is known is that it was before this program started, and not by it.
    detail.how = raw->by_exec != 0 ? "exec" : "before exec";
    detail.filename = std::move(*filename);
    record.event.type = wire::EventType::PrivilegeGain;
    record.event.detail = std::move(detail);
    return {};
}

Status decodePtrace(std::span<const std::byte> bytes, KernelRecord &record)
{
    const auto raw = recordView<tapio_ptrace>(bytes);
    if (!raw)
        return fail(raw.error());
    auto target = terminated(raw->target_comm);
    if (!target)
        return unterminated("target's name");
    record.event.type = wire::EventType::PtraceAttach;
    record.event.detail = wire::PtraceAttach{raw->target_pid, std::move(*target), raw->request, 0};
    return {};
}

Status decodeModule(std::span<const std::byte> bytes, KernelRecord &record)
{
    const auto raw = recordView<tapio_module>(bytes);
    if (!raw)
        return fail(raw.error());
    auto name = terminated(raw->name);
    if (!name)
        return unterminated("module's name");
    record.event.type = wire::EventType::ModuleLoad;
    record.event.detail = wire::ModuleLoad{std::move(*name), raw->taints};
    return {};
}

Status decodeCapability(std::span<const std::byte> bytes, KernelRecord &record)
{
    const auto raw = recordView<tapio_capability>(bytes);
    if (!raw)
        return fail(raw.error());
    constexpr std::uint8_t most = 63;
    if (raw->capability > most || raw->granted > 1 || raw->repeats == 0)
        return fail(Errc::Malformed,
                    "a record of capability " + std::to_string(raw->capability) + " used " + std::to_string(raw->repeats) + " times");
    record.containersOnly = true;
    record.event.type = wire::EventType::CapabilityUse;
    record.event.detail = wire::CapabilityUse{raw->capability, raw->granted != 0, raw->repeats};
    return {};
}

Status decodeEntry(std::span<const std::byte> bytes, KernelRecord &record)
{
    const auto raw = recordView<tapio_entry>(bytes);
    if (!raw)
        return fail(raw.error());
    if (raw->has_terminal > 1 || raw->repeats == 0)
        return fail(Errc::Malformed, "a record of " + std::to_string(raw->repeats) + " entries");
    record.containersOnly = true;
    wire::Login login;
    login.success = true;
    login.method = raw->has_terminal != 0 ? wire::terminalMethod : wire::noTerminalMethod;
    login.service = wire::containerExecService;
    login.repeats = raw->repeats;
    record.event.type = wire::EventType::Login;
    record.event.detail = std::move(login);
    return {};
}

} // namespace tapio::agent
