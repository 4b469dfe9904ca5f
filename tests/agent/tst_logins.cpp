// SPDX-License-Identifier: GPL-3.0-or-later
// Logins from real journals, made from the export format, and which of journal and log file is read.
#include <QtTest>

#include <QProcess>

#include <deque>

#include "agent/collect/readers/loginreader.h"
#include "tests/agent/fakeclock.h"

using namespace tapio;
using namespace tapio::agent;

namespace {

const QString tool = QStringLiteral("/lib/systemd/systemd-journal-remote");
const QByteArray thisBoot = "0123456789abcdef0123456789abcdef";
const QByteArray otherBoot = "fedcba9876543210fedcba9876543210";

using Fields = QMap<QByteArray, QByteArray>;

Fields sshd(const QByteArray &message)
{
    return {{"SYSLOG_FACILITY", "4"},   {"SYSLOG_IDENTIFIER", "sshd"}, {"_PID", "12"}, {"_UID", "0"},
            {"_EXE", "/usr/sbin/sshd"}, {"MESSAGE", message}};
}

Fields failure(const QByteArray &user) { return sshd("Failed password for " + user + " from 203.0.113.9 port 4 ssh2"); }

/// An empty value takes the field out.
Fields with(Fields fields, const Fields &others)
{
    for (auto one = others.begin(); one != others.end(); ++one)
        fields[one.key()] = one.value();
    fields.removeIf([](const auto &field) { return field.value().isEmpty(); });
    return fields;
}

/// What journald has when a unit logged too much.
const Fields suppressed{{"_TRANSPORT", "driver"},
                        {"MESSAGE_ID", "a596d6fe7bfa4994828e72309e95d61e"},
                        {"SYSLOG_IDENTIFIER", "systemd-journald"},
                        {"OBJECT_SYSTEMD_UNIT", "ssh.service"},
                        {"N_DROPPED", "42"},
                        {"MESSAGE", "Suppressed 42 messages from ssh.service"}};

class Sink final : public KernelRecordSink {
public:
    void onRecord(KernelRecord &&record) override { logins.push_back(std::get<wire::Login>(record.event.detail)); }
    std::vector<wire::Login> logins;
};

/// A host with a journal, a log file or both.
class Host {
public:
    Host()
    {
        put(folder.filePath("boot_id"), "01234567-89ab-cdef-0123-456789abcdef\n");
        QDir().mkpath(journal);
    }
    void add(const QList<Fields> &entries, const QString &file = "system.journal", const QByteArray &boot = thisBoot)
    {
        QByteArray text;
        for (const Fields &entry : entries) {
            const QByteArray time = QByteArray::number(++m_time * 1000);
            text += "__REALTIME_TIMESTAMP=17000000" + time.rightJustified(8, '0') + "\n__MONOTONIC_TIMESTAMP=" + time + "\n_BOOT_ID=" + boot
                    + "\n";
            for (auto field = entry.begin(); field != entry.end(); ++field) {
                const quint64 size = qToLittleEndian(quint64(field.value().size()));
                text += field.key() + "\n" + QByteArray(reinterpret_cast<const char *>(&size), sizeof(size)) + field.value() + "\n";
            }
            text += "\n";
        }
        QProcess process;
        process.start(tool, {"-o", journal + "/" + file, "-"});
        process.write(text);
        process.closeWriteChannel();
        QVERIFY2(process.waitForFinished() && process.exitCode() == 0, process.readAllStandardError().constData());
    }
    void log(const QByteArray &user)
    {
        put(logFile, "Mar  3 10:11:12 n sshd[12]: Failed password for " + user + " from 203.0.113.9 port 4 ssh2\n");
    }
    void start()
    {
        LoginOptions options;
        options.files = {logFile.toStdString()};
        options.openJournal =
            open ? open
                 : [place = JournalPlace{{folder.filePath("journal").toStdString()}, folder.filePath("boot_id").toStdString()}](
                       const std::string &cursor) { return openJournal(place, cursor); };
        reader = std::make_unique<LoginReader>(std::move(options), clock);
    }
    QStringList read()
    {
        Sink sink;
        reader->read(sink);
        QStringList users;
        for (const wire::Login &login : sink.logins)
            users += QString::fromStdString(login.user);
        return users;
    }
    /// Of the file, or of the journal.
    wire::Hook hook(bool ofFile) const
    {
        for (const wire::Hook &hook : reader->hooks()) {
            if ((hook.name == logFile.toStdString()) == ofFile)
                return hook;
        }
        return {};
    }
    static void put(const QString &path, const QByteArray &text)
    {
        QFile file(path);
        QVERIFY(file.open(QIODevice::Append) && file.write(text) == text.size());
    }

    QTemporaryDir folder;
    QString journal = folder.filePath("journal/11111111111111111111111111111111");
    QString logFile = folder.filePath("auth.log");
    test::FakeClock clock;
    OpenJournal open;
    std::unique_ptr<LoginReader> reader;

private:
    qint64 m_time = 0;
};

/// A journal that says what the test wants.
class Spoken final : public Journal {
public:
    explicit Spoken(std::deque<Status> statuses) : m_statuses(std::move(statuses)) {}
    Status read(std::size_t, const std::function<void(JournalEntry &&)> &) override
    {
        Status status = m_statuses.empty() ? Status() : m_statuses.front();
        if (!m_statuses.empty())
            m_statuses.pop_front();
        return status;
    }
    bool holdsAuth() const override { return true; }
    std::string cursor() const override { return "here"; }
    std::filesystem::path folder() const override { return "/j"; }

private:
    std::deque<Status> m_statuses;
};

} // namespace

class TestLogins : public QObject {
    Q_OBJECT
private slots:
    void initTestCase()
    {
        if (!QFile::exists(tool))
            QSKIP("systemd-journal-remote is not installed: it makes the journals");
    }

    void journal_isFollowedFromItsEnd()
    {
        Host host;
        host.add({failure("old")});
        host.start();
        QCOMPARE(host.read(), QStringList());
        host.add(
            {sshd("Accepted publickey for alice from 10.0.0.7 port 5 ssh2: ED25519 SHA256:x"), sshd("Connection closed"), failure("root")});
        QCOMPARE(host.read(), (QStringList{"alice", "root"}));
        QCOMPARE(host.read(), QStringList());
        const CounterSet counters = host.reader->counters().counters;
        QCOMPARE(counters[Counter::Seen], 3u);
        QCOMPARE(counters[Counter::UFiltered], 1u);
        QCOMPARE(counters.inRing(), 0);
        QCOMPARE(host.hook(false).state, wire::HookState::Active);
        QCOMPARE(QString::fromStdString(host.hook(false).name), host.folder.filePath("journal"));
    }

    void journal_withNothingToFollowYet_isReadFromItsFirst()
    {
        Host host;
        host.add({with(failure("x"), {{"SYSLOG_FACILITY", "3"}})});
        host.start();
        QCOMPARE(host.read(), QStringList());
        host.add({failure("first"), failure("second")});
        QCOMPARE(host.read(), (QStringList{"first", "second"}));
    }

    void entry_isTakenForWhatItIs_data()
    {
        QTest::addColumn<Fields>("entry");
        QTest::addColumn<QStringList>("users");
        QTest::addColumn<quint64>("seen");
        QTest::addColumn<quint64>("lost");
        QTest::addColumn<quint64>("malformed");
        const auto row = [](const char *name, const Fields &entry, const QStringList &users, quint64 seen, quint64 lost = 0,
                            quint64 malformed = 0) { QTest::newRow(name) << entry << users << seen << lost << malformed; };
        const QByteArray byUser = "u : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh";
        const Fields sudo{{"SYSLOG_IDENTIFIER", "sudo"}, {"_UID", "1000"}, {"_EXE", "/usr/bin/sudo"}, {"MESSAGE", byUser}};
        row("sshd", failure("root"), {"root"}, 1);
        row("authpriv", with(failure("root"), {{"SYSLOG_FACILITY", "10"}}), {"root"}, 1);
        row("another facility", with(failure("root"), {{"SYSLOG_FACILITY", "3"}}), {}, 0);
        row("no tag but the kernel's name", with(failure("root"), {{"SYSLOG_IDENTIFIER", ""}, {"_COMM", "sshd"}}), {"root"}, 1);
        row("sudo, asked by a user", with(failure("x"), sudo), {"u"}, 1);
        row("a user's logger with the tag of sshd", with(failure("root"), {{"_UID", "1000"}, {"_EXE", "/usr/bin/logger"}}), {}, 1);
        row("a user's own sudo", with(failure("x"), with(sudo, {{"_EXE", "/home/u/usr/bin/sudo"}})), {}, 1);
        row("root, and gone before journald looked", with(failure("root"), {{"_EXE", ""}}), {"root"}, 1);
        row("a user, and gone before journald looked", with(failure("root"), {{"_UID", "1000"}, {"_EXE", ""}}), {}, 1);
        row("sudo, gone before journald looked", with(with(failure("x"), sudo), {{"_EXE", ""}}), {}, 1);
        row("sshd without privileges", with(failure("root"), {{"_UID", "74"}}), {}, 1);
        row("login, not as root",
            with(failure("x"), {{"SYSLOG_IDENTIFIER", "login"},
                                {"_UID", "1000"},
                                {"_EXE", "/usr/bin/login"},
                                {"MESSAGE", "FAILED LOGIN (1) on '/dev/tty1' FOR 'root', Authentication failure"}}),
            {}, 1);
        row("login",
            with(failure("x"),
                 {{"SYSLOG_IDENTIFIER", "login"}, {"MESSAGE", "FAILED LOGIN (1) on '/dev/tty1' FOR 'root', Authentication failure"}}),
            {"root"}, 1);
        row("a pid that is none", with(failure("root"), {{"_PID", "99999999999999999999"}}), {"root"}, 1);
        row("a uid that is none", with(failure("root"), {{"_UID", "-1"}}), {"root"}, 1);
        row("no message", with(failure("root"), {{"MESSAGE", ""}}), {}, 1);
        row("bytes that are no text", sshd(QByteArray("Failed password for a\0\x1b\n\xff from 1.2.3.4 port 1", 44)),
            {QString::fromUtf8("a\\0")}, 1);
        row("a line as long as is taken", sshd("Failed password for " + QByteArray(8000, 'x') + " from 1.2.3.4 port 1"), {QString(64, 'x')},
            1);
        row("a line that is too long", sshd("Failed password for " + QByteArray(100'000, 'x') + " from 1.2.3.4 port 1"), {}, 1, 0, 1);
        row("dropped of sshd", suppressed, {}, 42, 42);
        row("dropped of another", with(suppressed, {{"OBJECT_SYSTEMD_UNIT", "nginx.service"}}), {}, 0);
        row("dropped, says a user", with(suppressed, {{"_TRANSPORT", "journal"}}), {}, 0);
        row("dropped, as many as fit", with(suppressed, {{"N_DROPPED", "18446744073709551615"}}), {}, 100'000'000, 100'000'000);
        row("dropped, no number", with(suppressed, {{"N_DROPPED", "-3"}}), {}, 0);
    }
    void entry_isTakenForWhatItIs()
    {
        QFETCH(Fields, entry);
        Host host;
        host.add({failure("old")});
        host.start();
        host.add({entry, with(failure("of another machine"), {{"_MACHINE_ID", "2"}})}, "system.journal", thisBoot);
        host.add({failure("of another start")}, "other.journal", otherBoot);
        QStringList users = host.read();
        QVERIFY(users.removeOne("of another machine")); // of this start all the same: what else follows is read, too
        if (QByteArray(QTest::currentDataTag()) == "bytes that are no text")
            QCOMPARE(users.size(), 1);
        else
            QTEST(users, "users");
        const CounterSet counters = host.reader->counters().counters;
        QTEST(quint64(counters[Counter::Seen]) - 1, "seen");
        QTEST(quint64(counters[Counter::Lost]), "lost");
        QTEST(quint64(counters[Counter::Malformed]), "malformed");
        QCOMPARE(counters.inRing(), 0);
    }

    void forgery_isSaid()
    {
        Host host;
        host.add({failure("old")});
        host.start();
        host.add({with(failure("root"), {{"_UID", "1000"}, {"_EXE", "/usr/bin/logger"}})});
        QCOMPARE(host.read(), QStringList());
        QVERIFY(host.hook(false).reason.find("1 messages named a program") != std::string::npos);
    }

    void rotationAndVacuum_loseNothing()
    {
        Host host;
        host.add({failure("old")});
        host.start();
        host.add({failure("before")});
        QVERIFY(QFile::rename(host.journal + "/system.journal", host.journal + "/system@1.journal"));
        host.add({failure("after")});
        QCOMPARE(host.read(), (QStringList{"before", "after"}));
        QVERIFY(QFile::remove(host.journal + "/system@1.journal"));
        host.add({failure("later")});
        QCOMPARE(host.read(), QStringList("later"));
        host.add({failure("of a user")}, "user-1000.journal");
        QCOMPARE(host.read(), QStringList("of a user"));
        QCOMPARE(host.reader->counters().counters[Counter::Seen], 4u);
    }

    void oneTurn_isBounded()
    {
        Host host;
        host.add({failure("old")});
        host.start();
        QList<Fields> many;
        for (int i = 0; i < 3000; ++i)
            many += sshd("Connection closed by 203.0.113.9");
        host.add(many + QList<Fields>{failure("last")});
        QCOMPARE(host.read(), QStringList());
        QCOMPARE(host.reader->counters().counters[Counter::Seen], 2000u);
        QCOMPARE(host.read(), QStringList("last"));
        QCOMPARE(host.reader->counters().counters[Counter::Seen], 3001u);
    }

    void journalThatGoesAndComesBack_isReadOnFromWhereItWas()
    {
        Host host;
        host.add({failure("old")});
        host.start();
        host.add({failure("first")});
        QCOMPARE(host.read(), QStringList("first"));
        QVERIFY(QDir().rename(host.journal, host.folder.filePath("away")));
        QCOMPARE(host.read(), QStringList());
        QCOMPARE(host.hook(false).state, wire::HookState::Unsupported);
        QVERIFY(QDir().rename(host.folder.filePath("away"), host.journal));
        host.add({failure("second")});
        host.clock.advance(std::chrono::seconds(9));
        QCOMPARE(host.read(), QStringList());
        host.clock.advance(std::chrono::seconds(1));
        host.read(); // tells what it kept of "first", if anything, and opens
        host.add({failure("third")});
        QCOMPARE(host.read().last(), QStringLiteral("third"));
        QCOMPARE(host.reader->counters().counters[Counter::Seen], 3u);
        QCOMPARE(host.hook(false).state, wire::HookState::Active);
    }

    void source_isOneOfTheTwo_data()
    {
        QTest::addColumn<QByteArray>("journal");
        QTest::addColumn<bool>("file");
        QTest::addColumn<QString>("read");
        QTest::addColumn<QString>("why");
        QTest::newRow("both") << QByteArray("auth") << true << "journal"
                              << "count twice";
        QTest::newRow("the journal alone") << QByteArray("auth") << false << "journal"
                                           << "count twice";
        QTest::newRow("a journal of another start") << QByteArray("other") << true << "file"
                                                    << "nothing of this start";
        QTest::newRow("a journal without such messages") << QByteArray("kernel") << true << "file"
                                                         << "no message of facility auth";
        QTest::newRow("the same, but no file") << QByteArray("kernel") << false << "journal"
                                               << "count twice";
        QTest::newRow("an empty folder") << QByteArray("empty") << true << "file"
                                         << "there is no journal in";
        QTest::newRow("no folder") << QByteArray() << true << "file"
                                   << "No such file";
        QTest::newRow("bytes that are no journal") << QByteArray("garbage") << true << "file"
                                                   << "nothing of this start";
        QTest::newRow("a file cut short") << QByteArray("torn") << true << "file"
                                          << "nothing of this start";
        QTest::newRow("neither") << QByteArray() << false << ""
                                 << "No such file";
    }
    void source_isOneOfTheTwo()
    {
        QFETCH(QByteArray, journal);
        QFETCH(bool, file);
        QFETCH(QString, read);
        QFETCH(QString, why);
        Host host;
        if (journal == "auth")
            host.add({failure("old")});
        if (journal == "other")
            host.add({failure("old")}, "system.journal", otherBoot);
        if (journal == "kernel")
            host.add({with(failure("old"), {{"SYSLOG_FACILITY", "0"}})});
        if (journal == "garbage")
            Host::put(host.journal + "/system.journal", QByteArray(100'000, 'x'));
        if (journal == "torn") {
            host.add({failure("old")});
            QVERIFY(QFile::resize(host.journal + "/system.journal", 300));
        }
        if (journal.isEmpty())
            QVERIFY(QDir(host.folder.filePath("journal")).removeRecursively());
        if (file)
            host.log("old");
        host.start();
        QCOMPARE(host.read(), QStringList());
        if (!journal.isEmpty() && journal != "garbage" && journal != "torn")
            host.add({failure("in the journal")});
        if (file)
            host.log("in the file");
        QCOMPARE(host.read(), read.isEmpty() ? QStringList() : QStringList("in the " + read));
        const wire::Hook winner = host.hook(read == "file"), other = host.hook(read != "file");
        QCOMPARE(winner.state, read.isEmpty() ? wire::HookState::Unsupported : wire::HookState::Active);
        QVERIFY(other.state != wire::HookState::Active);
        QCOMPARE(host.reader->hooks().front().name, read == "journal" ? winner.name : host.logFile.toStdString());
        const std::string &reason = read.isEmpty() ? winner.reason : other.reason;
        QVERIFY2(reason.find(why.toStdString()) != std::string::npos, reason.c_str());
    }

    void journalThatFails_leavesItToTheFileFromItsEnd()
    {
        Host host;
        int opened = 0;
        host.open = [&](const std::string &cursor) -> Result<std::unique_ptr<Journal>> {
            if (++opened > 1 && cursor != "here")
                return fail(Errc::Internal, "the cursor is not there");
            return std::make_unique<Spoken>(std::deque<Status>{{}, failErrno("reading the journal", EIO)});
        };
        host.log("old");
        host.start();
        QCOMPARE(host.read(), QStringList());
        host.log("told by the journal, if it was");
        QCOMPARE(host.read(), QStringList());
        QCOMPARE(opened, 1); // not again within ten seconds
        QCOMPARE(host.hook(false).state, wire::HookState::Failed);
        QVERIFY(host.hook(false).reason.find("reading the journal") != std::string::npos);
        host.log("in the file");
        QCOMPARE(host.read(), QStringList("in the file"));
        host.clock.advance(std::chrono::seconds(60));
        host.read();
        QCOMPARE(opened, 1); // a file that is there stays
    }

    void journalThatFails_isOpenedAgainWhereThereIsNoFile()
    {
        Host host;
        QList<std::string> cursors;
        host.open = [&](const std::string &cursor) -> Result<std::unique_ptr<Journal>> {
            cursors += cursor;
            return std::make_unique<Spoken>(std::deque<Status>{failErrno("reading the journal", EIO)});
        };
        host.start();
        for (int i = 0; i < 30; ++i) {
            host.read();
            host.clock.advance(std::chrono::seconds(1));
        }
        QVERIFY2(cursors.size() >= 3 && cursors.size() <= 4, qPrintable(QString::number(cursors.size())));
        QCOMPARE(cursors[1], std::string("here"));
        QCOMPARE(cursors[2], std::string()); // nothing could be read there
    }
};

QTEST_APPLESS_MAIN(TestLogins)
#include "tst_logins.moc"
