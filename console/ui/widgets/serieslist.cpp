// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/serieslist.h"

#include <QMouseEvent>
#include <QPainter>

#include <cmath>

#include "console/ui/charts/plotscale.h"
#include "console/ui/widgets/format.h"
#include "console/ui/widgets/paneltext.h"
#include "console/ui/widgets/tabular.h"

namespace tapio::console {

SeriesList::SeriesList(Look look, QWidget *parent) : QWidget(parent), m_look(look)
{
    setMouseTracking(true);
    connect(&look.themes, &ThemeStore::themeChanged, this, qOverload<>(&QWidget::update));
}

void SeriesList::setPanel(const PanelSnapshot &panel, const std::vector<SeriesLook> &looks)
{
    m_rows.clear();
    for (std::size_t i = 0; i < std::min(panel.series.size(), looks.size()); ++i) {
        const PlotSeries &series = panel.series[i];
        if (isQuietLoss(series))
            continue;
        const QString name = series.below ? tr("%1 sent").arg(PanelText::series(series)) : PanelText::series(series);
        const bool measured = !series.points.empty() && std::isfinite(series.points.back().value);
        m_rows.push_back(
            {static_cast<int>(i), looks[i], name, measured ? quantity(series.points.back().value, series.unit).text() : tr("no sample")});
    }
    setFixedHeight(static_cast<int>(m_rows.size()) * rowHeight());
    update();
}

void SeriesList::paintEvent(QPaintEvent *event)
{
    const Theme &theme = m_look.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const int height = rowHeight();
    const QFont label = theme.font(FontRole::Label);
    const QFont bold = theme.font(FontRole::Label, QFont::DemiBold);
    for (int i = event->rect().top() / height; i < static_cast<int>(m_rows.size()) && i * height <= event->rect().bottom(); ++i) {
        const Row &row = m_rows[static_cast<std::size_t>(i)];
        const QRectF area(0, i * height, width(), height);
        if (i == m_row)
            painter.fillRect(area, theme.surface.hover);
        painter.setPen(QPen(colorOf(row.look, theme), theme.px(3), row.look.dashed() ? Qt::DotLine : Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(QPointF(theme.px(14), area.center().y()), QPointF(theme.px(21), area.center().y()));
        const double valueWidth = tabularWidth(QFontMetricsF(bold), row.value);
        painter.setFont(bold);
        painter.setPen(theme.text.primary);
        const QRectF inner = area.adjusted(theme.px(30), 0, -theme.px(12), 0);
        drawTabular(painter, inner, Qt::AlignRight | Qt::AlignVCenter, row.value);
        painter.setFont(label);
        painter.setPen(theme.text.secondary);
        const double room = inner.width() - valueWidth - theme.px(10);
        drawTabular(painter, inner, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(label).elidedText(row.name, Qt::ElideMiddle, room));
    }
}

void SeriesList::isolate(int row)
{
    if (row == m_row)
        return;
    m_row = row;
    update();
    emit isolated(row < 0 ? -1 : m_rows[static_cast<std::size_t>(row)].series);
}

void SeriesList::mouseMoveEvent(QMouseEvent *event)
{
    const int row = event->position().toPoint().y() / rowHeight();
    isolate(row >= 0 && row < static_cast<int>(m_rows.size()) ? row : -1);
}

void SeriesList::leaveEvent(QEvent *) { isolate(-1); }

} // namespace tapio::console
