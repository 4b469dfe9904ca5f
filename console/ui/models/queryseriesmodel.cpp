// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/queryseriesmodel.h"

#include <array>
#include <cmath>
#include <limits>

#include "console/core/promql/numbertext.h"
#include "console/ui/widgets/format.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

QString valueText(double value) { return std::isfinite(value) ? plainNumber(value) : QString::fromStdString(promql::numberText(value)); }

QuerySeriesModel::Row QuerySeriesModel::rowOf(const promql::ResultSeries &series)
{
    Row row;
    if (!series.labels.empty())
        row.name = QString::fromStdString(series.labels.text());
    row.samples = series.samples.size();
    row.last = row.least = row.average = row.largest = std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (const promql::Sample &sample : series.samples) {
        row.least = std::fmin(row.least, sample.value); // of a number and none the number
        row.largest = std::fmax(row.largest, sample.value);
        sum += sample.value;
        row.last = sample.value;
    }
    if (row.samples > 0)
        row.average = sum / static_cast<double>(row.samples);
    return row;
}

void QuerySeriesModel::set(std::shared_ptr<const QueryAnswer> answer, bool isRange)
{
    beginResetModel();
    m_answer = std::move(answer);
    m_isRange = isRange;
    m_rows.clear();
    if (m_answer && m_answer->result.type == promql::ValueType::String) {
        Row text;
        text.name = QString::fromStdString(m_answer->result.text);
        m_rows.push_back(text);
    } else if (m_answer) {
        for (const promql::ResultSeries &series : m_answer->result.series)
            m_rows.push_back(rowOf(series));
    }
    endResetModel();
}

int QuerySeriesModel::rowCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : static_cast<int>(m_rows.size()); }
int QuerySeriesModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : m_isRange ? static_cast<int>(ColumnCount) : Last + 1;
}

double QuerySeriesModel::value(const Row &row, int column) const
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
    const Row &row = m_rows[static_cast<std::size_t>(index.row())];
    const bool isText = m_answer->result.type == promql::ValueType::String;
    if (index.column() == Series) {
        if (role == Qt::DisplayRole || role == cell::sortRole || role == cell::exportRole || role == Qt::ToolTipRole)
            return row.name.isEmpty() && !isText ? tr("(no labels)") : row.name;
        return {};
    }
    if (isText)
        return {};
    const double number = value(row, index.column());
    switch (role) {
    case Qt::DisplayRole: return index.column() == Samples ? exactCount(row.samples) : valueText(number);
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
