// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/tabular.h"

#include <QPainter>

namespace tapio::console {

namespace {

/// Calls back with runs of non-digits, and with each digit alone, and its x offset. Returns the whole width.
template <typename Visit> qreal forEachRun(const QFontMetricsF &metrics, const QString &text, Visit visit)
{
    const qreal digit = metrics.horizontalAdvance(QLatin1Char('0'));
    qreal x = 0;
    qsizetype i = 0;
    while (i < text.size()) {
        if (text[i].isDigit()) {
            const QString one = text.mid(i, 1);
            visit(x + (digit - metrics.horizontalAdvance(one)) / 2, one);
            x += digit;
            ++i;
            continue;
        }
        qsizetype end = i;
        while (end < text.size() && !text[end].isDigit())
            ++end;
        const QString run = text.mid(i, end - i);
        visit(x, run);
        x += metrics.horizontalAdvance(run);
        i = end;
    }
    return x;
}

} // namespace

qreal tabularWidth(const QFontMetricsF &metrics, const QString &text)
{
    return forEachRun(metrics, text, [](qreal, const QString &) {});
}

qreal drawTabularAt(QPainter &painter, const QPointF &origin, const QString &text)
{
    const QFontMetricsF metrics(painter.font(), painter.device());
    return forEachRun(metrics, text, [&](qreal x, const QString &run) { painter.drawText(origin + QPointF(x, 0), run); });
}

void drawTabular(QPainter &painter, const QRectF &rect, Qt::Alignment alignment, const QString &text)
{
    const QFontMetricsF metrics(painter.font(), painter.device());
    const qreal width = tabularWidth(metrics, text);
    qreal x = rect.left();
    if (alignment & Qt::AlignRight)
        x = rect.right() - width;
    else if (alignment & Qt::AlignHCenter)
        x = rect.center().x() - width / 2;
    qreal y = rect.top() + metrics.ascent();
    if (alignment & Qt::AlignVCenter)
        y = rect.top() + (rect.height() - metrics.height()) / 2 + metrics.ascent();
    else if (alignment & Qt::AlignBottom)
        y = rect.bottom() - metrics.descent();
    drawTabularAt(painter, {x, y}, text);
}

} // namespace tapio::console
