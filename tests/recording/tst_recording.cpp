// SPDX-License-Identifier: GPL-3.0-or-later
// What is written is read alike, also of a file whose writer was ended.
#include <QtTest>

#include <sys/stat.h>

#include "tests/recording/recordings.h"

using namespace tapio;
using namespace tapio::recording;

namespace {

struct Read {
    std::vector<Received> deliveries;
    std::optional<End> end;
    std::optional<std::uint64_t> tornAt;
    std::optional<Error> error;
};

Read readAll(Result<Reader> reader)
{
    Read read;
    if (!reader) {
        read.error = reader.error();
        return read;
    }
    for (;;) {
        auto next = reader->next();
        if (!next)
            read.error = next.error();
        if (!next || !*next)
            break;
        read.deliveries.push_back(std::move(**next));
    }
    read.end = reader->end();
    read.tornAt = reader->tornAt();
    return read;
}

} // namespace

class tst_Recording : public QObject {
    Q_OBJECT

private slots:
    void written_isReadAlike_data();
    void written_isReadAlike();
    void aFile_isTheOwnersAndNeverWrittenOver();
    void aTornTail_isToldAndTheRestIsThere();
    void manyEvents_areSeveralBlocks();
    void withoutSamples_itIsAsBefore();
    void samples_areReadInOrder_data();
    void samples_areReadInOrder();
    void links_areReadInOrder_data();
    void links_areReadInOrder();
    void whatIsNoBatch_isRefused();
    void aFullDisk_staysAnError();
};

void tst_Recording::written_isReadAlike_data()
{
    QTest::addColumn<std::size_t>("blockEvery");
    QTest::newRow("a block each") << std::size_t(1);
    QTest::newRow("two in a block") << std::size_t(2);
    QTest::newRow("one block") << std::size_t(100);
}

void tst_Recording::written_isReadAlike()
{
    QFETCH(std::size_t, blockEvery);
    auto deliveries = everything();
    deliveries.push_back(deliveryOf(wire::EventBatch{9, {}, {}, {}, {}})); // a batch of nothing
    const Bytes bytes = recorded(deliveries, blockEvery);
    auto reader = Reader::open(overBytes(bytes));
    QVERIFY(reader);
    QCOMPARE(reader->header(), (Header{Origin::Live, begunNs}));
    const Read read = readAll(std::move(reader));
    QVERIFY(!read.error && !read.tornAt);
    QVERIFY(read.deliveries == deliveries);
    std::uint64_t events = 0;
    for (const Received &delivery : deliveries)
        events += std::get<wire::EventBatch>(std::get<wire::Delivery>(delivery).frame.body).events.size();
    QCOMPARE(*read.end, (End{begunNs + nsPerSecond, deliveries.size(), events, 3, 4}));
}

void tst_Recording::aFile_isTheOwnersAndNeverWrittenOver()
{
    QTemporaryDir folder;
    const std::filesystem::path file = folder.filePath("a.tapiorec").toStdString();
    {
        auto sink = createFile(file);
        QVERIFY(sink);
        auto writer = Writer::begin(std::move(*sink), {Origin::Store, begunNs});
        QVERIFY(writer && writer->add(everything()[0]) && writer->close(begunNs, 0, 0));
        QCOMPARE(writer->bytes(), std::filesystem::file_size(file));
    }
    struct stat about {};
    QCOMPARE(::stat(file.c_str(), &about), 0);
    QCOMPARE(about.st_mode & 0777u, 0600u);
    const auto again = createFile(file);
    QVERIFY(!again && again.error().code() == Errc::AlreadyExists);
    const Read read = readAll(Reader::open(file));
    QVERIFY(!read.error && read.end);
    QCOMPARE(read.deliveries.size(), std::size_t(1));
    const auto none = Reader::open(std::filesystem::path(folder.filePath("b").toStdString()));
    QVERIFY(!none && none.error().code() == Errc::NotFound);
    const auto aFolder = Reader::open(std::filesystem::path(folder.path().toStdString()));
    QVERIFY(!aFolder && aFolder.error().code() == Errc::InvalidArgument);
}

/// Every length at which a writer may have been ended: what was whole is read, and where the rest is missing is said.
void tst_Recording::aTornTail_isToldAndTheRestIsThere()
{
    const wire::Delivery one = deliveryOf(wire::examples::busyBatch(2));
    const std::vector<Received> deliveries{one, one, one};
    const Bytes bytes = recorded(deliveries, 1);
    const std::size_t block = recorded({one}, 1, false).size() - headerBytes;
    for (std::size_t size = headerBytes; size < bytes.size(); ++size) {
        const Read read = readAll(Reader::open(overBytes(std::span(bytes).first(size))));
        QVERIFY2(!read.error, read.error ? read.error->message().c_str() : "");
        QVERIFY(!read.end);
        const std::size_t whole = std::min<std::size_t>((size - headerBytes) / block, deliveries.size());
        QCOMPARE(read.deliveries.size(), whole);
        const std::size_t boundary = headerBytes + whole * block;
        QCOMPARE(read.tornAt.has_value(), size != boundary);
        if (read.tornAt)
            QCOMPARE(*read.tornAt, boundary);
    }
}

void tst_Recording::manyEvents_areSeveralBlocks()
{
    const wire::Delivery one = deliveryOf(wire::examples::busyBatch(1000)); // some 150 KiB
    const std::vector<Received> deliveries(20, one);
    const Bytes bytes = recorded(deliveries, 1000);
    const Read read = readAll(Reader::open(overBytes(bytes)));
    QVERIFY(!read.error && read.deliveries == deliveries);
    std::size_t records = 0;
    for (std::size_t at = headerBytes; at < bytes.size(); ++records)
        at += recordHeadBytes + *decodeHead(std::span(bytes).subspan(at, recordHeadBytes));
    QVERIFY2(records > 10, qPrintable(QString::number(records)));
}

/// Versions that know no samples read what has none.
void tst_Recording::withoutSamples_itIsAsBefore()
{
    const Bytes bytes = recorded(everything(), 1);
    for (std::size_t at = headerBytes; at < bytes.size();) {
        const std::size_t length = *decodeHead(std::span(bytes).subspan(at, recordHeadBytes));
        const unsigned kind = std::to_integer<unsigned>(bytes[at + recordHeadBytes]);
        QVERIFY2(kind == 1 || kind == 2, qPrintable(QString::number(kind)));
        at += recordHeadBytes + length;
    }
}

void tst_Recording::samples_areReadInOrder_data() { written_isReadAlike_data(); }

void tst_Recording::samples_areReadInOrder()
{
    QFETCH(std::size_t, blockEvery);
    const wire::Delivery events = deliveryOf(wire::examples::busyBatch(2));
    const std::vector<Received> deliveries{events, samplesAt(begunNs),    samplesAt(begunNs + 1), events, events,
                                           events, samplesAt(begunNs + 2)};
    const Bytes bytes = recorded(deliveries, blockEvery);
    auto reader = Reader::open(overBytes(bytes));
    QVERIFY(reader);
    std::vector<Received> read;
    for (auto next = reader->next(); next && *next; next = reader->next())
        read.push_back(std::move(**next));
    QVERIFY(read == deliveries);
    QCOMPARE(reader->events(), 8u);
    QCOMPARE(reader->samples(), 9u);
    QVERIFY(reader->end() && reader->end()->deliveries == deliveries.size() && reader->end()->events == 8);
}

void tst_Recording::links_areReadInOrder_data() { written_isReadAlike_data(); }

void tst_Recording::links_areReadInOrder()
{
    QFETCH(std::size_t, blockEvery);
    const std::vector<Received> all{linkAt(begunNs), deliveryOf(wire::examples::busyBatch(2)), countersAt(begunNs + 1),
                                    samplesAt(begunNs + 2), linkAt(begunNs + 3, wire::LinkState::Gone)};
    const Bytes bytes = recorded(all, blockEvery);
    auto reader = Reader::open(overBytes(bytes));
    QVERIFY(reader && !reader->hasLinks());
    std::vector<Received> read;
    for (auto next = reader->next(); next && *next; next = reader->next())
        read.push_back(std::move(**next));
    QVERIFY(read == all);
    QVERIFY(reader->hasLinks());
    QCOMPARE(reader->lastReceivedNs(), begunNs + 3);
    QVERIFY(reader->end() && reader->end()->deliveries == all.size() && reader->end()->events == 2);
}

void tst_Recording::whatIsNoBatch_isRefused()
{
    Bytes bytes;
    auto writer = Writer::begin(std::make_unique<MemorySink>(bytes), {});
    QVERIFY(writer);
    const Status added = writer->add(deliveryOf(wire::HookReport()));
    QVERIFY(!added && added.error().code() == Errc::InvalidArgument);
}

void tst_Recording::aFullDisk_staysAnError()
{
    class Full final : public ByteSink {
    public:
        Status write(std::span<const std::byte>) override { return calls++ == 0 ? Status() : fail(Errc::NoSpace, "x"); }
        int calls = 0;
    };
    auto sink = std::make_unique<Full>();
    const Full &full = *sink;
    auto writer = Writer::begin(std::move(sink), {});
    QVERIFY(writer && writer->add(everything()[0]));
    QCOMPARE(writer->flush().error().code(), Errc::NoSpace);
    QCOMPARE(writer->close(begunNs, 0, 0).error().code(), Errc::NoSpace);
    QCOMPARE(full.calls, 2); // a hole in the middle would be worse than an end
}

QTEST_GUILESS_MAIN(tst_Recording)
#include "tst_recording.moc"
