// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <thread>

#include "console/core/store/verdict.h"
#include "tests/store/storefixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

Q_DECLARE_METATYPE(tapio::console::Verdict)

namespace {

Verdict verdict(VerdictKind kind, std::int64_t timeNs = t0, const std::string &reason = "seen in the log")
{
    return {"n1", 0xffff'0000'0000'0007, "oom-kill", kind, reason, "m.rantala", timeNs};
}

std::vector<Verdict> stored(const StoreFixture &store, std::size_t atMost = 100)
{
    auto all = store.reader()->verdicts(atMost);
    if (!all)
        qFatal("%s", all.error().message().c_str());
    return *all;
}

} // namespace

class tst_Verdicts : public QObject {
    Q_OBJECT

private slots:
    void names_areTheirInverse();
    void check_refuses_data();
    void check_refuses();
    void writer_keepsAllInOrder();
    void add_withoutAConsole();
    void add_besideAConsole();
    void add_besideAFlushThatRuns();
    void add_refuses_data();
    void add_refuses();
    void olderFile_isBroughtUpToDate_data();
    void olderFile_isBroughtUpToDate();
    void olderFile_isReadAsItIs();
    void olderConsole_isLeftAlone();
    void retention_leavesThem();
};

void tst_Verdicts::names_areTheirInverse()
{
    for (const VerdictKind kind : {VerdictKind::Confirmed, VerdictKind::Rejected, VerdictKind::Withdrawn})
        QCOMPARE(verdictKindFromName(verdictKindName(kind)), kind);
    QCOMPARE(verdictKindName(static_cast<VerdictKind>(200)), std::string_view("unknown"));
    QCOMPARE(verdictKindFromName("unknown"), VerdictKind::Unknown);
}

void tst_Verdicts::check_refuses_data()
{
    QTest::addColumn<Verdict>("verdict");
    QTest::addColumn<bool>("taken");
    QTest::newRow("confirmed with a reason") << verdict(VerdictKind::Confirmed) << true;
    QTest::newRow("confirmed without one") << verdict(VerdictKind::Confirmed, t0, " \n") << false;
    QTest::newRow("withdrawn without one") << verdict(VerdictKind::Withdrawn, t0, "") << true;
    QTest::newRow("of no kind") << verdict(VerdictKind::Unknown) << false;
    QTest::newRow("the longest reason") << verdict(VerdictKind::Rejected, t0, std::string(Verdict::mostReasonBytes, 'x')) << true;
    QTest::newRow("a longer one") << verdict(VerdictKind::Rejected, t0, std::string(Verdict::mostReasonBytes + 1, 'x')) << false;
}

void tst_Verdicts::check_refuses()
{
    QFETCH(Verdict, verdict);
    const Status status = checkVerdict(verdict);
    QTEST(status.has_value(), "taken");
    StoreFixture store;
    QCOMPARE(store.writer().putVerdict(verdict).has_value(), status.has_value());
}

void tst_Verdicts::writer_keepsAllInOrder()
{
    StoreFixture store;
    const std::vector<Verdict> given{verdict(VerdictKind::Confirmed, t0 + 5), verdict(VerdictKind::Withdrawn, t0), // a clock was set back
                                     verdict(VerdictKind::Rejected, t0 + 2, "\u00e4, \"quoted\"\nand a second line")};
    for (const Verdict &one : given)
        QVERIFY(store.writer().putVerdict(one));
    store.flush();
    QCOMPARE(stored(store), given);
    store.reopen();
    QCOMPARE(stored(store), given);
    QCOMPARE(stored(store, 2), std::vector<Verdict>(given.begin() + 1, given.end()));
}

void tst_Verdicts::add_withoutAConsole()
{
    StoreFixture store;
    store.close();
    QVERIFY(addVerdict(store.file(), verdict(VerdictKind::Confirmed), store.clock));
    QCOMPARE(stored(store), std::vector{verdict(VerdictKind::Confirmed)});
    store.reopen(); // and left the lock
}

void tst_Verdicts::add_besideAConsole()
{
    StoreFixture store;
    store.append("n1", {execEvent(t0, 1, "/bin/true")});
    store.flush();
    QVERIFY(addVerdict(store.file(), verdict(VerdictKind::Confirmed), store.clock));
    // The console goes on, with verdicts of its own.
    store.append("n1", {execEvent(t0 + 1, 2, "/bin/false")});
    QVERIFY(store.writer().putVerdict(verdict(VerdictKind::Withdrawn, t0 + 9)));
    store.flush();
    store.maintainAll();
    QCOMPARE(stored(store), (std::vector{verdict(VerdictKind::Confirmed), verdict(VerdictKind::Withdrawn, t0 + 9)}));
    QCOMPARE(allEvents(*store.reader(), {}).size(), std::size_t(2));
    store.reopen();
    QCOMPARE(stored(store).size(), std::size_t(2));
}

/// Each row stands in a transaction of its own, and none is lost, whoever of both comes first.
void tst_Verdicts::add_besideAFlushThatRuns()
{
    StoreFixture store;
    constexpr int count = 50;
    std::jthread other([&store] {
        for (int i = 0; i < count; ++i) {
            if (!addVerdict(store.file(), verdict(VerdictKind::Confirmed, t0 + i), store.clock))
                qFatal("a verdict was refused");
        }
    });
    for (int i = 0; i < count; ++i) {
        store.append("n1", {execEvent(t0 + i, 1, "/bin/true")});
        store.flush();
    }
    other.join();
    QCOMPARE(stored(store).size(), std::size_t(count));
    QCOMPARE(allEvents(*store.reader(), {}).size(), std::size_t(count));
}

void tst_Verdicts::add_refuses_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<int>("code");
    QTest::newRow("a file that is not there") << QByteArray() << int(Errc::NotFound);
    QTest::newRow("no store") << QByteArray(5000, 'x') << int(Errc::Corrupt);
}

void tst_Verdicts::add_refuses()
{
    QFETCH(QByteArray, content);
    QTemporaryDir folder(folderTemplate());
    const QString name = folder.filePath("other.tapio");
    if (!content.isEmpty()) {
        QFile file(name);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
    }
    const Status status = addVerdict(name.toStdString(), verdict(VerdictKind::Confirmed), FakeClock());
    QVERIFY(!status);
    QTEST(static_cast<int>(status.error().code()), "code");
    QCOMPARE(QFile::exists(name), !content.isEmpty());
}

void tst_Verdicts::olderFile_isBroughtUpToDate_data()
{
    QTest::addColumn<int>("version");
    for (const int version : {1, 2, 3, 4})
        QTest::addRow("version %d", version) << version;
}

void tst_Verdicts::olderFile_isBroughtUpToDate()
{
    QFETCH(int, version);
    StoreFixture store;
    store.append("n1", {execEvent(t0, 1, "/bin/true")});
    store.flush();
    store.close();
    QVERIFY(makeOlder(store.file(), version));
    QVERIFY(addVerdict(store.file(), verdict(VerdictKind::Rejected), store.clock));
    QCOMPARE(stored(store).size(), std::size_t(1));
    QCOMPARE(allEvents(*store.reader(), {}).size(), std::size_t(1));
}

void tst_Verdicts::olderFile_isReadAsItIs()
{
    StoreFixture store;
    store.close();
    QVERIFY(makeOlder(store.file(), 4));
    QVERIFY(stored(store).empty());
}

/// Whoever holds the lock and knows no verdicts must not find another table made under its hands.
void tst_Verdicts::olderConsole_isLeftAlone()
{
    StoreFixture store;
    QVERIFY(makeOlder(store.file(), 4)); // its writer holds the lock
    const Status status = addVerdict(store.file(), verdict(VerdictKind::Confirmed), store.clock);
    QVERIFY(!status);
    QCOMPARE(status.error().code(), Errc::VersionMismatch);
    QVERIFY2(status.error().context().find("close that console first") != std::string::npos, status.error().context().c_str());
}

void tst_Verdicts::retention_leavesThem()
{
    StoreFixture store;
    QVERIFY(store.writer().putVerdict(verdict(VerdictKind::Confirmed)));
    store.append("n1", {execEvent(t0, 1, "/bin/true")});
    store.flush();
    store.clock.advance(30LL * 86'400 * nsPerSecond);
    store.maintainAll();
    QVERIFY(allEvents(*store.reader(), {}).empty());
    QCOMPARE(stored(store).size(), std::size_t(1));
}

QTEST_GUILESS_MAIN(tst_Verdicts)
#include "tst_verdicts.moc"
