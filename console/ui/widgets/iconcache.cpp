// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/iconcache.h"

#include <QDir>
#include <QFile>
#include <QPainter>
#include <QSvgRenderer>

namespace tapio::console {

namespace {

constexpr qsizetype maxPixmaps = 1024; // themes and scales come and go: start over rather than grow

QPixmap render(const QByteArray &source, int size, qreal devicePixelRatio)
{
    QPixmap pixmap(qRound(size * devicePixelRatio), qRound(size * devicePixelRatio));
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    QSvgRenderer(source).render(&painter);
    painter.end();
    pixmap.setDevicePixelRatio(devicePixelRatio);
    return pixmap;
}

} // namespace

QPixmap IconCache::pixmap(const QString &name, int size, const QColor &color, qreal devicePixelRatio) const
{
    const QString key = QStringLiteral("%1/%2/%3/%4").arg(name).arg(size).arg(color.name(QColor::HexArgb)).arg(devicePixelRatio);
    if (const auto found = m_pixmaps.constFind(key); found != m_pixmaps.constEnd())
        return *found;
    auto source = m_sources.constFind(name);
    if (source == m_sources.constEnd()) {
        QFile file(QStringLiteral(":/tapio/icons/%1.svg").arg(name));
        if (!file.open(QIODevice::ReadOnly))
            return {};
        source = m_sources.insert(name, file.readAll());
    }
    QByteArray tinted = *source;
    tinted.replace("currentColor", color.name(QColor::HexRgb).toUtf8());
    if (m_pixmaps.size() >= maxPixmaps)
        m_pixmaps.clear();
    return *m_pixmaps.insert(key, render(tinted, size, devicePixelRatio));
}

QIcon IconCache::icon(const QString &name, int size, const QColor &color) const
{
    QIcon icon;
    for (const qreal ratio : {1.0, 2.0}) {
        const QPixmap normal = pixmap(name, size, color, ratio);
        if (normal.isNull())
            return icon;
        QPixmap disabled(normal.size());
        disabled.fill(Qt::transparent);
        disabled.setDevicePixelRatio(ratio);
        QPainter painter(&disabled);
        painter.setOpacity(0.6);
        painter.drawPixmap(0, 0, normal);
        painter.end();
        icon.addPixmap(normal, QIcon::Normal);
        icon.addPixmap(disabled, QIcon::Disabled);
    }
    return icon;
}

QStringList IconCache::names()
{
    QStringList names;
    for (const QString &file : QDir(QStringLiteral(":/tapio/icons")).entryList({QStringLiteral("*.svg")}, QDir::Files, QDir::Name))
        names.append(file.chopped(4));
    return names;
}

} // namespace tapio::console
