// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes that are no recording, or one that somebody changed.
#include <QtTest>

#include "tests/recording/recordings.h"

using namespace tapio;
using namespace tapio::recording;

namespace {

Bytes joined(std::initializer_list<Bytes> parts)
{
    Bytes all;
    for (const Bytes &part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

Bytes header() { return encodeHeader({Origin::Live, begunNs}); }

Bytes blockOf(const Bytes &plain, std::uint32_t messages, RecordKind kind = RecordKind::Block)
{
    return *encodeBlock(plain, messages, kind);
}

Bytes blockOf(const wire::Message &message, RecordKind kind = RecordKind::Block)
{
    Bytes plain;
    appendMessage(plain, *wire::encode(message));
    return blockOf(plain, 1, kind);
}

Bytes changed(Bytes bytes, std::size_t at, unsigned value)
{
    bytes.at(at) = static_cast<std::byte>(value);
    return bytes;
}

/// The first error, or an empty text.
std::string errorOf(const Bytes &bytes, Errc &code)
{
    auto reader = Reader::open(overBytes(bytes));
    if (!reader) {
        code = reader.error().code();
        return reader.error().context();
    }
    for (;;) {
        const auto next = reader->next();
        if (!next) {
            code = next.error().code();
            return next.error().context();
        }
        if (!*next)
            return {};
    }
}

wire::Delivery small() { return deliveryOf(wire::examples::busyBatch(2)); }

wire::Delivery timed(std::int64_t receivedNs, std::int64_t eventNs, std::int64_t offsetNs = 0)
{
    wire::Delivery delivery = small();
    delivery.receivedNs = receivedNs;
    delivery.clockOffsetNs = offsetNs;
    std::get<wire::EventBatch>(delivery.frame.body).events[0].timeNs = eventNs;
    return delivery;
}

} // namespace

class tst_RecordingHostile : public QObject {
    Q_OBJECT

private slots:
    void refused_data();
    void refused();
    void anyByteThatWasChanged_isSeen();
};

void tst_RecordingHostile::refused_data()
{
    QTest::addColumn<Bytes>("bytes");
    QTest::addColumn<Errc>("code");
    QTest::addColumn<std::string>("named");
    QTest::addColumn<std::string>("place");
    const Bytes valid = recorded({small()});
    const auto row = [](const char *name, Bytes bytes, Errc code, const char *named) {
        QTest::newRow(name) << std::move(bytes) << code << std::string(named) << std::string();
    };
    const std::string first = "at byte " + std::to_string(headerBytes) + ": ";
    const auto inFirst = [&](const char *name, Bytes record, Errc code, const char *named) {
        QTest::newRow(name) << joined({header(), std::move(record)}) << code << std::string(named) << first;
    };
    row("nothing", {}, Errc::Malformed, "is no recording");
    row("a text", Bytes(100, std::byte{'a'}), Errc::Malformed, "is no recording");
    row("half a header", Bytes(valid.begin(), valid.begin() + 20), Errc::Malformed, "is no recording");
    row("a later format", changed(valid, 8, 2), Errc::VersionMismatch, "format 2, and this version reads format 1");
    row("a header that was changed", changed(valid, 20, 1), Errc::Corrupt, "checksum");
    row("a beginning at no time", encodeHeader({Origin::Live, -1}), Errc::Malformed, "began at no time");
    inFirst("no record", Bytes(64, std::byte{0}), Errc::Malformed, "no record begins here");
    inFirst("a length that was changed", changed(blockOf(small()), 4, 0xff), Errc::Corrupt, "head of a record");
    inFirst("a payload that was changed", changed(blockOf(small()), 40, 0xff), Errc::Corrupt, "does not fit its checksum");
    inFirst("more deliveries than are there", blockOf({}, 3), Errc::Corrupt, "counts 3 messages and has 0");
    inFirst("a delivery that is cut", blockOf(Bytes(7, std::byte{1}), 1), Errc::Malformed, "ends within a message");
    inFirst("a delivery longer than its block", blockOf(Bytes(16, std::byte{1}), 1), Errc::Malformed, "more than its block has");
    inFirst("an empty delivery", blockOf(Bytes(8, std::byte{0}), 1), Errc::Malformed, "message 1: ");
    inFirst("a message that is no delivery", blockOf(wire::Ack()), Errc::Malformed, "message 1 is no delivery");
    inFirst("samples in a block of events", blockOf(samplesAt(begunNs)), Errc::Malformed, "message 1: a delivery that is not of events");
    constexpr auto mixed = RecordKind::MixedBlock;
    inFirst("a report in a mixed block", blockOf(deliveryOf(wire::CounterReport()), mixed), Errc::Malformed,
            "message 1: a delivery that is neither of events nor of samples");
    inFirst("samples before 1970", blockOf(samplesAt(-1), mixed), Errc::Malformed, "arrived at no time");
    wire::Delivery late = samplesAt(begunNs);
    std::get<wire::SampleBatch>(late.frame.body).timeNs = INT64_MAX;
    inFirst("samples at the end of time", blockOf(late, mixed), Errc::Malformed, "samples of before 1970 or after 2096");
    wire::Delivery strangers = samplesAt(begunNs);
    strangers.node.clear();
    inFirst("samples of no node", blockOf(strangers, mixed), Errc::Malformed, "names no node");
    inFirst("a link in a mixed block", blockOf(linkAt(begunNs), mixed), Errc::Malformed, "message 1 is no delivery");
    constexpr auto links = RecordKind::LinkBlock;
    inFirst("hooks in a block of links", blockOf(deliveryOf(wire::HookReport()), links), Errc::Malformed,
            "message 1: a delivery that is of neither events nor samples nor counters");
    inFirst("another message in a block of links", blockOf(wire::Ack(), links), Errc::Malformed, "message 1 is no delivery");
    inFirst("counters of no time", blockOf(deliveryOf(wire::CounterReport(), -1), links), Errc::Malformed, "arrived at no time");
    inFirst("a link that was told at no time", blockOf(linkAt(0), links), Errc::Malformed, "a state of an agent of no time");
    wire::AgentState link = linkAt(begunNs);
    link.lastHeartbeatNs = INT64_MAX;
    inFirst("a heartbeat at the end of time", blockOf(link, links), Errc::Malformed, "a state of an agent of no time");
    link = linkAt(begunNs);
    link.sinceNs = INT64_MIN;
    inFirst("a link since before all time", blockOf(link, links), Errc::Malformed, "a state of an agent of no time");
    link = linkAt(begunNs);
    link.node.clear();
    inFirst("a link of no node", blockOf(link, links), Errc::Malformed, "names no node");
    inFirst("a record of a later version", blockOf({}, 0, static_cast<RecordKind>(5)), Errc::Unsupported, "a record of kind 5");
    wire::Delivery nobodys = small();
    nobodys.node.clear();
    inFirst("a delivery of no node", blockOf(nobodys), Errc::Malformed, "names no node");
    inFirst("before 1970", blockOf(timed(-1, begunNs)), Errc::Malformed, "arrived at no time");
    inFirst("a clock out of this world", blockOf(timed(begunNs, begunNs, INT64_MIN)), Errc::Malformed, "arrived at no time");
    inFirst("an event at the end of time", blockOf(timed(begunNs, INT64_MAX)), Errc::Malformed, "an event before 1970 or after 2096");
    inFirst("an event before 1970", blockOf(timed(begunNs, -1)), Errc::Malformed, "an event before 1970 or after 2096");
    inFirst("wrong sums", encodeEnd({begunNs, 1, 2, 0, 0}), Errc::Corrupt, "counts 2 events, and there were 0");
    inFirst("an end at no time", encodeEnd({-5, 0, 0, 0, 0}), Errc::Malformed, "ended at no time");
    QTest::newRow("more behind the end") << joined({recorded({}), header()}) << Errc::Malformed
                                         << std::string("there is more behind the last record")
                                         << "at byte " + std::to_string(recorded({}).size()) + ": ";
    QTest::newRow("the second block") << joined({header(), blockOf(small()), blockOf({}, 1)}) << Errc::Corrupt << std::string("counts 1")
                                      << "at byte " + std::to_string(headerBytes + blockOf(small()).size()) + ": ";
}

void tst_RecordingHostile::refused()
{
    QFETCH(Bytes, bytes);
    QFETCH(std::string, named);
    Errc code{};
    const std::string error = errorOf(bytes, code);
    QVERIFY2(error.find(named) != std::string::npos, error.c_str());
    QFETCH(std::string, place);
    QVERIFY2(error.starts_with(place), error.c_str());
    QTEST(code, "code");
}

void tst_RecordingHostile::anyByteThatWasChanged_isSeen()
{
    const Bytes valid = recorded({small()});
    Errc code{};
    QCOMPARE(errorOf(valid, code), std::string());
    for (std::size_t at = 0; at < valid.size(); ++at)
        QVERIFY2(!errorOf(changed(valid, at, std::to_integer<unsigned>(valid[at]) ^ 0x10u), code).empty(), qPrintable(QString::number(at)));
}

QTEST_GUILESS_MAIN(tst_RecordingHostile)
#include "tst_recordinghostile.moc"
