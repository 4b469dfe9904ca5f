// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include <map>
#include <vector>

#include "console/ui/widgets/timedisplay.h"
#include "protocol/base/counters.h"
#include "protocol/wire/message.h"

namespace tapio::console {

/// Events of one node that will never arrive, by all causes: what the server names (agent, way), and what the agent's sources
/// counted before (kernel ring, shed by the overhead budget). Their "qdrop" is among what the server names.
std::uint64_t lostEvents(const wire::StreamLoss &loss, const CounterSet &counters);

/// One row per agent that the server knows, sorted by node. Rows keep their place while values change. GUI thread.
class AgentsModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Node, State, Since, Address, Clock, Queue, Received, Lost, Sessions, Expires, Serial, Stream, Version, ColumnCount };
    AgentsModel(const TimeDisplay &time, QObject *parent = nullptr);

    using Counters = std::map<std::string, CounterSet>; ///< by node
    void update(std::vector<wire::AgentState> agents, std::int64_t nowNs, Counters counters = {});
    const CounterSet &counters(const std::string &node) const;
    const wire::AgentState &agent(int row) const { return m_agents[static_cast<std::size_t>(row)]; }
    int rowOf(const std::string &node) const; ///< -1 = none

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    QString text(const wire::AgentState &agent, int column) const;
    std::uint64_t lost(const wire::AgentState &agent) const { return lostEvents(agent.loss, counters(agent.node)); }
    QVariant exported(const wire::AgentState &agent, int column) const;
    QVariant sortKey(const wire::AgentState &agent, int column) const;
    int emphasis(const wire::AgentState &agent, int column) const;
    QString toolTip(const wire::AgentState &agent, int column) const;
    QString explained(const wire::AgentState &agent, int column) const;

    const TimeDisplay &m_time;
    std::vector<wire::AgentState> m_agents;
    Counters m_counters;
    std::int64_t m_nowNs = 0;
};

} // namespace tapio::console
