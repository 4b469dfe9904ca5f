// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include <memory>
#include <vector>

#include "console/core/session/session.h"

namespace tapio::console {

/// What a query came to, a row for each series in the order of the answer: of a range its newest, least, average and largest value, at one time its value alone. A
/// scalar and a text are a row as well. GUI thread.
class QuerySeriesModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Series, Last, Least, Average, Largest, Samples, ColumnCount };
    using QAbstractTableModel::QAbstractTableModel;

    /// Null: nothing. `isRange`: a row has several values.
    void set(std::shared_ptr<const AnsweredQuery> answered, bool isRange);
    /// Rows of several answers, with values of a unit.
    void setRows(std::vector<SeriesSummary> rows, bool isRange, Unit unit);
    bool isRange() const { return m_isRange; }
    const std::shared_ptr<const AnsweredQuery> &answered() const { return m_answered; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    static double value(const SeriesSummary &row, int column);
    QString numberText(double number) const;

    std::shared_ptr<const AnsweredQuery> m_answered;
    std::shared_ptr<const std::vector<SeriesSummary>> m_rows; ///< null: none
    Unit m_unit = Unit::None;
    bool m_isRange = true, m_isText = false;
};

/// A value as people read it, plainNumber() where it is a number: "1,234.57", "NaN", "+Inf".
QString valueText(double value);

} // namespace tapio::console
