// SPDX-License-Identifier: GPL-3.0-or-later
// `tapio events` over a store that has some.
#include <QtTest>

#include <QJsonObject>

#include <algorithm>
#include <functional>

#include "console/cli/output.h"
#include "console/core/store/store.h"
#include "tests/cli/programrun.h"

using namespace tapio;
using namespace tapio::console;

class TestStoredEvents : public QObject {
    Q_OBJECT
    QTemporaryDir m_home;
    SystemClock m_clock;

    Outcome run(const QStringList &arguments) const { return runAtHome(m_home.path(), TAPIO_PROGRAM, arguments); }

private slots:
    void events_ofAStore_data()
    {
        QTest::addColumn<QStringList>("filters");
        QTest::addColumn<int>("count");
        QTest::newRow("all") << QStringList{} << 60;
        QTest::newRow("of a node") << QStringList{"--node", "b"} << 20;
        QTest::newRow("of two nodes") << QStringList{"--node", "a", "--node", "b"} << 60;
        QTest::newRow("of a type") << QStringList{"--type", "process.exec"} << 30;
        QTest::newRow("from a severity on") << QStringList{"--severity", "error"} << 6;
        QTest::newRow("of a process") << QStringList{"--pid", "103"} << 2;
        QTest::newRow("of a namespace") << QStringList{"--namespace", "payments"} << 20;
        QTest::newRow("of a pod") << QStringList{"--pod", "checkout"} << 20;
        QTest::newRow("with a text") << QStringList{"--text", "/BIN/needle"} << 30;
        QTest::newRow("of the last minutes") << QStringList{"--since", "3m"} << 20;
        QTest::newRow("of the minutes before") << QStringList{"--until", "3m"} << 40;
        QTest::newRow("a few") << QStringList{"--limit", "7"} << 7;
        QTest::newRow("several at once") << QStringList{"--node", "b", "--severity", "error"} << 2;
        QTest::newRow("none") << QStringList{"--node", "nobody"} << 0;
    }
    void events_ofAStore()
    {
        QFETCH(QStringList, filters);
        QFETCH(int, count);
        const QString file = fillStore();
        const Outcome json = run(QStringList{"events", "--store", file, "-o", "json"} + filters);
        QVERIFY2(json.code == ExitOk, json.err.constData());
        QCOMPARE(json.lines().size(), std::size_t(count));
        for (const QJsonObject &event : json.lines())
            QVERIFY(event.contains("node") && event.contains("time"));
        const Outcome table = run(QStringList{"events", "--store", file} + filters);
        QVERIFY2(table.code == ExitOk, table.err.constData());
        const QList<QByteArray> lines = table.out.trimmed().split('\n');
        if (count == 0) {
            QVERIFY(table.out.isEmpty());
            QVERIFY2(table.err.contains("no stored event matches"), table.err.constData());
        } else {
            QVERIFY2(lines[0].startsWith("TIME "), lines[0].constData());
            QCOMPARE(lines.size(), count + 1);
        }
        QCOMPARE(table.err.contains("there are more"), filters.contains("--limit"));
    }

    void events_orderOfTime()
    {
        const QString file = fillStore();
        const auto newest = run({"events", "--store", file, "-o", "json"}).lines();
        const auto oldest = run({"events", "--store", file, "-o", "json", "--oldest-first"}).lines();
        QCOMPARE(newest.size(), oldest.size());
        QVERIFY(std::is_sorted(oldest.begin(), oldest.end(),
                               [](const auto &a, const auto &b) { return a["time"].toString() < b["time"].toString(); }));
        QVERIFY(std::is_sorted(newest.rbegin(), newest.rend(),
                               [](const auto &a, const auto &b) { return a["time"].toString() < b["time"].toString(); }));
    }

    void events_ofSeveralPages_sayWhatWasLostInAllOfTheRange_data()
    {
        QTest::addColumn<QStringList>("order");
        QTest::newRow("newest first") << QStringList{};
        QTest::newRow("oldest first") << QStringList{"--oldest-first"};
    }
    void events_ofSeveralPages_sayWhatWasLostInAllOfTheRange()
    {
        QFETCH(QStringList, order);
        const QString path = m_home.filePath("pages.tapio");
        QFile::remove(path);
        {
            StoreOptions options;
            options.file = path.toStdString();
            auto writer = StoreWriter::open(options, m_clock);
            QVERIFY(writer);
            const std::int64_t now = m_clock.utcNs();
            std::uint64_t frame = 0;
            for (; frame < 60; ++frame) // 1200 events, more than a page of a thousand
                addBatch(**writer, "a", frame + 1, now - (590 - 8 * static_cast<std::int64_t>(frame)) * nsPerSecond, {});
            // Lost at both ends, so that neither the first nor the last page alone knows of all.
            for (const auto &[secondsAgo, lost] : {std::pair{600, 0u}, std::pair{595, 40u}, std::pair{20, 61u}}) {
                wire::CounterReport report{now - secondsAgo * nsPerSecond, {{"process", {}}}};
                report.sources[0].counters[Counter::Lost] = lost;
                wire::Delivery delivery;
                delivery.node = "a";
                delivery.receivedNs = report.timeNs;
                delivery.frame = {1u, ++frame, report.timeNs, std::move(report)};
                QVERIFY((*writer)->append(delivery));
            }
            QVERIFY((*writer)->flush());
        }
        const Outcome outcome = run(QStringList{"events", "--store", path, "-o", "json", "--limit", "5000"} + order);
        QVERIFY2(outcome.code == ExitOk, outcome.err.constData());
        QCOMPARE(outcome.lines().size(), std::size_t(1200));
        QVERIFY2(outcome.err.contains("incomplete: 61 events of this time were lost"), outcome.err.constData());
    }

    void events_ofAProcess_sayWhetherConnectionsToldTogetherAreMissing_data()
    {
        QTest::addColumn<int>("more");
        QTest::addColumn<int>("pid"); // of the connections
        QTest::addColumn<QStringList>("filters");
        QTest::addColumn<bool>("said");
        const QStringList ofProcess{"--pid", "103"};
        QTest::newRow("of several processes") << 4 << 0 << ofProcess << true;
        QTest::newRow("of several processes, as JSON") << 4 << 0 << ofProcess + QStringList{"-o", "json"} << true;
        QTest::newRow("of several processes, and none of its own") << 4 << 0 << QStringList{"--pid", "7"} << true;
        QTest::newRow("of several processes, asked for connections")
            << 4 << 0 << ofProcess + QStringList{"--type", "tcp.connection"} << true;
        QTest::newRow("of several processes, asked for starts") << 4 << 0 << ofProcess + QStringList{"--type", "process.exec"} << false;
        QTest::newRow("of several processes, of another node") << 4 << 0 << ofProcess + QStringList{"--node", "a"} << false;
        QTest::newRow("of several processes, of another time") << 4 << 0 << ofProcess + QStringList{"--until", "3m"} << false;
        QTest::newRow("of several processes, without its pid") << 4 << 0 << QStringList{} << false;
        QTest::newRow("of no process, which is what is asked for") << 4 << 0 << QStringList{"--pid", "0"} << false;
        QTest::newRow("of one process") << 4 << 42 << ofProcess << false;
        QTest::newRow("one by one, of an unknown process") << 0 << 0 << ofProcess << false;
    }
    void events_ofAProcess_sayWhetherConnectionsToldTogetherAreMissing()
    {
        QFETCH(int, more);
        QFETCH(int, pid);
        QFETCH(QStringList, filters);
        const QString file = fillStore([&](wire::Event &event) {
            event.process.pid = static_cast<std::uint32_t>(pid);
            event.type = wire::EventType::TcpConnection;
            wire::TcpConnection connection;
            connection.more = static_cast<std::uint32_t>(more);
            event.detail = connection;
        });
        const Outcome outcome = run(QStringList{"events", "--store", file} + filters);
        QVERIFY2(outcome.code == ExitOk, outcome.err.constData());
        QTEST(outcome.err.contains("connections told together (of several processes) are not in this; look by container or program\n"),
              "said");
    }

    /// What is beyond what is shown is not missing, and nobody waits until all of it is read.
    void events_ofAProcess_lookNoFurtherThanWhatIsShown_data()
    {
        QTest::addColumn<QStringList>("limits");
        QTest::addColumn<bool>("said");
        QTest::newRow("all") << QStringList{} << true;
        QTest::newRow("the oldest") << QStringList{"--limit", "1", "--oldest-first"} << false;
        QTest::newRow("the newest") << QStringList{"--limit", "1"} << true;
    }
    void events_ofAProcess_lookNoFurtherThanWhatIsShown()
    {
        QFETCH(QStringList, limits);
        const QString file = fillStore(
            [](wire::Event &event) {
                wire::TcpConnection together;
                together.more = 4;
                event.process.pid = 0;
                event.type = wire::EventType::TcpConnection;
                event.detail = together;
            },
            {"c"});
        const Outcome outcome = run(QStringList{"events", "--store", file, "--pid", "103"} + limits);
        QVERIFY2(outcome.code == ExitOk, outcome.err.constData());
        QCOMPARE(outcome.err.contains("there are more"), limits.contains("--limit"));
        QTEST(outcome.err.contains("connections told together"), "said");
    }

private:
    using Change = std::function<void(wire::Event &)>;

    /// Twice 20 events of node a and 20 of node b in the last ten minutes; those of node b as `change` makes them. And 20 of each other
    /// node, before those of b.
    QString fillStore(const Change &change = {}, const std::vector<std::string> &others = {})
    {
        const QString path = m_home.filePath("filled.tapio");
        QFile::remove(path);
        StoreOptions options;
        options.file = path.toStdString();
        auto writer = StoreWriter::open(options, m_clock);
        if (!writer)
            qFatal("%s", writer.error().message().c_str());
        const std::int64_t now = m_clock.utcNs();
        addBatch(**writer, "a", 1, now - 9 * 60 * nsPerSecond, {});
        addBatch(**writer, "a", 2, now - 6 * 60 * nsPerSecond, {});
        for (const std::string &node : others)
            addBatch(**writer, node, 1, now - 4 * 60 * nsPerSecond, {});
        wire::Origin pod;
        pod.cgroupPath = "/kubepods/x";
        pod.namespaceName = "payments";
        pod.podName = "checkout";
        addBatch(**writer, "b", 1, now - 60 * nsPerSecond, pod, change);
        if (const auto flushed = (*writer)->flush(); !flushed)
            qFatal("%s", flushed.error().message().c_str());
        return path;
    }
    static void addBatch(StoreWriter &writer, const std::string &node, std::uint64_t frameSeq, std::int64_t firstNs,
                         const wire::Origin &origin, const Change &change = {})
    {
        wire::EventBatch batch;
        batch.firstSeq = (frameSeq - 1) * 20 + 1;
        batch.origins = {origin};
        for (std::uint32_t i = 0; i < 20; ++i) {
            wire::Event event;
            event.timeNs = firstNs + i * nsPerSecond;
            event.severity = i % 10 == 9 ? wire::Severity::Error : wire::Severity::Info;
            event.process.pid = 100 + i + static_cast<std::uint32_t>(frameSeq - 1) * 20;
            event.process.comm = "worker";
            if (i % 2 == 0) {
                event.type = wire::EventType::ProcessExec;
                event.detail = wire::ProcessExec{1, "init", "/bin/needle", {"needle"}, false};
            } else {
                event.type = wire::EventType::TcpConnection;
                event.detail = wire::TcpConnection();
            }
            if (change)
                change(event);
            batch.events.push_back(std::move(event));
        }
        wire::Delivery delivery;
        delivery.node = node;
        delivery.receivedNs = firstNs + 20 * nsPerSecond;
        delivery.frame = {node == "a" ? 1u : 2u, frameSeq, firstNs, std::move(batch)};
        if (const Status added = writer.append(delivery); !added)
            qFatal("%s", added.error().message().c_str());
    }
};

QTEST_GUILESS_MAIN(TestStoredEvents)
#include "tst_storedevents.moc"
