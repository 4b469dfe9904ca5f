// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include <vector>

#include "console/ui/widgets/timedisplay.h"
#include "protocol/wire/message.h"

namespace tapio::console {

/// Connections that were accepted, refused or closed, newest first. GUI thread.
class NoticesModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Time, Kind, Address, Identity, Code, Reason, Repeated, ColumnCount };
    NoticesModel(const TimeDisplay &time, QObject *parent = nullptr);

    /// `notices` newest first. Rows that are still there stay where they are.
    void update(std::vector<wire::LinkNotice> notices);
    const wire::LinkNotice &notice(int row) const { return m_notices[static_cast<std::size_t>(row)]; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    QString text(const wire::LinkNotice &notice, int column) const;

    const TimeDisplay &m_time;
    std::vector<wire::LinkNotice> m_notices;
};

} // namespace tapio::console
