// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <QSignalSpy>
#include <QTemporaryDir>

#include <set>

#include "console/core/session/session.h"
#include "console/core/session/status.h"
#include "tests/console/fakeagent.h"
#include "tests/console/inputbuilder.h"
#include "tests/console/slowreader.h"
#include "tests/support/samplehooks.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

constexpr int patience = 15'000;

SessionOptions embedded(const QTemporaryDir &folder, TestPki &pki, std::uint16_t port = 0)
{
    SessionOptions options;
    options.embedded.emplace();
    options.embedded->endpoint.tls = pki.server();
    options.embedded->endpoint.port = port;
    options.store.file = std::filesystem::path(folder.path().toStdString()) / "test.tapio";
    options.store.flushNs = 50 * nsPerMs;
    options.userName = "kim";
    return options;
}

QByteArray logOf(const SessionOptions &options)
{
    QFile file(QString::fromStdString(options.log.file.native()));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

std::uint16_t portOf(const Session &session)
{
    const QString endpoint = session.link().endpoint;
    return endpoint.mid(endpoint.lastIndexOf(QLatin1Char(':')) + 1).toUShort();
}

const PanelSnapshot &panel(const Session &session, PanelId id) { return session.overview().panels[static_cast<std::size_t>(id)]; }

/// Runs a query to its answer.
std::optional<EventPage> ask(Session &session, EventQuery query = {})
{
    std::optional<EventPage> answer;
    query.limit = 100'000;
    const auto connection = QObject::connect(&session, &Session::eventsReady, [&answer](int slot, quint64, const EventPage &page) {
        if (slot == 9)
            answer = page;
    });
    session.queryEvents(9, query, std::nullopt);
    [[maybe_unused]] const bool answered = QTest::qWaitFor([&answer] { return answer.has_value(); }, patience);
    QObject::disconnect(connection);
    return answer;
}

} // namespace

Q_DECLARE_METATYPE(tapio::wire::LinkState)

namespace {

/// The machine's clock, moved on by a test. Any thread.
class MovedClock final : public Clock {
public:
    std::int64_t utcNs() const noexcept override { return m_clock.utcNs() + m_aheadNs; }
    std::int64_t bootNs() const noexcept override { return m_clock.bootNs() + m_aheadNs; }
    void advance(std::int64_t ns) { m_aheadNs += ns; }

private:
    SystemClock m_clock;
    std::atomic<std::int64_t> m_aheadNs{0};
};

} // namespace

class TestSession : public QObject {
    Q_OBJECT
private slots:
    void open_needsExactlyOneLink() { QCOMPARE(Session::open({}, m_clock).error().code(), Errc::InvalidArgument); }

    void open_theSamePortTwiceIsBusy()
    {
        const QTemporaryDir one, two;
        SessionOptions options = embedded(one, m_pki);
        options.log.file = options.store.file.native() + ".log";
        auto first = Session::open(options, m_clock);
        QVERIFY2(first, first ? "" : first.error().message().c_str());
        SessionOptions others = embedded(two, m_pki, portOf(**first));
        others.log.file = others.store.file.native() + ".log";
        const auto second = Session::open(others, m_clock);
        QCOMPARE(second.error().code(), Errc::Busy);
        // What never started does not say that it stopped.
        first->reset();
        QVERIFY(logOf(options).contains("stopped"));
        QVERIFY2(!logOf(others).contains("stopped"), logOf(others));
    }

    void open_theSameStoreTwiceIsBusy()
    {
        const QTemporaryDir folder;
        const auto first = Session::open(embedded(folder, m_pki), m_clock);
        QVERIFY(first);
        QCOMPARE(Session::open(embedded(folder, m_pki), m_clock).error().code(), Errc::Busy);
    }

    void verdicts_areStoredAndReadBack()
    {
        const QTemporaryDir folder;
        const SessionOptions options = embedded(folder, m_pki);
        const auto session = Session::open(options, m_clock);
        QVERIFY(session);
        QSignalSpy storedSpy(session->get(), &Session::verdictsStored);
        std::optional<std::vector<Verdict>> read;
        connect(session->get(), &Session::verdictsReady, session->get(), [&read](const std::vector<Verdict> &all) { read = all; });
        QCOMPARE((*session)->giveVerdict({"n1", 7, "oom-kill", VerdictKind::Confirmed, "", "", 0}).error().code(), Errc::InvalidArgument);
        QVERIFY((*session)->giveVerdict({"n1", 7, "oom-kill", VerdictKind::Confirmed, "seen", "somebody else", 1}));
        QTRY_COMPARE_WITH_TIMEOUT(storedSpy.count(), 1, patience);
        // One that `tapio` gives meanwhile is read too.
        QVERIFY(addVerdict(options.store.file, {"n1", 7, "oom-kill", VerdictKind::Withdrawn, "", "lee", 5}, m_clock));
        (*session)->readVerdicts();
        QTRY_VERIFY_WITH_TIMEOUT(read.has_value(), patience);
        QCOMPARE(read->size(), std::size_t(2));
        QCOMPARE(read->at(0).user, std::string("kim")); // whoever it is that runs this
        QVERIFY(read->at(0).timeNs > 1);
        QCOMPARE(read->at(1).kind, VerdictKind::Withdrawn);
    }

    void idle_saysThatThereIsNoAgent()
    {
        const QTemporaryDir folder;
        const auto session = Session::open(embedded(folder, m_pki), m_clock);
        QVERIFY(session);
        QVERIFY((*session)->link().up);
        QVERIFY((*session)->link().embedded);
        for (std::size_t i = 0; i < panelCount; ++i) {
            QCOMPARE((*session)->overview().panels[i].id, static_cast<PanelId>(i));
            QCOMPARE((*session)->overview().panels[i].state, PanelState::Loading);
        }
        QCOMPARE((*session)->overview().groups[3].key, std::string("loading"));
        QTRY_COMPARE_WITH_TIMEOUT(panel(**session, PanelId::EventsProcessed).reason, NoDataReason::NoAgent, patience);
        QVERIFY(statusBlock(**session).find("no agent has connected yet") != std::string::npos);
    }

    void live_eventsBecomeFiguresAndAreStored()
    {
        const QTemporaryDir folder;
        const auto opened = Session::open(embedded(folder, m_pki), m_clock);
        QVERIFY(opened);
        Session &session = **opened;
        FakeAgent agent(portOf(session), "node-1", m_pki.node(), m_clock);
        agent.send(test::oneOfTwoHooks());
        std::uint64_t last = 0;
        // Before the first of them is through, the rate is a measured 0.
        const auto rate = [&session] { return panel(session, PanelId::EventsProcessed).value; };
        QTRY_VERIFY_WITH_TIMEOUT((last = agent.sendEvents(10), rate().has_value() && rate()->value > 0), patience);
        QTRY_COMPARE_WITH_TIMEOUT(agent.acked(), last, patience);

        const auto page = ask(session);
        QVERIFY(page);
        QCOMPARE(page->events.size(), agent.produced());
        QCOMPARE(page->events.front().node, std::string("node-1"));
        QCOMPARE(page->lostEvents, 0u);
        QCOMPARE(session.link().agentsConnected, 1);
        QTRY_COMPARE_WITH_TIMEOUT(session.hooks("node-1").size(), 1u, patience);

        wire::CounterReport report;
        report.timeNs = m_clock.utcNs();
        report.sources = {{"process", {}}, {"tcp", {}}};
        report.sources[0].counters[Counter::Lost] = 7;
        report.sources[1].counters[Counter::Lost] = 3;
        report.sources[1].counters[Counter::Shed] = 5;
        agent.send(report);
        QTRY_COMPARE_WITH_TIMEOUT(session.counters("node-1")[Counter::Lost], 10u, patience);
        QCOMPARE(session.counters("node-1")[Counter::Shed], 5u);
        QCOMPARE(session.counters("no such node")[Counter::Lost], 0u);
        QTRY_VERIFY_WITH_TIMEOUT(panel(session, PanelId::Coverage).value.has_value(), patience);
        QCOMPARE(panel(session, PanelId::Coverage).value->value, 50.);
        QTRY_VERIFY_WITH_TIMEOUT(panel(session, PanelId::QueueDepth).value.has_value(), patience);
        QTRY_VERIFY_WITH_TIMEOUT((agent.sendEvents(5), panel(session, PanelId::ProcessingLatency).value.has_value()), 30'000);
        QVERIFY(fact(panel(session, PanelId::ProcessingLatency), "stage-wire"));
        // The query above is an operator action; its time is an API response time.
        QCOMPARE(panel(session, PanelId::UserInteractions).value->value, 1.);
        // Its first exchange may come just after the ten seconds that the latency was of.
        QTRY_VERIFY_WITH_TIMEOUT(fact(panel(session, PanelId::ApiResponseTimes), "operation", "agent.heartbeat"), 30'000);
        QTRY_VERIFY_WITH_TIMEOUT(session.storeStats() && session.storeStats()->events > 0, patience);
        const std::string status = statusBlock(session);
        QVERIFY2(status.find("node-1 connected") != std::string::npos, status.c_str());
        QVERIFY2(status.find("tcp/inet_sock_set_state failed: no BTF") != std::string::npos, status.c_str());
    }

    void signals_comeAtMostFourTimesASecond()
    {
        const QTemporaryDir folder;
        const auto opened = Session::open(embedded(folder, m_pki), m_clock);
        QVERIFY(opened);
        Session &session = **opened;
        QSignalSpy overview(&session, &Session::overviewChanged), agents(&session, &Session::agentsChanged);
        FakeAgent agent(portOf(session), "node-1", m_pki.node(), m_clock);
        QElapsedTimer timer;
        timer.start();
        QVERIFY(QTest::qWaitFor([&] { return agent.sendEvents(100), overview.size() >= 3; }, patience));
        const auto quarters = timer.elapsed() / 250 + 1;
        QVERIFY2(overview.size() <= quarters, qPrintable(QString::number(overview.size())));
        QVERIFY2(agents.size() <= quarters, qPrintable(QString::number(agents.size())));
    }

    void restart_nothingAcknowledgedIsLostAndNothingComesTwice()
    {
        const QTemporaryDir folder;
        auto session = Session::open(embedded(folder, m_pki), m_clock);
        QVERIFY(session);
        const std::uint16_t port = portOf(**session);
        FakeAgent agent(port, "node-1", m_pki.node(), m_clock);
        std::uint64_t ackedAtClose = 0, last = 0;
        for (int round = 0; round < 3; ++round) {
            for (int i = 0; i < 40; ++i)
                last = agent.sendEvents(50);
            QTRY_VERIFY_WITH_TIMEOUT(agent.acked() > ackedAtClose, patience);
            session->reset(); // in the middle of it
            ackedAtClose = agent.acked();
            session = Session::open(embedded(folder, m_pki, port), m_clock);
            QVERIFY2(session, session ? "" : session.error().message().c_str());
            QVERIFY(agent.acked() >= ackedAtClose);
        }
        QTRY_COMPARE_WITH_TIMEOUT(agent.acked(), last, patience);
        const auto page = ask(**session);
        QVERIFY(page);
        std::set<std::uint64_t> seqs;
        for (const StoredEvent &event : page->events)
            seqs.insert(event.seq);
        QCOMPARE(page->events.size(), agent.produced());
        QCOMPARE(seqs.size(), agent.produced());
        QCOMPARE(*seqs.rbegin(), agent.produced());
    }

    void restart_knowsItsNodesAndWhatWasMeasured()
    {
        const QTemporaryDir folder;
        {
            const auto session = Session::open(embedded(folder, m_pki), m_clock);
            QVERIFY(session);
            FakeAgent agent(portOf(**session), "node-1", m_pki.node(), m_clock);
            agent.send(test::oneOfTwoHooks());
            std::uint64_t last = agent.sendEvents(10);
            QTRY_COMPARE_WITH_TIMEOUT(agent.acked(), last, patience);
            QTRY_VERIFY_WITH_TIMEOUT(panel(**session, PanelId::Coverage).value.has_value(), patience);
            (*session)->recordAction(QStringLiteral("export"), QStringLiteral("overview.csv"));
        }
        const auto session = Session::open(embedded(folder, m_pki), m_clock);
        QVERIFY(session);
        QTRY_COMPARE_WITH_TIMEOUT((*session)->agents().size(), 1u, patience);
        QCOMPARE((*session)->agents()[0].node, std::string("node-1"));
        QCOMPARE((*session)->agents()[0].state, wire::LinkState::Gone);
        QCOMPARE((*session)->link().agentsKnown, 1);
        QCOMPARE((*session)->link().agentsConnected, 0);
        QCOMPARE((*session)->hooks("node-1").size(), 1u);
        QTRY_VERIFY_WITH_TIMEOUT(panel(**session, PanelId::UserInteractions).value.has_value(), patience);
        QVERIFY(fact(panel(**session, PanelId::UserInteractions), "kind", "export"));
    }

    /// An agent does not tell again what is open.
    void restart_knowsWhichInsightsAreOpen()
    {
        const QTemporaryDir folder;
        auto session = Session::open(embedded(folder, m_pki), m_clock);
        QVERIFY(session);
        const std::uint16_t port = portOf(**session);
        FakeAgent agent(port, "node-1", m_pki.node(), m_clock);
        agent.send(wire::HookReport{m_clock.utcNs(), {{"correlation", "rules", wire::HookState::Active, "node", "", 0, 0}}});
        std::uint64_t last = agent.sendInsight(1, wire::InsightState::Open);
        last = agent.sendInsight(2, wire::InsightState::Open);
        QTRY_COMPARE_WITH_TIMEOUT(agent.acked(), last, patience);
        session->reset();
        session = Session::open(embedded(folder, m_pki, port), m_clock);
        QVERIFY2(session, session ? "" : session.error().message().c_str());
        QTRY_VERIFY_WITH_TIMEOUT(!(*session)->agents().empty() && (*session)->agents()[0].state == wire::LinkState::Connected, patience);
        const std::int64_t backNs = m_clock.utcNs() + nsPerSecond;
        QTRY_VERIFY_WITH_TIMEOUT(panel(**session, PanelId::ActiveCorrelations).toNs > backNs, patience);
        QVERIFY(panel(**session, PanelId::ActiveCorrelations).value);
        QCOMPARE(panel(**session, PanelId::ActiveCorrelations).value->value, 2.);
        agent.sendInsight(1, wire::InsightState::Resolved);
        QTRY_COMPARE_WITH_TIMEOUT(panel(**session, PanelId::ActiveCorrelations).value->value, 1., patience);
    }

    void restart_aNodeIsGoneSinceItsLastSignOfLife_data()
    {
        QTest::addColumn<wire::LinkState>("stored");
        QTest::addColumn<qint64>("sinceSecond");
        QTest::addColumn<qint64>("heartbeatSecond");
        QTest::addColumn<qint64>("goneSinceSecond");
        QTest::newRow("connected for ten days when the console ended")
            << wire::LinkState::Connected << qint64(0) << qint64(864'000) << qint64(864'000);
        QTest::newRow("connected, and no heartbeat yet") << wire::LinkState::Connected << qint64(500) << qint64(0) << qint64(500);
        QTest::newRow("connected again, the heartbeat is of the session before")
            << wire::LinkState::Connected << qint64(500) << qint64(400) << qint64(500);
        QTest::newRow("silent already") << wire::LinkState::Silent << qint64(615) << qint64(600) << qint64(600);
        QTest::newRow("gone already") << wire::LinkState::Gone << qint64(700) << qint64(600) << qint64(700);
    }
    void restart_aNodeIsGoneSinceItsLastSignOfLife()
    {
        QFETCH(wire::LinkState, stored);
        QFETCH(qint64, sinceSecond);
        QFETCH(qint64, heartbeatSecond);
        QFETCH(qint64, goneSinceSecond);
        const auto time = [](qint64 second) { return second == 0 ? std::int64_t(0) : at(static_cast<double>(second)); };
        const QTemporaryDir folder;
        const SessionOptions options = embedded(folder, m_pki);
        {
            auto writer = StoreWriter::open(options.store, m_clock);
            QVERIFY(writer);
            wire::AgentState agent;
            agent.node = "node-1";
            agent.state = stored;
            agent.sinceNs = at(static_cast<double>(sinceSecond));
            agent.lastHeartbeatNs = time(heartbeatSecond);
            agent.heartbeat.id = 7;
            QVERIFY((*writer)->putAgent(agent));
            QVERIFY((*writer)->flush());
        }
        const auto session = Session::open(options, m_clock);
        QVERIFY2(session, session ? "" : session.error().message().c_str());
        QTRY_COMPARE_WITH_TIMEOUT((*session)->agents().size(), 1u, patience);
        QCOMPARE((*session)->agents()[0].state, wire::LinkState::Gone);
        QCOMPARE((*session)->agents()[0].sinceNs, at(static_cast<double>(goneSinceSecond)));
    }

    void history_answersForARange()
    {
        const QTemporaryDir folder;
        const auto opened = Session::open(embedded(folder, m_pki), m_clock);
        QVERIFY(opened);
        Session &session = **opened;
        FakeAgent agent(portOf(session), "node-1", m_pki.node(), m_clock);
        agent.send(test::oneOfTwoHooks());
        agent.sendEvents(10);
        QTRY_VERIFY_WITH_TIMEOUT(panel(session, PanelId::Coverage).value.has_value(), patience);
        session.setRange({TimeRange::Kind::Last1Hour, 0, 0});
        QTRY_COMPARE_WITH_TIMEOUT(panel(session, PanelId::EventsProcessed).toNs - panel(session, PanelId::EventsProcessed).fromNs
                                      >= 3600 * nsPerSecond,
                                  true, patience);
        // What the console measured reaches the store each ten seconds.
        QTRY_VERIFY_WITH_TIMEOUT(panel(session, PanelId::Coverage).value.has_value(), 35'000);
        QCOMPARE(panel(session, PanelId::Coverage).value->value, 50.);
        session.setRange({TimeRange::Kind::Custom, at(0), at(600)});
        QTRY_COMPARE_WITH_TIMEOUT(panel(session, PanelId::Coverage).fromNs, at(0), patience);
        QTRY_COMPARE_WITH_TIMEOUT(panel(session, PanelId::Coverage).reason, NoDataReason::NoSamplesInRange, patience);
        session.setRange({});
        QTRY_VERIFY_WITH_TIMEOUT(panel(session, PanelId::Coverage).value.has_value(), patience);
    }

    void scope_narrowsLiveAndHistoryAndIsShownWhenPaused()
    {
        const QTemporaryDir folder;
        const auto opened = Session::open(embedded(folder, m_pki), m_clock);
        QVERIFY(opened);
        Session &session = **opened;
        FakeAgent agent(portOf(session), "node-1", m_pki.node(), m_clock);
        QTRY_VERIFY_WITH_TIMEOUT((agent.sendEvents(10), panel(session, PanelId::EventsProcessed).value.has_value()), patience);
        session.setScope({"node-1", {}});
        QTRY_COMPARE_WITH_TIMEOUT(session.overview().scope.node, std::string("node-1"), patience);
        QTRY_VERIFY_WITH_TIMEOUT((agent.sendEvents(10), panel(session, PanelId::EventsProcessed).value.has_value()), patience);
        QCOMPARE(panel(session, PanelId::EventsProcessed).scope.node, std::string("node-1"));
        session.setPaused(true);
        session.setScope({"node-9", {}});
        QTRY_COMPARE_WITH_TIMEOUT(panel(session, PanelId::EventsProcessed).reason, NoDataReason::NothingInScope, patience);
        session.setPaused(false);
        session.setRange({TimeRange::Kind::Last1Hour, 0, 0});
        QTRY_VERIFY_WITH_TIMEOUT(panel(session, PanelId::EventsProcessed).toNs - panel(session, PanelId::EventsProcessed).fromNs
                                         >= 3600 * nsPerSecond
                                     && panel(session, PanelId::EventsProcessed).reason == NoDataReason::NothingInScope,
                                 patience);
        session.setScope({});
        QTRY_VERIFY_WITH_TIMEOUT(session.overview().scope.all() && panel(session, PanelId::EventsProcessed).state != PanelState::Loading,
                                 patience);
        QVERIFY(panel(session, PanelId::EventsProcessed).reason != NoDataReason::NothingInScope);
    }

    void history_aSlowReadIsSaidAndCanBeLeft()
    {
        const QTemporaryDir folder;
        SessionOptions options = embedded(folder, m_pki);
        const auto gate = std::make_shared<Gate>();
        options.openReader = [file = options.store.file, gate]() -> Result<std::shared_ptr<StoreReader>> {
            auto reader = StoreReader::open(file);
            if (!reader)
                return fail(reader.error());
            return std::make_shared<SlowReader>(std::move(*reader), gate);
        };
        const auto opened = Session::open(options, m_clock);
        QVERIFY2(opened, opened ? "" : opened.error().message().c_str());
        Session &session = **opened;
        const auto release = qScopeGuard([&gate] { gate->open(); });
        QTRY_COMPARE_WITH_TIMEOUT(panel(session, PanelId::QueueDepth).state, PanelState::NoData, patience);

        gate->shut();
        session.setRange({TimeRange::Kind::Last6Hours, 0, 0});
        QCOMPARE(panel(session, PanelId::QueueDepth).state, PanelState::NoData); // not for a moment
        QTRY_COMPARE_WITH_TIMEOUT(panel(session, PanelId::QueueDepth).state, PanelState::Loading, patience);
        const auto progressed = [&session] {
            const PanelSnapshot &shown = panel(session, PanelId::QueueDepth);
            return shown.have > 0 && shown.have < shown.need;
        };
        QTRY_VERIFY_WITH_TIMEOUT(progressed(), patience);
        const PanelSnapshot &shown = panel(session, PanelId::QueueDepth);
        QCOMPARE(shown.id, PanelId::QueueDepth);
        QVERIFY(!shown.value);
        QVERIFY(shown.toNs - shown.fromNs == 6 * 3600 * nsPerSecond);
        QCOMPARE(session.overview().groups[0].key, std::string("loading"));

        // Another choice does not wait for the first.
        session.setRange({});
        QTRY_VERIFY_WITH_TIMEOUT(panel(session, PanelId::QueueDepth).state != PanelState::Loading, patience);
        QTRY_COMPARE_WITH_TIMEOUT(gate->waiting(), 0, patience);

        session.setRange({TimeRange::Kind::Last1Hour, 0, 0});
        QTRY_COMPARE_WITH_TIMEOUT(panel(session, PanelId::QueueDepth).state, PanelState::Loading, patience);
        gate->open();
        QTRY_VERIFY_WITH_TIMEOUT(panel(session, PanelId::QueueDepth).state != PanelState::Loading, patience);
        QVERIFY(panel(session, PanelId::QueueDepth).toNs - panel(session, PanelId::QueueDepth).fromNs < 6 * 3600 * nsPerSecond);
    }

    void query_theNewestOfASlotWins()
    {
        const QTemporaryDir folder;
        const auto opened = Session::open(embedded(folder, m_pki), m_clock);
        QVERIFY(opened);
        QSignalSpy ready(opened->get(), &Session::eventsReady);
        quint64 last = 0;
        for (int i = 0; i < 20; ++i)
            last = (*opened)->queryEvents(3, {}, std::nullopt);
        QTRY_VERIFY_WITH_TIMEOUT(!ready.isEmpty(), patience);
        QCOMPARE(ready.last().at(1).toULongLong(), last);
        QCOMPARE(ready.size(), 1);
        (*opened)->queryEvents(3, {}, std::nullopt);
        (*opened)->cancelQuery(3);
        (*opened)->queryEvents(4, {}, std::nullopt);
        QTRY_COMPARE_WITH_TIMEOUT(ready.size(), 2, patience);
        QCOMPARE(ready.last().at(0).toInt(), 4);
    }

    void pause_holdsTheOverview()
    {
        const QTemporaryDir folder;
        const auto opened = Session::open(embedded(folder, m_pki), m_clock);
        QVERIFY(opened);
        QTRY_COMPARE_WITH_TIMEOUT(panel(**opened, PanelId::EventsProcessed).reason, NoDataReason::NoAgent, patience);
        (*opened)->setPaused(true);
        const auto revision = panel(**opened, PanelId::EventsProcessed).revision;
        QSignalSpy store(opened->get(), &Session::storeChanged), overview(opened->get(), &Session::overviewChanged);
        QTRY_VERIFY_WITH_TIMEOUT(store.size() >= 2, patience); // two reports are two seconds apart
        QCOMPARE(overview.size(), 0);
        QCOMPARE(panel(**opened, PanelId::EventsProcessed).revision, revision);
        (*opened)->setPaused(false);
        QTRY_VERIFY_WITH_TIMEOUT(panel(**opened, PanelId::EventsProcessed).revision > revision, patience);
    }

    void notices_aRefusedPeerIsShown()
    {
        const QTemporaryDir folder;
        TestPki stranger("other.tapio");
        SessionOptions options = embedded(folder, m_pki);
        options.log.file = folder.filePath(QStringLiteral("test.log")).toStdString();
        const auto opened = Session::open(options, m_clock);
        QVERIFY(opened);
        FakeAgent agent(portOf(**opened), "node-1", stranger.node(), m_clock);
        QTRY_VERIFY_WITH_TIMEOUT(!(*opened)->linkNotices().empty(), patience);
        const wire::LinkNotice notice = (*opened)->linkNotices().front();
        QCOMPARE(notice.kind, wire::LinkNoticeKind::Refused);
        QCOMPARE(notice.code, std::string("wrong-ca"));
        QVERIFY2(notice.remoteAddress.starts_with("127.0.0.1:"), notice.remoteAddress.c_str());
        QVERIFY(!notice.reason.empty());
        QVERIFY(!agent.welcomed());
        const auto logged = [&folder] {
            QFile log(folder.filePath(QStringLiteral("test.log")));
            return log.open(QFile::ReadOnly) ? QString::fromUtf8(log.readAll()) : QString();
        };
        const QString line = QStringLiteral("warning connection refused: 127.0.0.1:");
        QTRY_VERIFY2_WITH_TIMEOUT(logged().contains(line), qPrintable(logged()), patience);
        const QString rest = logged().section(line, 1, 1).section(QLatin1Char('\n'), 0, 0);
        QVERIFY2(rest.contains(QStringLiteral("[wrong-ca] ") + QString::fromStdString(notice.reason)), qPrintable(rest));
    }

    void remote_whatTheServerHeldIsStoredAndTellsNoRate()
    {
        const QTemporaryDir folder;
        auto fanIn = startServer();
        QVERIFY(fanIn);
        FakeAgent agent((*fanIn)->port(), "node-1", m_pki.node(), m_clock);
        const std::uint64_t held = agent.sendEvents(500);
        QTRY_VERIFY_WITH_TIMEOUT(agent.acked() >= held, patience);
        m_clock.advance(2 * nsPerSecond); // more than a loaded machine may misjudge the server's clock by
        const auto opened = Session::open(remote(folder, (*fanIn)->port()), m_clock);
        QVERIFY2(opened, opened ? "" : opened.error().message().c_str());
        Session &session = **opened;
        QTRY_VERIFY_WITH_TIMEOUT(session.storeStats() && session.storeStats()->events == 500, patience);
        QTRY_VERIFY_WITH_TIMEOUT((agent.sendEvents(1), panel(session, PanelId::EventsProcessed).value.has_value()), patience);
        const auto &inputs = panel(session, PanelId::EventsProcessed).computation.inputs;
        const auto earlier = std::find_if(inputs.begin(), inputs.end(), [](const Fact &fact) { return fact.key == "earlier"; });
        QVERIFY(earlier != inputs.end());
        QCOMPARE(earlier->value, 500.);
        QVERIFY(panel(session, PanelId::EventsProcessed).value->value < 100);
    }

    void remote_figuresComeFromTheServer()
    {
        const QTemporaryDir folder;
        auto fanIn = startServer();
        QVERIFY(fanIn);
        const auto opened = Session::open(remote(folder, (*fanIn)->port()), m_clock);
        QVERIFY2(opened, opened ? "" : opened.error().message().c_str());
        Session &session = **opened;
        QTRY_VERIFY_WITH_TIMEOUT(session.link().up, patience);
        QVERIFY(!session.link().embedded);
        FakeAgent agent((*fanIn)->port(), "node-1", m_pki.node(), m_clock);
        QTRY_VERIFY_WITH_TIMEOUT((agent.sendEvents(10), panel(session, PanelId::EventsProcessed).value.has_value()), patience);
        const std::uint64_t produced = agent.produced();
        QTRY_VERIFY_WITH_TIMEOUT(session.storeStats() && session.storeStats()->events >= produced, patience);
        const auto page = ask(session);
        QVERIFY(page);
        QCOMPARE(page->events.size(), produced);
        QCOMPARE(session.link().agentsConnected, 1);

        fanIn->reset();
        QTRY_VERIFY_WITH_TIMEOUT(!session.link().up, patience);
    }

    void remote_anUnreachableServerIsNamed()
    {
        const QTemporaryDir folder;
        const auto opened = Session::open(remote(folder, 1), m_clock);
        QVERIFY(opened);
        QVERIFY(!(*opened)->link().up);
        QTRY_VERIFY_WITH_TIMEOUT(!(*opened)->link().error.isEmpty(), patience);
    }

private:
    Result<std::unique_ptr<server::FanIn>> startServer()
    {
        server::FanInOptions options;
        options.endpoint.tls = m_pki.server();
        return server::FanIn::start(options, nullptr, m_clock);
    }
    SessionOptions remote(const QTemporaryDir &folder, std::uint16_t port)
    {
        SessionOptions options = embedded(folder, m_pki);
        options.embedded.reset();
        options.remote.emplace();
        options.remote->port = port;
        options.remote->tls = m_pki.console();
        return options;
    }

    MovedClock m_clock;
    TestPki m_pki;
};

QTEST_GUILESS_MAIN(TestSession)
#include "tst_session.moc"
