// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/insightlist.h"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QTextLayout>

#include <algorithm>

#include "console/ui/models/insighttext.h"
#include "console/ui/widgets/chip.h"
#include "console/ui/widgets/focusring.h"

namespace tapio::console {

namespace {

constexpr int inset = 12, signLine = 20, sentenceLine = 18, footLine = 17, mostLines = 2, indent = 16;

/// Right-aligned at `right`; returns where the next one may end.
double paintSignBefore(QPainter &painter, double right, double middle, const Sign &sign, const Theme &t)
{
    painter.setFont(t.font(FontRole::Label, QFont::Medium));
    const double width = QFontMetricsF(painter.font()).horizontalAdvance(sign.word);
    painter.setPen(t.text.secondary);
    painter.drawText(QRectF(right - width, middle - t.px(9), width + 2, t.px(18)), Qt::AlignLeft | Qt::AlignVCenter, sign.word);
    right -= width;
    if (sign.glyph != Glyph::None) {
        right -= t.px(13);
        drawGlyph(painter, QRectF(right, middle - t.px(4), t.px(8), t.px(8)), sign.glyph, sign.color);
    }
    return right - t.px(10);
}

} // namespace

QSize InsightCard::sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const
{
    const Theme &t = m_look.theme();
    return {t.px(200), t.px(2 * 9 + signLine + mostLines * sentenceLine + 2 * footLine + 6)};
}

void InsightCard::paintSigns(QPainter &painter, const QRectF &line, const InsightRow &row) const
{
    const Theme &t = m_look.theme();
    const Sign severity = severitySign(row.view.severity, t);
    drawChip(painter, {line.left(), line.center().y()}, {severity.word, severity.color, severity.glyph, false, false}, t);
    const double right = paintSignBefore(painter, line.right(), line.center().y(), lifeSign(row.life, t), t);
    if (row.verdict)
        paintSignBefore(painter, right, line.center().y(), verdictSign(row.verdict, t), t);
}

void InsightCard::paintSentence(QPainter &painter, const QRectF &box, const InsightRow &row) const
{
    const Theme &t = m_look.theme();
    const QFont font = t.font(FontRole::Body, QFont::Medium);
    QTextLayout layout(QString::fromStdString(row.view.insight.text), font);
    painter.setPen(t.text.primary);
    painter.setFont(font);
    layout.beginLayout();
    double y = box.top();
    for (int i = 0; i < mostLines; ++i, y += t.px(sentenceLine)) {
        QTextLine line = layout.createLine();
        if (!line.isValid())
            break;
        line.setLineWidth(box.width());
        QString words = layout.text().mid(line.textStart());
        if (i + 1 < mostLines)
            words = words.left(line.textLength());
        painter.drawText(QRectF(box.left(), y, box.width(), t.px(sentenceLine)), Qt::AlignLeft | Qt::AlignVCenter,
                         QFontMetricsF(font).elidedText(words.trimmed(), Qt::ElideRight, box.width() + 1));
    }
    layout.endLayout();
}

void InsightCard::paintFoot(QPainter &painter, const QRectF &line, const InsightRow &row, bool isSelected) const
{
    const Theme &t = m_look.theme();
    const wire::Insight &insight = row.view.insight;
    const QFont mono = t.font(FontRole::Mono);
    const QFontMetricsF monoMetrics(mono);
    painter.setFont(mono);
    painter.setPen(t.text.secondary);
    const QRectF first(line.left(), line.top(), line.width(), t.px(footLine));
    const QString what = rootText(insight).isEmpty()
                             ? QString::fromStdString(insight.rule)
                             : QString::fromStdString(insight.rule) + QStringLiteral(" \u00b7 ") + rootText(insight);
    painter.drawText(first, Qt::AlignLeft | Qt::AlignVCenter, monoMetrics.elidedText(what, Qt::ElideMiddle, first.width()));
    const QRectF second = first.translated(0, t.px(footLine));
    painter.setFont(t.font(FontRole::Label));
    painter.setPen(isSelected ? t.text.secondary : t.text.tertiary);
    const QString count = row.under > 0
                              ? tr("%1 of one cause").arg(row.under + 1)
                              : tr("%n event(s)", nullptr, static_cast<int>(std::min<std::uint64_t>(insight.evidenceCount, INT_MAX)));
    const double countWidth = QFontMetricsF(painter.font()).horizontalAdvance(count) + 2;
    painter.drawText(second, Qt::AlignRight | Qt::AlignVCenter, count);
    if (row.under > 0) {
        const double size = t.px(14);
        painter.drawPixmap(QPointF(second.right() - countWidth - size - t.px(2), second.center().y() - size / 2),
                           m_look.icons.pixmap(row.isShut ? QStringLiteral("chevron-right") : QStringLiteral("chevron-down"), t.px(14),
                                               t.text.secondary, painter.device()->devicePixelRatioF()));
    }
    painter.setFont(mono);
    painter.drawText(second, Qt::AlignLeft | Qt::AlignVCenter,
                     monoMetrics.elidedText(spanText(insight.fromNs, insight.toNs, m_time, m_model.nowNs()), Qt::ElideRight,
                                            second.width() - countWidth - t.px(row.under > 0 ? 24 : 8)));
}

void InsightCard::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const Theme &t = m_look.theme();
    const InsightRow &row = m_model.rowAt(index.row());
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const bool isSelected = option.state & QStyle::State_Selected;
    const QRectF body = QRectF(option.rect).adjusted(t.px(4) + (row.isUnder ? t.px(indent) : 0), t.px(2), -t.px(4), -t.px(1));
    if (isSelected || (option.state & QStyle::State_MouseOver)) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(isSelected ? t.surface.selected : t.surface.hover);
        painter->drawRoundedRect(body, t.px(6), t.px(6));
    }
    if (isSelected) {
        painter->fillRect(QRectF(body.left(), body.top() + t.px(8), 2, body.height() - 2 * t.px(8)), t.accent.base);
    } else {
        painter->fillRect(QRectF(body.left() + t.px(8), option.rect.bottom(), body.width() - 2 * t.px(8), 1), t.border.subtle);
    }
    if (row.isUnder) // where it hangs
        painter->fillRect(QRectF(option.rect.left() + t.px(10), option.rect.top(), 1, option.rect.height()), t.border.strong);
    const QRectF content = body.adjusted(t.px(inset - 2), t.px(7), -t.px(inset - 2), 0);
    paintSigns(*painter, QRectF(content.left(), content.top(), content.width(), t.px(signLine)), row);
    paintSentence(*painter, QRectF(content.left(), content.top() + t.px(signLine + 3), content.width(), t.px(mostLines * sentenceLine)),
                  row);
    paintFoot(*painter,
              QRectF(content.left(), content.top() + t.px(signLine + 5 + mostLines * sentenceLine), content.width(), t.px(2 * footLine)),
              row, isSelected);
    painter->restore();
}

InsightList::InsightList(Look look, InsightsModel &model, const TimeDisplay &time, QWidget *parent)
    : QListView(parent), m_look(look), m_insights(model)
{
    setItemDelegate(new InsightCard(look, model, time, this));
    setModel(&model);
    setFrameShape(QFrame::NoFrame);
    setSelectionMode(SingleSelection);
    setUniformItemSizes(true);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setMouseTracking(true);
    setProperty(FocusRing::insideProperty, true);
    setAccessibleName(tr("Insights"));
    connect(&look.themes, &ThemeStore::themeChanged, this, &InsightList::restyle);
    connect(&model, &QAbstractItemModel::rowsInserted, this, [this](const QModelIndex &, int first, int last) {
        executeDelayedItemsLayout(); // else the bar ends where the list did
        keepPlace(first, last);
    });
    connect(this, &QAbstractItemView::activated, this, [this](const QModelIndex &index) {
        if (m_insights.rowAt(index.row()).under > 0)
            emit shutWanted(index.row(), !m_insights.rowAt(index.row()).isShut);
    });
    restyle();
}

void InsightList::restyle()
{
    QPalette colors = palette();
    colors.setColor(QPalette::Base, m_look.theme().surface.panel);
    setPalette(colors);
    scheduleDelayedItemsLayout();
}

/// What came in above must not move what is being read.
void InsightList::keepPlace(int first, int last)
{
    QScrollBar *bar = verticalScrollBar();
    const int height = itemDelegate()->sizeHint({}, {}).height();
    if (bar->value() > 0 && first * height < bar->value())
        bar->setValue(bar->value() + (last - first + 1) * height);
}

void InsightList::currentChanged(const QModelIndex &current, const QModelIndex &previous)
{
    QListView::currentChanged(current, previous);
    emit currentMoved();
}

void InsightList::keyPressEvent(QKeyEvent *event)
{
    const int row = currentIndex().row();
    const bool isHead = row >= 0 && m_insights.rowAt(row).under > 0;
    if (isHead && (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right))
        emit shutWanted(row, event->key() == Qt::Key_Left);
    else
        QListView::keyPressEvent(event);
}

void InsightList::contextMenuEvent(QContextMenuEvent *event)
{
    if (currentIndex().isValid())
        emit menuRequested(event->globalPos());
}

} // namespace tapio::console
