// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/session/sessionimpl.h"

#include <algorithm>

#include <QRunnable>

#include <spdlog/spdlog.h>

#include "console/core/metrics/insightfold.h"
#include "console/core/metrics/ruleboardreader.h"
#include "console/core/session/config.h"

namespace tapio::console {

namespace {

constexpr int flushMs = 250;
constexpr int loadingAfterMs = 200; ///< shorter waits are not worth a word
constexpr std::size_t maxNotices = 1000;
constexpr std::int64_t minute = 60 * nsPerSecond;

/// Samples and counters on the server's clock, so that nodes whose clocks are wrong stand in the same seconds as the
/// others. Events keep the node's time: it is evidence, and their order within the node hangs on it.
std::shared_ptr<const wire::Delivery> onServerTime(std::shared_ptr<const wire::Delivery> delivery)
{
    constexpr std::int64_t tolerableNs = 100 * nsPerMs;
    const bool small = delivery->clockUncertaintyNs < 0 || std::abs(delivery->clockOffsetNs) < tolerableNs;
    if (small || std::holds_alternative<wire::EventBatch>(delivery->frame.body))
        return delivery;
    auto moved = std::make_shared<wire::Delivery>(*delivery);
    std::visit(
        [offset = delivery->clockOffsetNs](auto &body) {
            if constexpr (requires { body.timeNs; })
                body.timeNs += offset;
        },
        moved->frame.body);
    return moved;
}

OpenReader readerOf(const SessionOptions &options)
{
    if (options.openReader)
        return options.openReader;
    return [file = options.store.file]() -> Result<std::shared_ptr<StoreReader>> {
        auto reader = StoreReader::open(file);
        if (!reader)
            return fail(reader.error());
        return std::shared_ptr<StoreReader>(std::move(*reader));
    };
}

QString describe(const EventQuery &query)
{
    QStringList parts;
    for (const wire::EventType type : query.filter.types)
        parts << QString::fromStdString(wire::eventTypeName(type));
    if (query.filter.minSeverity > wire::Severity::Debug)
        parts << QStringLiteral("severity>=%1").arg(QString::fromUtf8(wire::severityName(query.filter.minSeverity).data()));
    const auto add = [&parts](const char *name, const std::vector<std::string> &values) {
        for (const std::string &value : values)
            parts << QString::fromLatin1(name) + QLatin1Char('=') + QString::fromStdString(value);
    };
    add("node", query.filter.nodes);
    add("namespace", query.filter.namespaces);
    add("pod", query.filter.pods);
    if (query.pid)
        parts << QStringLiteral("pid=%1").arg(*query.pid);
    if (!query.text.empty())
        parts << QStringLiteral("text=\"%1\"").arg(QString::fromStdString(query.text));
    return parts.isEmpty() ? QStringLiteral("all events") : parts.join(QLatin1Char(' '));
}

/// A page of `limit` events out of as many slices as it takes.
Result<EventPage> readPage(const StoreReader &reader, EventQuery query, std::optional<EventId> after, const std::stop_token &stop)
{
    EventPage page;
    const std::size_t limit = query.limit;
    while (true) {
        query.limit = limit - page.events.size();
        Result<EventPage> slice = reader.events(query, after, stop);
        if (!slice)
            return slice;
        std::move(slice->events.begin(), slice->events.end(), std::back_inserter(page.events));
        page.more = slice->more;
        page.next = slice->next;
        page.nextAfter = slice->nextAfter;
        page.lostEvents = std::max(page.lostEvents, slice->lostEvents);
        page.scannedEvents += slice->scannedEvents;
        if (!page.more || page.events.size() >= limit || stop.stop_requested()) {
            page.next.limit = limit;
            return page;
        }
        query = slice->next;
        after = slice->nextAfter;
    }
}

} // namespace

Result<std::unique_ptr<Session>> Session::open(SessionOptions options, const Clock &clock)
{
    return SessionImpl::open(std::move(options), clock);
}

SessionOptions sessionOptions(const ConsoleConfig &config, std::string userName)
{
    SessionOptions options;
    options.store = config.store;
    // Beside the store and under its lock: two consoles never write one log.
    options.log.file = config.store.file.native() + ".log";
    options.userName = std::move(userName);
    options.sources = config.sources;
    if (config.server.host.empty()) {
        options.embedded.emplace();
        options.embedded->endpoint.address = config.listen.address;
        options.embedded->endpoint.port = config.listen.port;
        options.embedded->endpoint.tls = config.tls;
        options.embedded->correlation.emplace();
    } else {
        options.remote.emplace();
        options.remote->host = config.server.host;
        options.remote->port = config.server.port;
        options.remote->serverName = config.server.name;
        options.remote->tls = config.tls;
    }
    return options;
}

Result<std::unique_ptr<Session>> SessionImpl::open(SessionOptions options, const Clock &clock)
{
    if (options.embedded.has_value() == options.remote.has_value())
        return fail(Errc::InvalidArgument, "a session needs either an embedded server or a remote one");
    auto writer = StoreWriter::open(options.store, clock);
    if (!writer)
        return fail(writer.error());
    auto known = (*writer)->resumePoints();
    if (!known)
        return fail(known.error());
    auto log = ConsoleLog::open(options.log);
    if (!log)
        return fail(log.error());
    std::unique_ptr<SessionImpl> session(new SessionImpl(std::move(options), std::move(*writer), std::move(*log), clock));
    if (const Status status = session->startLink(std::move(*known)); !status)
        return fail(status.error());
    return session;
}

SessionImpl::SessionImpl(SessionOptions options, std::unique_ptr<StoreWriter> writer, std::unique_ptr<ConsoleLog> log, const Clock &clock)
    : m_options(std::move(options)), m_clock(clock), m_beganNs(clock.utcNs()), m_log(std::move(log)), m_logSink(m_log->logger()),
      m_mailbox([this] {
          QMetaObject::invokeMethod(
              this, [this] { scheduleFlush(); }, Qt::QueuedConnection);
      }),
      m_overview(std::make_shared<const OverviewSnapshot>(loadingOverview(clock.utcNs() - 15 * minute, clock.utcNs(), 0, 0))),
      m_history(m_pool, readerOf(m_options)), m_verdicts(m_pool, readerOf(m_options)), m_rules(m_pool, readerOf(m_options)),
      m_asking(m_options, readerOf(m_options), [this](int slot, quint64 id, QueryJobs::Answered answer) {
          m_mailbox.post([&](SessionUpdate &update) { update.queries.push_back({slot, id, std::move(answer)}); });
      })
{
    m_flushTimer.setSingleShot(true);
    connect(&m_flushTimer, &QTimer::timeout, this, [this] { flush(); });
    m_loadingTimer.setSingleShot(true);
    m_loadingTimer.setInterval(loadingAfterMs);
    connect(&m_loadingTimer, &QTimer::timeout, this, [this] { showLoading(); });
    connect(&m_historyTimer, &QTimer::timeout, this, [this] {
        if (!m_historyReading) // a slow disk would else begin again and again, and never end
            refreshHistory();
    });
    m_model = std::make_unique<ModelThread>(LiveOptions{}, modelHooks(), clock);
    m_store = std::make_unique<StoreThread>(std::move(writer), storeHooks(), clock);
}

Status SessionImpl::startLink(std::vector<wire::ResumePoint> known)
{
    if (m_options.embedded) {
        server::FanInOptions options = *m_options.embedded;
        options.acknowledgeBySink = true;
        options.known = std::move(known);
        auto link = startEmbeddedLink(std::move(options), *this, m_clock);
        if (!link)
            return fail(link.error());
        m_link = std::move(*link);
    } else {
        RemoteLinkHooks hooks;
        hooks.status = [this](const LinkStatus &status) { m_mailbox.post([&status](SessionUpdate &update) { update.link = status; }); };
        hooks.heartbeat = [this](std::int64_t durationNs, bool ok) { m_model->onApiCall("server.heartbeat", durationNs, ok); };
        hooks.queueDropped = [this](const std::string &server, std::uint64_t events) { m_model->onConsoleQueue(server, events); };
        auto link = startRemoteLink(*m_options.remote, std::move(known), *this, std::move(hooks), m_clock);
        if (!link)
            return fail(link.error());
        m_link = std::move(*link);
    }
    m_linkStatus = m_link->status();
    m_log->logger().info("{} {}", m_options.embedded ? "listening on" : "connecting to", m_linkStatus.endpoint);
    // Only now: both threads use the link.
    m_model->start();
    m_store->start();
    startScoring();
    return {};
}

SessionImpl::~SessionImpl()
{
    m_history.cancel();
    m_verdicts.cancel();
    m_rules.cancel();
    for (auto &[slot, job] : m_queries)
        job->cancel();
    m_store->stop(); // the last flush still acknowledges
    m_model->stop();
    m_pool.waitForDone();
    const bool ran = m_link != nullptr;
    m_link.reset();
    if (m_store->unstoredEvents() > 0)
        m_log->logger().error(
            "store: {} events were received and could not be stored: {}; who still holds them sends them again to the next console",
            m_store->unstoredEvents(), m_store->lastError());
    if (ran) // else it never started, and the last word is the error that open() returns
        m_log->logger().info("stopped");
}

bool SessionImpl::onDelivery(std::shared_ptr<const wire::Delivery> delivery)
{
    const std::shared_ptr<const wire::Delivery> taken = onServerTime(std::move(delivery));
    if (!m_store->offer(taken))
        return false;
    if (const auto *hooks = std::get_if<wire::HookReport>(&taken->frame.body))
        m_mailbox.post([&](SessionUpdate &update) { update.hooks[taken->node] = *hooks; });
    if (const auto *report = std::get_if<wire::CounterReport>(&taken->frame.body)) {
        const StreamCounters counters = countersOf(taken->frame.streamId, *report);
        m_mailbox.post([&](SessionUpdate &update) { update.counters[taken->node] = counters; });
    }
    return true;
}

void SessionImpl::onAgentState(const wire::AgentState &state)
{
    m_logSink.onAgentState(state);
    m_model->onAgentState(state);
    m_mailbox.post([&state](SessionUpdate &update) { update.agents[state.node] = state; });
    // Each heartbeat makes a state; the store needs those that tell something new, and a recent one.
    wire::AgentState &stored = m_storedAgents[state.node];
    if (stored.state != state.state || stored.streamId != state.streamId || stored.sinceNs != state.sinceNs || stored.loss != state.loss
        || state.lastHeartbeatNs - stored.lastHeartbeatNs >= 10 * nsPerSecond) {
        stored = state;
        m_store->putAgent(state);
    }
}

void SessionImpl::onLinkNotice(const wire::LinkNotice &notice)
{
    m_logSink.onLinkNotice(notice);
    m_store->putNotice(notice);
    m_mailbox.post([&notice](SessionUpdate &update) {
        if (update.notices.size() < maxNotices)
            update.notices.push_back(notice);
    });
}

StoreHooks SessionImpl::storeHooks()
{
    StoreHooks hooks;
    hooks.processed = [this](std::shared_ptr<const wire::Delivery> delivery) {
        const std::int64_t offsetNs = m_link->serverOffsetNs();
        // What was held for this console until it was opened would tell for how long it was shut.
        if (!wire::sentBefore(*delivery, m_beganNs + offsetNs))
            m_oldestUnsafeNs = std::min(m_oldestUnsafeNs, delivery->receivedNs);
        m_model->onDelivery(std::move(delivery), m_clock.utcNs() + offsetNs, m_beganNs + offsetNs);
    };
    hooks.safe = [this](const std::vector<wire::ResumePoint> &safe) {
        m_link->acknowledge(safe);
        const std::int64_t oldestNs = std::exchange(m_oldestUnsafeNs, INT64_MAX);
        if (oldestNs != INT64_MAX)
            m_model->onApiCall("agent.ack", std::max<std::int64_t>(0, m_clock.utcNs() + m_link->serverOffsetNs() - oldestNs), true);
    };
    hooks.error = [this](const std::string &error) {
        if (error.empty())
            m_log->logger().info("store: well again");
        else
            m_log->logger().error("store: {}", error);
        m_mailbox.post([&error](SessionUpdate &update) { update.storeError = error; });
    };
    hooks.stats = [this](const StoreStats &stats) { m_mailbox.post([&stats](SessionUpdate &update) { update.stats = stats; }); };
    hooks.verdicts = [this] { m_mailbox.post([](SessionUpdate &update) { update.verdictsStored = true; }); };
    return hooks;
}

ModelHooks SessionImpl::modelHooks()
{
    ModelHooks hooks;
    hooks.seed = [this] { return readKnown(); };
    hooks.received = [this] { return m_link->received(); };
    hooks.queuedEvents = [this] { return m_store->queuedEvents(); };
    hooks.serverOffsetNs = [this] { return m_link->serverOffsetNs(); };
    hooks.clockKnown = [this] { return m_link->clockKnown(); };
    hooks.figures = [this](std::vector<Figure> figures) { m_store->putFigures(std::move(figures)); };
    hooks.overview = [this](std::shared_ptr<const OverviewSnapshot> overview) {
        m_mailbox.post([&overview](SessionUpdate &update) { update.live = std::move(overview); });
    };
    return hooks;
}

LinkSummary SessionImpl::link() const
{
    LinkSummary summary;
    summary.embedded = m_options.embedded.has_value();
    summary.up = m_linkStatus.up;
    summary.endpoint = QString::fromStdString(m_linkStatus.endpoint);
    summary.error = QString::fromStdString(m_linkStatus.error);
    summary.agentsKnown = static_cast<int>(m_agents.size());
    for (const wire::AgentState &agent : agents())
        summary.agentsConnected += agent.state == wire::LinkState::Connected ? 1 : 0;
    return summary;
}

std::vector<wire::AgentState> SessionImpl::agents() const
{
    std::vector<wire::AgentState> all;
    for (const auto &[node, state] : m_agents) {
        all.push_back(state);
        // Without the server nobody knows how its agents are.
        if (!m_linkStatus.up)
            all.back().state = wire::LinkState::Unknown;
    }
    return all;
}

std::vector<wire::HookReport> SessionImpl::hooks(const std::string &node) const
{
    const auto report = m_hooks.find(node);
    return report == m_hooks.end() ? std::vector<wire::HookReport>() : std::vector{report->second};
}

CounterSet SessionImpl::counters(const std::string &node) const
{
    const auto found = m_counters.find(node);
    return found == m_counters.end() ? CounterSet() : found->second.total();
}

void SessionImpl::scheduleFlush()
{
    if (m_flushTimer.isActive())
        return;
    const qint64 since = m_sinceFlush.isValid() ? m_sinceFlush.elapsed() : flushMs;
    if (since >= flushMs)
        flush();
    else
        m_flushTimer.start(static_cast<int>(flushMs - since));
}

void SessionImpl::flush()
{
    m_sinceFlush.start();
    SessionUpdate update = m_mailbox.take();
    applyLink(update);
    applyOverview(update);
    applyAnswers(update);
    applyVerdicts(update);
    applyRules(update);
    applyQueries(update);
}

void SessionImpl::applyLink(SessionUpdate &update)
{
    const bool agentsMoved = !update.agents.empty() || !update.hooks.empty() || !update.counters.empty() || update.known;
    for (auto &[node, state] : update.agents)
        m_agents[node] = std::move(state);
    for (auto &[key, report] : update.hooks)
        m_hooks[key] = std::move(report);
    for (const auto &[node, counters] : update.counters)
        m_counters[node].take(counters);
    if (update.link)
        m_linkStatus = *update.link;
    for (wire::LinkNotice &notice : update.notices)
        m_notices.push_front(std::move(notice));
    if (update.known)
        applyKnown(*update.known);
    if (m_notices.size() > maxNotices)
        m_notices.resize(maxNotices);
    // Only now: who hears of it asks at once.
    if (agentsMoved)
        emit agentsChanged();
    if (update.link || agentsMoved)
        emit linkChanged();
    if (!update.notices.empty() || update.known)
        emit noticesChanged();
    if (update.stats)
        m_stats = update.stats;
    if (update.storeError)
        m_storeError = QString::fromStdString(*update.storeError);
    if (update.stats || update.storeError)
        emit storeChanged();
}

void SessionImpl::applyOverview(SessionUpdate &update)
{
    if (update.live)
        m_live = update.live;
    applyHistory(update);
    const std::shared_ptr<const OverviewSnapshot> &fresh = m_range.kind == TimeRange::Kind::Live ? m_live : m_historic;
    if (!fresh || fresh == m_overview || fresh->scope != m_scope || (m_paused && !m_rangeChosen))
        return;
    m_rangeChosen = false;
    show(fresh);
}

void SessionImpl::show(std::shared_ptr<const OverviewSnapshot> overview)
{
    m_overview = std::move(overview);
    emit overviewChanged();
}

/// Nobody must take the figures of the range before for those of the chosen one.
void SessionImpl::showLoading()
{
    const HistoryRange range = historyRange();
    show(std::make_shared<const OverviewSnapshot>(loadingOverview(range.fromNs, range.toNs, static_cast<double>(m_historyProgress.read),
                                                                  static_cast<double>(m_historyProgress.parts))));
}

void SessionImpl::applyAnswers(SessionUpdate &update)
{
    for (const auto &[slot, progress] : update.progress) {
        if (m_currentQuery[slot] == progress.id)
            emit eventsProgress(slot, progress.id, progress.scanned, progress.total);
    }
    for (const SessionUpdate::Answer &answer : update.answers) {
        if (m_currentQuery[answer.slot] != answer.id)
            continue;
        if (answer.page)
            emit eventsReady(answer.slot, answer.id, *answer.page);
        else
            emit eventsFailed(answer.slot, answer.id, QString::fromStdString(answer.page.error().message()));
    }
}

void SessionImpl::setPaused(bool paused)
{
    m_paused = paused;
    if (!paused)
        m_mailbox.post([](SessionUpdate &) {});
}

quint64 SessionImpl::queryEvents(int slot, const EventQuery &query, std::optional<EventId> after)
{
    const quint64 id = m_nextQuery++;
    m_currentQuery[slot] = id;
    // The following pages of a query are the same action.
    if (!after)
        recordAction(QStringLiteral("query"), describe(query));
    std::unique_ptr<NewestJob> &job = m_queries[slot];
    if (!job)
        job = std::make_unique<NewestJob>(m_pool, readerOf(m_options));
    job->start([this, slot, id, query, after](const Result<std::shared_ptr<StoreReader>> &reader, const std::stop_token &stop) {
        const std::int64_t start = m_clock.bootNs();
        if (reader) {
            (*reader)->setProgress([this, slot, id](std::uint64_t passed, std::uint64_t total) {
                m_mailbox.post([&](SessionUpdate &update) { update.progress[slot] = {id, passed, total}; });
            });
        }
        Result<EventPage> page = reader ? readPage(**reader, query, after, stop) : Result<EventPage>(fail(reader.error()));
        if (stop.stop_requested())
            return;
        m_model->onApiCall("store.events", m_clock.bootNs() - start, page.has_value());
        m_mailbox.post([&](SessionUpdate &update) { update.answers.push_back({slot, id, std::move(page)}); });
    });
    return id;
}

void SessionImpl::cancelQuery(int slot)
{
    m_currentQuery.erase(slot);
    if (const auto job = m_queries.find(slot); job != m_queries.end())
        job->second->cancel();
}

void SessionImpl::recordAction(const QString &kind, const QString &detail)
{
    const OperatorAction action{m_clock.utcNs() + m_link->serverOffsetNs(), kind.toStdString(), detail.toStdString(), m_options.userName};
    m_model->onAction(action);
    m_store->putAction(action);
}

Status SessionImpl::giveVerdict(const Verdict &verdict)
{
    Verdict given = verdict;
    given.user = m_options.userName;
    given.timeNs = m_clock.utcNs() + m_link->serverOffsetNs();
    if (Status status = checkVerdict(given); !status)
        return status;
    m_store->putVerdict(given);
    recordAction(QStringLiteral("verdict"),
                 QStringLiteral("%1 %2 %3")
                     .arg(QString::fromUtf8(verdictKindName(given.kind).data()), QString::fromStdString(given.rule),
                          QString::fromStdString(insightIdText(given.insight))));
    return {};
}

void SessionImpl::readVerdicts()
{
    m_verdicts.start([this](const Result<std::shared_ptr<StoreReader>> &reader, const std::stop_token &stop) {
        Result<std::vector<Verdict>> all = reader ? (*reader)->verdicts(mostVerdicts) : Result<std::vector<Verdict>>(fail(reader.error()));
        if (stop.stop_requested())
            return;
        if (all)
            m_model->onVerdicts(*all);
        m_mailbox.post([&all](SessionUpdate &update) { update.verdicts = std::move(all); });
    });
}

void SessionImpl::applyVerdicts(const SessionUpdate &update)
{
    if (update.verdictsStored)
        emit verdictsStored();
    if (!update.verdicts)
        return;
    if (*update.verdicts)
        emit verdictsReady(**update.verdicts);
    else
        emit verdictsFailed(QString::fromStdString(update.verdicts->error().message()));
}

/// After all else that waits: nobody has asked for it yet.
void SessionImpl::startScoring()
{
    if (!m_options.scoreSuite)
        return;
    const auto score = [this] {
        auto suite = std::make_shared<const SuiteScore>(m_options.scoreSuite());
        m_model->onSuite(*suite);
        m_mailbox.post([&suite](SessionUpdate &update) { update.suite = std::move(suite); });
    };
    m_pool.start(QRunnable::create(score), -1);
}

void SessionImpl::readRuleBoard()
{
    const HistoryRange range = historyRange();
    SuiteScore suite;
    if (m_suite)
        suite = *m_suite;
    m_rules.start([this, range, suite](const Result<std::shared_ptr<StoreReader>> &reader, const std::stop_token &stop) {
        Result<RuleBoard> board = reader ? console::readRuleBoard(**reader, shippedRuleFacts(), suite, range.fromNs, range.toNs, stop)
                                         : Result<RuleBoard>(fail(reader.error()));
        if (!stop.stop_requested())
            m_mailbox.post([&board](SessionUpdate &update) { update.rules = std::move(board); });
    });
}

void SessionImpl::applyRules(const SessionUpdate &update)
{
    if (update.suite) {
        m_suite = update.suite;
        emit suiteScored();
    }
    if (!update.rules)
        return;
    if (*update.rules)
        emit ruleBoardReady(**update.rules);
    else
        emit ruleBoardFailed(QString::fromStdString(update.rules->error().message()));
}

} // namespace tapio::console
