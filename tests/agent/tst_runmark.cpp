// SPDX-License-Identifier: GPL-3.0-or-later
// What an agent leaves for the next one, so that the time in which nobody looked is told.
#include <QtTest>

#include "agent/config/instancelock.h"
#include "agent/pipeline/notices.h"

using namespace tapio;
using namespace tapio::agent;

namespace {

constexpr std::int64_t then = 1'795'680'000'000'000'000; // 2026-11-26 08:00:00 UTC

RunMark mark(bool isOver = false, std::uint64_t unsafeEvents = 0)
{
    return {4711, "boot-1", then, 100 * nsPerSecond, unsafeEvents, isOver};
}

RunMark start(const std::string &bootId, std::int64_t secondsLater, std::int64_t bootSeconds)
{
    return {4712, bootId, then + secondsLater * nsPerSecond, bootSeconds * nsPerSecond, 0, false};
}

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class TestRunMark : public QObject {
    Q_OBJECT
private slots:
    void line_comesBackAsItWas()
    {
        for (const RunMark &one : {mark(), mark(true, UINT64_MAX), RunMark()}) {
            const std::string line = formatRunMark(one);
            QCOMPARE(line.find('\n'), line.size() - 1);
            const auto back = parseRunMark(std::string_view(line).substr(0, line.size() - 1));
            QVERIFY(back && *back == one);
        }
    }

    void line_thatIsNoneIsRefused_data()
    {
        QTest::addColumn<QByteArray>("line");
        const QByteArray whole = QByteArray::fromStdString(formatRunMark(mark())).trimmed();
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("torn") << whole.left(whole.size() / 2);
        QTest::newRow("two") << whole + whole;
        QTest::newRow("no object") << QByteArray("[1]");
        QTest::newRow("a field more") << QByteArray(whole).replace("{", "{\"x\":1,");
        QTest::newRow("a field of another name") << QByteArray(whole).replace("\"pid\"", "\"pod\"");
        QTest::newRow("a number that is text") << QByteArray(whole).replace("4711", "\"4711\"");
        QTest::newRow("a number that is negative") << QByteArray(whole).replace("4711", "-1");
        QTest::newRow("a number with a point") << QByteArray(whole).replace("4711", "1.5");
        QTest::newRow("a process that there cannot be") << QByteArray(whole).replace("4711", "99999999999");
        QTest::newRow("a time beyond all times") << QByteArray(whole).replace("1795680000000000000", "18446744073709551615");
        QTest::newRow("an end that is none") << QByteArray(whole).replace("false", "0");
        QTest::newRow("a boot that is none") << QByteArray(whole).replace("boot-1", QByteArray(65, 'b'));
        QTest::newRow("bytes") << QByteArray("\xff\xfe{}\0", 5);
        QTest::newRow("deep") << QByteArray(900, '[');
    }
    void line_thatIsNoneIsRefused()
    {
        QFETCH(QByteArray, line);
        const auto read = parseRunMark({line.constData(), static_cast<std::size_t>(line.size())});
        QVERIFY(!read);
        QCOMPARE(read.error().code(), Errc::Malformed);
    }

    void notice_saysUntilWhenSomebodyLooked_data()
    {
        QTest::addColumn<int>("before"); // 0: none, 1: stopped, 2: cut off, 3: cut off with events
        QTest::addColumn<QString>("bootId");
        QTest::addColumn<int>("secondsLater");
        QTest::addColumn<int>("bootSeconds");
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("ms");
        QTest::newRow("the first since the boot")
            << 0 << "boot-1" << 0 << 60 << "began"
            << "no agent left word here since the machine's boot at 2026-11-26 07:59:00 UTC: of the time before nothing is known"
            << qint64(60'000);
        QTest::newRow("after one that was stopped")
            << 1 << "boot-1" << 5 << 105 << "began"
            << "nobody looked from 2026-11-26 08:00:00 UTC to 2026-11-26 08:00:05 UTC: the agent before, process 4711, was stopped"
            << qint64(5000);
        QTest::newRow("after one that was killed")
            << 2 << "boot-1" << 5 << 105 << "cut-off"
            << "nobody looked from 2026-11-26 08:00:00 UTC to 2026-11-26 08:00:05 UTC: the agent before, process 4711, did not end in order"
            << qint64(5000);
        QTest::newRow("with what it held")
            << 3 << "boot-1" << 5 << 105 << "cut-off"
            << "nobody looked from 2026-11-26 08:00:00 UTC to 2026-11-26 08:00:05 UTC: the agent before, process 4711, did not end in "
               "order; at least 12 events ended with it, unless they were under way"
            << qint64(5000);
        QTest::newRow("the clock was set back meanwhile")
            << 2 << "boot-1" << -3600 << 105 << "cut-off"
            << "nobody looked from 2026-11-26 08:00:00 UTC to 2026-11-26 07:00:00 UTC: the agent before, process 4711, did not end in order"
            << qint64(5000);
        QTest::newRow("the machine was started again")
            << 2 << "boot-2" << 90 << 20 << "cut-off"
            << "nobody looked from 2026-11-26 08:00:00 UTC to 2026-11-26 08:01:30 UTC: the agent before, process 4711, did not end in order"
            << qint64(90000);
        QTest::newRow("the same, with a clock that runs behind")
            << 2 << "boot-2" << -90 << 20 << "cut-off"
            << "nobody looked from 2026-11-26 08:00:00 UTC to 2026-11-26 07:58:30 UTC: the agent before, process 4711, did not end in order"
            << qint64(0);
    }
    void notice_saysUntilWhenSomebodyLooked()
    {
        QFETCH(int, before);
        QFETCH(QString, bootId);
        QFETCH(int, secondsLater);
        QFETCH(int, bootSeconds);
        const RunMark last = mark(before == 1, before == 3 ? 12 : 0);
        const Unwatched gap = unwatched(before == 0 ? nullptr : &last, start(bootId.toStdString(), secondsLater, bootSeconds));
        const wire::AgentNotice told = noticeOf(gap);
        QTEST(QString::fromStdString(std::string(wire::agentNoticeKindName(told.kind))), "kind");
        QTEST(QString::fromStdString(told.text), "text");
        QTEST(qint64(told.measured), "ms");
        QCOMPARE(told.unit, std::string("ms"));
        QVERIFY(told.text.size() <= wire::AgentNotice::textBytes);
    }

    void lock_keepsTheMarkForTheNext()
    {
        QTemporaryDir folder;
        const std::string path = folder.path().toStdString();
        {
            auto first = InstanceLock::acquire(path, "n1");
            QVERIFY(first && first->before() && !*first->before());
            QVERIFY(first->leave(mark(false, UINT64_MAX)));
            QVERIFY(first->leave(mark(false, 1))); // shorter than the one before
        }
        {
            const auto second = InstanceLock::acquire(path, "n1");
            QVERIFY(second && second->before());
            QVERIFY(*second->before() == mark(false, 1));
            // Its process holds the lock now; and should it end before it has left a mark, this one still stands.
            QVERIFY(contentOf(folder.filePath("agent-n1.lock")).startsWith(QByteArray::number(QCoreApplication::applicationPid()) + '\n'));
        }
        const auto third = InstanceLock::acquire(path, "n1");
        QVERIFY(third && third->before() && *third->before() == mark(false, 1));
    }

    void lock_withAnotherContentIsTakenAllTheSame_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<bool>("isNone"); // else it is malformed
        QTest::newRow("nothing") << QByteArray() << true;
        QTest::newRow("a process alone, as older versions have it") << QByteArray("12\n") << true;
        QTest::newRow("a mark that was torn") << QByteArray("12\n{\"pid\":12,") << true;
        QTest::newRow("a mark that is none") << QByteArray("12\n{}\n") << false;
        QTest::newRow("no text") << QByteArray(4096, '\xff') << true;
        QTest::newRow("lines without end") << QByteArray(1 << 20, '\n') << false;
    }
    void lock_withAnotherContentIsTakenAllTheSame()
    {
        QFETCH(QByteArray, content);
        QTemporaryDir folder;
        QFile file(folder.filePath("agent-n1.lock"));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
        file.close();
        auto lock = InstanceLock::acquire(folder.path().toStdString(), "n1");
        QVERIFY(lock);
        QTEST(lock->before().has_value(), "isNone");
        QVERIFY(!lock->before() || !*lock->before());
        QVERIFY(lock->leave(mark()));
        QCOMPARE(contentOf(file.fileName()), QByteArray::fromStdString("4711\n" + formatRunMark(mark())));
    }
};

QTEST_GUILESS_MAIN(TestRunMark)
#include "tst_runmark.moc"
