// SPDX-License-Identifier: GPL-3.0-or-later
// Which insights a console that begins again takes for open.
#include <QtTest>

#include <QTemporaryDir>

#include "console/core/metrics/insightsreader.h"
#include "tests/console/fakeclock.h"
#include "tests/console/livemodelinput.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;
using wire::InsightState;

namespace {

constexpr double day = 24 * 3600;

/// One letter each, as "1o@10": the insight, its state (o open, u updated, r resolved, x expired) and the second, in words.
std::vector<wire::Delivery> told(const QString &events)
{
    std::vector<wire::Delivery> all;
    for (const QString &word : events.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const QChar letter = word[1];
        wire::Insight insight;
        insight.id = static_cast<std::uint64_t>(word[0].digitValue());
        insight.rule = "oom-kill";
        insight.state = letter == 'o'   ? InsightState::Open
                        : letter == 'u' ? InsightState::Updated
                        : letter == 'r' ? InsightState::Resolved
                                        : InsightState::Expired;
        const std::int64_t timeNs = at(word.mid(3).toDouble());
        insight.fromNs = timeNs;
        wire::Delivery batch = delivery("a", timeNs);
        batch.frame.frameSeq = all.size() + 1;
        wire::Event event = eventAt(timeNs, insight);
        event.severity = wire::Severity::Error;
        batch.frame.body = batchOf(all.size() + 1, {}, {event});
        all.push_back(std::move(batch));
    }
    return all;
}

/// A second of it, with an agent that looks for insights.
void correlate(LiveModel &model, double second, std::uint64_t stream)
{
    wire::AgentState agent = agentState("a", at(second));
    agent.streamId = stream;
    model.onAgentState(agent);
    wire::Delivery hooks = delivery("a", at(second));
    hooks.frame.body = wire::HookReport{at(second), {{"correlation", "rules", wire::HookState::Active, "node", "", 0, 0}}};
    model.onDelivery(hooks, at(second));
    model.tick(at(second), {}, 0);
}

} // namespace

class TestInsightsReader : public QObject {
    Q_OBJECT
private slots:
    void knowsWhatIsOpen_data()
    {
        QTest::addColumn<QString>("events");
        QTest::addColumn<double>("nowSecond");
        QTest::addColumn<quint64>("streamNow"); // 0: the agent is not known
        QTest::addColumn<double>("open");       // -1: nobody says
        QTest::newRow("none") << "" << 100. << quint64(7) << 0.;
        QTest::newRow("one") << "1o@10" << 100. << quint64(7) << 1.;
        QTest::newRow("one that was told again") << "1o@10 1u@20" << 100. << quint64(7) << 1.;
        QTest::newRow("two, one of which ended") << "1o@10 2o@20 1r@30" << 100. << quint64(7) << 1.;
        QTest::newRow("ended by late evidence at a time before its last word") << "1o@10 1u@40 1r@30" << 100. << quint64(7) << 0.;
        QTest::newRow("expired") << "1o@10 1x@30" << 100. << quint64(7) << 0.;
        QTest::newRow("the agent began anew") << "1o@10" << 100. << quint64(8) << 0.;
        QTest::newRow("of two days ago") << "1o@10" << 2 * day << quint64(7) << 0.;
        QTest::newRow("of yesterday, told again today") << "1o@10 1u@86000" << 1.5 * day << quint64(7) << 1.;
        QTest::newRow("told after the console began") << "1o@10 1r@200" << 100. << quint64(7) << 1.;
    }
    void knowsWhatIsOpen()
    {
        QFETCH(QString, events);
        QFETCH(double, nowSecond);
        QFETCH(quint64, streamNow);
        const QTemporaryDir folder;
        StoreOptions options;
        options.file = std::filesystem::path(folder.path().toStdString()) / "test.tapio";
        FakeClock clock(at(0));
        auto writer = StoreWriter::open(options, clock);
        QVERIFY(writer);
        for (const wire::Delivery &delivery : told(events))
            QVERIFY((*writer)->append(delivery));
        QVERIFY((*writer)->flush());
        const auto reader = StoreReader::open(options.file);
        QVERIFY(reader);
        auto known = readInsightsSoFar(**reader, at(nowSecond), {});
        QVERIFY2(known, known ? "" : known.error().message().c_str());
        LiveModel model;
        model.seed({}, std::move(*known));
        correlate(model, nowSecond, streamNow);
        const OverviewSnapshot overview = model.overview(1);
        const PanelSnapshot &panel = overview.panels[static_cast<std::size_t>(PanelId::ActiveCorrelations)];
        QVERIFY(panel.value);
        QTEST(panel.value->value, "open");
        QCOMPARE(latest(model, figure::insightOpened, "oom-kill"), -1.); // none is new
    }

    void knowsThatAServerBeganAnew_data()
    {
        QTest::addColumn<quint64>("streamThen");
        QTest::addColumn<std::size_t>("open");
        QTest::newRow("the same server goes on") << quint64(8) << std::size_t(1);
        QTest::newRow("it is a later one's stream") << quint64(7) << std::size_t(0);
    }
    void knowsThatAServerBeganAnew()
    {
        QFETCH(quint64, streamThen);
        const QTemporaryDir folder;
        StoreOptions options;
        options.file = std::filesystem::path(folder.path().toStdString()) / "test.tapio";
        FakeClock clock(at(0));
        auto writer = StoreWriter::open(options, clock);
        QVERIFY(writer);
        wire::Delivery found = told("1o@10")[0];
        found.node = "server:hq";
        found.frame.streamId = streamThen;
        QVERIFY((*writer)->append(found));
        wire::Delivery began = delivery("server:hq", at(20));
        began.frame.streamId = 8;
        began.frame.frameSeq = 2;
        began.frame.body = batchOf(2, {}, {eventAt(at(20), wire::AgentNotice())});
        QVERIFY((*writer)->append(began));
        QVERIFY((*writer)->flush());
        const auto reader = StoreReader::open(options.file);
        QVERIFY(reader);
        const auto known = readInsightsSoFar(**reader, at(60), {});
        QVERIFY(known);
        QTEST(known->open(), "open");
    }

    void unread_isSaidForAsLongAsOneMayBeOpen_data()
    {
        QTest::addColumn<bool>("areUnread");
        QTest::addColumn<double>("seconds"); // since the console began
        QTest::addColumn<bool>("isSaid");
        QTest::newRow("read") << false << 0. << false;
        QTest::newRow("unread") << true << 0. << true;
        QTest::newRow("unread, later") << true << 86399. << true;
        QTest::newRow("unread, when none can be open") << true << 86400. << false;
    }
    void unread_isSaidForAsLongAsOneMayBeOpen()
    {
        QFETCH(bool, areUnread);
        QFETCH(double, seconds);
        LiveModel model;
        if (areUnread)
            model.noteUnreadInsights();
        for (const double second : {0., seconds}) {
            correlate(model, second, 1);
        }
        const OverviewSnapshot overview = model.overview(1);
        const PanelSnapshot &panel = overview.panels[static_cast<std::size_t>(PanelId::ActiveCorrelations)];
        QVERIFY(panel.value);
        QFETCH(bool, isSaid);
        QCOMPARE(std::any_of(panel.facts.begin(), panel.facts.end(), [](const Fact &fact) { return fact.key == "unread"; }), isSaid);
    }

    void stops()
    {
        const QTemporaryDir folder;
        StoreOptions options;
        options.file = std::filesystem::path(folder.path().toStdString()) / "test.tapio";
        FakeClock clock(at(0));
        QVERIFY(StoreWriter::open(options, clock));
        const auto reader = StoreReader::open(options.file);
        QVERIFY(reader);
        std::stop_source stop;
        stop.request_stop();
        QCOMPARE(readInsightsSoFar(**reader, at(0), stop.get_token()).error().code(), Errc::Cancelled);
    }
};

QTEST_GUILESS_MAIN(TestInsightsReader)
#include "tst_insightsreader.moc"
