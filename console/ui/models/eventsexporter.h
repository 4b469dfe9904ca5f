// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QThreadPool>

#include <memory>

#include "console/core/session/session.h"

namespace tapio::console {

enum class EventFileFormat { JsonLines, Csv };

/// Writes all events of a query into a file, page by page: reading on the session's job, formatting and writing on a thread of
/// its own. The file appears whole at the end, or not at all. GUI thread; the session outlives it.
class EventsExporter : public QObject {
    Q_OBJECT
public:
    static constexpr std::size_t pageSize = 2000;

    explicit EventsExporter(Session &session, QObject *parent = nullptr);
    ~EventsExporter() override; ///< gives up what is not finished

    /// `query` with its range and order; oldest first reads best in a file, but the caller chooses.
    void start(const EventQuery &query, const QString &file, EventFileFormat format);
    void cancel(); ///< leaves no file
    bool running() const { return m_running; }
    std::uint64_t written() const { return m_written; }
    /// How much of the range has been passed, 0 to 1; the number of events to come is not known before.
    double progress() const { return m_progress; }

signals:
    void advanced();
    void finished(const QString &file, quint64 events);
    void failed(const QString &file, const QString &reason);

private:
    struct Sink;
    void ask(const EventQuery &query, std::optional<EventId> after);
    void onPage(const EventPage &page);
    void onWritten(const QString &error);
    void stop(const QString &reason);

    Session &m_session;
    QThreadPool m_writer;
    std::shared_ptr<Sink> m_sink;
    EventQuery m_query, m_next;
    EventId m_nextAfter;
    bool m_running = false, m_more = false;
    quint64 m_id = 0;
    std::uint64_t m_written = 0, m_pageCount = 0;
    double m_progress = 0;
};

} // namespace tapio::console
