// SPDX-License-Identifier: GPL-3.0-or-later
#include <QFile>
#include <QtTest>

#include "protocol/wire/codec.h"
#include "tests/wire/examples.h"

using namespace tapio;
using namespace tapio::wire;

namespace {

const Message &example(int index)
{
    static const auto examples = examples::all();
    return examples.at(static_cast<std::size_t>(index)).second;
}

Frame frameOf(EventBatch batch) { return {1, 1, 1, std::move(batch)}; }
Frame frameOf(SampleBatch batch) { return {1, 1, 1, std::move(batch)}; }

} // namespace

class TestCodec : public QObject {
    Q_OBJECT
private slots:
    void roundTrip_data()
    {
        QTest::addColumn<int>("index");
        QTest::addColumn<bool>("zstd");
        int index = 0;
        for (const auto &[name, message] : examples::all()) {
            QTest::addRow("%s comes back as it was", name.c_str()) << index << false;
            QTest::addRow("%s comes back as it was through zstd", name.c_str()) << index << true;
            ++index;
        }
    }
    void roundTrip()
    {
        QFETCH(int, index);
        QFETCH(bool, zstd);
        const auto bytes = encode(example(index), {zstd});
        QVERIFY2(bytes, bytes ? "" : bytes.error().message().c_str());
        const auto back = decode(*bytes);
        QVERIFY2(back, back ? "" : back.error().message().c_str());
        QVERIFY(*back == example(index));
    }

    void storedVersion1_data()
    {
        QTest::addColumn<int>("index");
        QTest::addColumn<QString>("file");
        int index = 0;
        for (const auto &[name, message] : examples::all()) {
            const QString file = QString::fromStdString(name);
            QTest::addRow("stored bytes of %s still mean the same", name.c_str()) << index++ << file;
        }
    }
    void storedVersion1()
    {
        QFETCH(int, index);
        QFETCH(QString, file);
        QFile stored(QStringLiteral(TAPIO_TEST_DATA "/wire/v1/%1.bin").arg(file));
        QVERIFY2(stored.open(QFile::ReadOnly), qPrintable(stored.fileName()));
        const QByteArray bytes = stored.readAll();
        const auto message = decode(std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size()))));
        QVERIFY2(message, message ? "" : message.error().message().c_str());
        QVERIFY(*message == example(index));
    }

    void hello_carriesTheConfigurationsHash()
    {
        Hello hello; // younger than the stored bytes
        hello.role = Role::Node;
        hello.name = "node-1";
        hello.streamId = 1;
        hello.nextFrameSeq = 1;
        hello.versionMin = hello.versionMax = 1;
        hello.agent.configSha256 = std::string(64, 'c');
        const auto bytes = encode(hello);
        QVERIFY2(bytes, bytes ? "" : bytes.error().message().c_str());
        const auto back = decode(*bytes);
        QVERIFY(back && *back == Message(hello));
    }

    void fileFailures_carryTheLimit()
    {
        EventBatch batch{1, {Origin{}}, {Event{}}, {}}; // younger than the stored bytes
        batch.events[0].type = EventType::FileFailure;
        batch.events[0].detail = FileFailure{"", "", 24, 0, 1, 1ULL << 40, true, 7};
        const Message message = Frame{1, 1, 1, batch};
        const auto bytes = encode(message);
        QVERIFY2(bytes, bytes ? "" : bytes.error().message().c_str());
        const auto back = decode(*bytes);
        QVERIFY(back && *back == message);
    }

    void counters_carryWhatTheKernelLeftOut_andHowRulesFare()
    {
        CounterReport report{5, {{"process", {}, {1, 2, 3, 4, 5}}, {"oom", {}, {}}}, 12}; // younger than the stored bytes
        report.sources[0].counters[Counter::KFiltered] = 20;
        report.rules = {{"oom-kill", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, {"", 1ULL << 63}};
        const Message message = Frame{1, 1, 1, report};
        const auto bytes = encode(message);
        QVERIFY2(bytes, bytes ? "" : bytes.error().message().c_str());
        const auto back = decode(*bytes);
        QVERIFY(back && *back == message);
    }

    void filterRequests_comeBack_data()
    {
        QTest::addColumn<int>("row");
        QTest::newRow("a request") << 0;
        QTest::newRow("a question") << 1;
        QTest::newRow("an answer") << 2;
        QTest::newRow("a refusal") << 3;
    }
    void filterRequests_comeBack()
    {
        QFETCH(int, row);
        const Message messages[] = {FilterRequest{7, "node-1", "desk", "[filter.http]\nfloor_ms = 20\n"},
                                    FilterRequest{8, "node-1", "", ""},
                                    FilterReply{7, "node-1", true, "ok", "", 3, std::string(64, 'a'), std::string(64, 'b'), "[filter]\n"},
                                    FilterReply{7, "node-1", false, "not-allowed", "filter.remote is false", 2, "", "", ""}};
        for (const bool zstd : {false, true}) {
            const auto bytes = encode(messages[row], {zstd});
            QVERIFY2(bytes, bytes ? "" : bytes.error().message().c_str());
            const auto back = decode(*bytes);
            QVERIFY(back && *back == messages[row]);
        }
        QVERIFY(!encode(FilterRequest{1, "n", "", std::string(20'000, 'x')}));
    }

    void encode_largeBatchesComeBack()
    {
        for (const bool zstd : {false, true}) {
            const Message message = frameOf(examples::busyBatch(4096));
            const auto bytes = encode(message, {zstd});
            QVERIFY(bytes);
            const auto back = decode(*bytes);
            QVERIFY(back && *back == message);
        }
    }

    void encode_incompressibleStaysPlain()
    {
        const auto plain = encode(Bye{});
        const auto zstd = encode(Bye{}, {true});
        QVERIFY(plain && zstd);
        QVERIFY(zstd->size() <= plain->size());
    }

    void encode_refuses_data()
    {
        QTest::addColumn<QString>("named");
        QTest::newRow("an event whose origin is not in the batch") << "origin index 2 of 2";
        QTest::newRow("an event in a batch without origins") << "origin index 0 of 0";
        QTest::newRow("a sample whose origin is not in the batch") << "origin index 1 of 1";
        QTest::newRow("a sample whose label is not in the batch") << "label index 3 of 1";
        QTest::newRow("labels that do not begin with an empty one") << "first label";
        QTest::newRow("fewer sequence offsets than events") << "seqOffsets";
        QTest::newRow("a text longer than a peer accepts") << "textBytes";
        QTest::newRow("more samples than a peer accepts") << "listElements";
        QTest::newRow("a message larger than a peer accepts") << "messageBytes";
        QTest::newRow("a batch that expands beyond what a peer accepts") << "expandedBytes";
    }
    void encode_refuses()
    {
        QFETCH(QString, named);
        const auto bytes = encode(unacceptable(QTest::currentDataTag()), {named == QStringLiteral("expandedBytes")});
        QVERIFY(!bytes);
        QCOMPARE(bytes.error().code(), Errc::InvalidArgument);
        QVERIFY2(bytes.error().context().find(named.toStdString()) != std::string::npos, bytes.error().context().c_str());
    }

    void seqOf_countsFromTheFirstOrByOffset()
    {
        EventBatch batch;
        batch.firstSeq = 10;
        QCOMPARE(batch.seqOf(3), std::uint64_t(13));
        batch.seqOffsets = {0, 4, 9};
        QCOMPARE(batch.seqOf(2), std::uint64_t(19));
    }

private:
    static Message unacceptable(const QByteArray &row)
    {
        EventBatch events{1, {Origin(), Origin()}, {Event()}, {}};
        SampleBatch samples{1, {Origin()}, {""}, {Sample{Metric::CpuUsageNs, 0, 0, 1}}, {}};
        if (row.contains("origin is not in the batch") && row.contains("event")) {
            events.events[0].origin = 2;
        } else if (row.contains("without origins")) {
            events.origins.clear();
        } else if (row.contains("sample whose origin")) {
            samples.samples[0].origin = 1;
            return frameOf(samples);
        } else if (row.contains("sample whose label")) {
            samples.samples[0].label = 3;
            return frameOf(samples);
        } else if (row.contains("empty one")) {
            samples.labels = {"vda"};
            return frameOf(samples);
        } else if (row.contains("sequence offsets")) {
            events.seqOffsets = {0, 1};
        } else if (row.contains("text longer")) {
            events.events[0].process.comm.assign(DecodeLimits().textBytes + 1, 'x');
        } else if (row.contains("more samples")) {
            samples.samples.resize(DecodeLimits().listElements + 1);
            return frameOf(samples);
        } else if (row.contains("message larger")) {
            events = examples::busyBatch(16'384);
        } else {
            events.events.assign(60'000, Event{0, 0, {}, {}, 0, 0, 0, {}, ProcessExec{1, "", std::string(120, 'x'), {}, false}});
        }
        return frameOf(events);
    }
};

QTEST_APPLESS_MAIN(TestCodec)
#include "tst_codec.moc"
