// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/statepill.h"

#include <QPainter>

#include "console/ui/widgets/glyphs.h"

namespace tapio::console {

StatePill::StatePill(Look look, QWidget *parent) : QAbstractButton(parent), m_look(look)
{
    setFocusPolicy(Qt::TabFocus);
    setAttribute(Qt::WA_Hover);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(&look.themes, &ThemeStore::themeChanged, this, [this] {
        updateGeometry();
        update();
    });
    setState(State::Live);
}

QString StatePill::word() const
{
    switch (m_state) {
    case State::Live: return tr("LIVE");
    case State::Paused: return tr("PAUSED");
    case State::History: break;
    }
    return tr("HISTORY");
}

QString StatePill::hint() const { return m_state == State::History ? tr("back to live") : QString(); }

void StatePill::setState(State state)
{
    m_state = state;
    setAccessibleName(word());
    switch (state) {
    case State::Live: setToolTip(tr("Follows the newest data. Click to pause.")); break;
    case State::Paused: setToolTip(tr("The picture stands still; data is still received and stored. Click to go on.")); break;
    case State::History: setToolTip(tr("Shows a range of the past. Click to go back to live.")); break;
    }
    setAccessibleDescription(toolTip());
    updateGeometry();
    update();
}

QSize StatePill::sizeHint() const
{
    const Theme &t = m_look.theme();
    int width = t.px(10) + t.px(8) + t.px(5) + QFontMetrics(t.font(FontRole::Body, QFont::DemiBold)).horizontalAdvance(word()) + t.px(10);
    if (!hint().isEmpty())
        width += t.px(8) + QFontMetrics(t.font(FontRole::Body)).horizontalAdvance(hint());
    return {width, t.px(28)};
}

void StatePill::paintEvent(QPaintEvent *)
{
    const Theme &t = m_look.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor color = m_state == State::Live ? t.meaning.ok : m_state == State::Paused ? t.meaning.pending : t.accent.base;
    const Glyph glyph = m_state == State::Live ? Glyph::Disc : m_state == State::Paused ? Glyph::QuarterDisc : Glyph::Diamond;
    painter.setPen(underMouse() ? QPen(color, 1) : QPen(Qt::NoPen));
    painter.setBrush(t.chipFill(color));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), t.px(6), t.px(6));
    drawGlyph(painter, QRectF(t.px(10), (height() - t.px(8)) / 2.0, t.px(8), t.px(8)), glyph, color);
    painter.setPen(color);
    painter.setFont(t.font(FontRole::Body, QFont::DemiBold));
    const QRectF text(t.px(23), 0, width(), height());
    painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter, word());
    if (hint().isEmpty())
        return;
    const int advance = painter.fontMetrics().horizontalAdvance(word()) + t.px(8);
    painter.setFont(t.font(FontRole::Body));
    painter.drawText(text.adjusted(advance, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, hint());
}

} // namespace tapio::console
