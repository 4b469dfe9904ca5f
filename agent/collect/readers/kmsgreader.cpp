// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/readers/kmsgreader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "protocol/wire/text.h"

namespace tapio::agent {

namespace {

constexpr std::size_t recordBytes = 16u << 10; ///< the kernel's own limit is 8 KiB (CONSOLE_EXT_LOG_MAX, now PRINTK_MESSAGE_MAX)
constexpr int mostPerRead = 4096;
constexpr std::uint8_t errPriority = 3;
constexpr std::uint64_t hostCgroup = 1;

class KmsgFile final : public KmsgDevice {
public:
    explicit KmsgFile(int fd) : m_fd(fd) {}
    ~KmsgFile() override { ::close(m_fd); }
    KmsgFile(const KmsgFile &) = delete;
    KmsgFile &operator=(const KmsgFile &) = delete;

    long read(std::span<char> buffer) override
    {
        ssize_t got = 0;
        do {
            got = ::read(m_fd, buffer.data(), buffer.size());
        } while (got < 0 && errno == EINTR);
        return got < 0 ? -errno : got;
    }

private:
    int m_fd;
};

std::int64_t nsOf(clockid_t id)
{
    timespec time{};
    clock_gettime(id, &time);
    return time.tv_sec * nsPerSecond + time.tv_nsec;
}

std::int64_t machineSuspendedNs() { return nsOf(CLOCK_BOOTTIME) - nsOf(CLOCK_MONOTONIC); }

wire::HookState stateOf(Errc code)
{
    switch (code) {
    case Errc::PermissionDenied: return wire::HookState::Denied;
    case Errc::NotFound: return wire::HookState::Unsupported;
    default: return wire::HookState::Failed;
    }
}

} // namespace

Result<std::unique_ptr<KmsgDevice>> openKmsg(const std::filesystem::path &path)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return failErrno("opening " + path.native(), errno);
    auto device = std::make_unique<KmsgFile>(fd);
    if (::lseek(fd, 0, SEEK_END) < 0)
        return failErrno("going to the end of " + path.native(), errno);
    return device;
}

KmsgReader::KmsgReader(KmsgOptions options, const Clock &clock)
    : m_options(std::move(options)), m_clock(clock), m_errors(m_options.perSecond, m_options.burst, clock),
      m_others(m_options.perSecond, m_options.burst, clock), m_readBootNs(clock.bootNs())
{
    if (!m_options.suspendedNs)
        m_options.suspendedNs = machineSuspendedNs;
    openDevice();
}

bool KmsgReader::openDevice()
{
    auto device = m_options.open();
    if (!device) {
        m_problem = device.error();
        return false;
    }
    m_device = std::move(*device);
    m_problem.reset();
    return true;
}

void KmsgReader::read(KernelRecordSink &out)
{
    if (!m_device && !openDevice())
        return;
    std::array<char, recordBytes> buffer;
    for (int i = 0; i < mostPerRead; ++i) {
        const long got = m_device->read(buffer);
        if (got == -EPIPE)
            continue; // the number of the next record tells how many are gone
        if (got == -EAGAIN || got == 0)
            break;
        if (got < 0) {
            m_problem = Error(failErrno("reading the kernel's log", static_cast<int>(-got)).value());
            m_device.reset(); // what is missed until it is open again shows in the sequence
            break;
        }
        take(std::string_view(buffer.data(), static_cast<std::size_t>(got)), out);
    }
    tell(out);
    m_readBootNs = m_clock.bootNs();
}

void KmsgReader::take(std::string_view bytes, KernelRecordSink &out)
{
    ++m_counters[Counter::Seen];
    auto record = parseKmsg(bytes);
    if (!record) {
        ++m_counters[Counter::Drained];
        ++m_counters[Counter::Malformed];
        return;
    }
    if (m_nextSequence && record->sequence > *m_nextSequence) {
        m_counters[Counter::Seen] += record->sequence - *m_nextSequence;
        m_counters[Counter::Lost] += record->sequence - *m_nextSequence;
    }
    m_nextSequence = record->sequence + 1;
    if (join(*record) || isOfOomReport(*record)) {
        ++m_counters[Counter::Folded];
        return;
    }
    tell(out);
    ++m_counters[Counter::Drained];
    m_lastSequence = record->sequence;
    m_line = std::move(*record);
}

/// A fragment carries on the line only if it comes right after it and from the same level: others may write in between.
bool KmsgReader::join(const KmsgRecord &fragment)
{
    if (!fragment.isContinuation || !m_line || fragment.sequence != m_lastSequence + 1 || fragment.priority != m_line->priority
        || fragment.facility != m_line->facility)
        return false;
    m_lastSequence = fragment.sequence;
    const std::string whole = m_line->text + fragment.text;
    m_line->text = wire::truncateUtf8(whole, kmsgTextBytes);
    return true;
}

/// Who was killed, and who asked for memory, is told by lines that stay, and by the kernel itself as an event of its own: where in the kernel
/// that was helps nobody, and would be two dozen warnings a kill. Others may write in between: only what looks like a dump goes.
bool KmsgReader::isOfOomReport(const KmsgRecord &record)
{
    constexpr std::uint64_t longestReportNs = 2 * nsPerSecond;
    if (beginsOomReport(record)) {
        m_oomReportNs = record.timeNs;
        return false;
    }
    const bool isOfIt = m_oomReportNs && record.timeNs >= *m_oomReportNs && record.timeNs - *m_oomReportNs <= longestReportNs
                        && record.priority > errPriority && isDumpLine(record);
    if (endsOomDump(record))
        m_oomReportNs.reset();
    return isOfIt;
}

void KmsgReader::tell(KernelRecordSink &out)
{
    if (!m_line)
        return;
    const KmsgRecord line = std::move(*m_line);
    m_line.reset();
    if (line.priority > m_options.leastPriority) {
        ++m_counters[Counter::UFiltered];
        return;
    }
    if (!(line.priority <= errPriority ? m_errors : m_others).take()) {
        ++m_counters[Counter::Shed];
        return;
    }
    KernelRecord record;
    record.source = "kmsg";
    record.cgroupId = hostCgroup;
    record.bootNs = bootNs(line);
    record.drainedBootNs = static_cast<std::uint64_t>(m_clock.bootNs());
    record.event.type = wire::EventType::KernelLog;
    record.event.detail = wire::KernelLog{line.priority, line.facility, line.sequence, line.text};
    out.onRecord(std::move(record));
}

/// The log's clock is not disciplined and drifts by seconds in a week. But what is read now was written since the last reading.
std::uint64_t KmsgReader::bootNs(const KmsgRecord &record) const
{
    const std::int64_t now = m_clock.bootNs();
    const std::uint64_t told = record.timeNs + static_cast<std::uint64_t>(std::max<std::int64_t>(m_options.suspendedNs(), 0));
    return std::clamp(told, static_cast<std::uint64_t>(std::min(m_readBootNs, now)), static_cast<std::uint64_t>(now));
}

std::vector<wire::Hook> KmsgReader::hooks() const
{
    wire::Hook hook;
    hook.collector = "kmsg";
    hook.name = "/dev/kmsg";
    hook.attachKind = "file";
    hook.state = m_problem ? stateOf(m_problem->code()) : wire::HookState::Active;
    if (m_problem)
        hook.reason = m_problem->message();
    return {hook};
}

} // namespace tapio::agent
