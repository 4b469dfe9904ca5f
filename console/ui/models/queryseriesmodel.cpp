// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/queryseriesmodel.h"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "console/core/promql/numbertext.h"
#include "console/ui/widgets/format.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

QString valueText(double value) { return std::isfinite(value) ? plainNumber(value) : QString::fromStdString(promql::numberText(value)); }

void QuerySeriesModel::set(std::shared_ptr<const AnsweredQuery> answered, bool isRange)
{
    beginResetModel();
    m_answered = std::move(answered);
    m_rows = m_answered ? std::shared_ptr<const std::vector<SeriesSummary>>(m_answered, &m_answered->picture.rows) : nullptr;
    m_isText = m_answered && m_answered->answer.result.type == promql::ValueType::String;
    m_unit = Unit::None;
    m_isRange = isRange;
    endResetModel();
}

void QuerySeriesModel::setRows(std::vector<SeriesSummary> rows, bool isRange, Unit unit)
{
    beginResetModel();
    m_answered.reset();
    m_rows = std::make_shared<const std::vector<SeriesSummary>>(std::move(rows));
    m_isText = false;
    m_unit = unit;
    m_isRange = isRange;
    endResetModel();
}

QString QuerySeriesModel::numberText(double number) const
{
    return m_unit == Unit::None || !std::isfinite(number) ? valueText(number) : quantity(number, m_unit).text();
}

int QuerySeriesModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() || !m_rows ? 0 : static_cast<int>(m_rows->size());
}

int QuerySeriesModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : m_isRange ? static_cast<int>(ColumnCount) : Last + 1;
}

double QuerySeriesModel::value(const SeriesSummary &row, int column)
{
    switch (column) {
    case Last: return row.last;
    case Least: return row.least;
    case Average: return row.average;
    case Largest: return row.largest;
    default: return static_cast<double>(row.samples);
    }
}

QVariant QuerySeriesModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const SeriesSummary &row = (*m_rows)[static_cast<std::size_t>(index.row())];
    if (index.column() == Series) {
        if (role == Qt::DisplayRole || role == cell::sortRole || role == cell::exportRole || role == Qt::ToolTipRole)
            return row.name.empty() && !m_isText ? tr("(no labels)") : QString::fromStdString(row.name);
        return {};
    }
    if (m_isText)
        return {};
    const double number = value(row, index.column());
    switch (role) {
    case Qt::DisplayRole: return index.column() == Samples ? exactCount(row.samples) : numberText(number);
    case cell::sortRole: return std::isnan(number) ? -std::numeric_limits<double>::infinity() : number;
    case cell::exportRole:
    case Qt::ToolTipRole: return QString::fromStdString(promql::numberText(number)); // all its digits
    default: return {};
    }
}

QVariant QuerySeriesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::Alignment((section == Series ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter));
    if (role == cell::exportRole) {
        constexpr std::array<const char *, ColumnCount> names{"series", "last", "min", "avg", "max", "samples"};
        return QString::fromLatin1(names.at(static_cast<std::size_t>(section)));
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Series: return tr("Series");
    case Last: return m_isRange ? tr("Last") : tr("Value");
    case Least: return tr("Min");
    case Average: return tr("Average");
    case Largest: return tr("Max");
    default: return tr("Samples");
    }
}

} // namespace tapio::console
