// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/figureview.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include "console/ui/widgets/figurepainter.h"

namespace tapio::console {

FigureView::FigureView(QWidget *parent) : QWidget(parent) { setAttribute(Qt::WA_OpaquePaintEvent); }

void FigureView::setTheme(std::shared_ptr<const Theme> theme)
{
    m_theme = std::move(theme);
    update();
}

bool FigureView::draws(const PanelSnapshot &panel)
{
    return std::holds_alternative<PodStatusView>(panel.view) || std::holds_alternative<CoverageView>(panel.view)
           || std::holds_alternative<IntervalView>(panel.view) || std::holds_alternative<GroupsView>(panel.view);
}

void FigureView::setPanel(std::shared_ptr<const PanelSnapshot> panel)
{
    if (panel == m_panel)
        return;
    m_panel = std::move(panel);
    update();
}

void FigureView::paintEvent(QPaintEvent *)
{
    const Theme &theme = *m_theme;
    QPainter painter(this);
    painter.fillRect(rect(), theme.surface.panel);
    m_spots.clear();
    if (!m_panel)
        return;
    FigurePainter figure(painter, theme, [this](const QRectF &area, const QString &explanation) {
        m_spots.push_back({area, explanation});
    });
    const QRectF area = QRectF(rect()).adjusted(0, theme.px(theme.compact() ? 5 : 10), 0, -theme.px(theme.compact() ? 8 : 12));
    figure.paint(area, *m_panel);
}

QString FigureView::explanationAt(const QPoint &at) const
{
    for (auto spot = m_spots.rbegin(); spot != m_spots.rend(); ++spot)
        if (spot->area.contains(at))
            return spot->explanation;
    return {};
}

const GroupRow *FigureView::groupAt(const QPoint &at) const
{
    const auto *view = m_panel ? std::get_if<GroupsView>(&m_panel->view) : nullptr;
    for (std::size_t i = 0; view && i < std::min(m_spots.size(), view->rows.size()); ++i) { // one spot a row
        if (m_spots[i].area.contains(at))
            return &view->rows[i];
    }
    return nullptr;
}

bool FigureView::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const QString explanation = explanationAt(help->pos());
    if (explanation.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(help->globalPos(), QStringLiteral("<p style='white-space:pre'>%1</p>").arg(explanation.toHtmlEscaped()), this);
    return true;
}

} // namespace tapio::console
