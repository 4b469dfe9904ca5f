// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/filerecords.h"

#include <cerrno>
#include <utility>

#include "agent/collect/kernel/filerules.h"
#include "agent/collect/kernel/recordview.h"
#include "bpf/include/tapio_records.h"

namespace tapio::agent {

Status decodeFile(std::span<const std::byte> bytes, KernelRecord &record)
{
    const auto raw = recordView<tapio_file>(bytes);
    if (!raw)
        return fail(raw.error());
    auto path = terminated(raw->path);
    if (!path)
        return unterminated("path");
    const std::string_view operation = fileOperationName(raw->operation);
    constexpr std::uint16_t mostErrno = 4095; // MAX_ERRNO, include/linux/err.h
    if (operation.empty() || raw->error == 0 || raw->error > mostErrno || raw->repeats == 0)
        return fail(Errc::Malformed, "a record of file operation " + std::to_string(raw->operation) + " that failed "
                                         + std::to_string(raw->repeats) + " times with error " + std::to_string(raw->error));
    wire::FileFailure detail;
    detail.path = std::move(*path);
    detail.operation = operation;
    detail.error = raw->error;
    detail.flags = raw->flags;
    detail.repeats = raw->repeats;
    record.event.type = wire::EventType::FileFailure;
    record.event.detail = std::move(detail);
    return {};
}

Status decodeDescriptors(std::span<const std::byte> bytes, KernelRecord &record)
{
    const auto raw = recordView<tapio_descriptors>(bytes);
    if (!raw)
        return fail(raw.error());
    if (raw->limit == 0)
        return fail(Errc::Malformed, "a record of a process that has used all of no descriptors");
    wire::FileFailure detail;
    detail.error = EMFILE;
    detail.repeats = 1;
    detail.limit = raw->limit;
    record.event.type = wire::EventType::FileFailure;
    record.event.detail = std::move(detail);
    return {};
}

} // namespace tapio::agent
