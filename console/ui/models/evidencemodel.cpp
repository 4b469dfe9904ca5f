// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/evidencemodel.h"

#include "console/ui/widgets/tableview.h"

namespace tapio::console {

EvidenceModel::EvidenceModel(const TimeDisplay &time, QObject *parent) : QAbstractTableModel(parent), m_time(time)
{
    connect(&time, &TimeDisplay::changed, this, [this] {
        emit headerDataChanged(Qt::Horizontal, Time, Time);
        if (rowCount() > 0)
            emit dataChanged(index(0, Time), index(rowCount() - 1, Time));
    });
}

void EvidenceModel::setInsight(const wire::Insight &insight)
{
    beginResetModel();
    m_chain = evidenceChain(insight);
    m_unread.clear();
    for (const auto *lines : {&insight.evidence, &insight.contradicting}) {
        for (const std::string &line : *lines) {
            if (!wire::parseEvidence(line))
                m_unread.push_back(line);
        }
    }
    endResetModel();
}

const wire::EvidenceRef *EvidenceModel::refAt(int row) const
{
    const auto at = static_cast<std::size_t>(row);
    return row >= 0 && at < m_chain.points.size() ? &m_chain.points[at].ref : nullptr;
}

int EvidenceModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_chain.points.size() + m_unread.size());
}

int EvidenceModel::columnCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : ColumnCount; }

QString EvidenceModel::text(int row, int column) const
{
    const wire::EvidenceRef *ref = refAt(row);
    if (!ref)
        return column == What ? QString::fromStdString(m_unread[static_cast<std::size_t>(row) - m_chain.points.size()]) : QString();
    switch (column) {
    case Time: return m_time.text(ref->timeNs, TimeStyle::Millisecond);
    case Unsure: return ref->uncertaintyNs == 0 ? QString() : uncertaintyText(static_cast<std::int64_t>(ref->uncertaintyNs));
    case Says: return m_chain.points[static_cast<std::size_t>(row)].isAgainst ? tr("against") : tr("for");
    case Step: return QString::fromStdString(ref->step);
    case Node: return QString::fromStdString(ref->node);
    case What: return QString::fromStdString(ref->text);
    case Record: return ref->seq == 0 ? tr("not sent") : QStringLiteral("#%1").arg(ref->seq);
    default: return {};
    }
}

QVariant EvidenceModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const wire::EvidenceRef *ref = refAt(index.row());
    switch (role) {
    case Qt::DisplayRole: return text(index.row(), index.column());
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole:
        if (index.column() == Time && ref)
            return m_time.text(ref->timeNs, TimeStyle::Full);
        if (index.column() == Record && ref)
            return ref->seq == 0 ? tr("The rule saw it, but the agent had left it out or not sent it: it is in no store")
                                 : tr("Event %1 of the stream %2 of %3; Enter opens it")
                                       .arg(ref->seq)
                                       .arg(ref->streamId, 16, 16, QLatin1Char('0'))
                                       .arg(QString::fromStdString(ref->node));
        return text(index.row(), index.column());
    case cell::emphasisRole:
        if (index.column() == What)
            return static_cast<int>(Emphasis::Primary);
        return static_cast<int>(index.column() == Says && ref && m_chain.points[static_cast<std::size_t>(index.row())].isAgainst
                                    ? Emphasis::Warn
                                    : Emphasis::Normal);
    default: return {};
    }
}

QVariant EvidenceModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Time: return tr("Time (%1)").arg(m_time.zoneName(m_chain.points.empty() ? 0 : m_chain.points.front().ref.timeNs));
    case Unsure: return tr("Clock");
    case Says: return tr("Says");
    case Step: return tr("Step");
    case Node: return tr("Node");
    case What: return tr("What");
    case Record: return tr("Record");
    default: return {};
    }
}

} // namespace tapio::console
