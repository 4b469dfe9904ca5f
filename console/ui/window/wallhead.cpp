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
    const auto repaint = [this] {
        setAccessibleName(left() + QStringLiteral(", ") + right());
        update();
    };
    connect(&m_keysEnd, &QTimer::timeout, this, repaint);
    connect(&board, &Wallboard::changed, this, repaint);
    connect(&context.session, &Session::overviewChanged, this, repaint); // a chosen range goes with time
}

void WallHead::showKeys()
{
    m_keysEnd.start();
    update();
}

QString WallHead::left() const { return m_board.stops()[m_board.at()].title; }

QString WallHead::right() const
{
    QStringList parts;
    if (m_keysEnd.isActive())
        parts << tr("Esc ends \u00b7 N next \u00b7 P previous \u00b7 H holds");
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
