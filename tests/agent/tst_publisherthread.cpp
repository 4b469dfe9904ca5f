// SPDX-License-Identifier: GPL-3.0-or-later
// The publisher's thread over real TLS to a real fan-in, with synthetic frames; needs no rights.
#include <QtTest>

#include <spdlog/sinks/null_sink.h>

#include "agent/publish/publisher.h"
#include "tests/agent/agentprocess.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

Outgoing batch(std::uint64_t seq)
{
    wire::EventBatch batch;
    batch.firstSeq = seq;
    batch.origins.resize(1);
    batch.events.resize(1);
    batch.events[0].timeNs = 1;
    batch.events[0].type = wire::EventType::ProcessExec;
    batch.events[0].detail = wire::ProcessExec{};
    return {std::move(batch), {"process"}};
}

} // namespace

class TestPublisherThread : public QObject {
    Q_OBJECT

    TestPki m_pki;
    SystemClock m_clock;
    spdlog::logger m_log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};

    PublisherOptions options(std::uint16_t port)
    {
        PublisherOptions options;
        options.endpoint.port = port;
        options.endpoint.tls = m_pki.node();
        options.session.node = "node-1";
        options.session.streamId = 4711;
        return options;
    }
    std::unique_ptr<server::FanIn> serve(DeliveryLog &log)
    {
        server::FanInOptions options;
        options.endpoint.tls = m_pki.server();
        return std::move(*server::FanIn::start(options, &log, m_clock));
    }

private slots:
    void everythingPushed_isDeliveredInOrderBeforeTheFarewell()
    {
        DeliveryLog log;
        const auto fanIn = serve(log);
        Publisher publisher(options(fanIn->port()), m_clock, m_log);
        QVERIFY(publisher.start());
        constexpr std::uint64_t many = 2000;
        std::jthread collecting([&] {
            for (std::uint64_t seq = 1; seq <= many;)
                seq += publisher.push(batch(seq)) ? 1 : 0;
        });
        std::uint64_t looks = 0;
        while (publisher.status().producedEvents < many) // as the main and collecting threads do
            looks += publisher.takeFilter() ? 1 : 0;
        collecting.join();
        const SessionStatus last = publisher.finish({wire::CounterReport{}, {}}, 20s);
        QCOMPARE(last.producedEvents, many);
        QCOMPARE(last.ackedEvents, many);
        QCOMPARE(last.droppedEvents, 0u);
        QVERIFY(looks <= 2);
        std::uint64_t next = 1;
        log.eachEvent([&](const wire::Event &, const wire::Origin &) { ++next; });
        QCOMPARE(next, many + 1);
        const auto report = log.lastCounters();
        QVERIFY(report);
        QCOMPARE(report->sources.at(0).counters[Counter::Sent], many);
        QCOMPARE(report->sources.at(0).counters[Counter::Acked], many);
    }

    void reload_connectsAnewInTheMiddleAndLosesNothing()
    {
        DeliveryLog log;
        const auto fanIn = serve(log);
        Publisher publisher(options(fanIn->port()), m_clock, m_log);
        QVERIFY(publisher.start());
        for (std::uint64_t seq = 1; seq <= 50; ++seq)
            QVERIFY(publisher.push(batch(seq)));
        QTRY_COMPARE_WITH_TIMEOUT(publisher.status().sessions, 1u, 20'000);
        publisher.reload("");
        for (std::uint64_t seq = 51; seq <= 100; ++seq)
            QVERIFY(publisher.push(batch(seq)));
        QTRY_COMPARE_WITH_TIMEOUT(publisher.status().sessions, 2u, 20'000);
        const SessionStatus last = publisher.finish({wire::CounterReport{}, {}}, 20s);
        QCOMPARE(last.ackedEvents, 100u);
        std::uint64_t delivered = 0;
        log.eachEvent([&](const wire::Event &, const wire::Origin &) { ++delivered; });
        QCOMPARE(delivered, 100u);
    }

    void queue_refusesWhenItIsFull()
    {
        PublisherOptions small = options(1);
        small.queueFrames = 2;
        Publisher publisher(small, m_clock, m_log); // not started: nobody takes anything out
        QVERIFY(publisher.push(batch(1)));
        QVERIFY(publisher.push(batch(2)));
        QVERIFY(!publisher.push(batch(3)));
    }

    void start_tellsWhichFileCannotBeUsed()
    {
        PublisherOptions broken = options(1);
        broken.endpoint.tls.ca = "/nonexistent/ca.crt";
        Publisher publisher(broken, m_clock, m_log);
        const Status status = publisher.start();
        QVERIFY(!status);
        QVERIFY(status.error().context().find("/nonexistent/ca.crt") != std::string::npos);
    }

    void finish_withoutAServerGivesUpAtOnce()
    {
        Publisher publisher(options(1), m_clock, m_log);
        QVERIFY(publisher.start());
        QVERIFY(publisher.push(batch(1)));
        const SessionStatus last = publisher.finish({wire::CounterReport{}, {}}, 60s);
        QCOMPARE(last.queuedEvents, 1u);
        QCOMPARE(last.sentEvents, 0u);
    }
};

QTEST_GUILESS_MAIN(TestPublisherThread)
#include "tst_publisherthread.moc"
