// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/headless.h"

#include <QImage>
#include <QSaveFile>

#include <ostream>

#include "console/core/session/status.h"
#include "console/ui/widgets/format.h"

namespace tapio::console {

namespace {

constexpr int secondsBetweenLines = 5, secondsBetweenPictures = 10, secondsToSettle = 5;
const QLocale english(QLocale::English, QLocale::UnitedStates);

QString plain(QString text) { return text.replace(QChar(0x00A0), QLatin1Char(' ')); }

} // namespace

Headless::Headless(const LaunchOptions &options, const Session &session, MainWindow &window, const Clock &clock, Streams streams)
    : m_options(options), m_session(session), m_window(window), m_clock(clock), m_out(streams.out), m_errors(streams.errors)
{
    m_second.setInterval(1000);
    connect(&m_second, &QTimer::timeout, this, &Headless::tick);
    m_second.start();
    const LinkSummary link = session.link();
    m_out << (link.embedded ? "listening on " : "connecting to ") << link.endpoint.toStdString() << " in mutual TLS 1.3; Ctrl-C leaves"
          << std::endl;
}

QString Headless::statusLine() const
{
    const LinkSummary link = m_session.link();
    QStringList parts{timeText(m_clock.utcNs(), TimeStyle::DateSecond, QTimeZone::utc()) + QStringLiteral(" UTC")};
    parts << (link.up                ? QStringLiteral("agents %1 of %2").arg(link.agentsConnected).arg(link.agentsKnown)
              : link.error.isEmpty() ? QStringLiteral("no link")
                                     : QStringLiteral("no link: ") + link.error);
    const PanelSnapshot &events = m_session.overview().panels[static_cast<std::size_t>(PanelId::EventsProcessed)];
    parts << (events.value ? plain(quantity(events.value->value, events.value->unit, english).text())
                           : QStringLiteral("events/s: no data"));
    std::uint64_t lost = 0;
    for (const LossBand &band : events.losses)
        lost += band.lost;
    if (lost > 0)
        parts << QStringLiteral("%1 lost in %2").arg(exactCount(lost, english), plain(durationText(events.toNs - events.fromNs, english)));
    if (const auto stats = m_session.storeStats())
        parts << QStringLiteral("%1 events stored, %2")
                     .arg(exactCount(stats->events, english), plain(bytesText(static_cast<double>(stats->fileBytes), english)));
    if (!m_session.storeError().isEmpty())
        parts << QStringLiteral("store fails: ") + m_session.storeError();
    return parts.join(QStringLiteral(" | "));
}

void Headless::tick()
{
    ++m_seconds;
    if (m_seconds % secondsBetweenLines == 1)
        m_out << statusLine().toStdString() << std::endl;
    if (m_seconds == secondsToSettle)
        m_out << statusBlock(m_session) << std::flush;
    const bool settled = m_window.currentPage() && m_window.currentPage()->settled();
    if (!m_options.snapshot.empty() && (m_pictured ? m_seconds % secondsBetweenPictures == 0 : settled || m_seconds >= secondsToSettle))
        writeSnapshot();
    if (m_options.seconds && m_seconds >= *m_options.seconds)
        emit timeUp();
}

bool Headless::writeSnapshot()
{
    const QString path = QString::fromStdString(m_options.snapshot.string());
    QSaveFile file(path); // a reader never sees half a picture
    if (!file.open(QIODevice::WriteOnly) || !m_window.grab().save(&file, "PNG") || !file.commit()) {
        if (file.errorString() != m_pictureError) // it is tried again each second
            m_errors << "tapio-console: the picture " << path.toStdString() << " cannot be written: " << file.errorString().toStdString()
                     << std::endl;
        m_pictureError = file.errorString();
        return false;
    }
    m_pictureError.clear();
    if (!m_pictured)
        m_out << "picture of the Overview: " << path.toStdString() << std::endl;
    m_pictured = true;
    return true;
}

bool Headless::finish()
{
    m_second.stop();
    const bool written = m_options.snapshot.empty() || writeSnapshot();
    m_out << statusBlock(m_session) << std::flush;
    return written;
}

} // namespace tapio::console
