// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "console/core/store/eventreader.h"
#include "console/core/store/schema.h"
#include "console/core/store/seriesreader.h"
#include "console/core/store/stats.h"
#include "console/core/store/store.h"
#include "console/core/store/verdicttable.h"
#include "protocol/wire/codec.h"

namespace tapio::console {

namespace {

/// Each query runs in one read transaction: it sees one state of the file, however long it takes and whatever is written meanwhile.
class Reader final : public StoreReader {
public:
    explicit Reader(std::unique_ptr<Database> database)
        : m_database(std::move(database)), m_names(*m_database), m_events(*m_database, m_decompressor, m_names),
          m_series(*m_database, m_decompressor, m_names)
    {}

    void setProgress(Progress progress) override { m_progress = std::move(progress); }

    Result<EventPage> events(const EventQuery &query, std::optional<EventId> after, std::stop_token stop) const override
    {
        return snapshot([&] { return m_events.page(query, after, std::move(stop), m_progress); });
    }
    Result<StoredEvent> event(EventId id) const override
    {
        return snapshot([&] { return m_events.event(id); });
    }
    Result<std::vector<TypeCount>> countByType(std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs,
                                               std::stop_token stop) const override
    {
        return snapshot([&] { return m_events.countByType(fromNs, toNs, stepNs, std::move(stop)); });
    }
    Result<SeriesSet> seriesAtMost(std::size_t atMost, const std::vector<wire::Metric> &metrics, std::int64_t fromNs, std::int64_t toNs,
                                   std::int64_t stepNs, std::stop_token stop) const override
    {
        return snapshot([&] { return m_series.series(atMost, metrics, fromNs, toNs, stepNs, std::move(stop)); });
    }
    Status eachSeries(SeriesKind kind, const WantSeries &wanted, std::int64_t fromNs, std::int64_t toNs, const TakeSeries &take,
                      std::stop_token stop) const override
    {
        return snapshot([&] { return m_series.eachSeries(kind, wanted, fromNs, toNs, take, std::move(stop)); });
    }
    Result<std::vector<StoredCounters>> counters(std::int64_t fromNs, std::int64_t toNs, std::stop_token stop) const override
    {
        return snapshot([&] { return m_series.counters(fromNs, toNs, std::move(stop)); });
    }
    Result<std::vector<StoredCounters>> ruleCounters(std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs,
                                                     std::stop_token stop) const override
    {
        return snapshot([&] { return m_series.ruleCounters(fromNs, toNs, stepNs, std::move(stop)); });
    }
    Result<std::vector<StoredHistogram>> histograms(wire::HistogramKind kind, std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs,
                                                    std::stop_token stop) const override
    {
        return snapshot([&] { return m_series.histograms(kind, fromNs, toNs, stepNs, std::move(stop)); });
    }
    Result<std::vector<Figure>> figures(const std::string &prefix, std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs,
                                        std::stop_token stop) const override
    {
        return snapshot([&] { return m_series.figures(prefix, fromNs, toNs, stepNs, false, std::move(stop)); });
    }
    Result<std::vector<Figure>> figureExtremes(const std::string &prefix, std::int64_t fromNs, std::int64_t toNs, std::int64_t stepNs,
                                               std::stop_token stop) const override
    {
        return snapshot([&] { return m_series.figures(prefix, fromNs, toNs, stepNs, true, std::move(stop)); });
    }
    Result<std::vector<OperatorAction>> actions(std::int64_t fromNs, std::int64_t toNs) const override;
    Result<std::vector<Verdict>> verdicts(std::size_t atMost) const override
    {
        return snapshot([&] { return readVerdicts(*m_database, atMost); });
    }
    Result<std::vector<wire::LinkNotice>> linkNotices(std::int64_t fromNs, std::int64_t toNs) const override;
    Result<std::vector<wire::HookReport>> hookReports(const std::string &node) const override;
    Result<std::vector<wire::AgentState>> agents() const override;
    Result<StoreStats> stats() const override
    {
        return snapshot([&] { return readStats(*m_database); });
    }

private:
    /// Runs `query` in a read transaction; Query returns a Result.
    template <typename Query> auto snapshot(Query &&query) const -> decltype(query())
    {
        Transaction transaction(*m_database);
        if (Status status = transaction.begin(Transaction::Kind::Read); !status)
            return fail(status.error());
        return query();
    }
    /// All rows of a statement with one blob column, decoded as messages of type T.
    template <typename T> Result<std::vector<T>> messages(Statement &query) const;

    std::unique_ptr<Database> m_database;
    // Queries are const for callers; caches and the connection change. One thread uses a reader.
    mutable Decompressor m_decompressor;
    mutable NameLookup m_names;
    mutable EventReader m_events;
    mutable SeriesReader m_series;
    Progress m_progress;
};

template <typename T> Result<std::vector<T>> Reader::messages(Statement &query) const
{
    std::vector<T> out;
    Result<bool> row = query.step();
    for (; row && *row; row = query.step()) {
        const BlobView data = query.blob(0);
        Result<wire::Message> message = wire::decode(std::as_bytes(data));
        T *value = message ? std::get_if<T>(&*message) : nullptr;
        if (value == nullptr)
            return fail(Errc::Corrupt, "store '" + m_database->file().string() + "': a kept message is damaged"
                                           + (message ? "" : ": " + message.error().context()));
        out.push_back(std::move(*value));
    }
    if (!row)
        return fail(row.error());
    return out;
}

Result<std::vector<OperatorAction>> Reader::actions(std::int64_t fromNs, std::int64_t toNs) const
{
    Statement query = m_database->statement("SELECT t, kind, detail, user FROM action WHERE t >= ?1 AND t < ?2 ORDER BY t, id");
    query.bind(fromNs, toNs);
    std::vector<OperatorAction> out;
    Result<bool> row = query.step();
    for (; row && *row; row = query.step())
        out.push_back({query.integer(0), query.text(1), query.text(2), query.text(3)});
    if (!row)
        return fail(row.error());
    return out;
}

Result<std::vector<wire::LinkNotice>> Reader::linkNotices(std::int64_t fromNs, std::int64_t toNs) const
{
    Statement query = m_database->statement("SELECT data FROM link_notice WHERE t >= ?1 AND t < ?2 ORDER BY t, id");
    query.bind(fromNs, toNs);
    return messages<wire::LinkNotice>(query);
}

Result<std::vector<wire::HookReport>> Reader::hookReports(const std::string &node) const
{
    Statement query = m_database->statement("SELECT h.data FROM hook_report h JOIN stream s ON s.id = h.stream JOIN node n ON n.id = s.node"
                                            " WHERE n.name=?1 ORDER BY h.t");
    query.bind(node);
    const Result<std::vector<wire::Frame>> frames = messages<wire::Frame>(query);
    if (!frames)
        return fail(frames.error());
    std::vector<wire::HookReport> out;
    for (const wire::Frame &frame : *frames) {
        if (const auto *report = std::get_if<wire::HookReport>(&frame.body))
            out.push_back(*report);
    }
    return out;
}

Result<std::vector<wire::AgentState>> Reader::agents() const
{
    Statement query = m_database->statement("SELECT data FROM agent ORDER BY node");
    return messages<wire::AgentState>(query);
}

} // namespace

Result<std::vector<SeriesData>> StoreReader::series(const std::vector<wire::Metric> &metrics, std::int64_t fromNs, std::int64_t toNs,
                                                    std::int64_t stepNs, std::stop_token stop) const
{
    Result<SeriesSet> all = seriesAtMost(SIZE_MAX, metrics, fromNs, toNs, stepNs, std::move(stop));
    if (!all)
        return fail(all.error());
    return std::move(all->series);
}

Result<std::unique_ptr<StoreReader>> StoreReader::open(const std::filesystem::path &file)
{
    Result<std::unique_ptr<Database>> database = openForReading(file);
    if (!database)
        return fail(database.error());
    return std::make_unique<Reader>(std::move(*database));
}

} // namespace tapio::console
