// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/footline.h"

#include <QPainter>

#include "console/ui/widgets/chip.h"
#include "console/ui/widgets/tabular.h"

namespace tapio::console {

FootLine::FootLine(Look look, QWidget *parent) : QWidget(parent), m_look(look)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&look.themes, &ThemeStore::themeChanged, this, [this] {
        updateGeometry();
        update();
    });
}

void FootLine::setText(const QString &text, const QString &loss, const QString &reason)
{
    m_text = text;
    m_loss = loss;
    m_reason = reason;
    setAccessibleName(loss.isEmpty() ? text : text + QStringLiteral(", ") + loss + QLatin1Char(' ') + reason);
    setToolTip(accessibleName());
    update();
}

QSize FootLine::sizeHint() const { return {m_look.theme().px(200), m_look.theme().px(28)}; }

void FootLine::paintEvent(QPaintEvent *)
{
    const Theme &t = m_look.theme();
    QPainter painter(this);
    painter.setFont(t.font(FontRole::Label));
    qreal x = t.px(12);
    const auto write = [&](const QString &words) {
        painter.setPen(t.text.tertiary);
        const QString shown = QFontMetricsF(painter.font()).elidedText(words, Qt::ElideRight, width() - x);
        drawTabular(painter, QRectF(x, 0, width() - x, height()), Qt::AlignLeft | Qt::AlignVCenter, shown);
        x += tabularWidth(QFontMetricsF(painter.font()), shown) + t.px(8);
    };
    write(m_text);
    if (m_loss.isEmpty())
        return;
    x += drawChip(painter, {x, height() / 2.0}, {m_loss, t.meaning.p1, Glyph::None, false, true}, t).width() + t.px(6);
    painter.setFont(t.font(FontRole::Label));
    write(m_reason);
}

} // namespace tapio::console
