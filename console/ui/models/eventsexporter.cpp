// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/eventsexporter.h"

#include <QSaveFile>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "console/core/metrics/export.h"
#include "console/ui/models/eventsfeed.h"

namespace tapio::console {

/// The file while it grows. One writer at a time: a page is handed over only after the one before was written.
struct EventsExporter::Sink {
    Sink(const QString &path, EventFileFormat chosen) : file(path), format(chosen) {}
    QSaveFile file;
    EventFileFormat format;

    /// Empty, or what went wrong.
    QString write(const std::vector<StoredEvent> &events, bool first, bool last)
    {
        if (first && !file.open(QIODevice::WriteOnly))
            return file.errorString();
        std::ostringstream text;
        if (first && format == EventFileFormat::Csv)
            writeCsvHeader(text);
        for (const StoredEvent &event : events) {
            if (format == EventFileFormat::Csv)
                writeCsv(text, event);
            else
                text << eventJson(event).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
        }
        const std::string bytes = text.str();
        if (file.write(bytes.data(), static_cast<qint64>(bytes.size())) != static_cast<qint64>(bytes.size()) || (last && !file.commit()))
            return file.errorString();
        return {};
    }
};

EventsExporter::EventsExporter(Session &session, QObject *parent) : QObject(parent), m_session(session)
{
    m_writer.setMaxThreadCount(1);
    connect(&session, &Session::eventsReady, this, [this](int slot, quint64 id, const EventPage &page) {
        if (slot == queryslot::exportEvents && id == m_id && m_running)
            onPage(page);
    });
    connect(&session, &Session::eventsFailed, this, [this](int slot, quint64 id, const QString &error) {
        if (slot == queryslot::exportEvents && id == m_id && m_running)
            stop(error);
    });
}

EventsExporter::~EventsExporter()
{
    cancel();
    m_writer.waitForDone();
}

void EventsExporter::start(const EventQuery &query, const QString &file, EventFileFormat format)
{
    cancel();
    m_query = query;
    m_query.limit = pageSize;
    m_sink = std::make_shared<Sink>(file, format);
    m_running = true;
    m_written = m_pageCount = 0;
    m_progress = 0;
    ask(m_query, beforeFirst(m_query)); // the action is the export, and whoever starts it records that
    emit advanced();
}

void EventsExporter::ask(const EventQuery &query, std::optional<EventId> after)
{
    m_id = m_session.queryEvents(queryslot::exportEvents, query, after);
}

void EventsExporter::onPage(const EventPage &page)
{
    m_more = page.more;
    m_next = page.next;
    m_nextAfter = page.nextAfter;
    if (!page.events.empty()) {
        const auto whole = static_cast<double>(m_query.toNs - m_query.fromNs);
        const std::int64_t at = page.events.back().event.timeNs;
        m_progress = whole <= 0
                         ? 1.0
                         : std::clamp(static_cast<double>(m_query.newestFirst ? m_query.toNs - at : at - m_query.fromNs) / whole, 0.0, 1.0);
    }
    m_writer.start([this, sink = m_sink, events = page.events, first = m_pageCount == 0, last = !page.more] {
        const QString error = sink->write(events, first, last);
        // The destructor waits for this function, so `this` lives; a cancelled export has another sink by then.
        QMetaObject::invokeMethod(
            this,
            [this, sink, error, count = events.size()] {
                if (sink != m_sink)
                    return;
                m_written += count;
                onWritten(error);
            },
            Qt::QueuedConnection);
    });
    ++m_pageCount;
}

void EventsExporter::onWritten(const QString &error)
{
    if (!error.isEmpty()) {
        stop(error);
        return;
    }
    emit advanced();
    if (m_more) {
        ask(m_next, m_nextAfter);
        return;
    }
    m_running = false;
    const QString file = m_sink->file.fileName();
    m_sink.reset();
    emit finished(file, m_written);
}

void EventsExporter::cancel()
{
    if (!m_running)
        return;
    m_running = false;
    m_session.cancelQuery(queryslot::exportEvents);
    m_sink.reset(); // a QSaveFile that is not committed removes what it wrote
    emit advanced();
}

void EventsExporter::stop(const QString &reason)
{
    const QString file = m_sink->file.fileName();
    cancel();
    emit failed(file, reason);
}

} // namespace tapio::console
