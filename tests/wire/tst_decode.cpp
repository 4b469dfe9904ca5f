// SPDX-License-Identifier: GPL-3.0-or-later
// Hostile bytes: each is refused with the name of what is wrong, and none reads or allocates beyond the limits.
#include <QtTest>

#include <zstd.h>

#include <array>

#include "tests/wire/examples.h"
#include "tests/wire/hostile.h"

using namespace tapio;
using namespace tapio::wire;
using namespace tapio::wire::hostile;

namespace {

template <typename Fill> Bytes builtSamples(Fill fill)
{
    return built([&](schema::Message::Builder root) { fill(root.initFrame().getBody().initSamples()); });
}

/// One segment of raw words behind a segment table.
Bytes rawWords(std::vector<std::uint64_t> words)
{
    words.insert(words.begin(), static_cast<std::uint64_t>(words.size()) << 32);
    return withHeader(formatPlain, words.data(), words.size() * sizeof(std::uint64_t));
}

constexpr std::uint64_t structPointer(std::int32_t offset, std::uint16_t dataWords, std::uint16_t pointers)
{
    return (static_cast<std::uint64_t>(pointers) << 48) | (static_cast<std::uint64_t>(dataWords) << 32)
           | (static_cast<std::uint32_t>(offset) << 2);
}

constexpr std::uint64_t listPointer(std::int32_t offset, unsigned elementSize, std::uint32_t count)
{
    return (static_cast<std::uint64_t>(count) << 35) | (static_cast<std::uint64_t>(elementSize) << 32)
           | (static_cast<std::uint32_t>(offset) << 2) | 1;
}

/// 64 MB of zeros in a few kilobytes.
Bytes zstdBomb()
{
    const std::vector<char> zeros(64u << 20);
    std::vector<char> packed(ZSTD_compressBound(zeros.size()));
    packed.resize(ZSTD_compress(packed.data(), packed.size(), zeros.data(), zeros.size(), 3));
    return withHeader(formatZstd, packed.data(), packed.size());
}

/// Says that it expands to 8 bytes, and goes on: the content size of a frame header is the sender's word.
Bytes lyingZstd()
{
    const std::vector<char> content(4096, 'x');
    std::vector<char> packed(ZSTD_compressBound(content.size()));
    packed.resize(ZSTD_compress(packed.data(), packed.size(), content.data(), content.size(), 1));
    // Frame header: magic (4), descriptor (1), two bytes of content size less 256 (RFC 8878, section 3.1.1.1.4).
    packed[5] = 0;
    packed[6] = 0;
    return withHeader(formatZstd, packed.data(), packed.size());
}

/// Frame -> events -> one list of structures without size: a count costs the sender nothing.
Bytes sizelessList(std::uint32_t count)
{
    return rawWords({
        structPointer(0, 1, 1), 3,             // Message, frame
        structPointer(0, 4, 1), 0, 0, 0, 1,    // Frame, its body a batch of events
        structPointer(0, 1, 3), 0, 0,          // EventBatch: no origins
        listPointer(1, 7, 0), 0,               // events: a composite list of no words
        static_cast<std::uint64_t>(count) << 2 // its tag: `count` elements of no size
    });
}

/// 60,000 pointers to one text of 16 KB: a gigabyte, if each were copied.
Bytes amplifiedTexts()
{
    constexpr std::uint32_t count = 60'000;
    constexpr std::uint32_t textBytes = 16'000;
    std::vector<std::uint64_t> words{structPointer(0, 1, 1),
                                     1, // Message, hello
                                     structPointer(0, 5, 3),
                                     0,
                                     0,
                                     0,
                                     0,
                                     0, // Hello
                                     0,
                                     listPointer(1, 6, count),
                                     0}; // name, capabilities, agent
    const std::size_t first = words.size();
    for (std::uint32_t i = 0; i < count; ++i)
        words.push_back(listPointer(static_cast<std::int32_t>(count - i - 1), 2, textBytes));
    words.resize(first + count + textBytes / 8, 0x4141414141414141);
    words.back() &= 0x00FFFFFFFFFFFFFF;
    return rawWords(std::move(words));
}

/// 65,536 events of no size and the one origin they all name: twelve megabytes of values in a hundred bytes.
Bytes sizelessEvents()
{
    return rawWords({
        structPointer(0, 1, 1), 3,                     // Message, frame
        structPointer(0, 4, 1), 0, 0, 0, 1,            // Frame, its body a batch of events
        structPointer(0, 1, 3), 0,                     // EventBatch
        listPointer(2, 7, 0), listPointer(2, 7, 0), 0, // origins, events, no offsets
        1 << 2, 65'536 << 2                            // their tags: elements of no size
    });
}

Bytes execOf(std::size_t commBytes, std::size_t filenameBytes, std::size_t arguments, std::size_t argumentBytes)
{
    const auto text = [](std::size_t size) { return std::string(size, 'x'); };
    return builtEvents([&](auto batch) {
        batch.initOrigins(1);
        auto exec = batch.initEvents(1)[0].getDetail().initExec();
        exec.setParentComm(text(commBytes));
        exec.setFilename(text(filenameBytes));
        auto list = exec.initArguments(static_cast<unsigned>(arguments));
        for (unsigned i = 0; i < arguments; ++i)
            list.set(i, text(argumentBytes));
    });
}

/// A frame whose body is the message itself, and so on.
Bytes pointerLoop()
{
    return rawWords({
        structPointer(0, 1, 1), 9, // Message, delivery
        structPointer(-2, 1, 1),   // ... which is the message, read as a Delivery
    });
}

Bytes multiSegment()
{
    capnp::MallocMessageBuilder builder(16, capnp::AllocationStrategy::FIXED_SIZE);
    auto batch = builder.initRoot<schema::Message>().initFrame().getBody().initEvents();
    batch.initOrigins(1);
    auto events = batch.initEvents(2);
    events[0].setComm("first");
    events[1].setComm("second");
    return finished(builder);
}

std::vector<Hostile> framingRows()
{
    Bytes plain = *encode(examples::eventFrame());
    Bytes reserved = plain;
    reserved[3] = std::byte{1};
    Bytes odd = plain;
    odd.push_back(std::byte{0});
    Bytes trailing = plain;
    trailing.resize(plain.size() + 8);
    Bytes newer = plain;
    newer[0] = std::byte{3};
    Bytes huge(DecodeLimits().messageBytes + 8);
    huge[0] = std::byte{1};
    std::uint64_t manySegments = 0xFFFF'FFFE;
    std::uint64_t longSegment = 0x7FFF'FFFF'0000'0000;
    return {
        {"no bytes at all", {}, Errc::Malformed, "less than a header"},
        {"text of another protocol", withHeader('G', "ET / HTTP/1.1\r\n", 15), Errc::VersionMismatch, "format 71"},
        {"garbage from the first byte on", Bytes(64, std::byte{0x5A}), Errc::Malformed, "no message of Tapio"},
        {"a format of a newer version", newer, Errc::VersionMismatch, "format 3"},
        {"a reserved byte in use", reserved, Errc::Malformed, "reserved"},
        {"a length that is no multiple of a word", odd, Errc::Malformed, "multiple of 8"},
        {"bytes after the end", trailing, Errc::Malformed, "after the message's end"},
        {"more bytes than a message may have", huge, Errc::Malformed, "messageBytes"},
        {"a segment table of four billion segments", withHeader(formatPlain, &manySegments, 8), Errc::Malformed, ""},
        {"a segment longer than the message", withHeader(formatPlain, &longSegment, 8), Errc::Malformed, ""},
        {"zstd that is none", withHeader(formatZstd, "not zstandard...", 16), Errc::Malformed, "zstd"},
        {"a zstd bomb", zstdBomb(), Errc::Malformed, "expandedBytes"},
        {"zstd that expands beyond the size it states", lyingZstd(), Errc::Malformed, "zstd"},
    };
}

std::vector<Hostile> structureRows()
{
    return {
        {"an empty message", built([](schema::Message::Builder) {}), Errc::Malformed, "without content"},
        {"a root of no size", rawWords({structPointer(0, 0, 0)}), Errc::Malformed, "without content"},
        {"a null root", rawWords({0}), Errc::Malformed, "without content"},
        {"a message kind of a newer version", rawWords({structPointer(0, 1, 1), 99, 0}), Errc::Unsupported, "kind 99"},
        {"a frame without a body", built([](schema::Message::Builder root) { root.initFrame(); }), Errc::Malformed, "without a body"},
        {"a frame body of a newer version", rawWords({structPointer(0, 1, 1), 3, structPointer(0, 4, 1), 0, 0, 0, 77, 0}),
         Errc::Unsupported, "body 77"},
        {"a pointer outside its segment", rawWords({structPointer(1000, 1, 1)}), Errc::Malformed, ""},
        {"a pointer loop", pointerLoop(), Errc::Malformed, ""},
        {"more elements of no size than a list may have", sizelessList(70'000), Errc::Malformed, "listElements"},
        {"as many elements of no size as a pointer can say", sizelessList((1u << 29) - 1), Errc::Malformed, ""},
        {"one text pointed to 60,000 times", amplifiedTexts(), Errc::Malformed, "expansion"},
        {"events without size", sizelessEvents(), Errc::Malformed, "expansion"},
        {"a text that does not end in NUL",
         rawWords({structPointer(0, 1, 1), 12, structPointer(0, 1, 2), 0, listPointer(1, 2, 8), 0, 0x4141414141414141}), Errc::Malformed,
         "'\\0'"},
    };
}

std::vector<Hostile> valueRows()
{
    return {
        {"an event whose origin is not in the batch", builtEvents([](auto batch) { batch.initEvents(1); }), Errc::Malformed,
         "origin index 0 of 0"},
        {"a sample whose origin is not in the batch", builtSamples([](auto batch) {
             batch.initLabels(1);
             batch.initSamples(1)[0].setOrigin(9);
         }),
         Errc::Malformed, "origin index 9 of 0"},
        {"a histogram whose label is not in the batch", builtSamples([](auto batch) {
             batch.initLabels(1);
             batch.initOrigins(1);
             auto histogram = batch.initHistograms(1)[0];
             histogram.initCounts(histogramBuckets);
             histogram.setLabel(1);
         }),
         Errc::Malformed, "label index 1 of 1"},
        {"a histogram of another number of buckets", builtSamples([](auto batch) {
             batch.initLabels(1);
             batch.initOrigins(1);
             batch.initHistograms(1)[0].initCounts(27);
         }),
         Errc::Malformed, "27 buckets"},
        {"samples without labels", builtSamples([](auto batch) { batch.initOrigins(1); }), Errc::Malformed, "first label"},
        {"sequence offsets that step back", builtEvents([](auto batch) {
             batch.initOrigins(1);
             batch.initEvents(2);
             batch.setSeqOffsets({5, 5});
         }),
         Errc::Malformed, "ascend"},
        {"an amendment of an origin that is not in the batch", builtEvents([](auto batch) {
             batch.initOrigins(1);
             batch.initAmendments(1)[0].setWas(1);
         }),
         Errc::Malformed, "amended origin index 1 of 1"},
        {"an amendment of what was told of no origin of the batch", builtEvents([](auto batch) {
             batch.initOrigins(1);
             batch.initAmendments(1)[0].setTold(UINT32_MAX);
         }),
         Errc::Malformed, "told origin index 4294967295 of 1"},
        {"an amendment of an event without a number", builtEvents([](auto batch) {
             batch.initOrigins(1);
             batch.initAmendments(1);
         }),
         Errc::Malformed, "without a number"},
        {"an amendment by an origin that is not in the batch", builtEvents([](auto batch) {
             batch.initOrigins(1);
             batch.initAmendments(1)[0].setNow(7);
         }),
         Errc::Malformed, "amending origin index 7 of 1"},
        {"an amendment that ends before it begins", builtEvents([](auto batch) {
             batch.initOrigins(1);
             batch.initAmendments(1)[0].setFirstSeq(2);
         }),
         Errc::Malformed, "before it begins"},
        {"a text longer than a text may be",
         built([](schema::Message::Builder root) { root.initBye().initReason(static_cast<unsigned>(DecodeLimits().textBytes) + 1); }),
         Errc::Malformed, "textBytes"},
        {"a task name longer than the kernel has", execOf(46, 1, 1, 1), Errc::Malformed, "commBytes"},
        {"a file name longer than the agent sends", execOf(45, 766, 1, 1), Errc::Malformed, "filenameBytes"},
        {"more arguments than the agent sends", execOf(45, 765, 513, 0), Errc::Malformed, "arguments"},
        {"arguments longer than the agent sends", execOf(45, 765, 7, 220), Errc::Malformed, "argumentBytes"},
        {"a list longer than a list may be",
         built([](schema::Message::Builder root) { root.initSubscribe().initFilter().initTypes(65'537); }), Errc::Malformed,
         "listElements"},
    };
}

Bytes utf8Row(const QByteArray &comm)
{
    return builtEvents([&](auto batch) {
        batch.initOrigins(1);
        auto event = batch.initEvents(1)[0];
        event.setComm(capnp::Text::Reader(comm.constData(), static_cast<std::size_t>(comm.size())));
    });
}

const Event &firstEvent(const Message &message) { return std::get<EventBatch>(std::get<Frame>(message).body).events.front(); }

} // namespace

class TestDecode : public QObject {
    Q_OBJECT
private slots:
    void refuses_data() { addRows({framingRows(), structureRows(), valueRows()}); }
    void refuses() { refuse(); }

    void truncated_data()
    {
        QTest::addColumn<int>("index");
        QTest::addColumn<bool>("zstd");
        int index = 0;
        for (const auto &[name, message] : examples::all()) {
            QTest::addRow("%s cut at every byte", name.c_str()) << index << false;
            QTest::addRow("%s through zstd cut at every byte", name.c_str()) << index++ << true;
        }
    }
    void truncated()
    {
        QFETCH(int, index);
        QFETCH(bool, zstd);
        const auto bytes = encode(examples::all().at(static_cast<std::size_t>(index)).second, {zstd});
        QVERIFY(bytes);
        for (std::size_t size = 0; size < bytes->size(); ++size) {
            const Bytes cut(bytes->begin(), bytes->begin() + static_cast<std::ptrdiff_t>(size));
            QVERIFY2(!decode(cut), qPrintable(QString::number(size)));
        }
    }

    void traversal_isLimited()
    {
        DecodeLimits limits;
        limits.expansion = 1000;
        const auto message = decode(amplifiedTexts(), limits);
        QVERIFY(!message);
        QVERIFY2(message.error().context().find("raversal") != std::string::npos, message.error().context().c_str());
    }

    void execTexts_atTheirLimitsAreRead() { QVERIFY(decode(execOf(45, 765, 512, 3))); }

    void expansion_leavesRoomForWhatEncodeWrites_data()
    {
        QTest::addColumn<int>("row");
        QTest::newRow("events with nothing in them") << 0;
        QTest::newRow("arguments that are empty") << 1;
        QTest::newRow("labels that are empty") << 2;
        QTest::newRow("origins with nothing in them") << 3;
        QTest::newRow("hooks with nothing in them") << 4;
        QTest::newRow("sources with nothing in them") << 5;
        QTest::newRow("filters with nothing in them") << 6;
        QTest::newRow("resume points with nothing in them") << 7;
        QTest::newRow("capabilities that are empty") << 8;
        QTest::newRow("requests of one letter") << 9;
        QTest::newRow("drills with nothing in them") << 10;
        QTest::newRow("insights with nothing in them") << 11;
        QTest::newRow("insights whose lines are empty") << 12;
        QTest::newRow("facts of Kubernetes with nothing in them") << 13;
    }
    void expansion_leavesRoomForWhatEncodeWrites()
    {
        QFETCH(int, row);
        constexpr std::size_t many = 4000;
        const Event exec{0, 0, {}, {}, 0, 0, 0, {}, ProcessExec{0, "", "", std::vector<std::string>(512), false}};
        Event http;
        http.detail = HttpRequest{{}, {}, {}, 0, false, false, false, 0, 0, 0, HttpTexts{"G", "", "", ""}};
        Event drill;
        drill.detail = DrillLabel();
        Event bare, lines, fact;
        bare.detail = Insight();
        fact.detail = KubernetesFact();
        Insight empty;
        empty.evidence.resize(Insight::mostEvidence);
        empty.contradicting.resize(Insight::mostContradicting);
        empty.affected.resize(Insight::mostAffected);
        empty.owners.resize(Insight::mostOwners);
        lines.detail = empty;
        const auto frame = [](decltype(Frame::body) body) { return Message(Frame{1, 1, 1, std::move(body)}); };
        const std::array messages{frame(EventBatch{1, {Origin()}, std::vector<Event>(many), {}}),
                                  frame(EventBatch{1, {Origin()}, std::vector<Event>(100, exec), {}}),
                                  frame(SampleBatch{1, {}, std::vector<std::string>(many), {}, {}}),
                                  frame(EventBatch{1, std::vector<Origin>(many), {}, {}}),
                                  frame(HookReport{1, std::vector<Hook>(many)}),
                                  frame(CounterReport{1, std::vector<SourceCounters>(many)}),
                                  Message(Filter{1, std::vector<EventFilter>(many)}),
                                  Message(Subscribe{1, {}, true, true, std::vector<ResumePoint>(many)}),
                                  Message(Hello{1, 1, Role::Node, "n", 1, 1, 0, 0, std::vector<std::string>(many), {}}),
                                  frame(EventBatch{1, {Origin()}, std::vector<Event>(many, http), {}}),
                                  frame(EventBatch{1, {Origin()}, std::vector<Event>(many, drill), {}}),
                                  frame(EventBatch{1, {Origin()}, std::vector<Event>(many, bare), {}}),
                                  frame(EventBatch{1, {Origin()}, std::vector<Event>(1000, lines), {}}),
                                  frame(EventBatch{1, {Origin()}, std::vector<Event>(many, fact), {}})};
        const auto bytes = encode(messages.at(static_cast<std::size_t>(row)));
        QVERIFY(bytes);
        DecodeLimits half;
        half.expansion /= 2;
        const auto message = decode(*bytes, half);
        QVERIFY2(message, message ? "" : message.error().message().c_str());
        QVERIFY(*message == messages.at(static_cast<std::size_t>(row)));
    }

    void zstd_isReadOnlyWhenAgreedOn()
    {
        const auto plain = encode(examples::eventFrame());
        const auto small = encode(examples::eventFrame(), {true});
        QVERIFY(plain && small && small->size() < plain->size());
        QCOMPARE(plainBytes(*small), plain->size());
        QCOMPARE(plainBytes(*plain), plain->size());
        DecodeLimits limits;
        limits.zstd = false;
        QVERIFY(decode(*plain, limits));
        const auto message = decode(*small, limits);
        QVERIFY(!message);
        QCOMPARE(message.error().code(), Errc::Malformed);
        QVERIFY2(message.error().context().find("not agreed") != std::string::npos, message.error().context().c_str());
        QVERIFY(decode(*small));
    }

    void nesting_isLimited()
    {
        const Message delivery = Delivery{"n", 1, 0, 0, examples::eventFrame()};
        const auto bytes = encode(delivery);
        QVERIFY(bytes);
        DecodeLimits limits;
        limits.nestingLevels = 4;
        const auto message = decode(*bytes, limits);
        QVERIFY(!message);
        QCOMPARE(message.error().code(), Errc::Malformed);
        QVERIFY(decode(*bytes));
    }

    void unaligned_isCopied()
    {
        const Message message = examples::eventFrame();
        const auto bytes = encode(message);
        QVERIFY(bytes);
        for (std::size_t shift = 1; shift < 8; ++shift) {
            Bytes shifted(bytes->size() + shift);
            std::copy(bytes->begin(), bytes->end(), shifted.begin() + static_cast<std::ptrdiff_t>(shift));
            const auto back = decode(std::span(shifted).subspan(shift));
            QVERIFY(back && *back == message);
        }
    }

    void severalSegments_areRead()
    {
        const auto message = decode(multiSegment());
        QVERIFY2(message, message ? "" : message.error().message().c_str());
        QCOMPARE(firstEvent(*message).process.comm, std::string("first"));
    }

    void unknownDetail_isMonostateAndKeepsItsType()
    {
        Bytes bytes = builtEvents([](auto batch) {
            batch.initOrigins(1);
            auto event = batch.initEvents(1)[0];
            event.setType(0xABCD);
            event.setSeverity(200);
            event.getDetail().initExec();
        });
        // The discriminant of `detail` is the only 16-bit value 1 beside the type.
        const unsigned char type[] = {0xCD, 0xAB};
        const auto found = std::search(bytes.begin(), bytes.end(), std::begin(type), std::end(type),
                                       [](std::byte byte, unsigned char wanted) { return std::to_integer<unsigned char>(byte) == wanted; });
        QVERIFY(found != bytes.end());
        const auto discriminant = std::find(found + 2, bytes.end(), std::byte{1});
        QVERIFY(discriminant != bytes.end());
        *discriminant = std::byte{250};
        const auto message = decode(bytes);
        QVERIFY2(message, message ? "" : message.error().message().c_str());
        const Event &event = firstEvent(*message);
        QCOMPARE(static_cast<unsigned>(event.type), 0xABCDU);
        QCOMPARE(static_cast<unsigned>(event.severity), 200U);
        QVERIFY(std::holds_alternative<std::monostate>(event.detail));
    }

    void text_isMadeValid_data()
    {
        QTest::addColumn<QByteArray>("sent");
        QTest::addColumn<QByteArray>("read");
        QTest::newRow("plain") << QByteArray("curl") << QByteArray("curl");
        QTest::newRow("valid beyond ASCII") << QByteArray("gr\xC3\xBC\xC3\x9F") << QByteArray("gr\xC3\xBC\xC3\x9F");
        QTest::newRow("a byte that starts nothing") << QByteArray("a\xFF"
                                                                  "b")
                                                    << QByteArray("a\xEF\xBF\xBD"
                                                                  "b");
        QTest::newRow("a sequence cut by the kernel's 15 bytes") << QByteArray("abc\xE2\x82") << QByteArray("abc\xEF\xBF\xBD\xEF\xBF\xBD");
    }
    void text_isMadeValid()
    {
        QFETCH(QByteArray, sent);
        QFETCH(QByteArray, read);
        const auto message = decode(utf8Row(sent));
        QVERIFY(message);
        QCOMPARE(QByteArray::fromStdString(firstEvent(*message).process.comm), read);
    }
};

QTEST_APPLESS_MAIN(TestDecode)
#include "tst_decode.moc"
