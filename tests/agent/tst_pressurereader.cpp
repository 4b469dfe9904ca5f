// SPDX-License-Identifier: GPL-3.0-or-later
// The reader of pressure stall information.
#include <QTemporaryDir>
#include <QtTest>

#include <cerrno>

#include "agent/collect/readers/pressurereader.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/readersink.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

/// What a pressure file says, and whether its trigger told.
struct FakeFile {
    std::string text = "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
    bool stalls = false;
    bool isGone = false;
    int triggerErrno = 0;
    int openErrno = 0;
    int readErrno = 0;
    int opened = 0;
    std::string rule;

    void say(const char *avg10, std::uint64_t total)
    {
        text = std::string("some avg10=") + avg10 + " avg60=0.00 avg300=0.00 total=" + std::to_string(total)
               + "\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=7\n";
    }
};

class OpenFakeFile final : public PressureFile {
public:
    explicit OpenFakeFile(FakeFile &file) : m_file(file) {}
    Told told() override
    {
        if (m_file.isGone)
            return Told::Gone;
        return std::exchange(m_file.stalls, false) ? Told::Stall : Told::Nothing;
    }
    FileText read() override { return {m_file.text, m_file.readErrno}; }
    int triggerErrno() const noexcept override { return m_file.triggerErrno; }

private:
    FakeFile &m_file;
};

struct PressureBench {
    explicit PressureBench(PressureOptions options = {}, const QString &cgroups = "/nowhere") : inventory(cgroups.toStdString(), 100)
    {
        options.open = [this](const std::filesystem::path &path, const PressureRule &rule) -> Result<std::unique_ptr<PressureFile>> {
            FakeFile &file = files[path.native()];
            ++file.opened;
            file.rule = toString(rule);
            if (file.openErrno != 0)
                return failErrno(path.native(), file.openErrno);
            return std::make_unique<OpenFakeFile>(file);
        };
        reader = std::make_unique<PressureReader>(std::move(options), inventory, clock);
    }
    std::vector<wire::PressureStall> after(std::chrono::milliseconds time)
    {
        clock.advance(time);
        sink.records.clear();
        reader->read(sink);
        std::vector<wire::PressureStall> all;
        for (const KernelRecord &record : sink.records)
            all.push_back(std::get<wire::PressureStall>(record.event.detail));
        return all;
    }
    FakeFile &memory() { return files["/proc/pressure/memory"]; }
    wire::Hook hook(std::size_t index) const { return reader->hooks().at(index); }

    test::FakeClock clock;
    CgroupInventory inventory;
    std::map<std::string, FakeFile> files;
    std::unique_ptr<PressureReader> reader;
    RecordSink sink;
};

} // namespace

class tst_PressureReader : public QObject {
    Q_OBJECT

private slots:
    void pressureRule_data();
    void pressureRule();
    void pressure_beginsAndEnds();
    void pressure_thatGoesOnIsToldOnceAMinute();
    void pressure_ofANewTriggerIsNotBelievedBlindly();
    void pressure_withoutTriggersIsReadInWindows();
    void pressure_thatIsGoneEnds();
    void pressure_ofPods();
    void pressure_stateSaysWhy_data();
    void pressure_stateSaysWhy();
    void pressure_emptyRuleIsOff();
    void pressureFile_ofAPlainFileIsNotWrittenTo();
};

void tst_PressureReader::pressureRule_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("rule");
    QTest::newRow("some") << QByteArray("some 150000 1000000") << QByteArray("some 150000 1000000");
    QTest::newRow("full, with more blanks") << QByteArray(" full\t1   500000 ") << QByteArray("full 1 500000");
    QTest::newRow("as long as can be") << QByteArray("some 10000000 10000000") << QByteArray("some 10000000 10000000");
    for (const char *wrong :
         {"", "some", "some 1", "none 1 1000000", "some 0 1000000", "some 1000001 1000000", "some 1 499999", "some 1 10000001",
          "some -1 1000000", "some 1 1000000 2", "some 1.5 1000000", "some 99999999999999999999 1000000"})
        QTest::newRow(qPrintable(QString("\"%1\" is none").arg(wrong))) << QByteArray(wrong) << QByteArray();
}

void tst_PressureReader::pressureRule()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, rule);
    const auto parsed = parsePressureRule(text.toStdString());
    QCOMPARE(parsed ? QByteArray::fromStdString(toString(*parsed)) : QByteArray(), rule);
    if (!parsed)
        QCOMPARE(parsed.error().code(), Errc::InvalidArgument);
    const PressureOptions options;
    for (const std::string &ours : {options.cpu, options.memory, options.io})
        QVERIFY(parsePressureRule(ours).has_value());
}

void tst_PressureReader::pressure_beginsAndEnds()
{
    PressureBench bench;
    QVERIFY(bench.after(0s).empty());
    QCOMPARE(bench.memory().rule, "some 300000 2000000");
    bench.memory().say("12.34", 5'000'000);
    bench.memory().stalls = true;
    auto told = bench.after(1s);
    QCOMPARE(told.size(), std::size_t(1));
    QVERIFY(told[0] == (wire::PressureStall{wire::PressureResource::Memory, false, false, 300'000, 2'000'000, 1234, 0, 0}));
    QCOMPARE(bench.sink.records[0].cgroupId, 1u);
    QCOMPARE(bench.sink.records[0].source, std::string_view("psi"));
    for (int i = 0; i < 10; ++i) { // goes on
        bench.memory().stalls = true;
        QVERIFY(bench.after(2s).empty());
    }
    QVERIFY(bench.after(9s).empty());
    bench.memory().say("0.01", 9'500'000);
    told = bench.after(1s);
    QCOMPARE(told.size(), std::size_t(1));
    QVERIFY(told[0]
            == (wire::PressureStall{wire::PressureResource::Memory, false, true, 300'000, 2'000'000, 1, 4'500'000, 30'000'000'000}));
    QVERIFY(bench.after(60s).empty());
    bench.memory().stalls = true;
    QCOMPARE(bench.after(1s).size(), std::size_t(1));
    QCOMPARE(bench.reader->counters().counters[Counter::Seen], 3u);
    QCOMPARE(bench.reader->counters().counters.inRing(), 0);
}

void tst_PressureReader::pressure_thatGoesOnIsToldOnceAMinute()
{
    PressureBench bench;
    bench.after(0s);
    bench.memory().say("50.00", 5'000'000);
    bench.memory().stalls = true;
    QCOMPARE(bench.after(1s).size(), std::size_t(1));
    std::vector<wire::PressureStall> all;
    for (int second = 2; second <= 180; second += 2) {
        bench.memory().say("50.00", 5'000'000 + static_cast<std::uint64_t>(second) * 500'000);
        bench.memory().stalls = true;
        for (const wire::PressureStall &stall : bench.after(2s))
            all.push_back(stall);
    }
    QCOMPARE(all.size(), std::size_t(3));
    for (std::size_t minute = 1; minute <= all.size(); ++minute) {
        const wire::PressureStall &stall = all[minute - 1];
        QVERIFY(stall
                == (wire::PressureStall{wire::PressureResource::Memory, false, false, 300'000, 2'000'000, 5000, minute * 30'000'000,
                                        minute * 60'000'000'000}));
    }
    const auto end = bench.after(10s);
    QCOMPARE(end.size(), std::size_t(1));
    QVERIFY(end[0].ended);
    QCOMPARE(end[0].durationNs, 190'000'000'000u);
}

void tst_PressureReader::pressure_ofANewTriggerIsNotBelievedBlindly()
{
    PressureBench bench;
    bench.memory().say("0.00", 106'000'000);
    QVERIFY(bench.after(0s).empty());
    for (const std::uint64_t total : {106'004'000, 106'008'000}) { // as it was seen: twice, with next to nothing stalled
        bench.memory().say("0.00", total);
        bench.memory().stalls = true;
        QVERIFY(bench.after(2s).empty());
    }
    bench.memory().say("0.14", 106'014'000);
    bench.memory().stalls = true;
    QVERIFY(bench.after(3s).empty()); // and once more
    bench.memory().say("15.00", 106'300'000);
    bench.memory().stalls = true;
    QCOMPARE(bench.after(1s).size(), std::size_t(1)); // true, though it is new
    // From then on it is believed: of the time before its window nothing is known.
    bench.after(20s);
    bench.memory().say("1.00", 106'300'001);
    bench.memory().stalls = true;
    QCOMPARE(bench.after(1s).size(), std::size_t(1));
}

void tst_PressureReader::pressure_withoutTriggersIsReadInWindows()
{
    PressureBench bench;
    bench.memory().triggerErrno = EPERM;
    bench.memory().say("0.00", 1'000'000);
    QVERIFY(bench.after(0s).empty());
    bench.memory().say("1.00", 1'299'999);
    QVERIFY(bench.after(2s).empty());
    bench.memory().say("1.00", 1'400'000);
    QVERIFY(bench.after(1s).empty()); // in the middle of a window
    bench.memory().say("20.00", 1'600'000);
    auto told = bench.after(1s);
    QCOMPARE(told.size(), std::size_t(1));
    QCOMPARE(told[0].avg10BasisPoints, 2000u);
    for (int i = 0; i < 4; ++i)
        QVERIFY(bench.after(2s).empty());
    told = bench.after(2s);
    QCOMPARE(told.size(), std::size_t(1));
    QVERIFY(told[0].ended);
    const wire::Hook hook = bench.hook(1);
    QCOMPARE(hook.state, wire::HookState::Active);
    QCOMPARE(hook.attachKind, "file");
    QVERIFY(hook.reason.find("CAP_SYS_RESOURCE") != std::string::npos);
    QCOMPARE(bench.hook(0).attachKind, "trigger");
}

void tst_PressureReader::pressure_thatIsGoneEnds()
{
    PressureBench bench;
    bench.after(0s);
    bench.memory().say("20.00", 400'000);
    bench.memory().stalls = true;
    QCOMPARE(bench.after(1s).size(), std::size_t(1));
    bench.memory().say("30.00", 700'000);
    bench.memory().stalls = true;
    QVERIFY(bench.after(2s).empty());
    bench.memory().isGone = true;
    bench.memory().readErrno = ENODEV;
    bench.memory().text.clear();
    const auto told = bench.after(1s);
    QCOMPARE(told.size(), std::size_t(1));
    QVERIFY(told[0].ended);
    QCOMPARE(told[0].stallUs, 300'000u); // as of when the trigger last told
    QVERIFY(bench.after(1s).empty());
}

void tst_PressureReader::pressure_ofPods()
{
    const QString pod = "/kubepods/pod12345678-1234-1234-1234-12345678900";
    QTemporaryDir folder;
    put(folder.filePath("cgroup.controllers"), "memory\n");
    for (const char *number : {"1", "2", "3"})
        QVERIFY(QDir().mkpath(folder.path() + pod + number + "/" + QString(64, 'a')));
    for (const char *other : {"/system.slice/cron.service", "/system.slice/tapio-drill-of-somebody"})
        QVERIFY(QDir().mkpath(folder.path() + other));
    PressureOptions options;
    options.mostCgroups = 2;
    options.cpu.clear();
    PressureBench bench(options, folder.path());
    bench.inventory.refresh();
    bench.after(0s);
    QCOMPARE(bench.files.size(), std::size_t(2 + 2 * 2)); // of the machine, and of two pods
    const std::string first = folder.path().toStdString() + pod.toStdString() + "1";
    QVERIFY(bench.files.contains(first + "/io.pressure"));
    QVERIFY(bench.hook(3).reason.find("1 more are not watched") != std::string::npos);
    bench.files[first + "/memory.pressure"].say("20.00", 400'000);
    bench.files[first + "/memory.pressure"].stalls = true;
    QCOMPARE(bench.after(1s).size(), std::size_t(1));
    QCOMPARE(bench.sink.records[0].cgroupId, bench.inventory.look(pod.toStdString() + "1").v2Id);
    // It goes, and another one moves up.
    QVERIFY(QDir(folder.path() + pod + "1").removeRecursively());
    bench.inventory.refresh();
    const auto told = bench.after(1s);
    QCOMPARE(told.size(), std::size_t(1));
    QVERIFY(told[0].ended);
    QVERIFY(bench.files.contains(folder.path().toStdString() + pod.toStdString() + "3/io.pressure"));
    QCOMPARE(bench.hook(3).state, wire::HookState::Active);
    QCOMPARE(bench.hook(3).attachKind, "trigger");
    QVERIFY(bench.hook(3).reason.empty());
    // A drill takes no pod's place, and needs none.
    QVERIFY(QDir().mkpath(folder.path() + "/tapio-drill-0123456789abcdef"));
    bench.inventory.refresh();
    bench.after(1s);
    QVERIFY(bench.files.contains(folder.path().toStdString() + "/tapio-drill-0123456789abcdef/io.pressure"));
    QCOMPARE(bench.files.size(), std::size_t(2 + 2 * 4)); // of all pods that there were, and of the drill
    QVERIFY(bench.hook(3).reason.empty());
}

void tst_PressureReader::pressure_stateSaysWhy_data()
{
    QTest::addColumn<int>("openErrno");
    QTest::addColumn<int>("readErrno");
    QTest::addColumn<int>("state");
    QTest::newRow("no such file") << ENOENT << 0 << int(wire::HookState::Unsupported);
    QTest::newRow("switched off") << 0 << EOPNOTSUPP << int(wire::HookState::Unsupported);
    QTest::newRow("denied") << EACCES << 0 << int(wire::HookState::Denied);
    QTest::newRow("broken") << 0 << EIO << int(wire::HookState::Failed);
}

void tst_PressureReader::pressure_stateSaysWhy()
{
    QFETCH(int, openErrno);
    QFETCH(int, readErrno);
    PressureBench bench;
    bench.memory().openErrno = openErrno;
    bench.memory().readErrno = readErrno;
    QVERIFY(bench.after(0s).empty());
    QTEST(int(bench.hook(1).state), "state");
    QVERIFY(!bench.hook(1).reason.empty());
    QCOMPARE(bench.hook(2).state, wire::HookState::Active);
    QCOMPARE(bench.hook(3).state, wire::HookState::Unknown);
    bench.after(30s);
    QCOMPARE(bench.memory().opened, 1); // not each second
    bench.memory().openErrno = bench.memory().readErrno = 0;
    bench.after(30s);
    QCOMPARE(bench.hook(1).state, wire::HookState::Active);
}

void tst_PressureReader::pressure_emptyRuleIsOff()
{
    PressureOptions options;
    options.cpu.clear();
    PressureBench bench(options);
    bench.after(0s);
    QVERIFY(!bench.files.contains("/proc/pressure/cpu"));
    QCOMPARE(bench.hook(0).state, wire::HookState::Disabled);
    QVERIFY(bench.hook(0).reason.find("pressure.cpu") != std::string::npos);
}

void tst_PressureReader::pressureFile_ofAPlainFileIsNotWrittenTo()
{
    QTemporaryDir folder;
    const QString path = folder.filePath("memory");
    QVERIFY(!openPressureFile(path.toStdString(), {false, 1, 500'000}).has_value());
    QCOMPARE(openPressureFile(path.toStdString(), {}).error().errnum(), ENOENT);
    put(path, "some avg10=1.00 total=5\n");
    const auto file = openPressureFile(path.toStdString(), {true, 1, 500'000});
    QVERIFY(file.has_value());
    QCOMPARE((*file)->triggerErrno(), EOPNOTSUPP);
    QCOMPARE(std::string((*file)->read().text), std::string("some avg10=1.00 total=5\n")); // nothing was written into it
    QCOMPARE((*file)->told(), PressureFile::Told::Nothing);
}

QTEST_GUILESS_MAIN(tst_PressureReader)
#include "tst_pressurereader.moc"
