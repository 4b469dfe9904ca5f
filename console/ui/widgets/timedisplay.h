// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QTimeZone>

#include "console/ui/widgets/format.h"

namespace tapio::console {

/// UTC or local time, chosen once for the whole window. GUI thread; handed down by reference.
class TimeDisplay : public QObject {
    Q_OBJECT
public:
    explicit TimeDisplay(const QTimeZone &local = QTimeZone::systemTimeZone(), QObject *parent = nullptr) : QObject(parent), m_local(local)
    {}

    bool isUtc() const { return m_utc; }
    void setUtc(bool utc)
    {
        if (m_utc == utc)
            return;
        m_utc = utc;
        emit changed();
    }
    QTimeZone zone() const { return m_utc ? QTimeZone::utc() : m_local; }
    QTimeZone localZone() const { return m_local; }

    QString text(std::int64_t utcNs, TimeStyle style) const { return timeText(utcNs, style, zone()); }
    QString zoneName(std::int64_t utcNs) const { return zoneText(utcNs, zone()); }
    /// With the zone: "14:35:02 UTC".
    QString textWithZone(std::int64_t utcNs, TimeStyle style) const
    {
        return style == TimeStyle::Full ? text(utcNs, style) : text(utcNs, style) + QLatin1Char(' ') + zoneName(utcNs);
    }

signals:
    void changed();

private:
    QTimeZone m_local;
    bool m_utc = true;
};

} // namespace tapio::console
