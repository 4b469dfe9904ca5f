// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/paneltablemodel.h"

#include <algorithm>
#include <span>

#include "console/ui/charts/decimate.h"
#include "console/ui/widgets/paneltext.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

namespace {

QString percentOr(const std::optional<double> &value)
{
    return value ? quantity(*value, Unit::Percent).text() : PanelTableModel::tr("no data");
}

std::vector<QStringList> podRows(const PodStatusView &view, const TimeDisplay &time)
{
    std::vector<QStringList> rows;
    for (const Counted &each : view.states)
        rows.push_back({PanelText::podState(each.key), exactCount(each.count), {}});
    for (const GroupRow &each : view.worst)
        rows.push_back({QString::fromStdString(each.entity), PanelText::podState(each.title),
                        each.sinceNs > 0 ? time.textWithZone(each.sinceNs, TimeStyle::DateSecond) : QString()});
    return rows;
}

std::vector<QStringList> coverageRows(const CoverageView &view)
{
    std::vector<QStringList> rows;
    for (const NodeCell &each : view.cells) {
        QStringList missing;
        for (const std::string &line : each.missing)
            missing << QString::fromStdString(line);
        rows.push_back({QString::fromStdString(each.node), PanelText::nodeState(each.state),
                        PanelTableModel::tr("%1 of %2").arg(each.hooksActive).arg(each.hooksWanted), missing.join(QStringLiteral("; "))});
    }
    rows.push_back({PanelTableModel::tr("Attribution"), percentOr(view.attribution), {}, {}});
    rows.push_back({PanelTableModel::tr("Completeness"), percentOr(view.completeness), {}, {}});
    rows.push_back({PanelTableModel::tr("Hooks attached"), percentOr(view.hooks), {}, {}});
    return rows;
}

QStringList boundCells(const Interval &interval)
{
    const auto percent = [](double value) { return quantity(value, Unit::Percent).text(); };
    return {interval.estimate ? PanelTableModel::tr("%1 to %2").arg(percent(interval.low), percent(interval.high)) : QString(),
            interval.estimate ? exactCount(interval.have)
                              : PanelTableModel::tr("%1 of %2").arg(exactCount(interval.have), exactCount(interval.need)),
            percent(interval.alert)};
}

/// When the rule found its drill, where and how fast; when it did not; when it was wrong.
QStringList proofCells(const RuleProofRow &rule, const TimeDisplay &time)
{
    const auto when = [&time](const ProofMoment &moment) {
        return moment.timeNs == 0 ? PanelTableModel::tr("never") : time.text(moment.timeNs, TimeStyle::DateSecond);
    };
    const bool isProved = rule.found.timeNs != 0;
    return {when(rule.found), isProved ? QString::fromStdString(rule.found.node) : QString(),
            isProved ? durationText(rule.found.leadNs) : QString(), when(rule.missed), when(rule.wrong)};
}

std::vector<QStringList> intervalRows(const IntervalView &view, const TimeDisplay &time)
{
    std::vector<QStringList> rows;
    const QStringList noProof = view.rules.empty() ? QStringList() : QStringList{{}, {}, {}, {}, {}};
    for (const Interval &each : view.intervals)
        rows.push_back(QStringList{PanelText::interval(each.key), percentOr(each.estimate)} + noProof + boundCells(each));
    for (const RuleProofRow &rule : view.rules)
        rows.push_back(QStringList{QString::fromStdString(rule.interval.key), percentOr(rule.interval.estimate)} + proofCells(rule, time)
                       + boundCells(rule.interval));
    return rows;
}

std::vector<QStringList> groupRows(const GroupsView &view, const TimeDisplay &time)
{
    std::vector<QStringList> rows;
    for (const GroupRow &each : view.rows)
        rows.push_back({QString::fromStdString(each.severity), QString::fromStdString(each.title), exactCount(each.open),
                        each.sinceNs > 0 ? time.textWithZone(each.sinceNs, TimeStyle::DateSecond) : QString()});
    return rows;
}

} // namespace

PanelTableModel::PanelTableModel(const TimeDisplay &time, QObject *parent) : QAbstractTableModel(parent), m_time(time)
{
    connect(&time, &TimeDisplay::changed, this, [this] {
        beginResetModel();
        if (m_panel) {
            m_shape = shapeOf(*m_panel);
            fill();
        }
        endResetModel();
    });
}

PanelTableModel::Shape PanelTableModel::shapeOf(const PanelSnapshot &panel) const
{
    Shape shape{panel.view.index(), {}};
    if (std::holds_alternative<PodStatusView>(panel.view)) {
        shape.headers = {tr("State or pod"), tr("Pods, or state"), tr("Since")};
    } else if (std::holds_alternative<CoverageView>(panel.view)) {
        shape.headers = {tr("Node"), tr("State"), tr("Hooks"), tr("Missing")};
    } else if (std::holds_alternative<IntervalView>(panel.view)) {
        shape.headers = {tr("Source"), tr("Estimate")};
        if (!std::get<IntervalView>(panel.view).rules.empty()) {
            const QString zone = m_time.zoneName(panel.toNs);
            shape.headers << tr("Last proved (%1)").arg(zone) << tr("On") << tr("After") << tr("Last missed (%1)").arg(zone)
                          << tr("Last false alarm (%1)").arg(zone);
        }
        shape.headers << tr("Wilson 95 %") << tr("Counted") << tr("Alert");
    } else if (std::holds_alternative<GroupsView>(panel.view)) {
        shape.headers = {tr("Severity"), tr("Rule"), tr("Open"), tr("Oldest since")};
    } else if (const auto *heat = std::get_if<HeatView>(&panel.view)) {
        shape.headers << tr("Time (%1)").arg(m_time.zoneName(panel.toNs));
        for (std::size_t i = 0; i + 1 < heat->boundsNs.size(); ++i)
            shape.headers << tr("below %1").arg(durationText(static_cast<std::int64_t>(heat->boundsNs[i + 1])));
    } else {
        shape.headers << tr("Time (%1)").arg(m_time.zoneName(panel.toNs));
        for (const PlotSeries &series : std::span(panel.series).first(std::min(panel.series.size(), maxColumns - 1)))
            shape.headers << (series.below ? tr("%1 sent").arg(PanelText::series(series)) : PanelText::series(series));
    }
    return shape;
}

void PanelTableModel::setPanel(std::shared_ptr<const PanelSnapshot> panel)
{
    const Shape shape = shapeOf(*panel);
    const std::size_t before = m_times.empty() ? m_rows.size() : m_times.size();
    std::vector<std::int64_t> times = std::move(m_times);
    std::vector<QStringList> rows = std::move(m_rows);
    m_panel = std::move(panel);
    fill();
    const std::size_t after = m_times.empty() ? m_rows.size() : m_times.size();
    if (shape == m_shape && before == after && after > 0) {
        emit dataChanged(index(0, 0), index(static_cast<int>(after) - 1, columnCount() - 1), {Qt::DisplayRole});
        return;
    }
    // Attached views ask for the old rows until the reset begins.
    std::swap(times, m_times);
    std::swap(rows, m_rows);
    beginResetModel();
    std::swap(times, m_times);
    std::swap(rows, m_rows);
    m_shape = shape;
    endResetModel();
}

void PanelTableModel::fill()
{
    m_times.clear();
    m_rows.clear();
    m_truncated = 0;
    if (const auto *pods = std::get_if<PodStatusView>(&m_panel->view))
        m_rows = podRows(*pods, m_time);
    else if (const auto *coverage = std::get_if<CoverageView>(&m_panel->view))
        m_rows = coverageRows(*coverage);
    else if (const auto *intervals = std::get_if<IntervalView>(&m_panel->view))
        m_rows = intervalRows(*intervals, m_time);
    else if (const auto *groups = std::get_if<GroupsView>(&m_panel->view))
        m_rows = groupRows(*groups, m_time);
    else if (std::holds_alternative<HeatView>(m_panel->view))
        fillHeat();
    else
        fillSeries();
    if (m_rows.size() > maxRows) {
        m_truncated = m_rows.size() - maxRows;
        m_rows.resize(maxRows);
    }
}

void PanelTableModel::fillHeat()
{
    const auto &heat = std::get<HeatView>(m_panel->view);
    const TimeStyle style = TimeStyle::DateSecond;
    for (auto column = heat.columns.rbegin(); column != heat.columns.rend(); ++column) {
        QStringList row{m_time.text(column->timeNs, style)};
        for (std::size_t i = 0; i + 1 < heat.boundsNs.size(); ++i)
            row << (i < column->counts.size() ? exactCount(column->counts[i]) : QString());
        m_rows.push_back(std::move(row));
    }
}

void PanelTableModel::fillSeries()
{
    for (const PlotSeries &series : m_panel->series) {
        const std::size_t merged = m_times.size();
        for (const PlotPoint &point : series.points)
            m_times.push_back(point.timeNs);
        std::inplace_merge(m_times.begin(), m_times.begin() + static_cast<std::ptrdiff_t>(merged), m_times.end());
        m_times.erase(std::unique(m_times.begin(), m_times.end()), m_times.end());
    }
    std::ranges::reverse(m_times);
    if (m_times.size() > maxRows) {
        m_truncated = m_times.size() - maxRows;
        m_times.resize(maxRows);
    }
}

int PanelTableModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_times.empty() ? m_rows.size() : m_times.size());
}

int PanelTableModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_shape.headers.size());
}

const PlotPoint *PanelTableModel::sample(std::size_t row, std::size_t column) const
{
    return sampleAt(m_panel->series[column - 1].points, m_times[row], 0);
}

QString PanelTableModel::cell(std::size_t row, std::size_t column) const
{
    if (m_times.empty())
        return row < m_rows.size() ? m_rows[row].value(static_cast<qsizetype>(column)) : QString();
    if (column == 0)
        return m_time.text(m_times[row], m_panel->bucketNs < nsPerSecond ? TimeStyle::Millisecond : TimeStyle::DateSecond);
    const PlotPoint *point = sample(row, column);
    return point ? exactQuantity(point->value, m_panel->series[column - 1].unit).text() : tr("no sample");
}

QVariant PanelTableModel::data(const QModelIndex &index, int role) const
{
    if (!m_panel || !index.isValid())
        return {};
    const auto row = static_cast<std::size_t>(index.row());
    const auto column = static_cast<std::size_t>(index.column());
    if (role == Qt::DisplayRole || role == Qt::AccessibleTextRole)
        return cell(row, column);
    if (role == tapio::console::cell::emphasisRole && !m_times.empty() && column > 0 && !sample(row, column))
        return static_cast<int>(Emphasis::Muted);
    return {};
}

QVariant PanelTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant((m_times.empty() || section == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    return m_shape.headers.value(section);
}

} // namespace tapio::console
