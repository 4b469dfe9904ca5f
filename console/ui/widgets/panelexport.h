// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QString>
#include <QTimeZone>

#include "console/core/metrics/annotation.h"
#include "console/core/metrics/panel.h"
#include "console/ui/theme/theme.h"
#include "protocol/base/result.h"

class QPainter;

namespace tapio::console {

enum class PanelFormat { Png, Svg, Csv };

/// A panel on its way into a file; a value.
struct PanelFile {
    PanelFormat format = PanelFormat::Csv;
    QImage image;     ///< PNG
    QByteArray bytes; ///< the other formats
};
/// Encodes and writes it. Any thread. Errors: Io, PermissionDenied, NoSpace, naming the path.
Status writePanelFile(const PanelFile &panel, const QString &path);

/// Writes one panel as it is on the screen: same words, zone and range, drawn anew at the size of a page and with full
/// strokes; a panel without a figure says why. CSV has every sample, and what is no series above them. Files are written whole or not at all.
class PanelExport {
public:
    PanelExport(const PanelSnapshot &panel, const Theme &theme, const QTimeZone &zone);

    /// What happened, over the plot; null: nothing of it is shown.
    void setAnnotations(Annotations annotations) { m_annotations = std::move(annotations); }

    /// Twice the pixels of the drawn size.
    QImage image() const;
    QByteArray svg() const;
    QByteArray csv() const;
    /// Drawn, and for PNG not encoded yet, which takes longest. GUI thread.
    PanelFile file(PanelFormat format) const;
    /// "event-queue-depth 2026-03-01 14-35-02 UTC.png".
    QString suggestedName(PanelFormat format) const;

private:
    QSize size() const;
    void paint(QPainter &painter) const;
    void paintFigure(QPainter &painter, const QRectF &area) const;
    void paintPlotWithLegend(QPainter &painter, const QRectF &area) const;
    void paintReason(QPainter &painter, const QRectF &area) const;

    std::shared_ptr<const PanelSnapshot> m_panel;
    std::shared_ptr<const Theme> m_theme;
    QTimeZone m_zone;
    Annotations m_annotations;
};

} // namespace tapio::console
