// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QTimer>

#include <deque>
#include <map>

#include "agent/server/logsink.h"
#include "console/core/metrics/historymodel.h"
#include "console/core/session/link.h"
#include "console/core/session/mailbox.h"
#include "console/core/session/modelthread.h"
#include "console/core/session/newestjob.h"
#include "console/core/session/queryjobs.h"
#include "console/core/session/session.h"
#include "console/core/session/storethread.h"
#include "console/core/session/streamcounters.h"

namespace tapio::console {

/// What the threads hand to the GUI thread; the newest of each wins.
struct SessionUpdate {
    struct Answer {
        int slot;
        quint64 id;
        Result<EventPage> page;
    };
    struct Progress {
        quint64 id, scanned, total;
    };
    struct HistoryProgress {
        std::uint64_t run;
        std::size_t read, parts;
    };

    /// What the store knew when the session began.
    struct Known {
        std::vector<wire::AgentState> agents;
        std::map<std::string, wire::HookReport> hooks;
        std::map<std::string, StreamCounters> counters; ///< by node, as it was last heard of
        std::vector<wire::LinkNotice> notices;          ///< oldest first
    };

    std::optional<Known> known;
    std::shared_ptr<const OverviewSnapshot> live, history;
    std::map<std::string, wire::AgentState> agents;
    std::map<std::string, wire::HookReport> hooks;  ///< by node, the newest
    std::map<std::string, StreamCounters> counters; ///< by node, the newest
    std::vector<wire::LinkNotice> notices;
    std::optional<LinkStatus> link;
    std::optional<StoreStats> stats;
    std::optional<std::string> storeError;
    std::vector<Answer> answers;
    std::optional<Result<std::vector<Verdict>>> verdicts;
    bool verdictsStored = false;
    std::optional<Result<RuleBoard>> rules;
    std::shared_ptr<const SuiteScore> suite;
    struct Query {
        int slot;
        quint64 id;
        QueryJobs::Answered answer;
    };
    std::vector<Query> queries;
    std::map<int, Progress> progress;
    std::optional<HistoryProgress> historyProgress;
};

/// Wires link, store thread, model thread and jobs to the mailbox. The sink's functions are called on the link's thread,
/// everything of Session on the GUI thread.
class SessionImpl final : public Session, private server::FanInSink {
public:
    static Result<std::unique_ptr<Session>> open(SessionOptions options, const Clock &clock);
    ~SessionImpl() override;

    LinkSummary link() const override;
    const OverviewSnapshot &overview() const override { return *m_overview; }
    std::vector<wire::AgentState> agents() const override;
    std::vector<wire::HookReport> hooks(const std::string &node) const override;
    CounterSet counters(const std::string &node) const override;
    std::vector<wire::LinkNotice> linkNotices() const override { return {m_notices.begin(), m_notices.end()}; }
    std::optional<StoreStats> storeStats() const override { return m_stats; }
    QString storeError() const override { return m_storeError; }

    std::int64_t serverOffsetNs() const override { return m_link->serverOffsetNs(); }

    TimeRange range() const override { return m_range; }
    void setRange(const TimeRange &range) override;
    Scope scope() const override { return m_scope; }
    void setScope(const Scope &scope) override;
    void setPaused(bool paused) override;
    bool paused() const override { return m_paused; }

    quint64 queryEvents(int slot, const EventQuery &query, std::optional<EventId> after) override;
    void cancelQuery(int slot) override;
    void recordAction(const QString &kind, const QString &detail) override;
    Status giveVerdict(const Verdict &verdict) override;
    void readVerdicts() override;
    void readRuleBoard() override;
    std::vector<QueryTarget> queryTargets() const override { return m_asking.targets(); }
    quint64 ask(int slot, const QString &target, const Question &question, const PictureStyle &style) override;
    void cancelAsking(int slot) override;

private:
    SessionImpl(SessionOptions options, std::unique_ptr<StoreWriter> writer, std::unique_ptr<ConsoleLog> log, const Clock &clock);
    Status startLink(std::vector<wire::ResumePoint> known);

    // Link thread
    bool onDelivery(std::shared_ptr<const wire::Delivery> delivery) override;
    void onAgentState(const wire::AgentState &state) override;
    void onLinkNotice(const wire::LinkNotice &notice) override;

    StoreHooks storeHooks();
    ModelHooks modelHooks();
    std::optional<ModelSeed> readKnown();
    ModelSeed readSeed(const StoreReader &reader, std::int64_t nowNs);

    void scheduleFlush();
    void flush();
    void applyLink(SessionUpdate &update);
    void applyKnown(SessionUpdate::Known &known);
    void applyOverview(SessionUpdate &update);
    void applyHistory(const SessionUpdate &update);
    void show(std::shared_ptr<const OverviewSnapshot> overview);
    void showLoading();
    void applyAnswers(SessionUpdate &update);
    void applyVerdicts(const SessionUpdate &update);
    void applyRules(const SessionUpdate &update);
    void applyQueries(SessionUpdate &update);
    void startScoring();
    void refreshHistory();
    HistoryRange historyRange() const;

    const SessionOptions m_options;
    const Clock &m_clock;
    const std::int64_t m_beganNs;            ///< UTC of this console
    const std::unique_ptr<ConsoleLog> m_log; ///< any thread
    server::LogSink m_logSink;               ///< link thread
    Mailbox<SessionUpdate> m_mailbox;
    QThreadPool m_pool;

    // The GUI thread's copies.
    std::shared_ptr<const OverviewSnapshot> m_overview;
    std::shared_ptr<const OverviewSnapshot> m_live;     ///< the newest, shown or not
    std::shared_ptr<const OverviewSnapshot> m_historic; ///< of the chosen range; null until its job has answered
    std::map<std::string, wire::AgentState> m_agents;
    std::map<std::string, wire::HookReport> m_hooks;
    std::map<std::string, StreamCounters> m_counters;
    std::deque<wire::LinkNotice> m_notices;
    LinkStatus m_linkStatus;
    std::optional<StoreStats> m_stats;
    QString m_storeError;
    std::shared_ptr<const SuiteScore> m_suite; ///< null: not yet
    TimeRange m_range;
    Scope m_scope;
    bool m_paused = false;
    bool m_rangeChosen = false; ///< the next overview is shown even when paused: it was asked for
    quint64 m_nextQuery = 1;
    std::map<int, quint64> m_currentQuery;
    std::map<int, quint64> m_currentQuestion;
    std::map<int, std::unique_ptr<NewestJob>> m_queries;
    std::uint64_t m_historyRuns = 0;
    bool m_historyReading = false; ///< the newest run has not answered
    SessionUpdate::HistoryProgress m_historyProgress{0, 0, 0};
    QTimer m_flushTimer;
    QTimer m_loadingTimer; ///< from the choice of a range until it is said that it is read
    QTimer m_historyTimer;
    QElapsedTimer m_sinceFlush;

    std::int64_t m_oldestUnsafeNs = INT64_MAX;              ///< store thread: of what is not committed, when the server received it
    std::map<std::string, wire::AgentState> m_storedAgents; ///< link thread: as last given to the store

    // Stopped by the destructor in the order store, model, jobs, link: each uses those after it.
    NewestJob m_history, m_verdicts, m_rules;
    QueryJobs m_asking;
    std::unique_ptr<ModelThread> m_model;
    std::unique_ptr<StoreThread> m_store;
    std::unique_ptr<Link> m_link;
};

} // namespace tapio::console
