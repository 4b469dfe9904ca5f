// SPDX-License-Identifier: GPL-3.0-or-later
// The spool's bytes and folder: torn, flipped, foreign and hostile.
#include <QtTest>

#include <array>
#include <csignal>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/spool/recovery.h"
#include "protocol/wire/codec.h"
#include "tests/agent/spoolbench.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t stream = 0x47'11;

SpoolBytes frameBytes(std::uint64_t seq, std::size_t pad = 60)
{
    wire::EventBatch batch;
    batch.firstSeq = seq;
    batch.origins.resize(1);
    batch.events.resize(1);
    batch.events[0].timeNs = 1000 + static_cast<std::int64_t>(seq);
    batch.events[0].type = wire::EventType::ProcessExec;
    batch.events[0].detail = wire::ProcessExec{1, "sh", std::string(pad, 'p'), {}, false};
    return wire::encode(wire::Frame{stream, seq, 1, std::move(batch)}).value();
}

SpoolBytes recordBytes(std::uint64_t seq)
{
    const SpoolBytes frame = frameBytes(seq);
    FrameRecord record;
    record.frameSeq = record.lastEvent = record.producedEvents = seq;
    record.oldestNs = record.newestNs = 1000 + static_cast<std::int64_t>(seq);
    record.events = 1;
    record.sources = {{"process", 1}};
    record.frame = frame;
    return encodeRecord(record);
}

void add(SpoolBytes &to, const SpoolBytes &more) { to.insert(to.end(), more.begin(), more.end()); }

SpoolBytes segmentBytes(const SegmentName &name, std::uint64_t frames, const std::string &node = "node-1")
{
    SpoolBytes bytes = encodeHeader({name, node, 5});
    for (std::uint64_t seq = name.firstSeq; seq < name.firstSeq + frames; ++seq)
        add(bytes, recordBytes(seq));
    return bytes;
}

void writeFile(const QString &path, const SpoolBytes &bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<qint64>(bytes.size())) < 0)
        qFatal("%s", qPrintable(file.errorString()));
}

QString in(const QTemporaryDir &folder, const SegmentName &name) { return folder.filePath(QString::fromStdString(name.text())); }

/// What an agent that starts over the folder delivers of the earlier stream.
std::vector<std::uint64_t> delivered(const QTemporaryDir &folder, SpoolStatus *status = nullptr)
{
    SpoolBench bench(folder.path());
    bench.start(1);
    FakeServer server;
    bench.talk(server, 3s);
    if (status != nullptr)
        *status = bench.status().spool;
    return server.streams.contains(stream) ? server.streams[stream].frames : std::vector<std::uint64_t>();
}

std::uint64_t damaged(const SpoolStatus &status) { return status.dropped[static_cast<std::size_t>(SpoolCause::Damaged)].frames; }

Result<FoundSpool> recover(const QString &path, const std::string &node = "node-1")
{
    return recoverSpool(*SpoolFiles::inFolder(path.toStdString()), node);
}

const SegmentName segment{3, stream, 1};

} // namespace

class TestSpoolFiles : public QObject {
    Q_OBJECT
private slots:
    void name_isItsOwnOnlySpelling()
    {
        QCOMPARE(SegmentName::parse(segment.text()), std::optional(segment));
        for (const char *wrong : {"", "lock", "../../etc/passwd", "00000003-0000000000004711-0000000000000001.spool.tmp",
                                  "00000003-000000000000471G-0000000000000001.spool", "0000000A-0000000000004711-0000000000000001.spool",
                                  "00000003-00000000000047f1-000000000000001.spool", "+0000003-0000000000004711-0000000000000001.spool"})
            QVERIFY2(!SegmentName::parse(wrong), wrong);
        QVERIFY((SegmentName{2, 9, 9}).text() < (SegmentName{3, 1, 1}).text());
        QVERIFY((SegmentName{3, 1, 9}).text() < (SegmentName{3, 1, 10}).text());
    }

    void record_comesBackAsItWas()
    {
        const SpoolBytes bytes = recordBytes(42);
        const ScanStep step = scanRecord(bytes, true);
        QCOMPARE(step.kind, ScanStep::Kind::Record);
        QCOMPARE(step.bytes, bytes.size());
        const auto record = decodeFrameRecord(step.payload);
        QVERIFY(record);
        QCOMPARE(record->frameSeq, 42u);
        QCOMPARE(record->sources.size(), std::size_t(1));
        QVERIFY(std::ranges::equal(record->frame, frameBytes(42)));
        const SegmentSums sums{7, 9, 12, -1, 5};
        QCOMPARE(decodeSums(scanRecord(encodeRecord(sums), true).payload).value(), sums);
    }

    void lastRecord_tornAnywhereLosesItAlone()
    {
        const SpoolBytes before = segmentBytes(segment, 2);
        const SpoolBytes last = recordBytes(3);
        for (std::size_t length = 0; length < last.size(); ++length) {
            const QTemporaryDir folder;
            SpoolBytes bytes = before;
            bytes.insert(bytes.end(), last.begin(), last.begin() + static_cast<std::ptrdiff_t>(length));
            writeFile(in(folder, segment), bytes);
            SpoolStatus status;
            QCOMPARE(delivered(folder, &status), (std::vector<std::uint64_t>{1, 2}));
            QCOMPARE(damaged(status), 0u);
            QVERIFY(QDir(folder.path()).entryList({"*.spool"}).isEmpty());
        }
    }

    void tailOfZeros_asAfterALossOfPower_losesOnlyItself()
    {
        const QTemporaryDir folder;
        SpoolBytes bytes = segmentBytes(segment, 5);
        bytes.resize(bytes.size() + 70'000);
        writeFile(in(folder, segment), bytes);
        QCOMPARE(delivered(folder), (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
    }

    void flippedBit_losesOneRecordAtMost_data()
    {
        QTest::addColumn<bool>("closed");
        QTest::newRow("closed in order") << true;
        QTest::newRow("left open") << false;
    }
    void flippedBit_losesOneRecordAtMost()
    {
        QFETCH(bool, closed);
        SpoolBytes whole = segmentBytes(segment, 4);
        if (closed)
            add(whole, encodeRecord(SegmentSums{4, 4, 4, 1001, 1004}));
        const std::size_t header = encodeHeader({segment, "node-1", 5}).size();
        const std::size_t record = recordBytes(1).size();
        for (std::size_t bit = 0; bit < whole.size() * 8; bit += 11) {
            const QTemporaryDir folder;
            SpoolBytes bytes = whole;
            bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
            writeFile(in(folder, segment), bytes);
            SpoolStatus status;
            std::vector<std::uint64_t> expected{1, 2, 3, 4};
            const bool within = bit / 8 >= header && bit / 8 < header + 4 * record;
            if (within)
                expected.erase(expected.begin() + static_cast<std::ptrdiff_t>((bit / 8 - header) / record));
            const auto got = delivered(folder, &status);
            QVERIFY2(got == expected, qPrintable(QString::number(bit)));
            if (within && closed)
                QCOMPARE(damaged(status), 1u);
        }
    }

    void flippedBit_ofThisStartsOwnSegmentIsCountedBySource()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(stream);
        bench.produceFrames(100);
        const QString path = folder.filePath(QDir(folder.path()).entryList({"*.spool"}).value(0));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadWrite));
        QVERIFY(file.seek(20'000));
        QCOMPARE(file.write("garbage", 7), 7);
        file.close();
        FakeServer server;
        bench.talk(server, 10s);
        QCOMPARE(server.streams[stream].events.size(), std::size_t(99));
        QCOMPARE(server.loss().droppedEvents, 1u);
        QCOMPARE(server.loss().transitEvents, 0u);
        QCOMPARE(bench.counters(server, "process")[Counter::QDrop], 1u);
        QCOMPARE(damaged(bench.status().spool), 1u);
    }

    void segmentThatVanishes_isCounted()
    {
        const QTemporaryDir folder;
        SpoolBench bench(folder.path());
        bench.start(stream);
        bench.produceFrames(100);
        const std::uint64_t held = bench.status().spool.held.events;
        for (const QString &name : QDir(folder.path()).entryList({"*.spool"}))
            QVERIFY(QFile::remove(folder.filePath(name)));
        FakeServer server;
        bench.talk(server, 10s);
        QCOMPARE(server.streams[stream].events.size(), std::size_t(100 - held));
        QCOMPARE(server.loss().droppedEvents, held);
        QVERIFY(bench.session->settled());
    }

    void hostileFolder_isNamedAndNeverFollowed_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("said");
        for (const auto &[kind, said] : {std::pair{"foreign", "not a segment"},
                                         {"symlink", "opening"},
                                         {"hard link", "not a file of this agent's own"},
                                         {"fifo", "not a file of this agent's own"},
                                         {"folder", "not a file of this agent's own"},
                                         {"another node", "of the node 'node-2'"},
                                         {"newer format", "of format"},
                                         {"another name", "under another name"},
                                         {"endless run", "so many starts"}})
            QTest::newRow(kind) << QString(kind) << QString(said);
    }
    void hostileFolder_isNamedAndNeverFollowed()
    {
        QFETCH(QString, kind);
        QFETCH(QString, said);
        const QTemporaryDir folder, elsewhere;
        QFile::setPermissions(folder.path(), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        const QString path = in(folder, segment);
        const QString target = elsewhere.filePath("target");
        writeFile(target, segmentBytes(segment, 3));
        if (kind == "foreign")
            writeFile(folder.filePath("x\n\x1b[31mred"), {});
        else if (kind == "symlink")
            QVERIFY(QFile::link(target, path));
        else if (kind == "hard link")
            QCOMPARE(link(target.toLocal8Bit(), path.toLocal8Bit()), 0);
        else if (kind == "fifo")
            QCOMPARE(mkfifo(path.toLocal8Bit(), 0600), 0);
        else if (kind == "folder")
            QVERIFY(QDir(folder.path()).mkdir(QFileInfo(path).fileName()));
        else if (kind == "another node")
            writeFile(path, segmentBytes(segment, 3, "node-2"));
        else if (kind == "another name")
            writeFile(in(folder, {4, stream, 1}), segmentBytes(segment, 3));
        else if (kind == "endless run")
            writeFile(in(folder, {UINT32_MAX, stream, 1}), segmentBytes({UINT32_MAX, stream, 1}, 3));
        else
            writeFile(path, newerFormat());
        const auto before = QDir(folder.path()).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot);
        const auto found = recover(folder.path());
        QVERIFY(found);
        QVERIFY(found->segments.empty());
        QCOMPARE(found->notOurs.size(), std::size_t(1));
        const QString text = QString::fromStdString(found->notOurs[0]);
        QVERIFY2(text.contains(said), qPrintable(text));
        QVERIFY(!text.contains('\n') && !text.contains('\x1b'));
        // And an agent that runs over it does not touch it either.
        SpoolBench bench(folder.path());
        bench.start(1);
        bench.produceFrames(100);
        FakeServer server;
        bench.talk(server, 5s);
        QCOMPARE(server.streams[1].events.size(), std::size_t(100));
        QVERIFY(!server.streams.contains(stream));
        auto after = QDir(folder.path()).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot);
        after.removeAll("lock");
        QCOMPARE(after, before);
        QVERIFY(QFile(target).size() > 0);
    }

    void header_flippedInBothCopies_stillGivesItsRecords()
    {
        const QTemporaryDir folder;
        SpoolBytes bytes = segmentBytes(segment, 3);
        bytes[3] ^= std::byte{1};
        bytes[encodeHeader({segment, "node-1", 5}).size() / 2 + 3] ^= std::byte{1};
        writeFile(in(folder, segment), bytes);
        QCOMPARE(delivered(folder), (std::vector<std::uint64_t>{1, 2, 3}));
    }

    void lies_ofAValidSegmentHarmNobody_data()
    {
        QTest::addColumn<int>("lie");
        QTest::newRow("huge sums") << 0;
        QTest::newRow("frames of another stream") << 1;
        QTest::newRow("frames backwards") << 2;
        QTest::newRow("not frames at all") << 3;
        QTest::newRow("a million heads of records") << 4;
    }
    void lies_ofAValidSegmentHarmNobody()
    {
        QFETCH(int, lie);
        const QTemporaryDir folder;
        SegmentName name = segment;
        SpoolBytes bytes = segmentBytes(name, lie == 2 ? 0 : 3);
        std::vector<std::uint64_t> expected{1, 2, 3};
        if (lie == 0) {
            add(bytes, encodeRecord(SegmentSums{UINT64_MAX, UINT64_MAX, UINT64_MAX, INT64_MIN, INT64_MAX}));
        } else if (lie == 1) {
            name.streamId = stream + 1;
            bytes = encodeHeader({name, "node-1", 5});
            add(bytes, recordBytes(1));
            expected = {};
        } else if (lie == 2) {
            for (const std::uint64_t seq : {3, 2, 1, 4})
                add(bytes, recordBytes(seq));
            expected = {3, 4};
        } else if (lie == 3) {
            FrameRecord record;
            record.frameSeq = 9;
            const std::array<std::byte, 40> junk{};
            record.frame = junk;
            add(bytes, encodeRecord(record));
        } else {
            const SpoolBytes head = recordBytes(9);
            for (int i = 0; i < 200'000; ++i)
                bytes.insert(bytes.end(), head.begin(), head.begin() + spoolRecordHead);
        }
        writeFile(in(folder, name), bytes);
        QCOMPARE(delivered(folder), expected);
    }

    void secondWriter_isRefused()
    {
        const QTemporaryDir folder;
        const auto first = SpoolFiles::inFolder(folder.filePath("spool").toStdString());
        QVERIFY(first->open());
        const auto second = SpoolFiles::inFolder(folder.filePath("spool").toStdString());
        const Status opened = second->open();
        QVERIFY(!opened);
        QCOMPARE(opened.error().code(), Errc::Busy);
    }

    void modes_areTheOwnersAlone()
    {
        const QTemporaryDir folder;
        const QString path = folder.filePath("deep/spool");
        const auto files = SpoolFiles::inFolder(path.toStdString());
        const mode_t before = umask(0);
        const Status opened = files->open();
        const Status made = files->create("a");
        umask(before);
        QVERIFY(opened && made);
        struct stat info {};
        QCOMPARE(stat(path.toLocal8Bit(), &info), 0);
        QCOMPARE(info.st_mode & 07777u, 0700u);
        QCOMPARE(stat((path + "/a").toLocal8Bit(), &info), 0);
        QCOMPARE(info.st_mode & 07777u, 0600u);
        QVERIFY(!files->create("a")); // never over a file that is there
    }

    void folder_thatIsOpenToOthersIsRefusedAndLeftAsItIs_data()
    {
        QTest::addColumn<uint>("mode");
        QTest::addColumn<bool>("taken");
        QTest::newRow("as /var/lib") << 0755u << false;
        QTest::newRow("others may write") << 0702u << false;
        QTest::newRow("the group may read") << 0740u << false;
        QTest::newRow("others may pass") << 0701u << false;
        QTest::newRow("as /tmp") << 01777u << false;
        QTest::newRow("the owner's alone") << 0700u << true;
        QTest::newRow("the owner's alone, with a group to inherit") << 02700u << true;
    }
    void folder_thatIsOpenToOthersIsRefusedAndLeftAsItIs()
    {
        QFETCH(uint, mode);
        QFETCH(bool, taken);
        const QTemporaryDir folder;
        const QString path = folder.filePath("spool");
        QVERIFY(QDir(folder.path()).mkdir("spool"));
        QCOMPARE(chmod(path.toLocal8Bit(), mode), 0);
        const Status opened = SpoolFiles::inFolder(path.toStdString())->open();
        QCOMPARE(opened.has_value(), taken);
        struct stat info {};
        QCOMPARE(stat(path.toLocal8Bit(), &info), 0);
        QCOMPARE(info.st_mode & 07777u, mode);
        if (taken)
            return;
        QCOMPARE(opened.error().code(), Errc::PermissionDenied);
        QVERIFY(opened.error().message().find("chmod 0700 " + path.toStdString()) != std::string::npos);
        QVERIFY(QDir(path).isEmpty(QDir::AllEntries | QDir::NoDotAndDotDot));
        // And it is told where people look for it.
        SpoolBench bench(path);
        bench.start(1);
        bench.session->take({wire::HookReport{1, {}}, {}});
        FakeServer server;
        bench.talk(server, 2s);
        QCOMPARE(server.hooks.at(0).state, wire::HookState::Failed);
        QVERIFY(server.hooks.at(0).reason.find("is open to other users") != std::string::npos);
    }

    void folder_mayBeANameAlone()
    {
        const QTemporaryDir folder;
        const QString before = QDir::currentPath();
        QVERIFY(QDir::setCurrent(folder.path()));
        const Status opened = SpoolFiles::inFolder("spool")->open();
        QVERIFY(QDir::setCurrent(before));
        QVERIFY2(opened, opened ? "" : opened.error().message().c_str());
        QVERIFY(QDir(folder.filePath("spool")).exists());
    }
    void folder_thatIsALinkIsRefused()
    {
        const QTemporaryDir folder;
        QVERIFY(QDir(folder.path()).mkdir("real"));
        QVERIFY(QFile::link(folder.filePath("real"), folder.filePath("link")));
        QVERIFY(!SpoolFiles::inFolder(folder.filePath("link").toStdString())->open());
    }

    void realLimit_cutsNothingInHalf()
    {
        const QTemporaryDir folder;
        const auto files = SpoolFiles::inFolder(folder.path().toStdString());
        QVERIFY(files->open() && files->create("a"));
        rlimit before{};
        getrlimit(RLIMIT_FSIZE, &before);
        const auto handler = std::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{5000, before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
        const SpoolBytes record(2000);
        std::vector<bool> written;
        for (int i = 0; i < 4; ++i)
            written.push_back(files->append(record).has_value());
        setrlimit(RLIMIT_FSIZE, &before);
        std::signal(SIGXFSZ, handler);
        QCOMPARE(written, (std::vector<bool>{true, true, false, false}));
        QCOMPARE(files->size("a").value(), 4000u);
        QVERIFY(files->append(record)); // there is room again
        QCOMPARE(files->size("a").value(), 6000u);
    }

private:
    static SpoolBytes newerFormat()
    {
        // A header as format 2 would have it: the checksum is right, so it is no damage.
        SpoolBytes bytes = encodeHeader({segment, "node-1", 5});
        bytes.resize(bytes.size() / 2);
        bytes[8] = std::byte{2};
        bytes.resize(bytes.size() - 4);
        const std::uint32_t sum = crc(bytes);
        for (int i = 0; i < 4; ++i)
            bytes.push_back(static_cast<std::byte>(sum >> (8 * i)));
        return bytes;
    }
    static std::uint32_t crc(const SpoolBytes &bytes)
    {
        std::uint32_t sum = ~0u;
        for (const std::byte byte : bytes) {
            sum ^= std::to_integer<std::uint32_t>(byte);
            for (int i = 0; i < 8; ++i)
                sum = (sum >> 1) ^ (0xEDB88320u & (0u - (sum & 1u)));
        }
        return ~sum;
    }
};

QTEST_APPLESS_MAIN(TestSpoolFiles)
#include "tst_spoolfiles.moc"
