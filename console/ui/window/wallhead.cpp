// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/wallhead.h"

#include <QPainter>

#include "console/ui/widgets/tabular.h"
#include "console/ui/window/timerange.h"
#include "console/ui/window/wallboard.h"

namespace tapio::console {

namespace {

constexpr int keysMs = 8000;

}

WallHead::WallHead(const UiContext &context, const Wallboard &board, QWidget *parent) : QWidget(parent), m_context(context), m_board(board)
{
    m_keysEnd.setSingleShot(true);
    m_keysEnd.setInterval(keysMs);
    connect(&m_keysEnd, &QTimer::timeout, this, &WallHead::refresh);
    connect(&board, &Wallboard::changed, this, &WallHead::refresh);
    connect(&context.time, &TimeDisplay::changed, this, &WallHead::refresh);
}

void WallHead::refresh()
{
    setAccessibleName(left() + QStringLiteral(", ") + right());
    update();
}

void WallHead::showKeys()
{
    m_keysEnd.start();
    update();
}

QString WallHead::left() const { return m_board.stops()[m_board.at()].title; }

QString WallHead::right() const
{
    const auto keyOf = [this](const char *action) { return m_context.actions.keyText(QLatin1String(action)); };
    QStringList parts;
    if (m_keysEnd.isActive())
        parts << tr("%1 ends").arg(keyOf("escape")) << tr("%1 next").arg(keyOf("wallboard.next"))
              << tr("%1 previous").arg(keyOf("wallboard.previous")) << tr("%1 holds").arg(keyOf("wallboard.hold"));
    parts << rangeText(m_context.session.range(), m_context.time.zone());
    if (m_context.session.paused())
        parts << tr("paused");
    if (m_board.isHeld())
        parts << tr("held");
    parts << tr("%1 of %2").arg(m_board.at() + 1).arg(m_board.stops().size());
    return parts.join(QStringLiteral(" \u00b7 "));
}

void WallHead::paintEvent(QPaintEvent *)
{
    const Theme &t = m_context.themes.theme();
    QPainter painter(this);
    painter.fillRect(rect(), t.surface.rail);
    painter.fillRect(QRect(0, height() - 1, width(), 1), t.border.standard);
    const QRect inner = rect().adjusted(t.px(16), 0, -t.px(16), 0);
    painter.setFont(t.font(FontRole::Label));
    const QString about = right();
    const int taken = static_cast<int>(tabularWidth(QFontMetricsF(painter.font()), about)) + t.px(16);
    painter.setPen(t.text.secondary);
    drawTabular(painter, inner, Qt::AlignRight | Qt::AlignVCenter, about);
    painter.setFont(t.font(FontRole::PageTitle));
    painter.setPen(t.text.primary);
    painter.drawText(inner.adjusted(0, 0, -taken, 0), Qt::AlignLeft | Qt::AlignVCenter,
                     QFontMetrics(painter.font()).elidedText(left(), Qt::ElideRight, inner.width() - taken));
}

} // namespace tapio::console
