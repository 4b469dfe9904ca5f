// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/core/metrics/annotation.h"
#include "protocol/wire/kubernetesfact.h"
#include "tests/support/fakeclock.h"
#include "tests/support/sampleinsights.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

constexpr std::int64_t nowNs = FakeClock::startNs, minute = 60 * nsPerSecond;

StoredEvent stored(std::int64_t row, std::int64_t timeNs, wire::EventType type, wire::Detail detail)
{
    StoredEvent one;
    one.id = {row, 0};
    one.node = "node-a";
    one.event.timeNs = timeNs;
    one.event.type = type;
    one.event.detail = std::move(detail);
    return one;
}

StoredEvent label(std::int64_t row, std::int64_t timeNs, const std::string &phase, std::uint64_t run = 7)
{
    wire::DrillLabel drill{"oom", "/kubepods/x", phase, timeNs, phase == "begin" ? 0 : timeNs, run, {}};
    return stored(row, timeNs, wire::EventType::DrillLabel, drill);
}

StoredEvent fact(std::int64_t row, wire::KubernetesFactKind kind)
{
    wire::KubernetesFact one;
    one.kind = kind;
    one.source = "configmap";
    one.volume = "settings";
    one.node = "node-b";
    StoredEvent event = stored(row, nowNs, wire::EventType::KubernetesFact, one);
    event.origin.podName = "web-1";
    event.origin.namespaceName = "shop";
    return event;
}

StoredEvent told(std::int64_t row, std::int64_t timeNs, wire::InsightState state, std::int64_t fromNs = nowNs)
{
    wire::Insight insight;
    insight.id = 42;
    insight.state = state;
    insight.rule = "oom-cascade";
    insight.text = "Pod a was killed.\nTwice";
    insight.fromNs = fromNs;
    insight.toNs = timeNs;
    StoredEvent event = stored(row, timeNs, wire::EventType::Insight, insight);
    event.event.severity = wire::Severity::Error;
    return event;
}

std::vector<Annotation> folded(const std::vector<StoredEvent> &events, std::size_t most = 100, std::int64_t untilNs = nowNs)
{
    AnnotationFold fold;
    for (const StoredEvent &one : events)
        fold.add(one);
    return fold.annotations(most, untilNs);
}

} // namespace

class TestAnnotation : public QObject {
    Q_OBJECT

private slots:
    void drill_goesFromItsBeginToItsEnd_data()
    {
        QTest::addColumn<QStringList>("phases");
        QTest::addColumn<int>("fromMinute");
        QTest::addColumn<int>("toMinute");
        QTest::addColumn<bool>("isOpen");
        QTest::newRow("begun and ended") << QStringList{"begin", "end"} << 0 << 1 << false;
        QTest::newRow("failed") << QStringList{"begin", "failed"} << 0 << 1 << false;
        QTest::newRow("goes on") << QStringList{"begin"} << 0 << 0 << true;
        QTest::newRow("its begin is not known") << QStringList{"end"} << 0 << 0 << false;
    }
    void drill_goesFromItsBeginToItsEnd()
    {
        QFETCH(QStringList, phases);
        QFETCH(int, fromMinute);
        QFETCH(int, toMinute);
        QFETCH(bool, isOpen);
        std::vector<StoredEvent> events;
        for (int i = 0; i < phases.size(); ++i)
            events.push_back(label(10 + i, nowNs + i * minute, phases[i].toStdString()));
        const std::vector<Annotation> inOrder = folded(events);
        QCOMPARE(inOrder.size(), std::size_t(1));
        QCOMPARE(inOrder[0].kind, AnnotationKind::Drill);
        QCOMPARE(inOrder[0].fromNs, nowNs + fromMinute * minute);
        QCOMPARE(inOrder[0].toNs, nowNs + toMinute * minute);
        QCOMPARE(inOrder[0].isOpen, isOpen);
        QCOMPARE(inOrder[0].text, std::string("oom"));
        QCOMPARE(inOrder[0].target, std::string("/kubepods/x"));
        QCOMPARE(inOrder[0].event, events.back().id);
        events.push_back(events.front()); // again
        std::reverse(events.begin(), events.end());
        QVERIFY(folded(events) == inOrder); // as a reader gives them, newest first
    }

    void runs_areTwoDrills() { QCOMPARE(folded({label(1, nowNs, "begin", 1), label(2, nowNs, "begin", 2)}).size(), std::size_t(2)); }

    void drillWithoutItsEnd_lastsNoLongerThanDrillsMay()
    {
        const auto lasts = [](std::int64_t untilNs) {
            const std::vector<Annotation> all = folded({label(1, nowNs, "begin")}, 100, untilNs);
            return all.at(0).toNs - all.at(0).fromNs;
        };
        QCOMPARE(lasts(nowNs - minute), std::int64_t(0));
        QCOMPARE(lasts(nowNs + 5 * minute), 5 * minute);
        QCOMPARE(lasts(nowNs + 600 * minute), AnnotationFold::mostDrillNs);
    }

    void scope_keepsWhatIsOfIt_data()
    {
        QTest::addColumn<QString>("node");
        QTest::addColumn<QString>("ofNode");
        QTest::addColumn<QString>("namespaceName");
        QTest::addColumn<bool>("isKept"); // of node-a and the namespace shop
        QTest::newRow("its own") << "node-a"
                                 << ""
                                 << "shop" << true;
        QTest::newRow("of no namespace") << "node-a"
                                         << ""
                                         << "" << true;
        QTest::newRow("another namespace's") << "node-a"
                                             << ""
                                             << "bank" << false;
        QTest::newRow("another node's") << "node-b"
                                        << ""
                                        << "shop" << false;
        QTest::newRow("of all nodes") << "server:hq"
                                      << ""
                                      << "" << true;
        QTest::newRow("a server's, about the node") << "server:hq"
                                                    << "node-a"
                                                    << "" << true;
        QTest::newRow("a server's, about another one") << "server:hq"
                                                       << "node-b"
                                                       << "" << false;
    }
    void scope_keepsWhatIsOfIt()
    {
        QFETCH(QString, node);
        QFETCH(QString, ofNode);
        QFETCH(QString, namespaceName);
        QFETCH(bool, isKept);
        Annotation one;
        one.node = node.toStdString();
        one.ofNode = ofNode.toStdString();
        one.namespaceName = namespaceName.toStdString();
        QCOMPARE(isWithin(one, {"node-a", "shop"}), isKept);
        QVERIFY(isWithin(one, {}));
    }

    void change_isAMoment_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("text"); // empty: it is none
        const auto row = [](const char *name, wire::KubernetesFactKind kind, const char *text) {
            QTest::newRow(name) << static_cast<int>(kind) << QString(text);
        };
        row("a volume", wire::KubernetesFactKind::VolumeChanged, "configmap volume settings changed");
        row("a node that is lost", wire::KubernetesFactKind::NodeNotReady, "node node-b is not Ready");
        row("a node that is back", wire::KubernetesFactKind::NodeReady, "node node-b is Ready");
        row("a node that was removed", wire::KubernetesFactKind::NodeRemoved, "node node-b was removed from the cluster");
        row("an eviction follows from something", wire::KubernetesFactKind::PodEvicted, "");
        row("a certificate that will expire", wire::KubernetesFactKind::CertificateExpiry, "");
        row("of a newer version", static_cast<wire::KubernetesFactKind>(99), "");
    }
    void change_isAMoment()
    {
        QFETCH(int, kind);
        QFETCH(QString, text);
        const std::vector<Annotation> all = folded({fact(3, static_cast<wire::KubernetesFactKind>(kind))});
        QCOMPARE(all.size(), std::size_t(text.isEmpty() ? 0 : 1));
        if (all.empty())
            return;
        QCOMPARE(QString::fromStdString(all[0].text), text);
        QCOMPARE(all[0].fromNs, all[0].toNs);
        QCOMPARE(all[0].target, std::string("shop/web-1"));
        QCOMPARE(all[0].namespaceName, std::string("shop"));
        QCOMPARE(all[0].ofNode, std::string("node-b"));
    }

    void insight_goesAsFarAsItIsKnown()
    {
        const std::vector<Annotation> open = folded({told(1, nowNs + minute, wire::InsightState::Open)});
        QCOMPARE(open.size(), std::size_t(1));
        QVERIFY(open[0].isOpen);
        QCOMPARE(open[0].fromNs, nowNs);
        QCOMPARE(open[0].toNs, nowNs + minute);
        QCOMPARE(open[0].severity, wire::Severity::Error);
        QCOMPARE(open[0].insight, std::uint64_t(42));
        QCOMPARE(open[0].text, std::string("Pod a was killed. Twice"));
        StoredEvent placed = told(1, nowNs + minute, wire::InsightState::Open);
        placed.origin.namespaceName = "shop";
        QCOMPARE(folded({placed})[0].namespaceName, std::string("shop"));
        const std::vector<Annotation> over =
            folded({told(2, nowNs + 3 * minute, wire::InsightState::Resolved), told(1, nowNs + minute, wire::InsightState::Open)});
        QCOMPARE(over.size(), std::size_t(1));
        QVERIFY(!over[0].isOpen);
        QCOMPARE(over[0].toNs, nowNs + 3 * minute);
    }

    void hostileTimes_areKeptWithinTime_data()
    {
        QTest::addColumn<qint64>("timeNs");
        QTest::newRow("before there was time") << qint64(INT64_MIN);
        QTest::newRow("after all of it") << qint64(INT64_MAX);
        QTest::newRow("none") << qint64(0);
    }
    void hostileTimes_areKeptWithinTime()
    {
        QFETCH(qint64, timeNs);
        for (const Annotation &one : folded({told(1, timeNs, wire::InsightState::Open, timeNs), label(2, timeNs, "end")})) {
            QVERIFY(one.fromNs >= 0 && one.fromNs <= one.toNs && one.toNs <= latestInsightNs);
        }
    }

    void tooMany_areTheNewest()
    {
        std::vector<StoredEvent> events;
        for (int i = 0; i < 10; ++i)
            events.push_back(label(i, nowNs + i * minute, "begin", static_cast<std::uint64_t>(i)));
        const std::vector<Annotation> all = folded(events, 3);
        QCOMPARE(all.size(), std::size_t(3));
        QCOMPARE(all.front().fromNs, nowNs + 7 * minute);
        QCOMPARE(all.back().fromNs, nowNs + 9 * minute);
    }

    void others_arePassedOver()
    {
        QVERIFY(
            folded({stored(1, nowNs, wire::EventType::OomKill, wire::OomKill()), stored(2, nowNs, wire::EventType::Unknown, {})}).empty());
        const std::vector<Annotation> sample = folded(sampleInsights(nowNs));
        QVERIFY(std::is_sorted(sample.begin(), sample.end(), [](const auto &a, const auto &b) { return a.fromNs < b.fromNs; }));
        QVERIFY(sample.size() > 3);
    }
};

QTEST_APPLESS_MAIN(TestAnnotation)
#include "tst_annotation.moc"
