// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>

#include "console/ui/pages/page.h"

class QLabel;
class QLineEdit;

namespace tapio::console {

class TableView;

/// Actions and their keys as rows. One row per id.
class KeysModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Group, Text, Keys, ColumnCount };
    explicit KeysModel(const ActionRegistry &actions, QObject *parent = nullptr);

    QString id(int row) const { return m_ids[row]; }
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    void reload();
    const ActionRegistry &m_actions;
    QStringList m_ids;
};

/// The table of keys with its filter, and the dialog that records a new one.
class KeyboardSettings : public QWidget {
    Q_OBJECT
public:
    explicit KeyboardSettings(UiContext context, QWidget *parent = nullptr);

private:
    void change();
    void reset();
    QString currentId() const;

    UiContext m_context;
    KeysModel m_model;
    QSortFilterProxyModel m_rows;
    TableView *m_table;
    QLineEdit *m_filter;
};

} // namespace tapio::console
