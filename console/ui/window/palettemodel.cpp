// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/palettemodel.h"

#include <QPainter>

namespace tapio::console {

void PaletteModel::setEntries(std::vector<PaletteEntry> entries)
{
    beginResetModel();
    m_entries = std::move(entries);
    m_hits = searchEntries(m_entries, QString());
    endResetModel();
}

void PaletteModel::search(const QString &typed)
{
    beginResetModel();
    m_hits = searchEntries(m_entries, typed);
    endResetModel();
}

QString PaletteModel::hint(const PaletteEntry &entry) const
{
    if (entry.recent == 0)
        return entry.hint;
    return entry.hint.isEmpty() ? tr("recent") : tr("recent \u00b7 %1").arg(entry.hint);
}

int PaletteModel::rowCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : static_cast<int>(m_hits.size()); }

QVariant PaletteModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const PaletteEntry &e = entry(index.row());
    switch (role) {
    case Qt::DisplayRole: return e.text;
    case Qt::AccessibleTextRole: return hint(e).isEmpty() ? e.text : e.text + QStringLiteral(", ") + hint(e);
    case PositionsRole: return QVariant::fromValue(m_hits[static_cast<std::size_t>(index.row())].match.positions);
    case HintRole: return hint(e);
    case IconRole: return e.icon;
    default: return {};
    }
}

QSize PaletteDelegate::sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const { return {0, m_look.theme().px(32)}; }

void PaletteDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const Theme &t = m_look.theme();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QRectF row = QRectF(option.rect).adjusted(t.px(6), 0, -t.px(6), 0);
    if (option.state & QStyle::State_Selected) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(t.surface.selected);
        painter->drawRoundedRect(row, t.px(6), t.px(6));
    }
    const int icon = t.px(16);
    painter->drawPixmap(QPointF(row.left() + t.px(10), row.center().y() - icon / 2.0),
                        m_look.icons.pixmap(index.data(PaletteModel::IconRole).toString(), icon, t.text.secondary,
                                            option.widget ? option.widget->devicePixelRatioF() : 1.0));
    painter->setFont(t.font(FontRole::Label));
    painter->setPen(t.text.secondary);
    const QString hint = index.data(PaletteModel::HintRole).toString();
    painter->drawText(row.adjusted(0, 0, -t.px(10), 0), Qt::AlignRight | Qt::AlignVCenter, hint);
    const qreal right = row.right() - t.px(20) - painter->fontMetrics().horizontalAdvance(hint);

    const QFont plain = t.font(FontRole::Body), strong = t.font(FontRole::Body, QFont::DemiBold);
    const QString text = index.data().toString();
    const auto positions = index.data(PaletteModel::PositionsRole).value<QList<int>>();
    qreal x = row.left() + t.px(36);
    const qreal baseline = row.center().y() + QFontMetricsF(plain).capHeight() / 2;
    qsizetype i = 0;
    while (i < text.size() && x < right) {
        const bool hit = positions.contains(static_cast<int>(i));
        qsizetype end = i + 1;
        while (end < text.size() && positions.contains(static_cast<int>(end)) == hit)
            ++end;
        painter->setFont(hit ? strong : plain);
        painter->setPen(hit ? t.accent.base : t.text.primary);
        QString run = text.mid(i, end - i);
        const QFontMetricsF metrics(painter->font());
        if (x + metrics.horizontalAdvance(run) > right)
            run = metrics.elidedText(run, Qt::ElideRight, right - x);
        painter->drawText(QPointF(x, baseline), run);
        x += metrics.horizontalAdvance(run);
        i = end;
    }
    painter->restore();
}

} // namespace tapio::console
