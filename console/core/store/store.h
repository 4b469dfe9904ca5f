// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "console/core/store/verdict.h"
#include "protocol/base/clock.h"
#include "protocol/base/result.h"
#include "protocol/wire/message.h"

/// Everything received, in one SQLite file: columnar event chunks with zone maps, metric series in two levels, reports, agents.
/// One Writer per file (a lock file says who), any number of Readers, each on its own thread.
namespace tapio::console {

struct StoreOptions {
    std::filesystem::path file;
    std::int64_t maxBytes = 8LL << 30; ///< retention by size
    std::int64_t maxAgeNs = 7LL * 24 * 3600 * nsPerSecond;
    std::int64_t flushNs = 250 * nsPerMs;
    std::string vfs; ///< SQLite VFS name; empty = default. Tests inject faults here.
};

/// What a flush made safe.
struct FlushResult {
    std::vector<wire::ResumePoint> safe; ///< acknowledge these
    std::uint64_t events = 0;
    std::int64_t durationNs = 0;
};

struct StoreStats {
    std::int64_t fileBytes = 0;
    std::uint64_t events = 0;
    std::int64_t oldestNs = 0; ///< 0 = empty
    std::int64_t newestNs = 0;
    std::uint64_t chunks = 0;
    std::uint64_t deletedEvents = 0;           ///< by retention, since open
    std::uint64_t amendments = 0;              ///< of events' origins that came and can be read, since open; only a writer knows
    std::uint64_t amendmentsWithoutEvents = 0; ///< of those: about events that did not come, or came too long ago to say
    std::uint64_t amendmentsRefused = 0; ///< of those without events: about numbers that their node cannot have given by then; not kept
};

/// A figure that the console itself measured (latency quantiles, queue depth, query times ...): one double at one time.
/// Kept so that history shows what was seen live. Absence is "no data".
struct Figure {
    std::int64_t timeNs = 0;
    std::string name;  ///< "latency.p99", "queue.events", "api.store.p95"
    std::string label; ///< node, stage, operation; empty = all
    double value = 0;
};

/// What an operator did: the audit log behind the panel "User interactions". Append only.
struct OperatorAction {
    std::int64_t timeNs = 0;
    std::string kind;   ///< "query", "export", "command", "acknowledge", "settings" ...
    std::string detail; ///< one line, data
    std::string user;
};

/// Store thread only. Nothing is lost on an error: what could not be written stays buffered (bounded) and is tried again.
class StoreWriter {
public:
    /// Creates or opens; upgrades older versions. Errors: Busy (another writer; names its pid), NoSpace, ReadOnly, PermissionDenied,
    /// Corrupt (names what), VersionMismatch (written by a newer Tapio).
    static Result<std::unique_ptr<StoreWriter>> open(StoreOptions options, const Clock &clock);
    virtual ~StoreWriter() = default;

    /// Buffers. Errors: Busy when the bounded buffer is full (the disk is too slow or full): the caller must not acknowledge.
    virtual Status append(const wire::Delivery &delivery) = 0;
    /// Due after flushNs or 8192 events. Errors: NoSpace, Io ...: buffered data is kept.
    virtual bool flushDue() const = 0;
    virtual Result<FlushResult> flush() = 0;
    /// One bounded slice of housekeeping (merge small chunks, retention, vacuum); true = more to do. Call when idle.
    virtual Result<bool> maintain() = 0;
    /// Latest agent states and link notices, kept so that a console knows its nodes at start.
    virtual Status putAgent(const wire::AgentState &state) = 0;
    virtual Status putLinkNotice(const wire::LinkNotice &notice) = 0;
    virtual Status putFigures(const std::vector<Figure> &figures) = 0;
    virtual Status putAction(const OperatorAction &action) = 0;
    /// Errors: those of checkVerdict, and Busy when too many wait to be written.
    virtual Status putVerdict(const Verdict &verdict) = 0;
    virtual Result<std::vector<wire::ResumePoint>> resumePoints() const = 0;
    virtual Result<StoreStats> stats() const = 0;
};

struct EventQuery {
    std::int64_t fromNs = 0;       ///< inclusive
    std::int64_t toNs = INT64_MAX; ///< exclusive
    wire::EventFilter filter;
    std::string text; ///< substring of summary, comm, pod or container; case-insensitive; empty = any
    std::optional<std::uint32_t> pid;
    bool newestFirst = true;
    std::size_t limit = 200;
};

/// Identifies a stored event for ever: "e-CHUNK-ROW" in links and reports.
struct EventId {
    std::int64_t chunk = 0;
    std::uint32_t row = 0;
    auto operator<=>(const EventId &) const = default;
};

struct StoredEvent {
    EventId id;
    std::string node;
    std::uint64_t seq = 0;
    wire::Origin origin;        ///< as it is known by now
    wire::Event event;          ///< event.origin is meaningless here
    bool isAmended = false;     ///< its origin became known, or known better, after it came
    std::uint64_t streamId = 0; ///< of the node; with it `seq` names one event. 0 = not known
};

struct EventPage {
    std::vector<StoredEvent> events;
    bool more = false;               ///< continue with `next`
    EventQuery next;                 ///< the same query, moved on
    EventId nextAfter;               ///< pass to the next call
    std::uint64_t scannedEvents = 0; ///< looked at; what zone rows or an index excluded is not among them
    std::uint64_t lostEvents = 0;    ///< named losses in [fromNs, toNs): "N of M, missing because ..."
};

struct SeriesKey {
    std::string node;
    wire::Metric metric = wire::Metric::Unknown;
    wire::Origin origin;
    std::string label;
};

/// One bucket of a series: never interpolated; n = 0 means no sample, and the values are then meaningless.
struct SeriesBucket {
    std::int64_t timeNs = 0; ///< start of the bucket
    std::uint32_t n = 0;
    std::int64_t first = 0, last = 0, minimum = 0, maximum = 0;
    std::int64_t firstNs = 0, lastNs = 0;
};

struct SeriesData {
    SeriesKey key;
    std::vector<SeriesBucket> buckets;
};

struct SeriesSet {
    std::vector<SeriesData> series;
    std::uint64_t refused = 0; ///< more that had a reading in range, and are not among them
};

/// What kind of number over time a stored series is.
enum class SeriesKind : std::uint8_t { Sample, HistogramBucket, SourceCounter, RuleCounter, Figure };

/// What names a stored series; what does not belong to its kind is empty.
struct StoredSeries {
    SeriesKind kind = SeriesKind::Sample;
    std::int64_t code = 0;      ///< a wire::Metric, a wire::HistogramKind, a Counter, or the place of a field of wire::RuleCounters
    std::uint32_t bucket = 0;   ///< of a histogram
    std::string node;           ///< of all but figures
    std::uint64_t streamId = 0; ///< of counters
    wire::Origin origin;        ///< of samples and histograms
    std::string name;           ///< of a figure
    std::string label;          ///< of a sample or a figure; the source or the rule that counts
};
struct StoredReading {
    std::int64_t timeNs = 0;
    double value = 0;
};

/// Any one thread per Reader; sees what was flushed. All queries are cancellable.
class StoreReader {
public:
    /// Errors: NotFound, PermissionDenied, Corrupt (names what), VersionMismatch (written by a newer Tapio).
    static Result<std::unique_ptr<StoreReader>> open(const std::filesystem::path &file);
    virtual ~StoreReader() = default;

    /// Called on the reader's thread while events() runs, after each chunk: events passed so far, and in the query's time range.
    using Progress = std::function<void(std::uint64_t passed, std::uint64_t total)>;
    virtual void setProgress(Progress progress) = 0;

    virtual Result<EventPage> events(const EventQuery &query, std::optional<EventId> after, std::stop_token stop) const = 0;
    virtual Result<StoredEvent> event(EventId id) const = 0;
    /// Counts per bucket of `stepNs` and event type.
    struct TypeCount {
        std::int64_t timeNs;
        wire::EventType type;
        std::uint64_t count;
    };
    virtual Result<std::vector<TypeCount>> countByType(std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs,
                                                       std::stop_token stop) const = 0;
    /// All series of these metrics with a reading in range, in buckets of stepNs that begin at multiples of stepNs: those that
    /// [fromNs, toNs) touches, each whole. Steps that are multiples of a minute are answered from a coarser level, many times faster.
    /// No more than `atMost`, since each takes 64 bytes a bucket: of too many, those that were written last are kept.
    /// Errors: InvalidArgument (stepNs < 1, or more than 100,000 buckets).
    virtual Result<SeriesSet> seriesAtMost(std::size_t atMost, const std::vector<wire::Metric> &metrics, std::int64_t fromNs,
                                           std::int64_t toNs, std::int64_t stepNs, std::stop_token stop) const = 0;
    /// However many there are: for who knows that they are few.
    Result<std::vector<SeriesData>> series(const std::vector<wire::Metric> &metrics, std::int64_t fromNs, std::int64_t toNs,
                                           std::int64_t stepNs, std::stop_token stop) const;
    /// Each series of that kind that `wanted` takes and that has a reading in [fromNs, toNs): its readings by time, each time once, as they came.
    /// `take` says false: enough. In memory is one group of series at a time, and what came within the last minute.
    using WantSeries = std::function<bool(const StoredSeries &series)>;
    using TakeSeries = std::function<bool(const StoredSeries &series, const std::vector<StoredReading> &readings)>;
    virtual Status eachSeries(SeriesKind kind, const WantSeries &wanted, std::int64_t fromNs, std::int64_t toNs, const TakeSeries &take,
                              std::stop_token stop) const = 0;
    /// Counter reports in range, for rates and losses.
    struct StoredCounters {
        std::string node;
        std::uint64_t streamId;
        wire::CounterReport report;
    };
    virtual Result<std::vector<StoredCounters>> counters(std::int64_t fromNs, std::int64_t toNs, std::stop_token stop) const = 0;
    /// What engines of correlation counted: of each stream and rule the first and the last reading in each bucket of stepNs, with its own time, by that.
    /// The first bucket begins at fromNs. Where the range and its steps are whole minutes it is answered from a coarser level, many times faster.
    /// Errors: InvalidArgument (stepNs < 1, or more than 100,000 buckets).
    virtual Result<std::vector<StoredCounters>> ruleCounters(std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs,
                                                             std::stop_token stop) const = 0;
    /// Latency histograms (run queue, block I/O): the last cumulative reading in each bucket of stepNs, with its own time.
    struct StoredHistogram {
        SeriesKey key;
        wire::HistogramKind kind;
        std::int64_t timeNs;
        std::array<std::uint64_t, wire::histogramBuckets> counts;
    };
    virtual Result<std::vector<StoredHistogram>> histograms(wire::HistogramKind kind, std::int64_t fromNs, std::int64_t toNs,
                                                            std::int64_t stepNs, std::stop_token stop) const = 0;
    /// Figures whose name begins with `prefix`, oldest first; at most one per name, label and bucket of stepNs (its last, with its own time).
    virtual Result<std::vector<Figure>> figures(const std::string &prefix, std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs,
                                                std::stop_token stop) const = 0;
    /// As figures(), and before the last of a bucket its smallest and its largest, with the last's time: for names that are never negative.
    virtual Result<std::vector<Figure>> figureExtremes(const std::string &prefix, std::int64_t fromNs, std::int64_t toNs,
                                                       std::int64_t stepNs, std::stop_token stop) const = 0;
    virtual Result<std::vector<OperatorAction>> actions(std::int64_t fromNs, std::int64_t toNs) const = 0;
    /// The `atMost` verdicts that were stored last, oldest first.
    virtual Result<std::vector<Verdict>> verdicts(std::size_t atMost) const = 0;
    virtual Result<std::vector<wire::LinkNotice>> linkNotices(std::int64_t fromNs, std::int64_t toNs) const = 0;
    virtual Result<std::vector<wire::HookReport>> hookReports(const std::string &node) const = 0; ///< the last of each stream
    virtual Result<std::vector<wire::AgentState>> agents() const = 0;
    virtual Result<StoreStats> stats() const = 0;
};

} // namespace tapio::console
