// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/callsmodel.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

#include "console/ui/widgets/format.h"
#include "console/ui/widgets/tableview.h"
#include "protocol/base/clock.h"

namespace tapio::console {

namespace {

/// Of words outside of a class.
class CallWords {
    Q_DECLARE_TR_FUNCTIONS(tapio::console::CallsModel)
public:
    static QString kind(wire::EntityKind kind)
    {
        switch (kind) {
        case wire::EntityKind::Node: return tr("node");
        case wire::EntityKind::Workload: return tr("workload");
        case wire::EntityKind::Pod: return tr("pod");
        case wire::EntityKind::Container: return tr("container");
        case wire::EntityKind::Destination: return tr("address and port");
        case wire::EntityKind::Address: return tr("address");
        default: return QString::fromUtf8(wire::entityKindName(kind).data());
        }
    }
    static QString failed(std::uint64_t errors, std::uint64_t calls)
    {
        const double share = calls == 0 ? 0 : 100 * static_cast<double>(errors) / static_cast<double>(calls);
        return errors == 0 ? tr("none failed")
                           : tr("%1 of %2 failed (%3 %)").arg(exactCount(errors), exactCount(calls)).arg(share, 0, 'f', share < 10 ? 1 : 0);
    }
    static QString latency(double p50Ns, double p99Ns)
    {
        return p50Ns <= 0 ? QString() : tr("p50 %1, p99 %2").arg(durationText(std::llround(p50Ns)), durationText(std::llround(p99Ns)));
    }
};

} // namespace

QString partyName(const CallParty &party) { return QString::fromStdString(party.name); }
QString partyKind(const CallParty &party) { return CallWords::kind(party.kind); }
QString failedText(const CallEdge &edge) { return CallWords::failed(edge.errors, edge.calls); }
QString latencyText(const CallEdge &edge) { return CallWords::latency(edge.p50Ns, edge.p99Ns); }

void CallsModel::setMap(const CallGraph &graph, const CallMap &map)
{
    beginResetModel();
    m_parties = graph.parties;
    m_seconds = static_cast<double>(graph.toNs - graph.fromNs) / static_cast<double>(nsPerSecond);
    m_edges.clear();
    std::vector<bool> isShown(graph.parties.size());
    for (const CallMapNode &node : map.nodes)
        isShown[node.party] = true;
    for (const CallEdge &edge : graph.edges) {
        if (isShown[edge.caller] && isShown[edge.callee])
            m_edges.push_back(edge);
    }
    endResetModel();
}

const CallEdge *CallsModel::edgeAt(int row) const
{
    return row >= 0 && static_cast<std::size_t>(row) < m_edges.size() ? &m_edges[static_cast<std::size_t>(row)] : nullptr;
}

int CallsModel::rowCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : static_cast<int>(m_edges.size()); }

int CallsModel::columnCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : ColumnCount; }

QString CallsModel::text(const CallEdge &edge, int column) const
{
    const auto duration = [](double ns) { return ns <= 0 ? QString() : durationText(std::llround(ns)); };
    switch (column) {
    case Caller: return partyName(m_parties[edge.caller]);
    case Callee: return partyName(m_parties[edge.callee]);
    case What: return edge.isRequests ? tr("requests") : tr("connections");
    case Calls: return exactCount(edge.calls);
    case Rate: return m_seconds <= 0 ? QString() : tr("%1/s").arg(static_cast<double>(edge.calls) / m_seconds, 0, 'g', 3);
    case Failed: return edge.errors == 0 ? QStringLiteral("0") : failedText(edge);
    case Median: return duration(edge.p50Ns);
    case Slowest: return duration(edge.p99Ns);
    case ToldBy: return edge.isToldByCaller ? tr("caller") : tr("callee alone");
    default: return {};
    }
}

QVariant CallsModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const CallEdge &edge = m_edges[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole: return text(edge, index.column());
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole:
        if (index.column() == Caller || index.column() == Callee) {
            const CallParty &party = m_parties[index.column() == Caller ? edge.caller : edge.callee];
            return tr("%1 (%2)").arg(partyName(party), partyKind(party));
        }
        return text(edge, index.column());
    case cell::emphasisRole:
        if (index.column() == Failed && edge.errors > 0)
            return static_cast<int>(Emphasis::Warn);
        return static_cast<int>(index.column() <= Callee ? Emphasis::Primary : Emphasis::Normal);
    default: return {};
    }
}

QVariant CallsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Caller: return tr("Caller");
    case Callee: return tr("Called");
    case What: return tr("What");
    case Calls: return tr("Calls");
    case Rate: return tr("Rate");
    case Failed: return tr("Failed");
    case Median: return tr("p50");
    case Slowest: return tr("p99");
    case ToldBy: return tr("Told by");
    default: return {};
    }
}

} // namespace tapio::console
