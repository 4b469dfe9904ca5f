// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include <vector>

#include "console/ui/models/callmap.h"

namespace tapio::console {

/// "workload shop/cart" in words: "shop/cart", and its kind.
QString partyName(const CallParty &party);
QString partyKind(const CallParty &party);
/// "12 of 240 failed (5.0 %)", "none failed".
QString failedText(const CallEdge &edge);
/// "p50 1.2 ms, p99 30 ms"; empty where it is not known.
QString latencyText(const CallEdge &edge);

/// The calls that a map shows, and those of itself of what it shows, a row each. GUI thread.
class CallsModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Caller, Callee, What, Calls, Rate, Failed, Median, Slowest, ToldBy, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setMap(const CallGraph &graph, const CallMap &map);
    /// Null for a row that is none.
    const CallEdge *edgeAt(int row) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    QString text(const CallEdge &edge, int column) const;

    std::vector<CallParty> m_parties;
    std::vector<CallEdge> m_edges;
    double m_seconds = 0; ///< of the time that was looked at
};

} // namespace tapio::console
