// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <QProcess>
#include <QTemporaryDir>

#include <filesystem>
#include <set>
#include <thread>

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/transport/pki.h"
#include "tests/support/fakeclock.h"

using namespace tapio;
using namespace tapio::transport;
namespace fs = std::filesystem;
using std::chrono::hours;

namespace {

unsigned modeOf(const fs::path &path)
{
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777u : 0;
}

/// Standard output and error of openssl, a judge that is not us.
QString openssl(const QStringList &arguments)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start("openssl", arguments);
    process.waitForFinished();
    return QString::fromUtf8(process.readAll());
}

QString verify(const TlsFiles &files, const QString &purpose)
{
    return openssl({"verify", "-x509_strict", "-crl_check", "-purpose", purpose, "-CAfile", files.ca.c_str(), "-CRLfile", files.crl.c_str(),
                    files.certificate.c_str()});
}

QString describe(const fs::path &certificate) { return openssl({"x509", "-noout", "-text", "-in", certificate.c_str()}); }

} // namespace

class TestCertificateAuthority : public QObject {
    Q_OBJECT
private:
    std::unique_ptr<QTemporaryDir> m_dir;
    SystemClock m_clock;

    fs::path folder() const { return (m_dir->path() + "/config/pki").toStdString(); }
    CertificateAuthority make(const Clock &clock)
    {
        auto authority = CertificateAuthority::init(folder(), "test.tapio", hours(24 * 3650), clock);
        if (!authority)
            qFatal("%s", authority.error().message().c_str());
        return std::move(*authority);
    }
    void write(const fs::path &path, const QByteArray &content)
    {
        QFile file(QString::fromStdString(path.string()));
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(content);
    }

private slots:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void init_thatIsCutShortCanBeDoneAgain_data()
    {
        QTest::addColumn<QString>("atFile");
        for (const char *file : {"ca.key", "ca.crt", "crl.pem", "index.json"})
            QTest::newRow(file) << file;
    }
    void init_thatIsCutShortCanBeDoneAgain()
    {
        QFETCH(QString, atFile);
        const fs::path inTheWay = folder() / atFile.toStdString();
        QVERIFY(fs::create_directories(inTheWay / "x")); // no file can take its place
        QVERIFY(!CertificateAuthority::init(folder(), "test.tapio", hours(24 * 3650), m_clock));
        fs::remove_all(inTheWay);
        auto authority = make(m_clock);
        const auto issued = authority.issue({Role::Node, "web-1", hours(24), 0}, m_clock);
        QVERIFY2(issued, issued ? "" : issued.error().message().c_str());
    }

    void init_makesAPrivateFolder()
    {
        const auto authority = make(m_clock);
        QCOMPARE(authority.trustDomain(), std::string("test.tapio"));
        QCOMPARE(modeOf(folder()), 0700u);
        QCOMPARE(modeOf(folder() / "issued"), 0700u);
        QCOMPARE(modeOf(folder() / "ca.key"), 0600u);
        QCOMPARE(modeOf(folder() / "index.json"), 0600u);
        const QString text = describe(folder() / "ca.crt");
        QVERIFY2(text.contains("CA:TRUE, pathlen:0") && text.contains("Certificate Sign, CRL Sign") && text.contains("prime256v1")
                     && text.contains("ecdsa-with-SHA256") && text.contains("URI:spiffe://test.tapio\n"),
                 qPrintable(text));
        const auto again = CertificateAuthority::init(folder(), "other.tapio", hours(1), m_clock);
        QVERIFY(!again);
        QCOMPARE(again.error().code(), Errc::AlreadyExists);
        QVERIFY(CertificateAuthority::open(folder()));
    }

    void init_namesWhatIsWrong_data()
    {
        QTest::addColumn<QString>("domain");
        QTest::addColumn<int>("validity");
        QTest::newRow("no trust domain") << "" << 1;
        QTest::newRow("capitals in the trust domain") << "Example.org" << 1;
        QTest::newRow("a URI as trust domain") << "spiffe://example.org" << 1;
        QTest::newRow("no validity") << "example.org" << 0;
    }
    void init_namesWhatIsWrong()
    {
        QFETCH(QString, domain);
        QFETCH(int, validity);
        const auto authority = CertificateAuthority::init(folder(), domain.toStdString(), hours(validity), m_clock);
        QVERIFY(!authority);
        QCOMPARE(authority.error().code(), Errc::InvalidArgument);
        QVERIFY(!fs::exists(folder()));
    }

    void issue_makesWhatTheRoleNeeds_data()
    {
        QTest::addColumn<Role>("role");
        QTest::addColumn<QString>("right");
        QTest::addColumn<QString>("wrong");
        QTest::newRow("a node") << Role::Node << "sslclient"
                                << "sslserver";
        QTest::newRow("a console") << Role::Console << "sslclient"
                                   << "sslserver";
        QTest::newRow("a server") << Role::Server << "sslserver"
                                  << "sslclient";
    }
    void issue_makesWhatTheRoleNeeds()
    {
        QFETCH(Role, role);
        QFETCH(QString, right);
        QFETCH(QString, wrong);
        auto authority = make(m_clock);
        const auto issued = authority.issue({role, "worker-1.eu", hours(48), 0}, m_clock);
        QVERIFY(issued);
        QVERIFY2(verify(issued->files, right).endsWith(": OK\n"), qPrintable(verify(issued->files, right)));
        QVERIFY(!verify(issued->files, wrong).endsWith(": OK\n"));
        QVERIFY(describe(issued->files.certificate).contains(QString::fromStdString("URI:" + issued->identity.uri() + '\n')));
        QCOMPARE(modeOf(issued->files.key), 0600u);
        QCOMPARE(modeOf(issued->files.key.parent_path()), 0700u);
        const auto inspected = inspectCertificate(issued->files, m_clock);
        QVERIFY(inspected);
        QCOMPARE(inspected->identity, issued->identity);
        QCOMPARE(inspected->state, CertificateState::Valid);
        QCOMPARE(inspected->notAfterNs, issued->notAfterNs);
        QVERIFY(qAbs(issued->notAfterNs - m_clock.utcNs() - 48 * 3600 * nsPerSecond) < 60 * nsPerSecond);
        QVERIFY(issued->notBeforeNs < m_clock.utcNs() - 240 * nsPerSecond); // clocks differ
    }

    void issue_refuses_data()
    {
        QTest::addColumn<Role>("role");
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("validity");
        QTest::addColumn<Errc>("code");
        QTest::newRow("no role") << Role::Unknown << "n" << 1 << Errc::InvalidArgument;
        QTest::newRow("no name") << Role::Node << "" << 1 << Errc::InvalidArgument;
        QTest::newRow("a name that leads out of the folder") << Role::Node << "../../etc" << 1 << Errc::InvalidArgument;
        QTest::newRow("capitals") << Role::Node << "Worker" << 1 << Errc::InvalidArgument;
        QTest::newRow("a name of 254 characters") << Role::Node << QString(254, 'n') << 1 << Errc::InvalidArgument;
        QTest::newRow("no validity") << Role::Node << "n" << 0 << Errc::InvalidArgument;
        QTest::newRow("a second one of the same name") << Role::Node << "taken" << 1 << Errc::AlreadyExists;
    }
    void issue_refuses()
    {
        QFETCH(Role, role);
        QFETCH(QString, name);
        QFETCH(int, validity);
        QFETCH(Errc, code);
        auto authority = make(m_clock);
        QVERIFY(authority.issue({Role::Node, "taken", std::chrono::hours(1), 0}, m_clock));
        QVERIFY(authority.issue({Role::Console, "taken", std::chrono::hours(1), 0}, m_clock)); // another role is another name
        const auto issued = authority.issue({role, name.toStdString(), hours(validity), 0}, m_clock);
        QVERIFY(!issued);
        QCOMPARE(issued.error().code(), code);
        QCOMPARE(authority.list(m_clock)->size(), 2u);
    }

    void issue_neverOutlivesTheAuthority()
    {
        auto authority = make(m_clock);
        const auto issued = authority.issue({Role::Node, "n", hours(24 * 10'000), 0}, m_clock);
        QVERIFY(issued);
        QVERIFY(issued->notAfterNs <= m_clock.utcNs() + 3650 * 24 * 3600 * nsPerSecond);
    }

    void renew_replacesAndRevokesTheOldOne()
    {
        auto authority = make(m_clock);
        const auto first = authority.issue({Role::Node, "n", hours(1), 0}, m_clock);
        QVERIFY(first);
        const std::string oldCopy = (m_dir->path() + "/old.pem").toStdString();
        fs::copy_file(first->files.certificate, oldCopy);
        const auto second = authority.renew(Role::Node, "n", hours(1), false, m_clock);
        QVERIFY(second);
        QCOMPARE(second->files.certificate, first->files.certificate);
        QVERIFY(second->identity.serial != first->identity.serial);
        QVERIFY(verify(second->files, "sslclient").endsWith(": OK\n"));
        TlsFiles old = second->files;
        old.certificate = oldCopy;
        QVERIFY(verify(old, "sslclient").contains("certificate revoked"));
        QCOMPARE(inspectCertificate(old, m_clock)->state, CertificateState::Revoked);

        fs::copy_file(second->files.certificate, oldCopy, fs::copy_options::overwrite_existing);
        QVERIFY(authority.renew(Role::Node, "n", hours(1), true, m_clock));
        QVERIFY(verify(old, "sslclient").endsWith(": OK\n")); // kept
        const auto all = authority.list(m_clock);
        QCOMPARE(all->size(), 3u);
        QVERIFY(all->at(0).files.certificate.empty() && !all->at(2).files.certificate.empty());
        QCOMPARE(authority.renew(Role::Node, "stranger", hours(1), false, m_clock).error().code(), Errc::NotFound);
    }

    void revoke_reachesTheListsBesideAllCertificates()
    {
        auto authority = make(m_clock);
        const auto bad = authority.issue({Role::Node, "bad", hours(1), 0}, m_clock);
        const auto server = authority.issue({Role::Server, "s", hours(1), 0}, m_clock);
        QVERIFY(bad && server);
        QVERIFY(authority.revoke(bad->identity.serial, m_clock));
        TlsFiles seenByServer = bad->files;
        seenByServer.crl = server->files.crl;
        QVERIFY(verify(seenByServer, "sslclient").contains("certificate revoked"));
        QVERIFY(authority.revoke(bad->identity.serial, m_clock));            // again: nothing to do
        QVERIFY(authority.issue({Role::Node, "bad", hours(1), 0}, m_clock)); // the name is free again
        QCOMPARE(authority.revoke("00ff", m_clock).error().code(), Errc::NotFound);
        QVERIFY(openssl({"crl", "-noout", "-text", "-in", server->files.crl.c_str()}).contains("X509v3 CRL Number"));
    }

    void list_tellsStatesByTheClock()
    {
        test::FakeClock clock;
        auto authority = make(clock);
        const std::int64_t laterNs = clock.utcNs() + 10 * 3600 * nsPerSecond;
        QVERIFY(authority.issue({Role::Node, "short", hours(1), 0}, clock));
        QVERIFY(authority.issue({Role::Node, "later", hours(1), laterNs}, clock));
        const auto gone = authority.issue({Role::Node, "gone", hours(1), 0}, clock);
        QVERIFY(authority.revoke(gone->identity.serial, clock));
        const auto states = [&] {
            std::vector<CertificateState> found;
            const auto all = authority.list(clock);
            for (const auto &each : *all)
                found.push_back(each.state);
            return found;
        };
        using enum CertificateState;
        QCOMPARE(states(), (std::vector{Valid, NotYetValid, Revoked}));
        clock.advance(2 * 3600 * nsPerSecond);
        QCOMPARE(states(), (std::vector{Expired, NotYetValid, Revoked}));
        QVERIFY(authority.issue({Role::Node, "short", hours(1), 0}, clock)); // an expired one does not hold its name
        clock.advance(510 * 60 * nsPerSecond);
        QCOMPARE(states(), (std::vector{Expired, Valid, Revoked, Expired}));
    }

    void manyAtOnce_areSerialisedByTheLock()
    {
        make(m_clock);
        std::atomic<int> sameName{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([this, i, &sameName] {
                auto authority = CertificateAuthority::open(folder());
                for (int j = 0; authority && j < 5; ++j)
                    static_cast<void>(authority->issue({Role::Node, "n" + std::to_string(i * 10 + j), hours(1), 0}, m_clock));
                sameName += authority && authority->issue({Role::Node, "same", hours(1), 0}, m_clock) ? 1 : 0;
            });
        }
        for (auto &thread : threads)
            thread.join();
        QCOMPARE(sameName.load(), 1);
        std::set<std::string> serials;
        const auto all = CertificateAuthority::open(folder())->list(m_clock);
        for (const auto &each : *all)
            serials.insert(each.identity.serial);
        QCOMPARE(serials.size(), 21u);
    }

    void open_namesWhatIsWrong_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<Errc>("code");
        QTest::newRow("an index cut short") << "index.json" << QByteArray("{\"version\": 1, ") << Errc::Corrupt;
        QTest::newRow("an index that is a list") << "index.json" << QByteArray("[1, 2]") << Errc::Corrupt;
        QTest::newRow("an index nested a thousand deep") << "index.json" << QByteArray(100'000, '[') << Errc::Corrupt;
        QTest::newRow("an index with wrong types")
            << "index.json" << QByteArray(R"({"version":1,"trustDomain":5,"crlNumber":0,"certificates":[]})") << Errc::Corrupt;
        QTest::newRow("an index whose names lead out of the folder")
            << "index.json"
            << QByteArray(
                   R"({"version":1,"trustDomain":"a","crlNumber":0,"certificates":[{"serial":"1","role":"node","name":"../x","notBeforeNs":0,"notAfterNs":1,"revokedNs":0}]})")
            << Errc::Corrupt;
        QTest::newRow("an index of a later version")
            << "index.json" << QByteArray(R"({"version":2,"trustDomain":"a","crlNumber":0,"certificates":[]})") << Errc::VersionMismatch;
        QTest::newRow("an index of two megabytes") << "index.json" << QByteArray(2 << 20, ' ') << Errc::Malformed;
        QTest::newRow("a key that is none") << "ca.key" << QByteArray("hello") << Errc::Corrupt;
        QTest::newRow("a certificate that is none") << "ca.crt" << QByteArray() << Errc::Corrupt;
    }
    void open_namesWhatIsWrong()
    {
        QFETCH(QString, file);
        QFETCH(QByteArray, content);
        make(m_clock);
        write(folder() / file.toStdString(), content);
        const auto authority = CertificateAuthority::open(folder());
        QVERIFY(!authority);
        QTEST(authority.error().code(), "code");
        QVERIFY2(authority.error().context().find(folder().string()) != std::string::npos, authority.error().context().c_str());
    }

    void open_refusesAKeyThatOthersMayRead()
    {
        make(m_clock);
        fs::permissions(folder() / "ca.key", fs::perms(0644));
        const auto authority = CertificateAuthority::open(folder());
        QVERIFY(!authority);
        QCOMPARE(authority.error().code(), Errc::PermissionDenied);
        QVERIFY(authority.error().context().find("chmod 600") != std::string::npos);
    }

    /// To make another one in its place would lock everybody out.
    void open_thatIsNotPermittedIsNotAbsent()
    {
        make(m_clock);
        const bool isRoot = ::geteuid() == 0;
        QCOMPARE(::chmod(folder().c_str(), isRoot ? 0700 : 0), 0);
        if (isRoot)
            QCOMPARE(::seteuid(65534), 0);
        const auto authority = CertificateAuthority::open(folder());
        if (isRoot)
            QCOMPARE(::seteuid(0), 0);
        QCOMPARE(::chmod(folder().c_str(), 0700), 0);
        QCOMPARE(authority.error().code(), Errc::PermissionDenied);
        QVERIFY(authority.error().context().find(folder().string()) != std::string::npos);
    }

    void open_needsAnAuthority() { QCOMPARE(CertificateAuthority::open(folder()).error().code(), Errc::NotFound); }

    void aFullOrReadOnlyDisk_isNamed_data()
    {
        QTest::addColumn<QString>("options");
        QTest::addColumn<bool>("readOnly");
        QTest::addColumn<Errc>("code");
        QTest::newRow("a read-only file system") << "size=1m" << true << Errc::ReadOnly;
        QTest::newRow("a full disk") << "size=8k" << false << Errc::NoSpace;
    }
    /// On a mount of its own, in a mount namespace that only this thread sees and that goes with it.
    void aFullOrReadOnlyDisk_isNamed()
    {
        QFETCH(QString, options);
        QFETCH(bool, readOnly);
        bool mounted = false;
        Result<CertificateAuthority> authority = fail(Errc::Internal, "not tried");
        std::thread([&] {
            const std::string path = m_dir->path().toStdString();
            mounted = ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
                      && ::mount("tmpfs", path.c_str(), "tmpfs", readOnly ? static_cast<unsigned long>(MS_RDONLY) : 0ul,
                                 options.toUtf8().constData())
                             == 0;
            if (mounted)
                authority = CertificateAuthority::init(path + "/pki", "test.tapio", hours(1), m_clock);
        }).join();
        if (!mounted)
            QSKIP("a mount namespace needs CAP_SYS_ADMIN");
        QVERIFY(!authority);
        QTEST(authority.error().code(), "code");
        QVERIFY2(authority.error().context().find(m_dir->path().toStdString()) != std::string::npos, authority.error().context().c_str());
    }

    void inspect_refuses_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<Errc>("code");
        QTest::newRow("a missing file") << "nowhere.pem" << Errc::NotFound;
        QTest::newRow("a file that is no certificate") << "index.json" << Errc::Malformed;
        QTest::newRow("a certificate without our identity") << "ca.crt" << Errc::Malformed;
    }
    void inspect_refuses()
    {
        QFETCH(QString, file);
        make(m_clock);
        TlsFiles files;
        files.certificate = folder() / file.toStdString();
        const auto found = inspectCertificate(files, m_clock);
        QVERIFY(!found);
        QTEST(found.error().code(), "code");
    }
};

QTEST_GUILESS_MAIN(TestCertificateAuthority)
#include "tst_certificateauthority.moc"
