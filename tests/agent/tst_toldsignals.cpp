// SPDX-License-Identifier: GPL-3.0-or-later
// That a signal ended a process is told once.
#include <QtTest>

#include <csignal>

#include "agent/pipeline/toldsignals.h"
#include "tests/agent/pipelinebench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;

Q_DECLARE_METATYPE(tapio::wire::Process)
Q_DECLARE_METATYPE(tapio::wire::Severity)

class TestToldSignals : public QObject {
    Q_OBJECT
private slots:
    void endByASignal_isToldOnce_data()
    {
        QTest::addColumn<wire::Process>("other");
        QTest::addColumn<int>("signal");
        QTest::addColumn<bool>("coreDumped");
        QTest::addColumn<wire::Severity>("severity");
        const wire::Process told{7, 0, 9, "web"};
        QTest::newRow("the signal was told") << told << SIGKILL << false << wire::Severity::Info;
        QTest::newRow("of another process") << wire::Process{8, 0, 9, "web"} << SIGKILL << false << wire::Severity::Warning;
        QTest::newRow("of one that had the number before") << wire::Process{7, 0, 10, "web"} << SIGKILL << false << wire::Severity::Warning;
        QTest::newRow("it left a core") << told << SIGSEGV << true << wire::Severity::Error;
        QTest::newRow("it ended by itself") << told << 0 << false << wire::Severity::Info;
    }
    void endByASignal_isToldOnce()
    {
        QFETCH(wire::Process, other);
        QFETCH(int, signal);
        QFETCH(bool, coreDumped);
        QFETCH(wire::Severity, severity);
        PipelineBench bench;
        wire::Event fatal = withDetail(wire::EventType::FatalSignal, wire::FatalSignal{signal, 0, 1, "init"});
        fatal.process = {7, 0, 9, "web"};
        bench.feed(fatal, "signal");
        wire::Event end = exited(0, signal);
        std::get<wire::ProcessExit>(end.detail).coreDumped = coreDumped;
        end.process = other;
        bench.feed(end);
        bench.feed(end); // what was told of one is not said of the next
        bench.pipeline.flush();
        const auto events = bench.outlet.events().at(0).events;
        QCOMPARE(events.size(), std::size_t(3));
        QCOMPARE(events[1].severity, severity);
        const bool isExplained = signal != 0 && severity == wire::Severity::Info;
        QCOMPARE(events[2].severity, isExplained ? wire::Severity::Warning : severity);
    }

    void toldSignals_areBounded()
    {
        ToldSignals told;
        for (std::uint32_t pid = 1; pid <= ToldSignals::most + 10; ++pid)
            told.note({pid, 0, 9, "web"});
        QCOMPARE(told.size(), ToldSignals::most);
        wire::Event end = exited(0, SIGKILL);
        end.process = {10, 0, 9, "web"};
        QVERIFY(!told.explains(end));
        end.process.pid = 11;
        QVERIFY(told.explains(end));
    }
};

QTEST_GUILESS_MAIN(TestToldSignals)
#include "tst_toldsignals.moc"
