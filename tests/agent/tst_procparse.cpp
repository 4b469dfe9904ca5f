// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "agent/collect/procparse.h"

using namespace tapio::agent;

namespace {

using Number = std::optional<std::uint64_t>;

QString shown(const Number &value) { return value ? QString::number(*value) : QStringLiteral("absent"); }
std::string bytes(const QByteArray &text) { return text.toStdString(); }

} // namespace

class TestProcParse : public QObject {
    Q_OBJECT
private slots:
    void number_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("value");
        QTest::newRow("a number") << QByteArray("42") << "42";
        QTest::newRow("a line") << QByteArray("  42\n") << "42";
        QTest::newRow("the largest") << QByteArray("18446744073709551615") << "18446744073709551615";
        QTest::newRow("one more than the largest") << QByteArray("18446744073709551616") << "absent";
        QTest::newRow("nothing") << QByteArray() << "absent";
        QTest::newRow("only spaces") << QByteArray(" \n ") << "absent";
        QTest::newRow("a sign") << QByteArray("-1") << "absent";
        QTest::newRow("a plus") << QByteArray("+1") << "absent";
        QTest::newRow("two numbers") << QByteArray("1 2") << "absent";
        QTest::newRow("hexadecimal") << QByteArray("0x10") << "absent";
        QTest::newRow("a NUL inside") << QByteArray("1\0002", 3) << "absent";
    }
    void number()
    {
        QFETCH(QByteArray, text);
        QTEST(shown(parseUnsigned(bytes(text))), "value");
    }

    void keyedValue_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("value");
        QTest::newRow("the key alone on its line") << QByteArray("a 1\noom_kill 7\nb 2\n") << "7";
        QTest::newRow("no such key") << QByteArray("a 1\n") << "absent";
        QTest::newRow("a longer key is another key") << QByteArray("oom_kill_disable 1\noom_kill 2\n") << "2";
        QTest::newRow("a shorter key is another key") << QByteArray("oom 1\n") << "absent";
        QTest::newRow("a key without value") << QByteArray("oom_kill \n") << "absent";
        QTest::newRow("a negative value") << QByteArray("oom_kill -3\n") << "absent";
        QTest::newRow("no end of line") << QByteArray("oom_kill 9") << "9";
        QTest::newRow("an empty file") << QByteArray() << "absent";
    }
    void keyedValue()
    {
        QFETCH(QByteArray, text);
        QTEST(shown(tapio::agent::keyedValue(bytes(text), "oom_kill")), "value");
    }

    void pressure_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("some");
        QTest::addColumn<QString>("full");
        QTest::addColumn<QString>("avg10");
        QTest::newRow("both lines") << QByteArray("some avg10=0.16 avg60=0.72 avg300=0.62 total=9902761\nfull avg10=0 total=12\n")
                                    << "9902761"
                                    << "12"
                                    << "16";
        QTest::newRow("some only, as the CPU before 5.13") << QByteArray("some avg10=0.16 total=1\n") << "1"
                                                           << "absent"
                                                           << "16";
        QTest::newRow("a total that is no number") << QByteArray("some total=x\nfull total=\n") << "absent"
                                                   << "absent"
                                                   << "absent";
        QTest::newRow("an unknown line") << QByteArray("irq total=5\n") << "absent"
                                         << "absent"
                                         << "absent";
        QTest::newRow("all the time") << QByteArray("some avg10=100.00 total=3\n") << "3"
                                      << "absent"
                                      << "10000";
        for (const char *wrong : {"101.00", "1.5", "1.234", ".50", "5", "-1.00", "1.x0", "99999999999.00"})
            QTest::newRow(qPrintable(QString("an average of %1").arg(wrong))) << QByteArray("some avg10=") + wrong + " total=3\n"
                                                                              << "3"
                                                                              << "absent"
                                                                              << "absent";
    }
    void pressure()
    {
        QFETCH(QByteArray, text);
        const std::string owned = bytes(text);
        const PressureTotals totals = parsePressure(owned);
        QTEST(shown(totals.someUs), "some");
        QTEST(shown(totals.fullUs), "full");
        QTEST(shown(totals.someAvg10), "avg10");
    }

    void memoryEvents_areCountedByName()
    {
        const MemoryCounts counts = parseMemoryEvents("low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n");
        for (const auto &[value, expected] : {std::pair(counts.low, 1u),
                                              {counts.high, 2u},
                                              {counts.max, 3u},
                                              {counts.oom, 4u},
                                              {counts.oomKill, 5u},
                                              {counts.oomGroupKill, 6u}})
            QCOMPARE(shown(value), QString::number(expected));
        QCOMPARE(shown(parseMemoryEvents("max -1\noom_kill x\n").max), QString("absent"));
        QCOMPARE(shown(parseMemoryEvents("low 1\n").oomGroupKill), QString("absent"));
        const MemoryCounts v1 = parseMemoryV1("12\n", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
        QCOMPARE(shown(v1.max), QString("12"));
        QCOMPARE(shown(v1.oomKill), QString("3"));
        QCOMPARE(shown(v1.high), QString("absent"));
        QCOMPARE(shown(parseMemoryV1("", "oom_kill_disable 0\n").oomKill), QString("absent")); // before Linux 4.13
    }

    void netDev_readsEachInterfaceAndSkipsWhatIsNone()
    {
        const auto interfaces = parseNetDev("Inter-| Receive | Transmit\n face |bytes packets\n"
                                            "  eth0: 10 2 0 3 0 0 0 0 20 4 0 5 0 0 0 0\n"
                                            "eth1:7 1 0 0 0 0 0 0 8 1 0 0 0 0 0 0\n"
                                            "eth0:1: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0\n"
                                            "short: 1 2 3\nbad: a b c d e f g h i j k l m n o p\n: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n");
        QCOMPARE(interfaces.size(), std::size_t(3));
        QCOMPARE(interfaces[0].name, std::string("eth0"));
        QCOMPARE(interfaces[0].rxBytes, 10u);
        QCOMPARE(interfaces[0].rxPackets, 2u);
        QCOMPARE(interfaces[0].rxDrops, 3u);
        QCOMPARE(interfaces[0].txBytes, 20u);
        QCOMPARE(interfaces[0].txPackets, 4u);
        QCOMPARE(interfaces[0].txDrops, 5u);
        QCOMPARE(interfaces[1].rxBytes, 7u);
        QCOMPARE(interfaces[2].name, std::string("eth0:1"));
    }

    void netDev_isBounded()
    {
        std::string text;
        for (std::size_t i = 0; i < maxParsedEntries + 10; ++i)
            text += "e" + std::to_string(i) + ": 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n";
        QCOMPARE(parseNetDev(text).size(), maxParsedEntries);
    }

    void diskStats_leavesPartitionsAndIdleDevicesOut()
    {
        const auto disks = parseDiskStats("   7 0 loop0 0 0 0 0 0 0 0 0 0 0 0\n"
                                          " 254 0 vda 35402 9510 3658978 13035 22132 9515 1610240 5672 0 6264 19416\n"
                                          " 254 1 vda1 1 1 1 1 1 1 1 1 1 1 1\n"
                                          " 259 0 nvme0n1 1 0 8 1 1 0 16 1 0 3 4\n 259 1 nvme0n1p1 1 0 8 1 1 0 16 1 0 3 4\n"
                                          " 8 0 sda 1 0 8 1\n");
        QCOMPARE(disks.size(), std::size_t(2));
        QCOMPARE(disks[0].device, std::string("vda"));
        QCOMPARE(disks[0].readOps, 35402u);
        QCOMPARE(disks[0].readBytes, 3658978u * 512u);
        QCOMPARE(disks[0].writeOps, 22132u);
        QCOMPARE(disks[0].writeBytes, 1610240u * 512u);
        QCOMPARE(*disks[0].busyMs, 6264u);
        QCOMPARE(disks[1].device, std::string("nvme0n1"));
    }

    void diskStats_refusesSectorsThatDoNotFit() { QVERIFY(parseDiskStats("1 0 x 1 0 18446744073709551615 1 1 0 16 1 0 3 4\n").empty()); }

    void deviceNames_areOfEveryDevice()
    {
        const auto names = parseDeviceNames(" 254 0 vda 0 0 0 0 0 0 0 0 0 0 0\n 254 1 vda1 0\n x 1 bad 0\n");
        QCOMPARE(names.size(), std::size_t(2));
        QCOMPARE(names.at("254:1"), std::string("vda1"));
    }

    void ioStat_readsBothKindsOfCounts()
    {
        const auto disks = parseIoStat("254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n7:0 \nnonsense rbytes=1\n8:0 rbytes=x\n");
        QCOMPARE(disks.size(), std::size_t(1));
        QCOMPARE(disks[0].device, std::string("254:0"));
        QCOMPARE(disks[0].readBytes, 1u);
        QCOMPARE(disks[0].writeBytes, 2u);
        QCOMPARE(disks[0].readOps, 3u);
        QCOMPARE(disks[0].writeOps, 4u);
        QVERIFY(!disks[0].busyMs);
    }

    void blkio_joinsBytesAndOperations()
    {
        const auto disks = parseBlkio("254:0 Read 10\n254:0 Write 20\n254:0 Sync 99\n254:0 Total 30\nTotal 30\n8:0 Read -1\n",
                                      "254:0 Read 1\n254:0 Write 2\n");
        QCOMPARE(disks.size(), std::size_t(1));
        QCOMPARE(disks[0].readBytes, 10u);
        QCOMPARE(disks[0].writeBytes, 20u);
        QCOMPARE(disks[0].readOps, 1u);
        QCOMPARE(disks[0].writeOps, 2u);
        QVERIFY(parseBlkio("Total 0\n", "Total 0\n").empty());
    }

    void cpuLimit_data()
    {
        QTest::addColumn<QByteArray>("v2");
        QTest::addColumn<QByteArray>("quota");
        QTest::addColumn<QByteArray>("period");
        QTest::addColumn<QString>("millicores");
        QTest::newRow("half a core") << QByteArray("50000 100000\n") << QByteArray("50000\n") << QByteArray("100000\n") << "500";
        QTest::newRow("two and a half cores") << QByteArray("250000 100000") << QByteArray("250000") << QByteArray("100000") << "2500";
        QTest::newRow("no limit") << QByteArray("max 100000\n") << QByteArray("-1\n") << QByteArray("100000\n") << "absent";
        QTest::newRow("a period of zero") << QByteArray("1 0") << QByteArray("1") << QByteArray("0") << "absent";
        QTest::newRow("no period") << QByteArray("1") << QByteArray("1") << QByteArray() << "absent";
        QTest::newRow("too large to multiply") << QByteArray("18446744073709551615 1") << QByteArray("18446744073709551615")
                                               << QByteArray("1") << "absent";
    }
    void cpuLimit()
    {
        QFETCH(QByteArray, v2);
        QFETCH(QByteArray, quota);
        QFETCH(QByteArray, period);
        const auto millicores = [](const std::optional<CpuLimit> &limit) {
            return limit ? QString::number(limit->millicores()) : QStringLiteral("absent");
        };
        QTEST(millicores(parseCpuMax(bytes(v2))), "millicores");
        QTEST(millicores(parseCfsQuota(bytes(quota), bytes(period))), "millicores");
    }

    void memoryLimit_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("value");
        QTest::newRow("a limit") << QByteArray("67108864\n") << "67108864";
        QTest::newRow("v2 without one") << QByteArray("max\n") << "absent";
        QTest::newRow("v1 without one, pages of 4 KiB") << QByteArray("9223372036854771712\n") << "absent";
        QTest::newRow("v1 without one, pages of 64 KiB") << QByteArray("9223372036854710272\n") << "absent";
        QTest::newRow("nonsense") << QByteArray("lots\n") << "absent";
    }
    void memoryLimit()
    {
        QFETCH(QByteArray, text);
        QTEST(shown(parseMemoryLimit(bytes(text))), "value");
    }

    void memInfo_scalesToBytes()
    {
        const MemInfo info = parseMemInfo("MemTotal:       16384 kB\nMemFree: 4096 kB\nInactive(file):  1024 kB\nInactive: 9 kB\n");
        QCOMPARE(*info.totalBytes, 16384u * 1024u);
        QCOMPARE(*info.freeBytes, 4096u * 1024u);
        QCOMPARE(*info.inactiveFileBytes, 1024u * 1024u);
        QVERIFY(!info.availableBytes);
        QVERIFY(!parseMemInfo("MemTotal: 18446744073709551615 kB\n").totalBytes);
    }

    void procStat_countsBusyTimeAndOnlineCpus()
    {
        const auto times = parseProcStat("cpu  1000 20 300 9000 50 6 7 8 9 0\ncpu0 1 1 1 1 1 1 1\ncpu3 1 1 1 1 1 1 1\ncpux 1\nintr 1\n");
        QVERIFY(times);
        QCOMPARE(times->busyTicks, 1000u + 20u + 300u + 6u + 7u);
        QCOMPARE(times->onlineCpus, 2u);
        QVERIFY(!parseProcStat("cpu 1 2 3\n"));
        QVERIFY(!parseProcStat("intr 1\n"));
    }

    void startTicks_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("value");
        const QByteArray fields = " S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 1000 10";
        QTest::newRow("a plain name") << QByteArray("42 (bash)") + fields << "123456";
        QTest::newRow("a name with brackets and spaces") << QByteArray("42 (a) b (c) d)") + fields << "123456";
        QTest::newRow("cut short") << QByteArray("42 (bash) S 1 42") << "absent";
        QTest::newRow("no bracket") << QByteArray("42 bash S 1") << "absent";
    }
    void startTicks()
    {
        QFETCH(QByteArray, text);
        QTEST(shown(parseStartTicks(bytes(text))), "value");
    }

    void procCgroup_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("v2");
        QTest::addColumn<QString>("memory");
        QTest::newRow("v2 alone") << QByteArray("0::/a/b\n") << "/a/b"
                                  << "absent";
        QTest::newRow("hybrid") << QByteArray("4:memory:/m\n3:cpu,cpuacct:/c\n0::/\n") << "/"
                                << "/m";
        QTest::newRow("memory among others") << QByteArray("4:hugetlb,memory:/m\n") << "absent"
                                             << "/m";
        QTest::newRow("a path with colons") << QByteArray("0::/x.slice:cri-containerd:abc\n") << "/x.slice:cri-containerd:abc"
                                            << "absent";
        QTest::newRow("a named hierarchy is not memory") << QByteArray("1:name=memory:/m\n") << "absent"
                                                         << "absent";
        QTest::newRow("a relative path") << QByteArray("0::a/b\n") << "absent"
                                         << "absent";
        QTest::newRow("a path too long") << QByteArray("0::/") + QByteArray(5000, 'x') << "absent"
                                         << "absent";
        QTest::newRow("too few colons") << QByteArray("0:/a\n") << "absent"
                                        << "absent";
    }
    void procCgroup()
    {
        QFETCH(QByteArray, text);
        const ProcCgroups cgroups = parseProcCgroup(bytes(text));
        const auto path = [](const std::optional<std::string> &p) { return p ? QString::fromStdString(*p) : QStringLiteral("absent"); };
        QTEST(path(cgroups.v2), "v2");
        QTEST(path(cgroups.memory), "memory");
    }

    void mountInfo_undoesEscapesAndSkipsWhatIsNone()
    {
        const auto mounts = parseMountInfo("25 22 259:1 / /data\\040disk\\134x rw shared:1 - xfs /dev/nvme0n1p1 rw\n"
                                           "26 22 nodev / /y rw - xfs /dev/z rw\nshort line\n27 22 0:1 / /cut\\04 rw - tmpfs tmpfs rw\n");
        QCOMPARE(mounts.size(), std::size_t(2));
        QCOMPARE(mounts[0].mountPoint, std::string("/data disk\\x"));
        QCOMPARE(mounts[0].device, std::string("259:1"));
        QCOMPARE(mounts[0].fileSystem, std::string("xfs"));
        QCOMPARE(mounts[0].source, std::string("/dev/nvme0n1p1"));
        QCOMPARE(mounts[0].id, 25u);
        QCOMPARE(mounts[0].options, std::string("rw"));
        QCOMPARE(mounts[1].mountPoint, std::string("/cut\\04"));
        QCOMPARE(mounts[1].options, std::string("rw"));
    }

    void firstPid_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<bool>("there");
        QTest::newRow("one") << QByteArray("12\n13\n") << true;
        QTest::newRow("none") << QByteArray() << false;
        QTest::newRow("of another pid namespace") << QByteArray("0\n") << false;
        QTest::newRow("too large") << QByteArray("4294967296\n") << false;
    }
    void firstPid()
    {
        QFETCH(QByteArray, text);
        QTEST(tapio::agent::firstPid(bytes(text)).has_value(), "there");
    }
};

QTEST_APPLESS_MAIN(TestProcParse)
#include "tst_procparse.moc"
