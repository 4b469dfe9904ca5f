// SPDX-License-Identifier: GPL-3.0-or-later
#include <bit>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "console/core/store/amendmentwriter.h"
#include "console/core/store/eventmerger.h"
#include "console/core/store/lockfile.h"
#include "console/core/store/reportwriter.h"
#include "console/core/store/retention.h"
#include "console/core/store/schema.h"
#include "console/core/store/seriesmerger.h"
#include "console/core/store/stats.h"
#include "console/core/store/store.h"

namespace tapio::console {

namespace {

/// What may wait in memory while the disk is slow or full.
constexpr std::size_t bufferLimit = 64u << 20;

/// A store holds command lines: for its owner only. SQLite gives its side files the same mode.
Status createPrivately(const std::filesystem::path &file)
{
    const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        const int errnum = errno;
        return failErrno("store '" + file.string() + "' cannot be opened for writing", errnum);
    }
    close(descriptor);
    return {};
}

class Writer final : public StoreWriter {
public:
    Writer(StoreOptions options, const Clock &clock, std::unique_ptr<LockFile> lock, std::unique_ptr<Database> database)
        : m_options(std::move(options)), m_clock(clock), m_lock(std::move(lock)), m_database(std::move(database)), m_catalog(*m_database),
          m_events(*m_database, m_compressor), m_amendments(*m_database), m_series(*m_database, m_compressor, m_decompressor),
          m_reports(*m_database), m_eventMerger(*m_database, m_compressor, m_decompressor, m_events),
          m_seriesMerger(*m_database, m_compressor, m_decompressor),
          m_retention(*m_database, {m_options.maxBytes, m_options.maxAgeNs}, m_events)
    {}

    Status load()
    {
        Status status = m_catalog.load();
        if (status)
            status = m_events.load();
        if (status)
            status = m_series.load(m_clock.bootNs());
        if (status)
            status = m_reports.load();
        if (status)
            status = m_seriesMerger.load();
        return status;
    }

    Status append(const wire::Delivery &delivery) override
    {
        if (m_events.bufferedBytes() + m_series.bufferedBytes() + m_amendments.bufferedBytes() >= bufferLimit)
            return fail(Errc::Busy, "store '" + m_options.file.string() + "' cannot be written as fast as data comes: its buffer is full");
        Catalog::Stream &stream = m_catalog.stream(delivery.node, delivery.frame.streamId);
        if (delivery.frame.frameSeq <= stream.taken)
            return {}; // sent again after a reconnect: it is already here
        stream.whole = stream.whole || delivery.frame.frameSeq == 1;
        Status status = std::visit([&](const auto &body) { return take(stream, delivery.frame, body); }, delivery.frame.body);
        if (!status)
            return status;
        stream.taken = delivery.frame.frameSeq;
        stream.seenNs = m_clock.utcNs();
        stream.dirty = true;
        noteBuffered();
        return {};
    }

    bool flushDue() const override
    {
        return m_firstBufferedNs && (m_events.chunkFull() || m_clock.bootNs() - *m_firstBufferedNs >= m_options.flushNs);
    }

    Result<FlushResult> flush() override;

    Result<bool> maintain() override;

    Status putAgent(const wire::AgentState &state) override
    {
        const Catalog::Stream *stream = state.streamId != 0 ? &m_catalog.stream(state.node, state.streamId) : nullptr;
        Status status = m_reports.putAgent(stream, m_catalog.node(state.node), state, m_clock.utcNs());
        noteBuffered();
        return status;
    }

    Status putLinkNotice(const wire::LinkNotice &notice) override
    {
        noteBuffered();
        return m_reports.putNotice(notice);
    }

    Status putFigures(const std::vector<Figure> &figures) override
    {
        if (m_series.bufferedBytes() >= bufferLimit)
            return fail(Errc::Busy, "store '" + m_options.file.string() + "' cannot be written: its buffer is full");
        for (const Figure &figure : figures) {
            const SeriesId id{SeriesClass::Figure, 0, 0, 0, figure.name + '\0' + figure.label};
            if (Status status = m_series.push(id, 0, figure.timeNs, std::bit_cast<std::int64_t>(figure.value)); !status)
                return status;
        }
        noteBuffered();
        return {};
    }

    Status putAction(const OperatorAction &action) override
    {
        noteBuffered();
        return m_reports.putAction(action);
    }

    Status putVerdict(const Verdict &verdict) override
    {
        noteBuffered();
        return m_reports.putVerdict(verdict);
    }

    Result<std::vector<wire::ResumePoint>> resumePoints() const override { return m_catalog.resumePoints(); }

    Result<StoreStats> stats() const override
    {
        Result<StoreStats> stats = readStats(*m_database);
        if (stats) {
            stats->deletedEvents = m_retention.deletedEvents();
            stats->amendments = m_amendments.totals().all;
            stats->amendmentsWithoutEvents = m_amendments.totals().withoutEvents;
            stats->amendmentsRefused = m_amendments.totals().refused;
        }
        return stats;
    }

private:
    Status take(Catalog::Stream &stream, const wire::Frame &, const wire::EventBatch &batch);
    Status take(Catalog::Stream &stream, const wire::Frame &, const wire::SampleBatch &batch);
    Status take(Catalog::Stream &stream, const wire::Frame &, const wire::CounterReport &report);
    Status take(Catalog::Stream &stream, const wire::Frame &frame, const wire::HookReport &report)
    {
        m_reports.putHooks(stream, frame, report);
        return {};
    }
    Result<std::vector<Catalog::Origin>> originsOf(const std::vector<wire::Origin> &origins);
    Status writeAll();
    Result<bool> sweepNames();
    void noteBuffered()
    {
        if (!m_firstBufferedNs)
            m_firstBufferedNs = m_clock.bootNs();
    }

    StoreOptions m_options;
    const Clock &m_clock;
    std::unique_ptr<LockFile> m_lock;
    std::unique_ptr<Database> m_database;
    Compressor m_compressor;
    Decompressor m_decompressor;
    Catalog m_catalog;
    EventWriter m_events;
    AmendmentWriter m_amendments;
    SeriesWriter m_series;
    ReportWriter m_reports;
    EventMerger m_eventMerger;
    SeriesMerger m_seriesMerger;
    Retention m_retention;
    std::optional<std::int64_t> m_firstBufferedNs; ///< boot time
    std::size_t m_turn = 0;                        ///< of the kinds of housekeeping
};

Result<std::vector<Catalog::Origin>> Writer::originsOf(const std::vector<wire::Origin> &origins)
{
    std::vector<Catalog::Origin> ids;
    const std::int64_t nowNs = m_clock.utcNs();
    for (const wire::Origin &origin : origins) {
        const Result<Catalog::Origin> id = m_catalog.origin(origin, nowNs);
        if (!id)
            return fail(id.error());
        ids.push_back(*id);
    }
    return ids;
}

Status Writer::take(Catalog::Stream &stream, const wire::Frame &, const wire::EventBatch &batch)
{
    const Result<std::vector<Catalog::Origin>> origins = originsOf(batch.origins);
    if (!origins)
        return fail(origins.error());
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
        const wire::Event &event = batch.events[i];
        const std::int64_t origin = event.origin < origins->size() ? (*origins)[event.origin].id : 0;
        m_events.push({stream.id, batch.seqOf(i), origin}, event);
    }
    if (!stream.sinceSeq)
        stream.sinceSeq = batch.firstSeq;
    m_amendments.take(stream.id, *stream.sinceSeq, batch, *origins);
    return {};
}

Status Writer::take(Catalog::Stream &stream, const wire::Frame &, const wire::SampleBatch &batch)
{
    const Result<std::vector<Catalog::Origin>> origins = originsOf(batch.origins);
    if (!origins)
        return fail(origins.error());
    static const Catalog::Origin nowhere;
    const auto originAt = [&](std::uint32_t i) -> const Catalog::Origin & { return i < origins->size() ? (*origins)[i] : nowhere; };
    const auto labelAt = [&](std::uint32_t i) { return i < batch.labels.size() ? batch.labels[i] : std::string(); };
    for (const wire::Sample &sample : batch.samples) {
        const Catalog::Origin &origin = originAt(sample.origin);
        const SeriesId id{SeriesClass::Sample, stream.node, static_cast<std::int64_t>(sample.metric), origin.place, labelAt(sample.label)};
        if (Status status = m_series.push(id, origin.id, batch.timeNs, sample.value); !status)
            return status;
    }
    for (const wire::Histogram &histogram : batch.histograms) {
        const Catalog::Origin &origin = originAt(histogram.origin);
        for (std::size_t bucket = 0; bucket < histogram.counts.size(); ++bucket) {
            const SeriesId id{SeriesClass::Histogram, stream.node, histogramCode(histogram.kind, bucket), origin.place,
                              labelAt(histogram.label)};
            if (Status status = m_series.push(id, origin.id, batch.timeNs, static_cast<std::int64_t>(histogram.counts[bucket])); !status)
                return status;
        }
    }
    return {};
}

Status Writer::take(Catalog::Stream &stream, const wire::Frame &, const wire::CounterReport &report)
{
    m_reports.putCounters(stream, report);
    for (const wire::SourceCounters &source : report.sources) {
        for (std::size_t i = 0; i < counterCount; ++i) {
            const SeriesId id{SeriesClass::Counter, stream.id, sourceCounterCode, static_cast<std::int64_t>(i), source.source};
            const auto value = static_cast<std::int64_t>(source.counters[static_cast<Counter>(i)]);
            if (Status status = m_series.push(id, 0, report.timeNs, value); !status)
                return status;
        }
    }
    for (const wire::RuleCounters &rule : report.rules) {
        for (std::size_t i = 0; i < wire::RuleCounters::fieldCount; ++i) {
            const SeriesId id{SeriesClass::Counter, stream.id, ruleCounterCode, static_cast<std::int64_t>(i), rule.rule};
            const auto value = static_cast<std::int64_t>(rule.*wire::RuleCounters::fields[i]);
            if (Status status = m_series.push(id, 0, report.timeNs, value); !status)
                return status;
        }
    }
    return {};
}

Status Writer::writeAll()
{
    const std::int64_t nowNs = m_clock.utcNs();
    Transaction transaction(*m_database);
    Status status = transaction.begin();
    if (status)
        status = m_catalog.write();
    if (status)
        status = m_events.write(nowNs);
    if (status)
        status = m_amendments.write(m_events.nextEvent() + static_cast<std::int64_t>(m_events.bufferedEvents()));
    if (status)
        status = m_series.write(nowNs, m_clock.bootNs());
    if (status)
        status = m_reports.write();
    if (status)
        status = transaction.commit();
    return status;
}

Result<bool> Writer::sweepNames()
{
    if (m_firstBufferedNs)
        return false;
    const Result<std::int64_t> before = m_retention.sweepNames(m_clock.utcNs());
    if (!before)
        return fail(before.error());
    if (*before == INT64_MIN)
        return false;
    m_catalog.forgetBefore(*before);
    m_series.forget();
    return true;
}

Result<bool> Writer::maintain()
{
    if (Status status = m_seriesMerger.note(m_series.takeClosedGroups()); !status)
        return fail(status.error());
    // In turns, so that none starves another.
    for (std::size_t i = 0; i < 6; ++i) {
        Result<bool> did = false;
        switch (m_turn++ % 6) {
        case 0: did = m_retention.removeSlice(m_clock.utcNs()); break;
        case 1: did = m_eventMerger.mergeSlice(); break;
        case 2: did = m_seriesMerger.slice(); break;
        case 3: did = m_eventMerger.indexSlice(); break;
        case 4: did = m_retention.vacuumSlice(); break;
        default: did = sweepNames(); break;
        }
        if (!did || *did)
            return did;
    }
    return false;
}

Result<FlushResult> Writer::flush()
{
    const std::int64_t begin = m_clock.bootNs();
    FlushResult result;
    if (!m_firstBufferedNs)
        return result;
    if (Status status = writeAll(); !status) {
        m_events.rolledBack();
        m_series.rolledBack();
        return fail(status.error());
    }
    result.safe = m_catalog.movedPoints();
    result.events = m_events.bufferedEvents();
    m_catalog.committed();
    m_events.committed();
    m_amendments.committed();
    m_series.committed(begin);
    m_reports.committed();
    m_firstBufferedNs.reset();
    result.durationNs = m_clock.bootNs() - begin;
    return result;
}

} // namespace

Result<std::unique_ptr<StoreWriter>> StoreWriter::open(StoreOptions options, const Clock &clock)
{
    std::error_code error;
    if (options.file.has_parent_path())
        std::filesystem::create_directories(options.file.parent_path(), error);
    if (error)
        return failErrno("the folder of store '" + options.file.string() + "' cannot be made", error.value());
    Result<std::unique_ptr<LockFile>> lock = LockFile::take(options.file);
    if (!lock)
        return fail(lock.error());
    if (Status status = createPrivately(options.file); !status)
        return fail(status.error());
    Result<std::unique_ptr<Database>> database = Database::open(options.file, Database::Mode::ReadWrite, options.vfs);
    if (!database)
        return fail(database.error());
    if (Status status = prepareForWriting(**database, clock.utcNs()); !status)
        return fail(status.error());
    auto writer = std::make_unique<Writer>(std::move(options), clock, std::move(*lock), std::move(*database));
    if (Status status = writer->load(); !status)
        return fail(status.error());
    return writer;
}

} // namespace tapio::console
