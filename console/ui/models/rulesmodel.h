// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include "console/core/metrics/ruleboard.h"

namespace tapio::console {

/// "98.9 % [97.1, 99.6] of 812", "no data, 3 of 5".
QString shareText(const replay::Share &share, std::uint64_t floor);
/// What engines spent on the rules, in percent of one CPU, out of the evaluations that were timed; nothing: none was, or no time has passed.
std::optional<double> costPercent(const RuleBoard &board);

/// One row per rule, sorted by id. Rows keep their place while values change. GUI thread.
class RulesModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column {
        Rule,
        Severity,
        Scope,
        Evaluations,
        Evidence,
        Opened,
        Open,
        Suppressed,
        Cost,
        Verdicts,
        Drills,
        Suite,
        Unjoined,
        Late,
        Evicted,
        Candidates,
        ColumnCount
    };
    using QAbstractTableModel::QAbstractTableModel;

    void update(RuleBoard board);
    const RuleBoard &board() const noexcept { return m_board; }
    const RuleRow &row(int row) const { return m_board.rules[static_cast<std::size_t>(row)]; }
    int rowOf(const QString &rule) const; ///< -1 = none

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    QString text(const RuleRow &row, int column) const;
    QString suiteText(const RuleRow &row) const;
    QVariant sortKey(const RuleRow &row, int column) const;
    QVariant exported(const RuleRow &row, int column) const;
    int emphasis(const RuleRow &row, int column) const;
    QString toolTip(const RuleRow &row, int column) const;

    RuleBoard m_board;
};

} // namespace tapio::console
