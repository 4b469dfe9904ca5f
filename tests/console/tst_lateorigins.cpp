// SPDX-License-Identifier: GPL-3.0-or-later
// What live figures make of events whose origin becomes known later.
#include <QtTest>

#include <climits>

#include "console/core/metrics/lateorigins.h"
#include "console/core/metrics/livemodel.h"
#include "tests/console/inputbuilder.h"
#include "tests/console/livemodelinput.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

class TestLateOrigins : public QObject {
    Q_OBJECT
private slots:
    /// A kill whose pod becomes known late counts for it, whatever came between, and once.
    void pods_oomKillGetsItsNameLater_data()
    {
        QTest::addColumn<bool>("uidFirst"); // the kill came with the pod's uid
        QTest::addColumn<bool>("half");     // an amendment tells the uid alone first
        QTest::addColumn<int>("first");     // of what the amendment is about
        QTest::addColumn<int>("last");
        QTest::addColumn<int>("stream");
        QTest::addColumn<QString>("node");
        QTest::addColumn<bool>("otherWas");
        QTest::addColumn<double>("seconds"); // after the kill
        QTest::addColumn<bool>("named");
        const auto row = [](const char *name, bool uidFirst, bool half, int first, int last, int stream, const char *node, bool otherWas,
                            double seconds, bool named) {
            QTest::newRow(name) << uidFirst << half << first << last << stream << QString(node) << otherWas << seconds << named;
        };
        row("of nothing known", false, false, 2, 2, 7, "a", false, 5, true);
        row("of a wider range", false, false, 1, 900, 7, "a", false, 5, true);
        row("of a pod without a name", true, false, 2, 2, 7, "a", false, 5, true);
        row("in two steps", false, true, 2, 2, 7, "a", false, 5, true);
        row("in two steps, of a pod without a name", true, true, 2, 2, 7, "a", false, 5, true);
        row("at the last moment", false, false, 2, 2, 7, "a", false, 119, true);
        row("too late", false, false, 2, 2, 7, "a", false, 121, false);
        row("too late, of a pod without a name", true, false, 2, 2, 7, "a", false, 121, false);
        row("of numbers before", true, false, 1, 1, 7, "a", false, 5, false);
        row("of numbers after", true, false, 3, 9, 7, "a", false, 5, false);
        row("of another stream", true, false, 2, 2, 8, "a", false, 5, false);
        row("of another node", true, false, 2, 2, 7, "b", false, 5, false);
        row("of events that came otherwise", true, false, 2, 2, 7, "a", true, 5, false);
    }
    void pods_oomKillGetsItsNameLater()
    {
        QFETCH(bool, uidFirst);
        QFETCH(bool, half);
        QFETCH(int, first);
        QFETCH(int, last);
        QFETCH(int, stream);
        QFETCH(QString, node);
        QFETCH(bool, otherWas);
        QFETCH(double, seconds);
        QFETCH(bool, named);
        wire::Origin vague, other, nameless = InputBuilder::pod("web", "c1");
        vague.cgroupId = 7;
        other.cgroupId = 8;
        nameless.podName.clear();
        const std::string uid = nameless.podUid;
        wire::Event oomKill = eventAt(at(1), wire::OomKill());
        oomKill.origin = 1;
        LiveModel model;
        wire::Delivery kill = delivery("a", at(1));
        kill.frame.body = batchOf(1, {vague, uidFirst ? nameless : vague}, {eventAt(at(1)), oomKill});
        model.onDelivery(kill, at(1));
        std::vector<Figure> stored;
        const auto tick = [&](double t) {
            model.tick(at(t), {}, 0);
            for (const Figure &figure : model.takeFigures()) {
                if (figure.name == figure::podOom)
                    stored.push_back(figure);
            }
        };
        const auto shown = [&](const std::string &pod) { return readings(model, figure::podOom, pod); };
        QCOMPARE(shown(uid), std::size_t(uidFirst ? 1 : 0)); // at once
        for (double t = 1; t < 1 + seconds; t += 1)
            tick(t);
        const auto amend = [&](const wire::Origin &now) {
            wire::Delivery more = delivery(node.toStdString(), at(1 + seconds));
            more.frame.streamId = static_cast<std::uint64_t>(stream);
            wire::EventBatch amending = batchOf(3, {otherWas ? other : uidFirst ? nameless : vague, now}, {});
            amending.amendments = {{0, 0, 1, 1, static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(last)}};
            more.frame.body = std::move(amending);
            model.onDelivery(more, at(1 + seconds));
        };
        if (half) {
            amend(nameless);
            QCOMPARE(shown(uid), 1u);
            QVERIFY(stored.empty());
        }
        for (int i = 0; i < 2; ++i) // the second tells nothing new
            amend(InputBuilder::pod("web", "c1"));
        QCOMPARE(shown("shop/web"), std::size_t(named ? 1 : 0));
        QCOMPARE(shown(uid), std::size_t(uidFirst && !named ? 1 : 0));
        for (double t = 2 + seconds; t < 300; t += 10)
            tick(t);
        // In the store, too, by one label.
        QCOMPARE(stored.size(), std::size_t(named || uidFirst ? 1 : 0));
        for (const Figure &figure : stored) {
            QCOMPARE(figure.label, named ? std::string("shop/web") : uid);
            QCOMPARE(figure.timeNs, at(1));
        }
    }

    /// What is pushed out of what waits for its name stays what it is.
    void pods_oomKillsThatWaitAreBounded()
    {
        LiveModel model;
        wire::Origin nameless = InputBuilder::pod("web", "c1");
        nameless.podName.clear();
        constexpr std::size_t many = LateOrigins::mostKills + 10;
        wire::Delivery kills = delivery("a", at(1));
        kills.frame.body = batchOf(1, {nameless}, std::vector<wire::Event>(many, eventAt(at(1), wire::OomKill())));
        model.onDelivery(kills, at(1));
        wire::Delivery others = delivery("b", at(1)); // makes no room for itself among those of another node
        others.frame.body = batchOf(1, {wire::Origin()}, std::vector<wire::Event>(many, eventAt(at(1), wire::OomKill())));
        model.onDelivery(others, at(1));
        wire::Delivery more = delivery("a", at(2));
        wire::EventBatch amending = batchOf(many + 1, {nameless, InputBuilder::pod("web", "c1")}, {});
        amending.amendments = {{0, 0, 1, many, 1, many}};
        more.frame.body = std::move(amending);
        model.onDelivery(more, at(2));
        QCOMPARE(readings(model, figure::podOom, "shop/web"), LateOrigins::mostKills);
        QCOMPARE(readings(model, figure::podOom, nameless.podUid), std::size_t(10));
    }

    /// Only of events that this console had.
    void attribution_countsAmendmentsOfEventsThatCame_data()
    {
        QTest::addColumn<int>("had");   // events 11 ..
        QTest::addColumn<int>("first"); // of the amendment
        QTest::addColumn<int>("last");
        QTest::addColumn<int>("events");
        QTest::addColumn<int>("times");
        QTest::addColumn<double>("seconds");
        QTest::addColumn<int>("counted");
        QTest::newRow("all that it is about") << 5 << 11 << 15 << 5 << 1 << 1. << 5;
        QTest::newRow("none of it") << 0 << 11 << 15 << 5 << 1 << 1. << 0;
        QTest::newRow("those that were let go before") << 5 << 1 << 10 << 10 << 1 << 1. << 0;
        QTest::newRow("and those that were let go after") << 5 << 16 << 20 << 5 << 1 << 1. << 0;
        QTest::newRow("half of it") << 5 << 1 << 15 << 15 << 1 << 1. << 5;
        QTest::newRow("a part of what came") << 5 << 12 << 14 << 3 << 1 << 1. << 3;
        QTest::newRow("the same again and again") << 5 << 11 << 15 << 5 << 40 << 1. << 5;
        QTest::newRow("more than there can be") << 5 << 11 << 15 << INT_MAX << 2 << 1. << 5;
        QTest::newRow("what came two minutes ago") << 5 << 11 << 15 << 5 << 1 << 119. << 5;
        QTest::newRow("what came too long ago") << 5 << 11 << 15 << 5 << 1 << 300. << 0;
    }
    void attribution_countsAmendmentsOfEventsThatCame()
    {
        QFETCH(int, had);
        QFETCH(int, first);
        QFETCH(int, last);
        QFETCH(int, events);
        QFETCH(int, times);
        QFETCH(double, seconds);
        QFETCH(int, counted);
        LiveModel model;
        wire::Origin vague;
        vague.cgroupId = 7;
        wire::Delivery batch = delivery("a", at(1));
        std::vector<wire::Event> all(static_cast<std::size_t>(had), eventAt(at(1)));
        all.push_back(eventAt(at(1)));
        all.back().origin = 1; // something is of a pod at once
        batch.frame.body = batchOf(11, {vague, InputBuilder::pod("other", "c2")}, all);
        model.onDelivery(batch, at(1));
        for (double t = 1; t <= 1 + seconds; t += 1)
            model.tick(at(t), {}, 0);
        wire::Delivery more = delivery("a", at(1 + seconds));
        wire::EventBatch amending = batchOf(90, {vague, InputBuilder::pod("web", "c1")}, {});
        for (int i = 0; i < times; ++i)
            amending.amendments.push_back(
                {0, 0, 1, static_cast<std::uint32_t>(events), static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(last)});
        more.frame.body = std::move(amending);
        model.onDelivery(more, at(1 + seconds));
        model.tick(at(2 + seconds), {}, 0);
        QCOMPARE(latest(model, figure::resolvedEvents), 1. + counted);
        QCOMPARE(latest(model, figure::containerEvents), 1. + counted);
    }

    void attribution_stepsThatNeverCameDoNotMatter()
    {
        LiveModel model;
        wire::Origin vague, container = InputBuilder::pod("web", "c1");
        vague.cgroupId = 7;
        container.podName.clear();
        wire::Delivery batch = delivery("a", at(1));
        batch.frame.body = batchOf(1, {vague}, {eventAt(at(1)), eventAt(at(1))});
        model.onDelivery(batch, at(1));
        wire::EventBatch amending = batchOf(3, {vague, container, InputBuilder::pod("web", "c1")}, {});
        amending.amendments = {{0, 1, 2, 2, 1, 2}}; // that it is this container was told in a frame that was lost
        batch.frame.body = std::move(amending);
        model.onDelivery(batch, at(2));
        model.tick(at(3), {}, 0);
        QCOMPARE(latest(model, figure::resolvedEvents), 2.);
        QCOMPARE(latest(model, figure::containerEvents), 2.);
    }

    void attribution_whatIsRememberedIsBoundedAndForgotten()
    {
        LateOrigins late;
        constexpr std::size_t many = 3 * LateOrigins::mostOrigins;
        for (std::size_t i = 0; i < many; ++i)
            late.note("a", 7, i, {i + 1, i + 1, 1, 0, 0}, at(0));
        const auto resolved = [&late](std::size_t i) { return late.amend("a", 7, i, {0, 0, 1, 1, i + 1, i + 1}, {true, true}).resolved; };
        QCOMPARE(resolved(0), 0u);
        QCOMPARE(resolved(many - 1), 1u);
        QCOMPARE(late.nodes(), std::size_t(1));
        late.age(at(-1000)); // the clock was set back
        late.age(at(-1000) + LateOrigins::keptNs);
        QCOMPARE(late.nodes(), std::size_t(1));
        late.age(at(-1000) + 2 * LateOrigins::keptNs);
        QCOMPARE(late.nodes(), std::size_t(0));
    }
};

QTEST_APPLESS_MAIN(TestLateOrigins)
#include "tst_lateorigins.moc"
