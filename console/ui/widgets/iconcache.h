// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QHash>
#include <QIcon>
#include <QPixmap>
#include <QString>

namespace tapio::console {

/// The project's own SVG icons (resources/icons), tinted and kept by (name, size, colour, device pixel ratio).
/// GUI thread; one per program, handed down by reference.
class IconCache {
public:
    /// `size` in device-independent pixels. An unknown name gives a null pixmap.
    QPixmap pixmap(const QString &name, int size, const QColor &color, qreal devicePixelRatio) const;
    /// For Qt's own controls: normal in `color`, disabled at 60 %.
    QIcon icon(const QString &name, int size, const QColor &color) const;
    static QStringList names(); ///< all that are built in, sorted

private:
    mutable QHash<QString, QByteArray> m_sources;
    mutable QHash<QString, QPixmap> m_pixmaps;
};

} // namespace tapio::console
