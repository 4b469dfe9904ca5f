// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/agentsmodel.h"

#include <algorithm>

#include "console/ui/widgets/format.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

namespace {

/// A certificate that ends within this time is shown in the warning colour: renewal takes a person.
constexpr std::int64_t expirySoonNs = 7LL * 24 * 3600 * nsPerSecond;
const QString dash = QStringLiteral("\u2013");

QString hex(std::uint64_t value) { return value == 0 ? dash : QString::number(value, 16); }

QString clockText(const wire::Heartbeat &beat)
{
    if (beat.uncertaintyNs < 0)
        return AgentsModel::tr("not measured");
    const QString sign = beat.offsetNs >= 0 ? QStringLiteral("+") : QString();
    return sign + durationText(beat.offsetNs) + QLatin1Char(' ') + uncertaintyText(beat.uncertaintyNs);
}

/// What a heartbeat or a Hello told is of then once the agent is not there any more.
bool isOld(const wire::AgentState &agent) { return agent.state != wire::LinkState::Connected; }

bool byNode(const wire::AgentState &a, const wire::AgentState &b) { return a.node < b.node; }

} // namespace

std::uint64_t lostEvents(const wire::StreamLoss &loss, const CounterSet &counters)
{
    return loss.droppedEvents + loss.transitEvents + counters[Counter::Lost] + counters[Counter::Shed];
}

const CounterSet &AgentsModel::counters(const std::string &node) const
{
    static const CounterSet none;
    const auto found = m_counters.find(node);
    return found == m_counters.end() ? none : found->second;
}

AgentsModel::AgentsModel(const TimeDisplay &time, QObject *parent) : QAbstractTableModel(parent), m_time(time)
{
    connect(&time, &TimeDisplay::changed, this, [this] {
        if (rowCount() > 0)
            emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    });
}

void AgentsModel::update(std::vector<wire::AgentState> agents, std::int64_t nowNs, Counters counters)
{
    m_nowNs = nowNs;
    m_counters = std::move(counters);
    std::sort(agents.begin(), agents.end(), byNode);
    for (int row = rowCount() - 1; row >= 0; --row)
        if (!std::binary_search(agents.begin(), agents.end(), agent(row), byNode)) {
            beginRemoveRows({}, row, row);
            m_agents.erase(m_agents.begin() + row);
            endRemoveRows();
        }
    for (std::size_t i = 0; i < agents.size(); ++i) {
        if (i < m_agents.size() && m_agents[i].node == agents[i].node) {
            m_agents[i] = std::move(agents[i]);
            continue;
        }
        const int row = static_cast<int>(i);
        beginInsertRows({}, row, row);
        m_agents.insert(m_agents.begin() + row, std::move(agents[i]));
        endInsertRows();
    }
    if (!m_agents.empty()) // ages move on even where nothing else did
        emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

int AgentsModel::rowOf(const std::string &node) const
{
    const auto at = std::lower_bound(m_agents.begin(), m_agents.end(), node,
                                     [](const wire::AgentState &a, const std::string &n) { return a.node < n; });
    return at != m_agents.end() && at->node == node ? static_cast<int>(at - m_agents.begin()) : -1;
}

int AgentsModel::rowCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : static_cast<int>(m_agents.size()); }

int AgentsModel::columnCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : ColumnCount; }

QString AgentsModel::text(const wire::AgentState &a, int column) const
{
    switch (column) {
    case Node: return QString::fromStdString(a.node);
    case State: return signOf({SignValue::Kind::Link, static_cast<int>(a.state)}, Theme()).word;
    case Since: return a.sinceNs == 0 ? dash : ageText(m_nowNs - a.sinceNs);
    case Address: return QString::fromStdString(a.remoteAddress);
    case Clock: return clockText(a.heartbeat);
    case Queue: return exactCount(a.heartbeat.queuedEvents + a.heartbeat.inFlightEvents);
    case Received: return exactCount(a.receivedEvents);
    case Lost: return exactCount(lost(a));
    case Sessions: return exactCount(a.sessions);
    case Expires: return a.certificateExpiresNs == 0 ? dash : ageText(a.certificateExpiresNs - m_nowNs);
    case Serial: return QString::fromStdString(a.certificateSerial);
    case Stream: return hex(a.streamId);
    case Version: return QString::fromStdString(a.agent.version);
    default: return {};
    }
}

QVariant AgentsModel::sortKey(const wire::AgentState &a, int column) const
{
    switch (column) {
    case State: return static_cast<int>(a.state);
    case Since: return static_cast<qlonglong>(-a.sinceNs);
    case Clock: return static_cast<qlonglong>(a.heartbeat.uncertaintyNs < 0 ? INT64_MIN : std::abs(a.heartbeat.offsetNs));
    case Queue: return static_cast<qulonglong>(a.heartbeat.queuedEvents + a.heartbeat.inFlightEvents);
    case Received: return static_cast<qulonglong>(a.receivedEvents);
    case Lost: return static_cast<qulonglong>(lost(a));
    case Sessions: return a.sessions;
    case Expires: return static_cast<qlonglong>(a.certificateExpiresNs);
    default: return text(a, column);
    }
}

QVariant AgentsModel::exported(const wire::AgentState &a, int column) const
{
    switch (column) {
    case Since: return a.sinceNs == 0 ? QString() : isoText(a.sinceNs);
    case Clock: return a.heartbeat.uncertaintyNs < 0 ? QVariant(QString()) : QVariant(static_cast<qlonglong>(a.heartbeat.offsetNs));
    case Expires: return a.certificateExpiresNs == 0 ? QString() : isoText(a.certificateExpiresNs);
    case Queue:
    case Received:
    case Lost:
    case Sessions: return sortKey(a, column);
    default: return text(a, column);
    }
}

int AgentsModel::emphasis(const wire::AgentState &a, int column) const
{
    const auto value = [](Emphasis e) { return static_cast<int>(e); };
    switch (column) {
    case Node: return value(Emphasis::Strong);
    case Lost: return value(lost(a) > 0 ? Emphasis::Alarm : Emphasis::Normal);
    case Expires:
        if (a.certificateExpiresNs != 0 && a.certificateExpiresNs <= m_nowNs)
            return value(Emphasis::Alarm);
        return value(a.certificateExpiresNs != 0 && a.certificateExpiresNs - m_nowNs < expirySoonNs ? Emphasis::Warn : Emphasis::Normal);
    case Clock: return value(a.heartbeat.uncertaintyNs < 0 || isOld(a) ? Emphasis::Muted : Emphasis::Normal);
    case Queue:
    case Version: return value(isOld(a) ? Emphasis::Muted : Emphasis::Normal);
    default: return value(Emphasis::Normal);
    }
}

QString AgentsModel::toolTip(const wire::AgentState &a, int column) const
{
    const bool isToldByNode = column == Clock || column == Queue || column == Lost || column == Version;
    const QString text = explained(a, column);
    if (!isToldByNode || !isOld(a) || a.lastHeartbeatNs == 0)
        return text;
    const QString asOf = tr("As of %1").arg(m_time.text(a.lastHeartbeatNs, TimeStyle::Full));
    return text.isEmpty() ? asOf : text + QLatin1Char('\n') + asOf;
}

QString AgentsModel::explained(const wire::AgentState &a, int column) const
{
    switch (column) {
    case Since: return a.sinceNs == 0 ? QString() : tr("Since %1").arg(m_time.text(a.sinceNs, TimeStyle::Full));
    case Expires:
        return a.certificateExpiresNs == 0 ? QString() : tr("Expires %1").arg(m_time.text(a.certificateExpiresNs, TimeStyle::Full));
    case Queue:
        return tr("%1 queued on the node, %2 sent and not confirmed")
            .arg(exactCount(a.heartbeat.queuedEvents), exactCount(a.heartbeat.inFlightEvents));
    case Received:
        return tr("%1 events in %2 frames, %3")
            .arg(exactCount(a.receivedEvents), exactCount(a.receivedFrames), bytesText(static_cast<double>(a.receivedBytes)));
    case Lost:
        return tr("Lost in the kernel: %1\nShed by the overhead budget: %2\nDropped by the agent: %3\nLost on the way: %4\nFrames "
                  "missing: %5\nDuplicate frames (not lost): %6")
            .arg(exactCount(counters(a.node)[Counter::Lost]), exactCount(counters(a.node)[Counter::Shed]), exactCount(a.loss.droppedEvents),
                 exactCount(a.loss.transitEvents), exactCount(a.loss.gapFrames), exactCount(a.loss.duplicateFrames));
    case Clock: return tr("The server's clock minus the node's, and half the round trip it was measured with");
    default: return text(a, column);
    }
}

QVariant AgentsModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const wire::AgentState &a = agent(index.row());
    switch (role) {
    case Qt::DisplayRole: return text(a, index.column());
    case Qt::ToolTipRole: return toolTip(a, index.column());
    case cell::sortRole: return sortKey(a, index.column());
    case cell::exportRole: return exported(a, index.column());
    case cell::emphasisRole: return emphasis(a, index.column());
    case cell::signRole:
        return index.column() == State ? QVariant::fromValue(SignValue{SignValue::Kind::Link, static_cast<int>(a.state)}) : QVariant();
    default: return {};
    }
}

QVariant AgentsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::Alignment(
            (section == Since || (section >= Queue && section <= Expires) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
    if (role == cell::exportRole && section == Clock)
        return tr("Clock offset (ns)");
    if (role != Qt::DisplayRole && role != cell::exportRole)
        return {};
    switch (section) {
    case Node: return tr("Node");
    case State: return tr("State");
    case Since: return tr("Since");
    case Address: return tr("Address");
    case Clock: return tr("Clock offset");
    case Queue: return tr("Queue");
    case Received: return tr("Received");
    case Lost: return tr("Lost");
    case Sessions: return tr("Sessions");
    case Expires: return tr("Cert. ends in");
    case Serial: return tr("Serial");
    case Stream: return tr("Stream");
    case Version: return tr("Agent");
    default: return {};
    }
}

} // namespace tapio::console
