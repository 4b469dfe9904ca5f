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

namespace {

wire::Event fatal(std::uint32_t pid, int signal)
{
    wire::Event event = withDetail(wire::EventType::FatalSignal, wire::FatalSignal{signal, 0, 1, "init"});
    event.process = {pid, 0, 9, "web"};
    return event;
}

} // namespace

class TestToldSignals : public QObject {
    Q_OBJECT
private slots:
    void end_isExplained_data()
    {
        QTest::addColumn<wire::Process>("process");
        QTest::addColumn<int>("signal");
        QTest::addColumn<bool>("coreDumped");
        QTest::addColumn<bool>("isExplained");
        const wire::Process told{7, 0, 9, "web"};
        QTest::newRow("by the signal that was told") << told << SIGKILL << false << true;
        QTest::newRow("by another signal") << told << SIGSEGV << false << false;
        QTest::newRow("of another process") << wire::Process{8, 0, 9, "web"} << SIGKILL << false << false;
        QTest::newRow("of one that had the number before") << wire::Process{7, 0, 10, "web"} << SIGKILL << false << false;
        QTest::newRow("it left a core") << told << SIGKILL << true << false;
        QTest::newRow("by itself") << told << 0 << false << false;
    }
    void end_isExplained()
    {
        QFETCH(wire::Process, process);
        QFETCH(int, signal);
        QFETCH(bool, coreDumped);
        ToldSignals known;
        known.note(fatal(7, SIGKILL));
        wire::Event end = exited(0, signal);
        std::get<wire::ProcessExit>(end.detail).coreDumped = coreDumped;
        end.process = process;
        QTEST(known.explains(end), "isExplained");
        QVERIFY(!known.explains(end)); // what was told of one is not said of the next
    }

    void toldSignals_areBounded()
    {
        ToldSignals told;
        for (std::uint32_t pid = 1; pid <= ToldSignals::most + 10; ++pid)
            told.note(fatal(pid, SIGKILL));
        QCOMPARE(told.size(), ToldSignals::most);
        wire::Event end = exited(0, SIGKILL);
        end.process = {10, 0, 9, "web"};
        QVERIFY(!told.explains(end));
        end.process.pid = 11;
        QVERIFY(told.explains(end));
    }

    /// It keeps its severity, and waits for somebody to ask.
    void end_isDetailOnlyWhereTheSignalWasSent_data()
    {
        QTest::addColumn<bool>("wantsSignals");
        QTest::addColumn<int>("sent");
        QTest::newRow("the signal alone") << true << 1;
        QTest::newRow("nobody wants signals: the end") << false << 1;
    }
    void end_isDetailOnlyWhereTheSignalWasSent()
    {
        QFETCH(bool, wantsSignals);
        PipelineBench bench;
        Correlator correlator("node-1", 1, {});
        bench.pipeline.setCorrelator(&correlator);
        bench.pipeline.setDetailHeld(true);
        wire::EventFilter filter;
        filter.types = {wire::EventType::ProcessExit};
        if (wantsSignals)
            filter.types.push_back(wire::EventType::FatalSignal);
        bench.pipeline.setFilter({1, {filter}});
        bench.feed(fatal(7, SIGKILL), "signal");
        wire::Event end = exited(0, SIGKILL);
        end.process = {7, 0, 9, "web"};
        bench.feed(end);
        bench.pipeline.flush();
        const auto events = bench.outlet.events().at(0).events;
        QTEST(static_cast<int>(events.size()), "sent");
        QCOMPARE(events[0].type, wantsSignals ? wire::EventType::FatalSignal : wire::EventType::ProcessExit);
        QCOMPARE(events[0].severity, wire::Severity::Warning);
    }
};

QTEST_GUILESS_MAIN(TestToldSignals)
#include "tst_toldsignals.moc"
