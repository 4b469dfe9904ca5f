// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "agent/server/fanin.h"
#include "console/core/metrics/panel.h"
#include "console/core/metrics/queryplot.h"
#include "console/core/metrics/ruleboard.h"
#include "console/core/session/consolelog.h"
#include "console/core/sources/sourceconfig.h"
#include "console/core/store/store.h"
#include "protocol/base/counters.h"
#include "protocol/transport/endpoint.h"

/// One console's life: link (embedded fan-in, or a remote server), store, live figures. The GUI talks to this and to nothing below it.
namespace tapio::console {

struct TimeRange {
    enum class Kind : std::uint8_t { Live, Last15Minutes, Last1Hour, Last6Hours, Last24Hours, Custom };
    Kind kind = Kind::Live;            ///< Live: the last 15 minutes, moving; less while there is less, see LiveModel
    std::int64_t fromNs = 0, toNs = 0; ///< Custom only
    bool operator==(const TimeRange &) const = default;
};

/// Opens the session's store for reading; any thread, one reader per thread that reads.
using OpenReader = std::function<Result<std::shared_ptr<StoreReader>>()>;

/// Reads a secret of the key ring by its name, and says it when it is there, which may take as long as somebody needs to unlock that. Called and answered on
/// the GUI thread.
using ReadSecret = std::function<void(const std::string &name, std::function<void(Result<std::string>)> taken)>;

/// An answer, and what a view shows of it, worked out where it was waited for.
struct AnsweredQuery {
    QueryAnswer answer;
    QueryPicture picture;
};

/// Whom a query can be asked of.
struct QueryTarget {
    QString name;  ///< empty: the store
    QString where; ///< its file or address
    bool operator==(const QueryTarget &) const = default;
};

struct SessionOptions {
    std::optional<server::FanInOptions> embedded; ///< exactly one of these two
    std::optional<transport::ClientOptions> remote;
    StoreOptions store;
    LogOptions log; ///< links, agents and the store's troubles; none unless asked for
    std::string userName;
    OpenReader openReader; ///< for events and history; empty = store.file. Tests read slowly here.
    /// How right the shipped rules are about recordings; called once, in the background. Empty: nobody asks.
    std::function<SuiteScore()> scoreSuite;
    std::vector<SourceConfig> sources; ///< servers that queries can be asked of
    ReadSecret readSecret;             ///< empty: there is no key ring
};

struct LinkSummary {
    bool embedded = false;
    bool up = false;  ///< listening, or welcomed by the server
    QString endpoint; ///< "127.0.0.1:7117"
    QString error;    ///< last persistent error, verbatim
    int agentsConnected = 0, agentsKnown = 0;
};

/// GUI thread. Owns an I/O thread, a store thread and cancellable query jobs; hands results over through mailboxes: no signal
/// per message, at most one `overviewChanged` per 250 ms.
class Session : public QObject {
    Q_OBJECT
public:
    /// Errors: those of StoreWriter::open, ConsoleLog::open and FanIn::start. Does not block on the network.
    static Result<std::unique_ptr<Session>> open(SessionOptions options, const Clock &clock);

    virtual LinkSummary link() const = 0;
    /// Before the first figures, and 200 ms after another range was chosen whose figures are still read: panels that are Loading.
    virtual const OverviewSnapshot &overview() const = 0;
    virtual std::vector<wire::AgentState> agents() const = 0;
    virtual std::vector<wire::HookReport> hooks(const std::string &node) const = 0;
    /// What the node's sources of events have counted, all together, over all streams since this console began and the last one that its store knew
    /// then; all 0 before the first report.
    virtual CounterSet counters(const std::string &node) const = 0;
    virtual std::vector<wire::LinkNotice> linkNotices() const = 0; ///< newest first, at most 1000
    virtual std::optional<StoreStats> storeStats() const = 0;
    virtual QString storeError() const = 0; ///< empty when the store is well

    /// Server's UTC minus the console's, ns; 0 when the server is in the console, and until one elsewhere was asked for its time. What
    /// agents and server told of is on the server's clock, so "now" is too.
    virtual std::int64_t serverOffsetNs() const = 0;

    virtual TimeRange range() const = 0;
    virtual void setRange(const TimeRange &range) = 0;
    /// Node and namespace that the Overview is narrowed to; shown like a range that was chosen.
    virtual Scope scope() const = 0;
    virtual void setScope(const Scope &scope) = 0;
    virtual void setPaused(bool paused) = 0;
    virtual bool paused() const = 0;

    /// Starts a query; the newest replaces the older of the same `slot`. Answer by eventsReady. Recorded as an operator action.
    virtual quint64 queryEvents(int slot, const EventQuery &query, std::optional<EventId> after) = 0;
    virtual void cancelQuery(int slot) = 0;
    virtual void recordAction(const QString &kind, const QString &detail) = 0;

    /// Stores a verdict on an insight as of now and by this session's user, and records the action; verdictsStored follows once it is safe, and
    /// storeError says why it waits. Errors: those of checkVerdict.
    virtual Status giveVerdict(const Verdict &verdict) = 0;
    /// Reads the verdicts that were stored last, at most mostVerdicts, given here or by `tapio`. The newest reading replaces the older; answered by
    /// verdictsReady or verdictsFailed. No operator action.
    virtual void readVerdicts() = 0;
    static constexpr std::size_t mostVerdicts = 20'000;

    /// Reads how the rules fare within the range that is shown, by what is stored. The newest reading replaces the older; answered by ruleBoardReady or
    /// ruleBoardFailed. No operator action.
    virtual void readRuleBoard() = 0;

    /// The store first, then the servers of the configuration.
    virtual std::vector<QueryTarget> queryTargets() const = 0;
    /// Asks one of them, by name (empty: the store). The newest question replaces the older of the same `slot`. Answered by queryAnswered or queryFailed. No operator
    /// action: who asks says whether a person wanted it.
    virtual quint64 ask(int slot, const QString &target, const Question &question, const PictureStyle &style = {}) = 0;
    virtual void cancelAsking(int slot) = 0;

signals:
    void overviewChanged();
    void agentsChanged();
    void linkChanged();
    void noticesChanged();
    void storeChanged();
    void eventsReady(int slot, quint64 id, const tapio::console::EventPage &page);
    void eventsFailed(int slot, quint64 id, const QString &error);
    void eventsProgress(int slot, quint64 id, quint64 scanned, quint64 total);
    void verdictsStored();
    void verdictsReady(const std::vector<tapio::console::Verdict> &oldestFirst);
    void verdictsFailed(const QString &error);
    void ruleBoardReady(const tapio::console::RuleBoard &board);
    void ruleBoardFailed(const QString &error);
    void suiteScored(); ///< a reading from now on has the score
    void queryAnswered(int slot, quint64 id, const std::shared_ptr<const tapio::console::AnsweredQuery> &answer);
    void queryFailed(int slot, quint64 id, const tapio::console::Unanswered &why);

protected:
    using QObject::QObject;
};

} // namespace tapio::console

Q_DECLARE_METATYPE(tapio::console::EventPage)
