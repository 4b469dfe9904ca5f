// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDBusConnection>
#include <QObject>

#include <functional>
#include <optional>

namespace tapio::console {

/// Plain text, as much as a desktop shows of it.
struct DesktopNote {
    QString title, body;
    bool isUrgent = false; ///< stays until somebody has seen it
    bool operator==(const DesktopNote &) const = default;
};

/// Shows notes on the desktop. GUI thread; does not block.
class NoteService : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;
    /// In the place of the one before, if that is still there.
    virtual void show(const DesktopNote &note) = 0;

signals:
    void activated();                      ///< somebody clicked the note
    void answered(const QString &problem); ///< to the last show(): empty = it is shown
};

/// By the desktop's own service (Desktop Notifications Specification 1.2, org.freedesktop.Notifications).
class DBusNotes : public NoteService {
    Q_OBJECT
public:
    /// `bus` is asked for when the first note is shown: until then nothing is connected to.
    explicit DBusNotes(std::function<QDBusConnection()> bus, QObject *parent = nullptr);

    void show(const DesktopNote &note) override;

private slots:
    void onAction(uint id, const QString &action);

private:
    void send(const DesktopNote &note);
    void askForMarkup(const DesktopNote &note);

    QDBusConnection &bus();

    const std::function<QDBusConnection()> m_connect;
    std::optional<QDBusConnection> m_bus;
    uint m_id = 0; ///< of the note that is shown; 0 = none
    bool m_asked = false, m_hasMarkup = false;
};

} // namespace tapio::console
