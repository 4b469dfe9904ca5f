// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/plotlegend.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

#include "console/ui/charts/plotscale.h"
#include "console/ui/widgets/paneltext.h"
#include "console/ui/widgets/tabular.h"

namespace tapio::console {

PlotLegend::PlotLegend(Look look, QWidget *parent) : QWidget(parent), m_look(look)
{
    setMouseTracking(true);
    setAttribute(Qt::WA_OpaquePaintEvent);
    connect(&look.themes, &ThemeStore::themeChanged, this, qOverload<>(&QWidget::update));
}

QSize PlotLegend::sizeHint() const { return {m_look.theme().px(120), m_look.theme().px(30)}; }

void PlotLegend::setPanel(const PanelSnapshot &panel, const std::vector<SeriesLook> &looks)
{
    m_entries.clear();
    for (std::size_t i = 0; i < std::min(panel.series.size(), looks.size()); ++i) {
        const PlotSeries &series = panel.series[i];
        // A node's sent bytes have the colour of its received ones, downwards: one entry.
        if (isQuietLoss(series) || (series.below && std::ranges::find(m_entries, looks[i], &Entry::look) != m_entries.end()))
            continue;
        m_entries.push_back({static_cast<int>(i), looks[i], PanelText::series(series), {}});
    }
    m_note = PanelText::tooMuch(panel);
    update();
}

void PlotLegend::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_look.theme();
    QPainter painter(this);
    painter.fillRect(rect(), theme.surface.panel);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme.font(FontRole::Label));
    const QFontMetricsF metrics(painter.font());
    const double swatch = theme.px(10);
    const double longest = theme.px(180);
    double left = 0;
    double right = width();
    if (!m_note.isEmpty() && metrics.horizontalAdvance(m_note) < width() * 0.6) {
        right -= metrics.horizontalAdvance(m_note) + theme.px(12);
        painter.setPen(theme.text.tertiary);
        drawTabular(painter, rect(), Qt::AlignRight | Qt::AlignVCenter, m_note);
    }
    for (Entry &entry : m_entries)
        entry.area = {};
    std::size_t shown = 0;
    for (Entry &entry : m_entries) {
        const QString name = metrics.elidedText(entry.name, Qt::ElideMiddle, longest);
        const double width = swatch + theme.px(6) + tabularWidth(metrics, name);
        const std::size_t rest = m_entries.size() - shown;
        const QString more = tr("+ %1").arg(rest);
        const double reserve = rest > 1 ? metrics.horizontalAdvance(more) + theme.px(12) : 0;
        if (left + width + reserve > right) {
            painter.setPen(theme.text.tertiary);
            drawTabular(painter, QRectF(left, 0, right - left, height()), Qt::AlignLeft | Qt::AlignVCenter, more);
            break;
        }
        const QColor color = colorOf(entry.look, theme);
        painter.setPen(QPen(color, theme.px(3), entry.look.dashed() ? Qt::DotLine : Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(QPointF(left + 2, height() / 2.), QPointF(left + swatch - 2, height() / 2.));
        painter.setPen(m_isolated == entry.series ? theme.text.primary : theme.text.secondary);
        entry.area = QRectF(left, 0, width, height());
        drawTabular(painter, entry.area.adjusted(swatch + theme.px(6), 0, 2, 0), Qt::AlignLeft | Qt::AlignVCenter, name);
        left += width + theme.px(14);
        ++shown;
    }
}

void PlotLegend::isolate(int series)
{
    if (series == m_isolated)
        return;
    m_isolated = series;
    update();
    emit isolated(series);
}

void PlotLegend::mouseMoveEvent(QMouseEvent *event)
{
    const auto entry = std::ranges::find_if(m_entries, [&](const Entry &each) { return each.area.contains(event->position()); });
    isolate(entry == m_entries.end() ? -1 : entry->series);
}

void PlotLegend::leaveEvent(QEvent *) { isolate(-1); }

} // namespace tapio::console
