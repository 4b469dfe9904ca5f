// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include <vector>

#include "console/ui/models/evidencechain.h"
#include "console/ui/widgets/timedisplay.h"

namespace tapio::console {

/// The chain of one insight as a table, what speaks against it among the rest by time; lines that cannot be read stand last as they are. GUI thread.
class EvidenceModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Time, Unsure, Says, Step, Node, What, Record, ColumnCount };

    explicit EvidenceModel(const TimeDisplay &time, QObject *parent = nullptr);

    void setInsight(const wire::Insight &insight);
    const EvidenceChain &chain() const { return m_chain; }
    /// Null for a line that cannot be read.
    const wire::EvidenceRef *refAt(int row) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    QString text(int row, int column) const;

    const TimeDisplay &m_time;
    EvidenceChain m_chain;
    std::vector<std::string> m_unread;
};

} // namespace tapio::console
