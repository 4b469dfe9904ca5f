// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/desktopnotes.h"

#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QVariantMap>

#include <utility>

namespace tapio::console {

namespace {

const QString service = QStringLiteral("org.freedesktop.Notifications"), path = QStringLiteral("/org/freedesktop/Notifications");
constexpr uchar normal = 1, critical = 2; // of the specification's table of urgency
constexpr int asLongAsUsual = -1;

QDBusMessage call(const QString &method) { return QDBusMessage::createMethodCall(service, path, service, method); }

} // namespace

DBusNotes::DBusNotes(std::function<QDBusConnection()> bus, QObject *parent) : NoteService(parent), m_connect(std::move(bus)) {}

/// Where there is none it is looked for again with the next note.
QDBusConnection &DBusNotes::bus()
{
    if (!m_bus || !m_bus->isConnected()) {
        m_bus = m_connect();
        m_bus->connect(service, path, service, QStringLiteral("ActionInvoked"), this, SLOT(onAction(uint, QString)));
    }
    return *m_bus;
}

void DBusNotes::show(const DesktopNote &note)
{
    if (!bus().isConnected()) {
        emit answered(tr("there is no session bus: %1").arg(m_bus->lastError().message()));
        return;
    }
    m_asked ? send(note) : askForMarkup(note);
}

/// Some take the text for markup: an insight's words are foreign, and must not be.
void DBusNotes::askForMarkup(const DesktopNote &note)
{
    auto *watcher = new QDBusPendingCallWatcher(m_bus->asyncCall(call(QStringLiteral("GetCapabilities"))), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher, note] {
        const QDBusPendingReply<QStringList> reply = *watcher;
        watcher->deleteLater();
        if (reply.isError()) {
            emit answered(reply.error().message());
            return;
        }
        m_asked = true;
        m_hasMarkup = reply.value().contains(QStringLiteral("body-markup"));
        send(note);
    });
}

void DBusNotes::send(const DesktopNote &note)
{
    QDBusMessage message = call(QStringLiteral("Notify"));
    const QStringList actions{QStringLiteral("default"), tr("Show")};
    const QVariantMap hints{{QStringLiteral("urgency"), QVariant::fromValue(note.isUrgent ? critical : normal)},
                            {QStringLiteral("desktop-entry"), QStringLiteral("tapio-console")}};
    message << QStringLiteral("Tapio") << m_id << QStringLiteral("tapio-console") << note.title
            << (m_hasMarkup ? note.body.toHtmlEscaped() : note.body) << actions << hints << asLongAsUsual;
    auto *watcher = new QDBusPendingCallWatcher(m_bus->asyncCall(message), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher] {
        const QDBusPendingReply<uint> reply = *watcher;
        watcher->deleteLater();
        if (!reply.isError())
            m_id = reply.value();
        m_asked = !reply.isError(); // another service may be there next time
        emit answered(reply.isError() ? reply.error().message() : QString());
    });
}

void DBusNotes::onAction(uint id, const QString &action)
{
    if (id == m_id && action == QLatin1String("default"))
        emit activated();
}

} // namespace tapio::console
