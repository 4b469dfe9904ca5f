// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/recorddecoder.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "agent/collect/kernel/cgroupids.h"
#include "agent/collect/kernel/filerecords.h"
#include "agent/collect/kernel/recordview.h"
#include "agent/collect/kernel/securityrecords.h"
#include "agent/collect/kernel/socketrecords.h"
#include "protocol/wire/text.h"

namespace tapio::agent {

namespace {

static_assert(TAPIO_HISTOGRAM_BUCKETS == wire::histogramBuckets);

std::vector<std::string> splitArguments(std::string_view bytes)
{
    std::vector<std::string> arguments;
    while (!bytes.empty()) {
        const std::size_t end = std::min(bytes.find('\0'), bytes.size());
        arguments.push_back(wire::toValidUtf8(bytes.substr(0, end)));
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
    return arguments;
}

Status decodeExec(std::span<const std::byte> bytes, KernelRecord &to)
{
    const auto record = recordView<tapio_exec>(bytes);
    if (!record)
        return fail(record.error());
    const auto parent = terminated(record->parent_comm);
    const auto filename = terminated(record->filename);
    if (!parent || !filename || std::strlen(record->filename) != record->filename_len)
        return unterminated("parent or file name");
    if (record->arguments_len > TAPIO_ARGUMENTS_LEN)
        return fail(Errc::Malformed, "a record with more bytes of arguments than fit");
    const std::string_view arguments(record->arguments, record->arguments_len);
    if (record->arguments_cut == 0 && !arguments.empty() && arguments.back() != '\0')
        return unterminated("last argument");

    wire::ProcessExec detail{record->parent_pid, *parent, *filename, splitArguments(arguments), record->arguments_cut != 0};
    detail.fileModifiedNs = record->file_modified_ns;
    to.fileChangedNs = std::max<std::int64_t>(record->file_modified_ns, record->file_changed_ns);
    to.containerStartBootNs = record->container_start_ns;
    to.event.type = wire::EventType::ProcessExec;
    to.event.detail = std::move(detail);
    return {};
}

Status decodeExit(std::span<const std::byte> bytes, KernelRecord &to)
{
    wire::Event &event = to.event;
    const auto record = recordView<tapio_exit>(bytes);
    if (!record)
        return fail(record.error());
    const auto killer = terminated(record->killer_comm);
    if (!killer)
        return unterminated("killer's name");

    wire::ProcessExit detail;
    detail.exitCode = static_cast<std::int32_t>(record->wait_status >> 8 & 0xff);
    detail.signal = static_cast<std::int32_t>(record->wait_status & 0x7f);
    detail.coreDumped = (record->wait_status & 0x80) != 0;
    const auto &header = record->header;
    if (header.process.start_ns != 0 && header.boot_ns > header.process.start_ns)
        detail.durationNs = header.boot_ns - header.process.start_ns;
    detail.killerPid = record->killer_pid;
    detail.killerComm = *killer;

    event.type = wire::EventType::ProcessExit;
    event.detail = std::move(detail);
    return {};
}

Status decodeOom(std::span<const std::byte> bytes, KernelRecord &to)
{
    wire::Event &event = to.event;
    const auto record = recordView<tapio_oom>(bytes);
    if (!record)
        return fail(record.error());
    const auto trigger = terminated(record->trigger_comm);
    if (!trigger)
        return unterminated("trigger's name");

    event.type = wire::EventType::OomKill;
    event.detail = wire::OomKill{record->trigger_pid,      *trigger,
                                 record->total_vm_bytes,   record->anon_rss_bytes,
                                 record->file_rss_bytes,   record->shmem_rss_bytes,
                                 record->page_table_bytes, record->score_adj};
    return {};
}

Status decodeSignal(std::span<const std::byte> bytes, KernelRecord &to)
{
    wire::Event &event = to.event;
    const auto record = recordView<tapio_signal>(bytes);
    if (!record)
        return fail(record.error());
    const auto sender = terminated(record->sender_comm);
    if (!sender)
        return unterminated("sender's name");
    if (record->signal < 1 || record->signal > 64)
        return fail(Errc::Malformed, "a record with signal " + std::to_string(record->signal));

    event.type = wire::EventType::FatalSignal;
    event.detail = wire::FatalSignal{record->signal, record->code, record->sender_pid, *sender};
    return {};
}

wire::TcpOutcome outcomeOf(int error, bool established) noexcept
{
    switch (error) {
    case 0: return established ? wire::TcpOutcome::Closed : wire::TcpOutcome::Aborted;
    case ECONNREFUSED: return wire::TcpOutcome::Refused;
    case ETIMEDOUT: return wire::TcpOutcome::TimedOut;
    case ECONNRESET:
    case EPIPE: return wire::TcpOutcome::Reset;
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case ENONET: return wire::TcpOutcome::Unreachable;
    default: return wire::TcpOutcome::OtherError;
    }
}

Status decodeTcp(std::span<const std::byte> bytes, KernelRecord &to)
{
    wire::Event &event = to.event;
    const auto record = recordView<tapio_tcp>(bytes);
    if (!record)
        return fail(record.error());
    if (record->direction > TAPIO_INBOUND)
        return fail(Errc::Malformed, "a record with direction " + std::to_string(record->direction));

    wire::TcpConnection detail;
    std::copy_n(record->local, detail.local.bytes.size(), detail.local.bytes.begin());
    std::copy_n(record->remote, detail.remote.bytes.size(), detail.remote.bytes.begin());
    detail.local.port = record->local_port;
    detail.remote.port = record->remote_port;
    detail.direction = static_cast<wire::TcpDirection>(record->direction);
    detail.socketError = record->error;
    detail.established = record->established != 0;
    detail.outcome = outcomeOf(record->error, detail.established);
    detail.durationNs = record->duration_ns;
    detail.connectLatencyNs = record->connect_ns;
    detail.bytesSent = record->bytes_sent;
    detail.bytesReceived = record->bytes_received;
    detail.srttUs = record->srtt_us;
    detail.retransmits = record->retransmits;

    event.type = wire::EventType::TcpConnection;
    event.detail = detail;
    return {};
}

struct Kind {
    std::uint16_t number;
    std::string_view source;
    Status (*decode)(std::span<const std::byte>, KernelRecord &);
};

constexpr Kind kinds[] = {
    {TAPIO_KIND_EXEC, "process", decodeExec},
    {TAPIO_KIND_EXIT, "process", decodeExit},
    {TAPIO_KIND_OOM, "oom", decodeOom},
    {TAPIO_KIND_SIGNAL, "signal", decodeSignal},
    {TAPIO_KIND_TCP, "tcp", decodeTcp},
    {TAPIO_KIND_DNS, "dns", decodeDns},
    {TAPIO_KIND_HTTP, "http", decodeHttp},
    {TAPIO_KIND_HTTPS, "https", decodeHttps},
    {TAPIO_KIND_FILE, "file", decodeFile},
    {TAPIO_KIND_TLS, "http", decodeTls},
    {TAPIO_KIND_DESCRIPTORS, "descriptors", decodeDescriptors},
    {TAPIO_KIND_PRIVILEGE, "security", decodePrivilege},
    {TAPIO_KIND_PTRACE, "security", decodePtrace},
    {TAPIO_KIND_MODULE, "security", decodeModule},
    {TAPIO_KIND_CAPABILITY, "capability", decodeCapability},
    {TAPIO_KIND_ENTRY, "entry", decodeEntry},
};

const Kind *kindOf(std::span<const std::byte> bytes) noexcept
{
    tapio_header header;
    if (bytes.size() < sizeof(header))
        return nullptr;
    std::memcpy(&header, bytes.data(), sizeof(header));
    const auto *found = std::find_if(std::begin(kinds), std::end(kinds), [&](const Kind &kind) { return kind.number == header.kind; });
    return found == std::end(kinds) ? nullptr : found;
}

} // namespace

std::string_view recordSource(std::span<const std::byte> bytes) noexcept
{
    const Kind *kind = kindOf(bytes);
    return kind ? kind->source : std::string_view("unknown");
}

Result<KernelRecord> decodeRecord(std::span<const std::byte> bytes)
{
    const Kind *kind = kindOf(bytes);
    if (!kind)
        return fail(Errc::Malformed, "a record too short or of an unknown kind, " + std::to_string(bytes.size()) + " bytes");
    tapio_header header;
    std::memcpy(&header, bytes.data(), sizeof(header));
    if (header.size != bytes.size())
        return fail(Errc::Malformed,
                    "a record that claims " + std::to_string(header.size) + " bytes and has " + std::to_string(bytes.size()));
    const auto comm = terminated(header.process.comm);
    if (!comm)
        return unterminated("process name");

    KernelRecord record;
    record.source = kind->source;
    const CgroupIds cgroups = cgroupIds(header.process.cgroups);
    record.cgroupId = cgroups.id;
    record.memoryCgroupId = cgroups.memoryId;
    record.hierarchy = cgroups.hierarchy;
    record.bootNs = header.boot_ns;
    record.filterGeneration = header.generation;
    record.event.cpu = header.cpu;
    record.event.process = {header.process.pid, header.process.uid, header.process.start_ns, *comm};
    if (const Status status = kind->decode(bytes, record); !status)
        return fail(status.error());
    return record;
}

} // namespace tapio::agent
