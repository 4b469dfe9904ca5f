// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernelcollectors.h"

#include <algorithm>
#include <cerrno>
#include <map>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/collect/kernel/cgroupbirths.h"
#include "agent/collect/kernel/foldedmaps.h"
#include "agent/collect/kernel/httproute.h"
#include "agent/collect/kernel/kernelfilters.h"
#include "agent/collect/kernel/kernelobject.h"
#include "agent/collect/kernel/pollpacer.h"
#include "agent/collect/kernel/recorddecoder.h"
#include "agent/collect/kernel/ringreader.h"
#include "protocol/base/clock.h"

namespace tapio::agent {

namespace {

constexpr std::size_t mostPerDrain = 65'536; ///< about 50 ms of decoding
constexpr std::size_t recordsPerClockRead = 64;
constexpr std::chrono::milliseconds halfSecond{500};

class FileDescriptor {
public:
    explicit FileDescriptor(int fd = -1) noexcept : m_fd(fd) {}
    ~FileDescriptor()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    FileDescriptor(const FileDescriptor &) = delete;
    FileDescriptor &operator=(const FileDescriptor &) = delete;
    int get() const noexcept { return m_fd; }

private:
    int m_fd;
};

class KernelCollectorsImpl final : public KernelCollectors {
public:
    KernelCollectorsImpl(std::unique_ptr<KernelObject> object, KernelRecordSink &sink, PollPace pace)
        : m_sink(sink), m_object(std::move(object)), m_latencies(m_object->mapFd("latencies"), m_clock),
          m_tcpTotals(m_object->mapFd("tcp_totals"), m_clock), m_filters(m_object->filterMaps(), m_clock),
          m_dropReasons(m_object->types().enumNames("skb_drop_reason")), m_epoll(::epoll_create1(EPOLL_CLOEXEC)),
          m_wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), m_pacer(pace)
    {
        m_object->forgetTypes();
    }

    Status openRings(const KernelOptions &options);
    Result<std::size_t> poll(std::chrono::milliseconds timeout) override;
    void wake() override;
    void setDisabled(const std::set<std::string> &collectors) override { m_object->setDisabled(collectors); }
    void tellCounted() override { m_object->tellAllCounted(); }
    Result<CgroupKeys> setFilter(const KernelFilter &filter, std::uint64_t generation, const CgroupVerdicts &verdicts) override
    {
        return m_filters.set(filter, generation, verdicts);
    }
    Result<CgroupKeys> changeVerdicts(const CgroupVerdicts &changed, const CgroupKeys &gone) override
    {
        return m_filters.changeVerdicts(changed, gone);
    }
    Result<std::vector<LeftOut>> leftOut() override { return m_filters.leftOut(); }
    std::vector<wire::Hook> hooks() const override { return m_object->hooks(); }
    std::vector<SourceCounterSet> counters() const override;
    Result<std::vector<CgroupHistogram>> histograms() override;
    Result<std::vector<CgroupTcp>> tcpCounters() override;
    Result<std::vector<DropCount>> packetDrops() override;
    void forgetIdle(const IsGone &isGone) override
    {
        m_latencies.forgetIdle(isGone);
        m_tcpTotals.forgetIdle(isGone);
    }
    std::optional<std::string> cgroupBirth(std::uint64_t id, bool isV1) const override
    {
        return readCgroupBirth(m_object->mapFd("cgroup_births"), id, isV1);
    }
    std::pair<std::uint64_t, std::uint64_t> ringFill() const override { return {m_events->waitingBytes(), m_events->ringBytes()}; }
    std::pair<std::uint64_t, std::uint64_t> criticalRingFill() const override
    {
        return {m_critical->waitingBytes(), m_critical->ringBytes()};
    }

private:
    Status watch(int fd, std::uint32_t events);
    Result<bool> wait(std::chrono::milliseconds timeout);
    Result<std::size_t> drain();
    void everyHalfSecond();
    void onRecord(std::span<const std::byte> bytes);

    KernelRecordSink &m_sink;
    SystemClock m_clock;
    std::unique_ptr<KernelObject> m_object;
    std::unique_ptr<RingReader> m_events;
    std::unique_ptr<RingReader> m_critical;
    FoldedMap m_latencies;
    FoldedMap m_tcpTotals;
    KernelFilters m_filters;
    BlockDeviceNames m_deviceNames;
    std::map<std::uint32_t, std::string> m_dropReasons;
    FileDescriptor m_epoll;
    FileDescriptor m_wake;
    PollPacer m_pacer;
    RouteTable m_routes;
    std::chrono::steady_clock::time_point m_halfSecondDue{}, m_descriptorsDue{};
    std::chrono::milliseconds m_descriptorsLook{};
    std::uint64_t m_nowBootNs = 0;
    std::size_t m_sinceClockRead = 0;
    std::map<std::string_view, CounterSet> m_read; ///< drained and malformed, by source
};

Status KernelCollectorsImpl::watch(int fd, std::uint32_t events)
{
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (fd < 0 || ::epoll_ctl(m_epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        return failErrno("watching the kernel rings", errno);
    return {};
}

Status KernelCollectorsImpl::openRings(const KernelOptions &options)
{
    m_descriptorsLook = options.descriptorsLook;
    m_descriptorsDue = std::chrono::steady_clock::now() + m_descriptorsLook; // the first look was when it was attached
    const auto handler = [this](std::span<const std::byte> bytes) { onRecord(bytes); };
    const int eventsFd = m_object->mapFd("events");
    const int criticalFd = m_object->mapFd("critical");
    auto events = RingReader::open(eventsFd, options.eventRingBytes, handler);
    auto critical = RingReader::open(criticalFd, options.criticalRingBytes, handler);
    if (!events)
        return fail(events.error());
    if (!critical)
        return fail(critical.error());
    m_events = std::move(*events);
    m_critical = std::move(*critical);
    // A ring counts as readable whenever it holds anything. Edge-triggered, only a wake-up that the programs ask for counts.
    for (const Status &status : {watch(eventsFd, EPOLLIN | EPOLLET), watch(criticalFd, EPOLLIN), watch(m_wake.get(), EPOLLIN)}) {
        if (!status)
            return status;
    }
    return {};
}

/// True when something asked for attention before the time was over.
Result<bool> KernelCollectorsImpl::wait(std::chrono::milliseconds timeout)
{
    epoll_event ready[3];
    const int count = ::epoll_wait(m_epoll.get(), ready, 3, static_cast<int>(timeout.count()));
    if (count < 0 && errno != EINTR)
        return failErrno("waiting for the kernel rings", errno);
    for (int i = 0; i < count; ++i) {
        std::uint64_t value = 0;
        if (ready[i].data.fd == m_wake.get() && ::read(m_wake.get(), &value, sizeof(value)) < 0 && errno != EAGAIN)
            return failErrno("reading the wake-up", errno);
    }
    return count != 0;
}

Result<std::size_t> KernelCollectorsImpl::drain()
{
    m_sinceClockRead = recordsPerClockRead;
    auto critical = m_critical->drain(mostPerDrain);
    if (!critical)
        return critical;
    auto events = m_events->drain(mostPerDrain);
    if (!events)
        return events;
    m_pacer.note(*critical + *events);
    return *critical + *events;
}

Result<std::size_t> KernelCollectorsImpl::poll(std::chrono::milliseconds timeout)
{
    using std::chrono::steady_clock;
    const auto deadline = steady_clock::now() + timeout;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
        const auto woken = wait(std::clamp(left, std::chrono::milliseconds(0), m_pacer.interval()));
        if (!woken)
            return fail(woken.error());
        everyHalfSecond();
        auto count = drain();
        if (!count || *count > 0 || *woken || steady_clock::now() >= deadline)
            return count;
    }
}

void KernelCollectorsImpl::everyHalfSecond()
{
    const auto now = std::chrono::steady_clock::now();
    if (now < m_halfSecondDue)
        return;
    m_halfSecondDue = now + halfSecond;
    m_object->measureRunTimes(); // first, so that it measures the rest of this turn as a whole, or not at all
    m_object->setUtcMinusBoot(m_clock.utcNs() - m_clock.bootNs());
    m_object->tellWaiting();
    if (now >= m_descriptorsDue) {
        m_descriptorsDue = now + m_descriptorsLook;
        m_object->lookAtDescriptors();
    }
    if (SslWatcher *watcher = m_object->sslWatcher())
        watcher->step();
}

void KernelCollectorsImpl::wake()
{
    const std::uint64_t one = 1;
    // Fails only when the count is at its maximum, and then a wake-up is pending anyway.
    [[maybe_unused]] const auto written = ::write(m_wake.get(), &one, sizeof(one));
}

void KernelCollectorsImpl::onRecord(std::span<const std::byte> bytes)
{
    if (m_sinceClockRead++ >= recordsPerClockRead) {
        m_nowBootNs = static_cast<std::uint64_t>(m_clock.bootNs());
        m_sinceClockRead = 0;
    }
    CounterSet &read = m_read[recordSource(bytes)];
    ++read[Counter::Drained];
    auto record = decodeRecord(bytes);
    if (!record) {
        ++read[Counter::Malformed];
        return;
    }
    record->drainedBootNs = std::max(m_nowBootNs, record->bootNs);
    if (SslWatcher *watcher = m_object->sslWatcher(); watcher != nullptr && record->event.type == wire::EventType::ProcessExec)
        watcher->sawProgram(record->event.process.pid);
    if (auto *request = std::get_if<wire::HttpRequest>(&record->event.detail))
        request->texts->route = m_routes.admit(std::move(request->texts->route), static_cast<std::int64_t>(m_nowBootNs));
    m_sink.onRecord(std::move(*record));
}

std::vector<SourceCounterSet> KernelCollectorsImpl::counters() const
{
    auto sources = readCounters(m_object->mapFd("counters"));
    if (!sources)
        return {};
    for (SourceCounterSet &source : *sources) {
        const std::uint64_t misses = m_object->recursionMisses(source.source);
        source.counters[Counter::Seen] += misses;
        source.counters[Counter::Lost] += misses;
        if (const auto read = m_read.find(source.source); read != m_read.end())
            source.counters += read->second;
    }
    if (const auto unknown = m_read.find("unknown"); unknown != m_read.end())
        sources->push_back({"unknown", unknown->second});
    return std::move(*sources);
}

Result<std::vector<CgroupHistogram>> KernelCollectorsImpl::histograms()
{
    const auto entries = m_latencies.read();
    if (!entries)
        return fail(entries.error());
    std::vector<CgroupHistogram> histograms;
    for (const FoldedMap::Entry &entry : *entries)
        histograms.push_back(toHistogram(entry, m_deviceNames));
    return histograms;
}

Result<std::vector<CgroupTcp>> KernelCollectorsImpl::tcpCounters()
{
    const auto entries = m_tcpTotals.read();
    if (!entries)
        return fail(entries.error());
    std::vector<CgroupTcp> totals;
    for (const FoldedMap::Entry &entry : *entries)
        totals.push_back(toTcp(entry));
    return totals;
}

Result<std::vector<DropCount>> KernelCollectorsImpl::packetDrops()
{
    const auto counts = readDrops(m_object->mapFd("drops"));
    if (!counts)
        return fail(counts.error());
    return toDrops(*counts, m_dropReasons);
}

} // namespace

Result<std::unique_ptr<KernelCollectors>> KernelCollectors::open(KernelOptions options, KernelRecordSink &sink)
{
    auto object = KernelObject::open(options);
    if (!object)
        return fail(object.error());
    const SystemClock clock;
    (*object)->setUtcMinusBoot(clock.utcNs() - clock.bootNs());
    auto collectors = std::make_unique<KernelCollectorsImpl>(std::move(*object), sink, options.pace);
    if (const Status status = collectors->openRings(options); !status)
        return fail(status.error());
    return collectors;
}

} // namespace tapio::agent
