// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/panelexport.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>

#include <sstream>

#include "console/core/metrics/export.h"
#include "console/ui/charts/plotlayout.h"
#include "console/ui/charts/plotmarks.h"
#include "console/ui/charts/plotpainter.h"
#include "console/ui/charts/plotscale.h"
#include "console/ui/widgets/figurepainter.h"
#include "console/ui/widgets/figureview.h"
#include "console/ui/widgets/format.h"
#include "console/ui/widgets/panelheader.h"
#include "console/ui/widgets/paneltext.h"
#include "console/ui/widgets/tabular.h"

namespace tapio::console {

namespace {

constexpr double exportRatio = 2;

/// Names of all series under the plot, wrapped; returns the height used. Draws only with a painter.
double legend(QPainter *painter, const PanelSnapshot &panel, const std::vector<SeriesLook> &looks, const Theme &theme, const QRectF &area)
{
    const QFont font = theme.font(FontRole::Label);
    const QFontMetricsF metrics(font);
    const double line = theme.px(18);
    double left = area.left();
    double top = area.top();
    for (std::size_t i = 0; i < panel.series.size(); ++i) {
        if (isQuietLoss(panel.series[i]) || panel.series[i].below)
            continue;
        const QString name = PanelText::series(panel.series[i]);
        const double width = theme.px(16) + tabularWidth(metrics, name);
        if (left + width > area.right() && left > area.left()) {
            left = area.left();
            top += line;
        }
        if (painter) {
            painter->setPen(QPen(colorOf(looks[i], theme), theme.px(3), looks[i].dashed() ? Qt::DotLine : Qt::SolidLine, Qt::RoundCap));
            painter->drawLine(QPointF(left + 2, top + line / 2), QPointF(left + theme.px(8), top + line / 2));
            painter->setFont(font);
            painter->setPen(theme.text.secondary);
            drawTabular(*painter, QRectF(left + theme.px(16), top, width, line), Qt::AlignLeft | Qt::AlignVCenter, name);
        }
        left += width + theme.px(14);
    }
    return top - area.top() + line;
}

Theme exportTheme(Theme theme)
{
    theme.density = Density::Comfortable;
    theme.scale = 1;
    return theme;
}

} // namespace

PanelExport::PanelExport(const PanelSnapshot &panel, const Theme &theme, const QTimeZone &zone)
    : m_panel(std::make_shared<PanelSnapshot>(panel)), m_theme(std::make_shared<Theme>(exportTheme(theme))), m_zone(zone)
{}

QSize PanelExport::size() const { return {960, 540}; }

void PanelExport::paint(QPainter &painter) const
{
    const Theme &theme = *m_theme;
    const QSizeF page = size();
    painter.fillRect(QRectF(QPointF(), page), theme.surface.panel);
    const PanelHeader header = panelHeader(*m_panel, theme);
    paintPanelHeader(painter, header, layoutPanelHeader(header, theme, page.width(), page.width() - theme.px(12)), theme);
    const double head = panelHeaderHeight(theme);
    const double foot = theme.px(24);
    const QRectF body(0, head, page.width(), page.height() - head - foot);
    if (FigureView::draws(*m_panel))
        paintFigure(painter, body.adjusted(theme.px(12), theme.px(12), -theme.px(12), 0));
    else
        paintPlotWithLegend(painter, body);
    if (!m_panel->value && !std::holds_alternative<IntervalView>(m_panel->view))
        paintReason(painter, body.adjusted(theme.px(74), theme.px(24), -theme.px(12), 0));
    painter.setFont(theme.font(FontRole::Label));
    painter.setPen(theme.text.tertiary);
    const QString range = QCoreApplication::translate("tapio::console::PanelExport", "%1 to %2 %3")
                              .arg(timeText(m_panel->fromNs, TimeStyle::DateSecond, m_zone),
                                   timeText(m_panel->toNs, TimeStyle::DateSecond, m_zone), zoneText(m_panel->toNs, m_zone));
    drawTabular(painter, QRectF(theme.px(12), body.bottom(), page.width() - 2 * theme.px(12), foot), Qt::AlignRight | Qt::AlignVCenter,
                range);
}

void PanelExport::paintFigure(QPainter &painter, const QRectF &area) const
{
    FigurePainter figure(painter, *m_theme, [](const QRectF &, const QString &) {});
    figure.paint(area, *m_panel);
}

void PanelExport::paintPlotWithLegend(QPainter &painter, const QRectF &area) const
{
    const Theme &theme = *m_theme;
    const std::vector<SeriesLook> looks = SeriesColors().assign(m_panel->series);
    const QRectF names(theme.px(12), 0, area.width() - 2 * theme.px(12), 0);
    const QSizeF room(area.width(), area.height() - legend(nullptr, *m_panel, looks, theme, names));
    const PlotLayout layout = layoutPlot(*m_panel, room, theme, m_zone, true, std::nullopt);
    painter.save();
    painter.translate(area.topLeft());
    paintAxes(painter, layout, room, theme, 1);
    paintPlot(painter, {m_panel, layout.frame, {m_theme, looks, exportRatio, 1, true, true, -1}});
    if (m_annotations)
        paintMarks(painter, layout.frame, theme, *m_annotations);
    paintThresholdWords(painter, layout, theme, *m_panel);
    painter.restore();
    legend(&painter, *m_panel, looks, theme, names.translated(0, area.top() + room.height()));
}

/// A picture without a figure says why, as the panel does.
void PanelExport::paintReason(QPainter &painter, const QRectF &area) const
{
    const Theme &theme = *m_theme;
    const PanelText::Reason reason = PanelText::noData(*m_panel);
    double top = area.top();
    const auto put = [&](const QString &text, const QFont &font, const QColor &ink) {
        const QFontMetricsF metrics(font);
        const QString shown = metrics.elidedText(text, Qt::ElideRight, area.width());
        const QRectF line(area.left(), top, tabularWidth(metrics, shown) + theme.px(8), metrics.height() + theme.px(4));
        painter.fillRect(line.translated(-theme.px(4), 0), theme.surface.panel);
        painter.setFont(font);
        painter.setPen(ink);
        drawTabular(painter, line, Qt::AlignLeft | Qt::AlignVCenter, shown);
        top = line.bottom();
    };
    put(reason.sentence, theme.font(FontRole::Body, QFont::DemiBold), theme.text.primary);
    if (!reason.missing.isEmpty())
        put(reason.missing, theme.font(m_panel->state == PanelState::Failed ? FontRole::Mono : FontRole::Label), theme.text.secondary);
}

QImage PanelExport::image() const
{
    QImage image((QSizeF(size()) * exportRatio).toSize(), QImage::Format_RGB32);
    image.setDevicePixelRatio(exportRatio);
    QPainter painter(&image);
    paint(painter);
    return image;
}

QByteArray PanelExport::svg() const
{
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(size());
    generator.setViewBox(QRect(QPoint(), size()));
    generator.setTitle(PanelText::title(m_panel->id));
    generator.setDescription(PanelText::accessibleName(*m_panel));
    QPainter painter(&generator);
    paint(painter);
    painter.end();
    return buffer.data();
}

QByteArray PanelExport::csv() const
{
    std::ostringstream out;
    const int offset = m_zone.offsetFromUtc(QDateTime::fromMSecsSinceEpoch(m_panel->toNs / nsPerMs, Qt::UTC));
    writeCsv(out, *m_panel, {offset / 60, zoneText(m_panel->toNs, m_zone).toStdString()});
    return QByteArray::fromStdString(out.str());
}

PanelFile PanelExport::file(PanelFormat format) const
{
    switch (format) {
    case PanelFormat::Png: return {format, image(), {}};
    case PanelFormat::Svg: return {format, {}, svg()};
    case PanelFormat::Csv: break;
    }
    return {format, {}, csv()};
}

Status writePanelFile(const PanelFile &panel, const QString &path)
{
    QSaveFile file(path);
    const auto failed = [&] {
        const Errc code = file.error() == QFileDevice::PermissionsError ? Errc::PermissionDenied
                          : file.error() == QFileDevice::ResourceError  ? Errc::NoSpace
                                                                        : Errc::Io;
        return fail(code, (path + QStringLiteral(": ") + file.errorString()).toStdString());
    };
    if (!file.open(QIODevice::WriteOnly))
        return failed();
    const bool written = panel.format == PanelFormat::Png ? panel.image.save(&file, "PNG") : file.write(panel.bytes) == panel.bytes.size();
    if (!written || !file.commit())
        return failed();
    return {};
}

QString PanelExport::suggestedName(PanelFormat format) const
{
    static constexpr const char *suffixes[] = {"png", "svg", "csv"};
    const auto key = panelKey(m_panel->id);
    QString time = timeText(m_panel->toNs, TimeStyle::DateSecond, m_zone);
    time.replace(QLatin1Char(':'), QLatin1Char('-'));
    QString zone = zoneText(m_panel->toNs, m_zone);
    zone.replace(QLatin1Char(':'), QLatin1Char('-'));
    return QStringLiteral("%1 %2 %3.%4")
        .arg(QString::fromUtf8(key.data(), static_cast<qsizetype>(key.size())), time, zone,
             QLatin1String(suffixes[static_cast<int>(format)]));
}

} // namespace tapio::console
