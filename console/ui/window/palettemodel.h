// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractListModel>
#include <QStyledItemDelegate>

#include "console/ui/widgets/look.h"
#include "console/ui/window/paletteentries.h"

namespace tapio::console {

/// The hits of a search, best first.
class PaletteModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { PositionsRole = Qt::UserRole, HintRole, IconRole };
    using QAbstractListModel::QAbstractListModel;

    void setEntries(std::vector<PaletteEntry> entries);
    void search(const QString &typed);
    QString hint(const PaletteEntry &entry) const;
    const PaletteEntry &entry(int row) const { return m_entries[m_hits[static_cast<std::size_t>(row)].entry]; }

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;

private:
    std::vector<PaletteEntry> m_entries;
    std::vector<PaletteHit> m_hits;
};

/// Icon, text with the matched letters in accent, key at the right.
class PaletteDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    PaletteDelegate(Look look, QObject *parent) : QStyledItemDelegate(parent), m_look(look) {}
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    Look m_look;
};

} // namespace tapio::console
