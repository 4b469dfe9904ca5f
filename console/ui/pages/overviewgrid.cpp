// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/overviewgrid.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

#include "console/ui/widgets/glyphs.h"
#include "console/ui/widgets/paneltext.h"
#include "console/ui/widgets/tabular.h"

namespace tapio::console {

namespace {

constexpr int fourColumnsFrom = 1100; ///< px of page width
constexpr int twoColumnsFrom = 560;
constexpr int headHeight = 22;

Sign levelSign(GroupSummary::Level level, const Theme &theme)
{
    switch (level) {
    case GroupSummary::Level::Ok: return {Glyph::Disc, theme.meaning.ok, {}};
    case GroupSummary::Level::NoData: return {Glyph::BarredCircle, theme.meaning.muted, {}};
    case GroupSummary::Level::Pending: return {Glyph::QuarterDisc, theme.meaning.pending, {}};
    case GroupSummary::Level::Attention: return {Glyph::Diamond, theme.meaning.pending, {}};
    case GroupSummary::Level::Bad: break;
    }
    return {Glyph::Triangle, theme.meaning.p1, {}};
}

} // namespace

GroupHead::GroupHead(std::size_t group, Look look, QWidget *parent) : QWidget(parent), m_group(group), m_look(look)
{
    setSummary({GroupSummary::Level::NoData, "loading", {}});
    connect(&look.themes, &ThemeStore::themeChanged, this, qOverload<>(&QWidget::update));
}

void GroupHead::setSummary(const GroupSummary &summary)
{
    m_summary = summary;
    setAccessibleName(PanelText::groupTitle(m_group) + QStringLiteral(": ") + PanelText::groupSentence(summary));
    update();
}

void GroupHead::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_look.theme();
    QPainter painter(this);
    const QString title = PanelText::groupTitle(m_group);
    painter.setFont(theme.font(FontRole::Body, QFont::DemiBold));
    painter.setPen(theme.text.primary);
    painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter, title);
    double left = QFontMetricsF(painter.font()).horizontalAdvance(title) + theme.px(12);
    const double side = theme.px(8);
    const Sign sign = levelSign(m_summary.level, theme);
    drawGlyph(painter, QRectF(left, (height() - side) / 2, side, side), sign.glyph, sign.color);
    left += side + theme.px(6);
    painter.setFont(theme.font(FontRole::Label, QFont::Medium));
    painter.setPen(theme.text.secondary);
    const QFontMetricsF metrics(painter.font());
    const QString sentence = PanelText::groupSentence(m_summary);
    const QString shown = metrics.elidedText(sentence, Qt::ElideRight, width() - left);
    m_elided = shown != sentence;
    drawTabular(painter, QRectF(left, 0, width() - left, height()), Qt::AlignLeft | Qt::AlignVCenter, shown);
}

bool GroupHead::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip && m_elided) {
        QToolTip::showText(static_cast<QHelpEvent *>(event)->globalPos(), PanelText::groupSentence(m_summary).toHtmlEscaped(), this);
        return true;
    }
    return QWidget::event(event);
}

OverviewGrid::OverviewGrid(Look look, const TimeDisplay &time, PlotRenderer *renderer, QWidget *parent) : QWidget(parent), m_look(look)
{
    for (std::size_t group = 0; group < m_heads.size(); ++group) {
        m_heads[group] = new GroupHead(group, look, this);
        for (std::size_t i = group * 4; i < group * 4 + 4; ++i)
            m_panels[i] = new PanelWidget(static_cast<PanelId>(i), PanelWidget::Style::InGrid, look, time, renderer, this);
    }
    setCurrent(0);
}

int OverviewGrid::leastPanelHeight() const
{
    const Theme &theme = m_look.theme();
    return theme.px(theme.compact() ? 142 : theme.density == Density::Presenter ? 260 : 210);
}

void OverviewGrid::fit(const QSize &viewport)
{
    const Theme &theme = m_look.theme();
    const int margin = theme.px(12);
    const int gap = theme.px(theme.compact() ? 8 : 12);
    const int head = theme.px(headHeight);
    m_columns = viewport.width() >= fourColumnsFrom ? 4 : viewport.width() >= twoColumnsFrom ? 2 : 1;
    const int rowsPerGroup = 4 / m_columns;
    const int fixed = theme.px(8) + 4 * (head + theme.px(4)) + 4 * rowsPerGroup * gap;
    const int panelHeight = std::max(leastPanelHeight(), (viewport.height() - fixed) / (4 * rowsPerGroup));
    const int inner = viewport.width() - 2 * margin;
    int top = theme.px(8);
    for (std::size_t group = 0; group < m_heads.size(); ++group) {
        m_heads[group]->setGeometry(margin, top, inner, head);
        top += head + theme.px(4);
        for (int i = 0; i < 4; ++i) {
            const int column = i % m_columns;
            const int left = margin + column * (inner + gap) / m_columns;
            const int right = margin + (column + 1) * (inner + gap) / m_columns - gap;
            m_panels[group * 4 + static_cast<std::size_t>(i)]->setGeometry(left, top, right - left, panelHeight);
            if (column == m_columns - 1)
                top += panelHeight + gap;
        }
    }
    resize(viewport.width(), std::max(top, viewport.height()));
}

void OverviewGrid::setCurrent(std::size_t i)
{
    m_panels[m_current]->setFocusPolicy(Qt::ClickFocus);
    m_panels[m_current]->setButtonsInTabOrder(false);
    m_current = i;
    m_panels[i]->setFocusPolicy(Qt::StrongFocus);
    m_panels[i]->setButtonsInTabOrder(true);
}

std::size_t OverviewGrid::neighbour(std::size_t from, int key) const
{
    const auto columns = static_cast<std::size_t>(m_columns);
    switch (key) {
    case Qt::Key_Left: return from % columns > 0 ? from - 1 : from;
    case Qt::Key_Right: return from % columns + 1 < columns ? from + 1 : from;
    case Qt::Key_Up: return from >= columns ? from - columns : from;
    case Qt::Key_Down: return from + columns < panelCount ? from + columns : from;
    case Qt::Key_Home: return 0;
    case Qt::Key_End: return panelCount - 1;
    default: return from;
    }
}

} // namespace tapio::console
