// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>

#include <map>

#include "console/core/session/session.h"

namespace tapio::test {

/// A Session whose facts are set by the test: same interface, same signals, no threads, no files. Queries are answered from
/// `events` in the next turn of the event loop, or when the test says so.
class FakeSession : public console::Session {
    Q_OBJECT
public:
    FakeSession() : Session(nullptr) {}

    console::LinkSummary linkValue;
    console::OverviewSnapshot overviewValue;
    std::vector<wire::AgentState> agentList;
    std::map<std::string, std::vector<wire::HookReport>> hookReports;
    std::map<std::string, CounterSet> counterSets;
    std::vector<wire::LinkNotice> notices;
    std::optional<console::StoreStats> stats;
    QString storeErrorText;
    std::int64_t serverOffset = 0;
    std::vector<console::StoredEvent> events; ///< any order; answered by time
    std::uint64_t lostEvents = 0;
    QString queryError;       ///< not empty: queries fail with it
    bool holdAnswers = false; ///< answer only in answerAll()
    struct Query {
        int slot;
        quint64 id;
        console::EventQuery query;
        std::optional<console::EventId> after;
    };
    QList<Query> pending, asked;
    QList<int> cancelled;
    QList<std::pair<QString, QString>> actions;
    std::vector<console::Verdict> verdicts; ///< what is stored, oldest first; given ones join at once unless holdVerdicts
    bool holdVerdicts = false;
    QString verdictError; ///< not empty: reading them fails with it
    int verdictReads = 0;
    console::RuleBoard ruleBoard; ///< what reading it gives
    QString ruleBoardError;       ///< not empty: reading it fails with it
    bool holdRuleBoard = false;   ///< it is still read
    int ruleBoardReads = 0;
    std::vector<console::QueryTarget> targets{{QString(), QStringLiteral("/home/kim/console.tapio")}};
    struct Asked {
        int slot;
        quint64 id;
        QString target;
        console::Question question;
        console::PictureStyle style;
    };
    QList<Asked> questions; ///< answered by answerQuestion() and refuseQuestion()
    QList<int> cancelledQuestions;
    bool answersNothing = false; ///< each question is answered soon, by no series

    /// Answers the newest question.
    void answerQuestion(console::QueryAnswer answer) { answerQuestion(questions.size() - 1, std::move(answer)); }
    void answerQuestion(qsizetype index, console::QueryAnswer answer)
    {
        const Asked one = questions[index]; // the answer may bring more of them
        auto picture = console::pictureOf(answer.result, one.question.times, one.question.isRange, one.style);
        emit queryAnswered(one.slot, one.id,
                           std::make_shared<const console::AnsweredQuery>(console::AnsweredQuery{std::move(answer), std::move(picture)}));
    }
    void refuseQuestion(console::Unanswered why) { emit queryFailed(questions.last().slot, questions.last().id, why); }
    void answerAll();
    /// The page that a store with `events` gives.
    console::EventPage page(const console::EventQuery &query, std::optional<console::EventId> after) const;

    console::LinkSummary link() const override { return linkValue; }
    const console::OverviewSnapshot &overview() const override { return overviewValue; }
    std::vector<wire::AgentState> agents() const override { return agentList; }
    std::vector<wire::HookReport> hooks(const std::string &node) const override;
    CounterSet counters(const std::string &node) const override;
    std::vector<wire::LinkNotice> linkNotices() const override { return notices; }
    std::optional<console::StoreStats> storeStats() const override { return stats; }
    QString storeError() const override { return storeErrorText; }
    std::int64_t serverOffsetNs() const override { return serverOffset; }
    console::TimeRange range() const override { return m_range; }
    void setRange(const console::TimeRange &range) override { m_range = range; }
    console::Scope scope() const override { return m_scope; }
    void setScope(const console::Scope &scope) override { m_scope = scope; }
    void setPaused(bool paused) override { m_paused = paused; }
    bool paused() const override { return m_paused; }
    quint64 queryEvents(int slot, const console::EventQuery &query, std::optional<console::EventId> after) override;
    void cancelQuery(int slot) override;
    Status giveVerdict(const console::Verdict &verdict) override;
    void readVerdicts() override;
    void readRuleBoard() override;
    std::vector<console::QueryTarget> queryTargets() const override { return targets; }
    quint64 ask(int slot, const QString &target, const console::Question &question, const console::PictureStyle &style) override
    {
        questions.append({slot, m_nextId, target, question, style});
        if (answersNothing)
            QMetaObject::invokeMethod(
                this, [this, at = questions.size() - 1] { answerQuestion(at, {}); }, Qt::QueuedConnection);
        return m_nextId++;
    }
    void cancelAsking(int slot) override { cancelledQuestions << slot; }
    void recordAction(const QString &kind, const QString &detail) override { actions.append({kind, detail}); }

private:
    void answer(const Query &query);
    console::TimeRange m_range;
    console::Scope m_scope;
    bool m_paused = false;
    quint64 m_nextId = 1;
};

/// Recorded-looking rows for tests and pictures: deterministic, every event type, some with hostile or very long names.
std::vector<console::StoredEvent> sampleEvents(std::size_t count, std::int64_t newestNs, std::int64_t stepNs);
std::vector<wire::AgentState> sampleAgents(std::size_t count, std::int64_t nowNs);
std::vector<wire::LinkNotice> sampleNotices(std::size_t count, std::int64_t nowNs);

} // namespace tapio::test
