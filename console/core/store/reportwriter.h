// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "console/core/store/catalog.h"
#include "console/core/store/store.h"
#include "protocol/wire/codec.h"

namespace tapio::console {

/// Buffers and writes what is neither an event nor a reading: agents, links, hooks, operator actions, verdicts, and losses with their
/// cause and time, which are the growth of cumulative counts. Store thread only.
class ReportWriter {
public:
    explicit ReportWriter(Database &database) : m_database(database) {}
    Status load();

    /// Errors: Busy when too many wait to be written.
    Status putAgent(const Catalog::Stream *stream, std::int64_t node, const wire::AgentState &state, std::int64_t nowNs);
    Status putNotice(const wire::LinkNotice &notice);
    Status putAction(const OperatorAction &action);
    Status putVerdict(const Verdict &verdict); ///< also those of checkVerdict
    void putHooks(const Catalog::Stream &stream, const wire::Frame &frame, const wire::HookReport &report);
    void putCounters(const Catalog::Stream &stream, const wire::CounterReport &report);
    bool empty() const noexcept;

    Status write();
    void committed();

private:
    struct Row {
        std::int64_t timeNs = 0;
        wire::Bytes data;
    };
    struct Loss {
        std::int64_t timeNs = 0;
        std::int64_t stream = 0;
        std::string cause;
        std::uint64_t events = 0;
    };
    using TotalKey = std::tuple<std::int64_t, std::string, std::string>; ///< stream (or minus the node's number), source, cause
    void noteTotal(const Catalog::Stream &stream, const std::string &source, std::string_view cause, std::uint64_t total,
                   std::int64_t timeNs);
    void noteNodeTotal(const Catalog::Stream &stream, std::string_view cause, std::uint64_t total, bool fromTheBeginning,
                       std::int64_t timeNs);

    /// What one stream's agent dropped, as its heartbeats say and as its sources' counters say: the larger is what is known.
    struct Drops {
        std::uint64_t byAgent = 0, bySource = 0;
    };
    /// Returns by how much the larger of the two grew.
    std::uint64_t growDrops(std::int64_t stream, std::string_view cause, std::uint64_t by);

    Database &m_database;
    std::map<std::int64_t, Row> m_agents;
    std::map<std::int64_t, Row> m_hooks;
    std::vector<Row> m_notices;
    std::vector<OperatorAction> m_actions;
    std::vector<Verdict> m_verdicts;
    std::vector<Loss> m_losses;
    std::map<TotalKey, std::uint64_t> m_totals;
    std::map<std::int64_t, Drops> m_drops; ///< by stream
    std::map<TotalKey, std::uint64_t> m_movedTotals;
};

} // namespace tapio::console
