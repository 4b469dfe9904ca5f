// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "agent/collect/readers/kmsgparse.h"
#include "agent/collect/readers/loginparse.h"

using namespace tapio;
using namespace tapio::agent;

namespace {

/// "ok|failed SERVICE[PID] USER METHOD REMOTE xREPEATS", "-" for an empty text.
QString shown(const std::optional<LoginLine> &login)
{
    if (!login)
        return QStringLiteral("none");
    const auto text = [](const std::string &value) { return value.empty() ? QStringLiteral("-") : QString::fromStdString(value); };
    return QStringLiteral("%1 %2[%3] %4 %5 %6 x%7")
        .arg(login->success ? "ok" : "failed", text(login->service))
        .arg(login->pid)
        .arg(text(login->user), text(login->method), text(login->remote))
        .arg(login->repeats);
}

} // namespace

class tst_LogParse : public QObject {
    Q_OBJECT

private slots:
    void kmsg_data();
    void kmsg();
    void kmsg_hostile_data();
    void kmsg_hostile();
    void login_data();
    void login();
};

void tst_LogParse::kmsg_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<KmsgRecord>("record");
    const auto add = [](const char *name, const QByteArray &bytes, const KmsgRecord &record) { QTest::newRow(name) << bytes << record; };
    add("a line", "6,339,5140900,-;NET: Registered protocol family 10\n",
        {6, 0, 339, 5'140'900'000, false, "NET: Registered protocol family 10"});
    add("with tags", "3,160,424069,-;pci 0000:00: no room\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00\n",
        {3, 0, 160, 424'069'000, false, "pci 0000:00: no room"});
    add("of a process", "12,7,1,-;systemd[1]: hello\n", {4, 1, 7, 1000, false, "systemd[1]: hello"});
    add("a fragment", "6,8,2,c; and more\n", {6, 0, 8, 2000, true, " and more"});
    add("with the caller", "6,8,2,-,caller=T1;x\n", {6, 0, 8, 2000, false, "x"});
    add("with fields of a later kernel", "6,8,2,-,caller=T1,new=1;x;y\n", {6, 0, 8, 2000, false, "x;y"});
    add("escapes", "6,8,2,-;caf\\xc3\\xa9 \\x5cn \\x1b[0m\n", {6, 0, 8, 2000, false, "caf\xc3\xa9 \\n \x1b[0m"});
    add("what is no escape", "6,8,2,-;\\x \\xg1 \\xa\n", {6, 0, 8, 2000, false, "\\x \\xg1 \\xa"});
    add("bytes that are no UTF-8", "6,8,2,-;\\xff\n", {6, 0, 8, 2000, false, "\xef\xbf\xbd"});
    add("an empty text", "6,8,2,-;", {6, 0, 8, 2000, false, ""});
    add("a long text", "6,8,2,-;" + QByteArray(999, 'a') + "\\xc3\\xa9", {6, 0, 8, 2000, false, std::string(999, 'a')});
    add("the largest facility", "2047,8,2,-;x", {7, 255, 8, 2000, false, "x"});
}

void tst_LogParse::kmsg()
{
    QFETCH(QByteArray, bytes);
    QFETCH(KmsgRecord, record);
    const auto parsed = parseKmsg(bytes.toStdString());
    QVERIFY2(parsed.has_value(), parsed ? "" : parsed.error().context().c_str());
    QCOMPARE(QString::fromStdString(parsed->text), QString::fromStdString(record.text));
    QVERIFY(*parsed == record);
}

void tst_LogParse::kmsg_hostile_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("no prefix") << QByteArray(";text\n");
    QTest::newRow("no text") << QByteArray("6,8,2,-\n");
    QTest::newRow("too few fields") << QByteArray("6,8;text");
    QTest::newRow("a negative priority") << QByteArray("-6,8,2,-;text");
    QTest::newRow("a facility beyond a byte") << QByteArray("2048,8,2,-;text");
    QTest::newRow("a sequence beyond 64 bits") << QByteArray("6,18446744073709551616,2,-;text");
    QTest::newRow("a time beyond 64 bits of ns") << QByteArray("6,8,18446744073709551615,-;text");
    QTest::newRow("letters") << QByteArray("a,b,c,-;text");
    QTest::newRow("a NUL in a number") << QByteArray("6\0,8,2,-;text", 14);
}

void tst_LogParse::kmsg_hostile()
{
    QFETCH(QByteArray, bytes);
    const auto parsed = parseKmsg(bytes.toStdString());
    QVERIFY(!parsed.has_value());
    QCOMPARE(parsed.error().code(), Errc::Malformed);
}

void tst_LogParse::login_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QString>("login");
    const auto add = [](const char *name, const QByteArray &message, const char *login) {
        QTest::newRow(name) << QByteArray("Mar  3 10:11:12 node1 " + message) << login;
    };
    add("a key", "sshd[12]: Accepted publickey for alice from 10.0.0.7 port 50022 ssh2: ED25519 SHA256:abc",
        "ok sshd[12] alice publickey 10.0.0.7 x1");
    add("a password over IPv6", "sshd[12]: Accepted password for root from fe80::1%eth0 port 22 ssh2",
        "ok sshd[12] root password fe80::1%eth0 x1");
    add("a wrong password", "sshd[13]: Failed password for root from 203.0.113.9 port 4711 ssh2",
        "failed sshd[13] root password 203.0.113.9 x1");
    add("keyboard-interactive", "sshd[13]: Failed keyboard-interactive/pam for bob from 203.0.113.9 port 4711 ssh2",
        "failed sshd[13] bob keyboard-interactive/pam 203.0.113.9 x1");
    add("no such user", "sshd[14]: Failed password for invalid user oracle from 203.0.113.9 port 4711 ssh2",
        "failed sshd[14] oracle password 203.0.113.9 x1");
    add("invalid user", "sshd[14]: Invalid user oracle from 203.0.113.9 port 4711", "failed sshd[14] oracle - 203.0.113.9 x1");
    add("invalid user without a name", "sshd[14]: Invalid user  from 203.0.113.9 port 4711", "failed sshd[14] - - 203.0.113.9 x1");
    add("sshd of 9.8", "sshd-session[15]: Failed password for root from 203.0.113.9 port 1 ssh2",
        "failed sshd[15] root password 203.0.113.9 x1");
    add("repeated", "sshd[13]: message repeated 5 times: [ Failed password for root from 203.0.113.9 port 4711 ssh2]",
        "failed sshd[13] root password 203.0.113.9 x5");
    add("a name that looks like the rest of the line", "sshd[14]: Invalid user root from 10.0.0.1 port 22 ssh2 from 203.0.113.9 port 4711",
        "failed sshd[14] root from 10.0.0.1 port 22 ssh2 - 203.0.113.9 x1");
    add("a failure that wants to be a success",
        "sshd[14]: Failed password for invalid user Accepted password for root from 10.0.0.1 from 203.0.113.9 port 1 ssh2",
        "failed sshd[14] Accepted password for root from 10.0.0.1 password 203.0.113.9 x1");
    add("a certificate that names another address",
        "sshd[12]: Accepted publickey for alice from 10.0.0.7 port 1 ssh2: RSA-CERT SHA256:x ID a from 1.2.3.4 port 2 (serial 0) CA x",
        "ok sshd[12] alice publickey 10.0.0.7 x1");
    add("a refused certificate that names another address",
        "sshd[12]: Failed publickey for invalid user root from 203.0.113.9 port 1 ssh2: RSA-CERT SHA256:x ID a from 1.2.3.4 port 2 (serial "
        "0) CA x",
        "failed sshd[12] - publickey - x1");
    add("a refused key", "sshd[12]: Failed publickey for root from 203.0.113.9 port 1 ssh2: RSA SHA256:x",
        "failed sshd[12] root publickey 203.0.113.9 x1");
    add("control characters in a name", "sshd[14]: Invalid user a\x1b[2Jb\tc from 203.0.113.9 port 4711",
        "failed sshd[14] a [2Jb c - 203.0.113.9 x1");
    add("PAM's own line for sshd is the second of one failure",
        "sshd[13]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=root", "none");
    add("a session that closes", "sshd[13]: Connection closed by 203.0.113.9 port 4711 [preauth]", "none");
    add("sudo with wrong passwords",
        "sudo:    alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/id",
        "failed sudo[0] alice password - x3");
    add("sudo, once", "sudo[77]:    alice : 1 incorrect password attempt ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id",
        "failed sudo[77] alice password - x1");
    add("not in sudoers", "sudo:   mallory : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
        "failed sudo[0] mallory - - x1");
    add("sudo that works", "sudo:    alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id", "none");
    add("a sudo command that looks like a failure",
        "sudo:    alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/echo x : user NOT in sudoers ; y", "none");
    add("su", "su[90]: (to root) alice on pts/0", "ok su[90] root - - x1");
    add("su that fails", "su[90]: FAILED SU (to root) alice on pts/0", "failed su[90] root - - x1");
    add("su of shadow", "su[90]: Successful su for root by alice", "ok su[90] root - - x1");
    add("su of shadow that fails", "su[90]: FAILED su for root by alice", "failed su[90] root - - x1");
    add("login", "login[91]: LOGIN ON tty1 BY alice", "ok login[91] alice - - x1");
    add("login of root", "login[91]: ROOT LOGIN ON tty1 FROM con.example", "ok login[91] root - con.example x1");
    add("login that fails", "login[91]: FAILED LOGIN (1) on '/dev/tty1' FOR 'root', Authentication failure",
        "failed login[91] root password - x1");
    add("login from afar that fails", "login[91]: FAILED LOGIN (2) on '/dev/pts/0' from 'h.example' FOR 'a', x",
        "failed login[91] a password h.example x1");
    add("login that does not end", "login[91]: FAILED LOGIN (1) FOR '", "none");
    add("PAM", "vsftpd: pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=x rhost=203.0.113.9  user=bob",
        "failed vsftpd[0] bob password 203.0.113.9 x1");
    add("PAM without a name", "vsftpd: pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=x rhost=",
        "failed vsftpd[0] - password - x1");
    add("PAM of something else", "cron[5]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)", "none");
    add("another program that quotes sshd", "web[5]: Accepted password for root from 1.2.3.4 port 22 ssh2", "none");
    add("a tag with spaces", "not sshd[5]: Accepted password for root from 1.2.3.4 port 22 ssh2", "none");
    add("a pid that is none", "sshd[x]: Accepted password for root from 1.2.3.4 port 22 ssh2", "ok sshd[0] root password 1.2.3.4 x1");
    add("repeats beyond belief", "sshd[1]: message repeated 4294967295 times: [ Failed password for r from 1.2.3.4 port 4711 ssh2]",
        "failed sshd[1] r password 1.2.3.4 x1000000");
    add("sudo's count times that of rsyslog", "sudo: message repeated 999999 times: [ a : 999999 incorrect password attempts ; x]",
        "failed sudo[0] a password - x1000000");
    add("0 times", "sshd[1]: message repeated 0 times: [ Failed password for r from 1.2.3.4 port 4711 ssh2]", "none");
    add("no message", "sshd[1]: ", "none");
    add("no colon", "sshd[1]", "none");
    QTest::newRow("time of RFC 3339") << QByteArray(
        "2026-03-03T10:11:12.123456+01:00 node1 sshd[12]: Accepted password for a from 10.0.0.7 port 5 ssh2")
                                      << "ok sshd[12] a password 10.0.0.7 x1";
    QTest::newRow("nothing") << QByteArray() << "none";
    QTest::newRow("spaces") << QByteArray("        ") << "none";
    QTest::newRow("one word") << QByteArray("Mar") << "none";
    QTest::newRow("NULs") << QByteArray(100, '\0') << "none";
    QTest::newRow("a long name is cut") << QByteArray("Mar 13 10:11:12 n sshd[1]: Invalid user " + QByteArray(5000, 'u')
                                                      + " from 1.2.3.4 port 1")
                                        << "failed sshd[1] " + QString(64, 'u') + " - 1.2.3.4 x1";
}

void tst_LogParse::login()
{
    QFETCH(QByteArray, line);
    QTEST(shown(parseLogin(line.toStdString())), "login");
}

QTEST_GUILESS_MAIN(tst_LogParse)
#include "tst_logparse.moc"
