// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <QTemporaryDir>

#include <algorithm>

#include "console/core/metrics/historymodel.h"
#include "tests/console/fakeclock.h"
#include "tests/console/inputbuilder.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

wire::AgentState agentState(const std::string &node)
{
    wire::AgentState state;
    state.node = node;
    state.state = wire::LinkState::Connected;
    state.sinceNs = state.lastHeartbeatNs = at(0);
    state.streamId = 7;
    return state;
}

/// A new store in a folder of its own.
struct TestStore {
    QTemporaryDir folder;
    FakeClock clock{at(0)};
    StoreOptions options = [this] {
        StoreOptions made;
        made.file = std::filesystem::path(folder.path().toStdString()) / "test.tapio";
        return made;
    }();
    Result<std::unique_ptr<StoreWriter>> writer = StoreWriter::open(options, clock);
};

} // namespace

/// What is read back of a time that is over; that it equals what was live then is in tst_livemodel.
class TestHistoryModel : public QObject {
    Q_OBJECT

private slots:
    void history_ofDaysKeepsItsPeaks()
    {
        TestStore store;
        QVERIFY(store.writer);
        const wire::AgentState agent = agentState("a");
        QVERIFY((*store.writer)->putAgent(agent));
        constexpr double end = 50 * 3600, peak = 20 * 3600 + 20;
        for (double t = 0; t <= end; t += 10)
            QVERIFY((*store.writer)
                        ->putFigures({{at(t), std::string(figure::latencyP99), "total", t == peak ? 7e9 : 1e6},
                                      {at(t), std::string(figure::latencyCount), "total", 10}}));
        QVERIFY((*store.writer)->flush());
        const auto reader = StoreReader::open(store.options.file);
        std::size_t last = 0, parts = 0;
        const auto history = readHistory(**reader, {at(0), at(end), at(end)}, {}, [&](std::size_t read, std::size_t of) {
            QVERIFY(read == last + 1 && read <= of);
            last = read;
            parts = of;
        });
        QVERIFY2(history, history ? "" : history.error().message().c_str());
        QCOMPARE(last, parts);
        const PanelSnapshot panel = computeOverview(*history, 1).panels[static_cast<std::size_t>(PanelId::ProcessingLatency)];
        QVERIFY(panel.bucketNs > 60 * nsPerSecond);
        double largest = 0, drawn = 0;
        for (const PlotPoint &point : panel.series.at(0).maximum)
            largest = std::max(largest, point.value);
        for (const PlotPoint &point : panel.series.at(0).points)
            drawn = std::max(drawn, point.value);
        QCOMPARE(largest, 7e9);
        QCOMPARE(drawn, 1e6); // the line is the last of each bucket
    }

    void history_ofMoreSeriesThanFitSaysSo_data()
    {
        QTest::addColumn<std::size_t>("maxSeries");
        QTest::addColumn<std::uint64_t>("refused");
        QTest::newRow("they fit") << std::size_t(6) << std::uint64_t(0);
        QTest::newRow("they do not") << std::size_t(4) << std::uint64_t(2);
    }
    void history_ofMoreSeriesThanFitSaysSo()
    {
        QFETCH(std::size_t, maxSeries);
        QFETCH(std::uint64_t, refused);
        TestStore store;
        QVERIFY(store.writer);
        QVERIFY((*store.writer)->putAgent(agentState("a")));
        std::uint64_t frame = 0;
        for (double t = 0; t <= 600; t += 5) {
            wire::Delivery samples;
            samples.node = "a";
            samples.receivedNs = at(t);
            samples.frame.streamId = 7;
            samples.frame.frameSeq = ++frame;
            wire::SampleBatch batch;
            batch.timeNs = at(t);
            batch.labels = {""};
            for (std::uint32_t i = 0; i < 6; ++i) {
                batch.origins.push_back(i == 0 ? InputBuilder::host() : InputBuilder::pod("p" + std::to_string(i)));
                batch.samples.push_back({wire::Metric::CpuUsageNs, i, 0, static_cast<std::int64_t>(t * 1e9)});
            }
            samples.frame.body = std::move(batch);
            QVERIFY((*store.writer)->append(samples));
            QVERIFY((*store.writer)->putFigures({{at(t), std::string(figure::agentAlive), "a", 1}}));
        }
        QVERIFY((*store.writer)->flush());
        const auto reader = StoreReader::open(store.options.file);
        const auto history = readHistory(**reader, {at(0), at(600), at(600), maxSeries}, {});
        QVERIFY2(history, history ? "" : history.error().message().c_str());
        QCOMPARE(history->series.size(), std::min<std::size_t>(6, maxSeries));
        QCOMPARE(history->seriesRefused, refused);
    }

    void history_knowsItsHooksNotTodays()
    {
        TestStore store;
        QVERIFY(store.writer);
        QVERIFY((*store.writer)->putAgent(agentState("a")));
        wire::Delivery hooks;
        hooks.node = "a";
        hooks.receivedNs = at(3600);
        hooks.frame.streamId = 1;
        hooks.frame.frameSeq = 1;
        hooks.frame.body = wire::HookReport{at(3600), {{"tcp", "x", wire::HookState::Failed, "", "no BTF", 0, 0}}};
        QVERIFY((*store.writer)->append(hooks));
        for (double t = 0; t <= 600; t += 10)
            QVERIFY((*store.writer)
                        ->putFigures({{at(t), std::string(figure::agentAlive), "a", 1},
                                      {at(t), std::string(figure::coverage), "", 100},
                                      {at(t), std::string(figure::hooksActive), "a", 5},
                                      {at(t), std::string(figure::hooksWanted), "a", 5}}));
        QVERIFY((*store.writer)->flush());
        const auto reader = StoreReader::open(store.options.file);
        const auto history = readHistory(**reader, {at(0), at(600), at(4000)}, {});
        QVERIFY(history);
        const PanelSnapshot panel = computeOverview(*history, 1).panels[static_cast<std::size_t>(PanelId::Coverage)];
        const NodeCell &cell = std::get<CoverageView>(panel.view).cells.at(0);
        QCOMPARE(cell.state, NodeCell::State::Full);
        QCOMPARE(cell.hooksActive, 5u);
        QVERIFY(cell.missing.empty());
        const auto later = readHistory(**reader, {at(3500), at(3900), at(4000)}, {});
        QVERIFY(later && later->hooks.contains("a"));
    }

    void history_isNarrowedToANode()
    {
        TestStore store;
        QVERIFY(store.writer);
        for (const char *node : {"a", "b"})
            QVERIFY((*store.writer)->putAgent(agentState(node)));
        for (double t = 0; t <= 600; t += 10)
            QVERIFY((*store.writer)
                        ->putFigures({{at(t), std::string(figure::agentAlive), "a", 1},
                                      {at(t), std::string(figure::agentAlive), "b", 1},
                                      {at(t), std::string(figure::processed), "a/tcp", 100 * t},
                                      {at(t), std::string(figure::processed), "b/tcp", 200 * t}}));
        QVERIFY((*store.writer)->flush());
        const auto reader = StoreReader::open(store.options.file);
        const auto history = readHistory(**reader, {at(0), at(600), at(4000)}, {});
        QVERIFY(history);
        const auto events = [&history](const Scope &scope) {
            return computeOverview(*history, 1, scope).panels[static_cast<std::size_t>(PanelId::EventsProcessed)];
        };
        QCOMPARE(events({}).value->value, 300.);
        QCOMPARE(events({"b", {}}).value->value, 200.);
        QCOMPARE(events({"c", {}}).reason, NoDataReason::NothingInScope);
    }
};

QTEST_APPLESS_MAIN(TestHistoryModel)
#include "tst_historymodel.moc"
