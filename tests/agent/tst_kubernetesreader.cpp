// SPDX-License-Identifier: GPL-3.0-or-later
// What the kubelet's folder of pods and the cluster tell: changed volumes, certificates that end, evictions.
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest>

#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "agent/collect/readers/kubernetesreader.h"
#include "protocol/transport/certificate.h"
#include "tests/agent/fakeclock.h"
#include "tests/agent/recordsink.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;
using wire::HookState;
using wire::KubernetesFact;
using wire::KubernetesFactKind;

namespace {

const QString pod = QStringLiteral("0f8e7d6c-5b4a-4321-8765-0123456789ab");
const QByteArray token = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2ln";

class FakeCluster final : public ClusterPods {
public:
    bool isAsked() const noexcept override { return true; }
    std::uint64_t generation() const noexcept override { return 0; }
    std::shared_ptr<const PodFacts> find(std::string_view) const override { return nullptr; }
    std::vector<Eviction> evictionsAfter(std::uint64_t number) const override
    {
        std::vector<Eviction> some;
        std::copy_if(all.begin(), all.end(), std::back_inserter(some), [number](const Eviction &one) { return one.number > number; });
        return some;
    }
    wire::Hook hook() const override
    {
        wire::Hook hook;
        hook.name = "pods";
        hook.state = HookState::Denied;
        hook.reason = "no";
        return hook;
    }
    std::vector<Eviction> all;
};

QByteArray certificateUntil(std::int64_t notAfterNs, const std::string &name = "shop.example")
{
    const auto key = transport::generateKey();
    transport::CertificateSpec spec;
    spec.commonName = name;
    spec.uri = "spiffe://test.tapio/tapio/node/x";
    spec.notBeforeNs = notAfterNs - 3600 * nsPerSecond;
    spec.notAfterNs = notAfterNs;
    const auto made = transport::makeCertificate(spec, key->get(), {nullptr, key->get()});
    return QByteArray::fromStdString(*transport::toPem(made->get()));
}

QByteArray privateKey() { return QByteArray::fromStdString(*transport::toPem(transport::generateKey()->get())); }

using Files = QHash<QString, QByteArray>;

/// A folder as the kubelet makes it, and a reader that looks into it.
struct Bench {
    QTemporaryDir root{place()};
    FakeClock clock;
    std::shared_ptr<FakeCluster> cluster = std::make_shared<FakeCluster>();
    KubernetesOptions options;
    std::unique_ptr<KubernetesReader> reader;
    RecordSink sink;
    int contents = 0;

    /// In memory where that can be, as Secrets are: tens of thousands of files.
    static QString place()
    {
        const QString memory = QStringLiteral("/dev/shm");
        return (QFileInfo(memory).isWritable() ? memory : QDir::tempPath()) + "/tst_kubernetesreader-XXXXXX";
    }
    Bench()
    {
        options.kubelet = root.path().toStdString();
        QDir(root.path()).mkdir(QStringLiteral("pods"));
    }
    QString volume(const QString &source, const QString &name, const QString &uid = pod) const
    {
        return root.path() + "/pods/" + uid + "/volumes/kubernetes.io~" + source + '/' + name;
    }
    /// As AtomicWriter does: a new folder, and the link is put to it at once.
    void put(const QString &source, const QString &name, const Files &files, const QString &uid = pod)
    {
        const QString folder = volume(source, name, uid);
        const QString target = QStringLiteral("..2026_11_27_10_00_00.%1").arg(++contents);
        QVERIFY(QDir().mkpath(folder + '/' + target));
        for (auto file = files.begin(); file != files.end(); ++file)
            write(folder + '/' + target + '/' + file.key(), file.value());
        link(folder, target.toUtf8());
    }
    static void write(const QString &path, const QByteArray &content)
    {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
    }
    static void link(const QString &folder, const QByteArray &target)
    {
        const QByteArray fresh = folder.toUtf8() + "/..data_tmp", data = folder.toUtf8() + "/..data";
        QCOMPARE(::symlink(target.constData(), fresh.constData()), 0);
        QCOMPARE(::rename(fresh.constData(), data.constData()), 0);
    }
    /// A whole round.
    void look(std::chrono::nanoseconds after = 10s)
    {
        if (!reader)
            reader = std::make_unique<KubernetesReader>(options, cluster, clock);
        clock.advance(after);
        reader->read(sink);
    }
    std::vector<KubernetesFact> told() const
    {
        std::vector<KubernetesFact> all;
        for (const auto &boxed : sink.details<wire::Boxed<KubernetesFact>>())
            all.push_back(*boxed);
        return all;
    }
    wire::Hook hook(std::size_t index = 0) const { return reader->hooks().at(index); }
    std::int64_t inNs(std::chrono::nanoseconds time) const { return clock.utcNs() + time.count(); }
};

std::int64_t wholeSeconds(std::int64_t ns) { return ns / nsPerSecond * nsPerSecond; }

} // namespace

class TestKubernetesReader : public QObject {
    Q_OBJECT
private slots:
    void change_isToldOfEachKindOfVolume_data()
    {
        QTest::addColumn<QString>("source");
        for (const char *source : {"configmap", "secret", "projected"})
            QTest::newRow(source) << QString::fromLatin1(source);
    }
    void change_isToldOfEachKindOfVolume()
    {
        QFETCH(QString, source);
        Bench bench;
        bench.put(source, "settings", {{"app.conf", "a"}});
        bench.look();
        bench.look();
        QVERIFY(bench.told().empty()); // what was there is no news, and what stays neither
        bench.put(source, "settings", {{"app.conf", "b"}});
        bench.look();
        bench.look();
        QCOMPARE(bench.told().size(), std::size_t(1));
        KubernetesFact expected;
        expected.kind = KubernetesFactKind::VolumeChanged;
        expected.source = source.toStdString();
        expected.volume = "settings";
        QVERIFY(bench.told()[0] == expected); // and nothing of the content
        QCOMPARE(bench.sink.records[0].podUid, pod.toStdString());
        QCOMPARE(bench.sink.records[0].source, std::string_view("kubernetes"));
        QCOMPARE(bench.hook().state, HookState::Active);
        QCOMPARE(bench.hook().reason, std::string());
        QCOMPARE(bench.reader->counters().counters[Counter::Drained], std::uint64_t(1));
    }

    void change_hasTheTimeOfTheLink_butNotBeforeTheLastLook_data()
    {
        QTest::addColumn<int>("secondsAgo"); // as of the look that tells it, ten seconds after the one before
        QTest::addColumn<int>("told");
        QTest::newRow("between the two") << 3 << 3;
        QTest::newRow("a clock that was set back") << 4000 << 10;
        QTest::newRow("in the future") << -4000 << 0;
    }
    void change_hasTheTimeOfTheLink_butNotBeforeTheLastLook()
    {
        QFETCH(int, secondsAgo);
        QFETCH(int, told);
        Bench bench;
        bench.put("configmap", "settings", {{"a", "1"}});
        bench.look();
        bench.put("configmap", "settings", {{"a", "2"}});
        const timespec when{static_cast<time_t>(bench.clock.utcNs() / nsPerSecond + 10 - secondsAgo), 0};
        const timespec times[] = {when, when};
        QCOMPARE(
            ::utimensat(AT_FDCWD, (bench.volume("configmap", "settings") + "/..data").toUtf8().constData(), times, AT_SYMLINK_NOFOLLOW), 0);
        bench.look();
        QCOMPARE(bench.sink.records.size(), std::size_t(1));
        QCOMPARE(bench.sink.records[0].bootNs, std::uint64_t(bench.clock.bootNs() - told * nsPerSecond));
    }

    void renewedToken_isNoChange()
    {
        Bench bench;
        const auto renew = [&](const QByteArray &of, const QByteArray &authority) {
            bench.put("projected", "kube-api-access-x2x7q", {{"token", of}, {"ca.crt", authority}, {"namespace", "shop"}});
            bench.look();
        };
        renew(token, "A");
        renew(token + 'x', "A");
        renew(token + 'y', "A");
        QVERIFY(bench.told().empty());
        renew(token + 'z', "B");
        QCOMPARE(bench.told().size(), std::size_t(1));
        renew("no token any more", "B");
        QCOMPARE(bench.told().size(), std::size_t(2));
    }

    void newPods_areNoChange_andGoneOnesAreForgotten()
    {
        Bench bench;
        const QString other = QString(pod).replace('0', 'f');
        bench.put("secret", "tls", {{"a", "1"}});
        bench.look();
        bench.put("secret", "tls", {{"a", "1"}}, other);
        bench.look();
        QVERIFY(QDir(bench.root.path() + "/pods/" + other).removeRecursively());
        bench.look();
        bench.put("secret", "tls", {{"a", "2"}}, other);
        bench.look();
        QVERIFY(bench.told().empty());
        QCOMPARE(bench.hook().reason, std::string());
    }

    void contentThatIsGone_isForTheNextLook()
    {
        Bench bench;
        bench.put("projected", "all", {{"a", "1"}});
        bench.look();
        Bench::link(bench.volume("projected", "all"), "..gone"); // replaced once more while it was looked at
        bench.look();
        QVERIFY(bench.told().empty());
        bench.put("projected", "all", {{"a", "2"}});
        bench.look();
        QCOMPARE(bench.told().size(), std::size_t(1));
    }

    void certificate_isToldOnceADay()
    {
        Bench bench;
        bench.look();
        const std::int64_t notAfter = wholeSeconds(bench.inNs(80h));
        bench.put("secret", "tls", {{"tls.crt", certificateUntil(notAfter)}, {"tls.key", privateKey()}});
        bench.look();
        QVERIFY(bench.told().empty()); // more than three days
        bench.look(9h);
        QCOMPARE(bench.told().size(), std::size_t(1));
        const KubernetesFact first = bench.told()[0];
        QCOMPARE(first.kind, KubernetesFactKind::CertificateExpiry);
        QCOMPARE(first.source, std::string("secret"));
        QCOMPARE(first.volume, std::string("tls"));
        QCOMPARE(first.file, std::string("tls.crt"));
        QCOMPARE(first.subject, std::string("shop.example"));
        QCOMPARE(first.notAfterNs, notAfter);
        QCOMPARE(first.leftNs, notAfter - bench.clock.utcNs());
        for (int i = 0; i < 20; ++i)
            bench.look();
        QCOMPARE(bench.told().size(), std::size_t(1));
        std::vector<std::int64_t> days;
        for (int hours = 0; hours < 120; ++hours)
            bench.look(1h);
        for (const KubernetesFact &fact : bench.told())
            days.push_back(fact.leftNs < 0 ? -1 : fact.leftNs / (24 * 3600 * nsPerSecond));
        QCOMPARE(days, (std::vector<std::int64_t>{2, 1, 0, -1, -1, -1}));
        QVERIFY(bench.told().back().leftNs < -48 * 3600 * nsPerSecond);
    }

    void renewedCertificate_isNotTold_andTheSameIsNotToldAgain()
    {
        Bench bench;
        const QByteArray old = certificateUntil(bench.inNs(5h));
        bench.put("secret", "tls", {{"tls.crt", old}});
        bench.look();
        QCOMPARE(bench.told().size(), std::size_t(1));
        bench.put("secret", "tls", {{"tls.crt", old}, {"note", "x"}});
        bench.look();
        QCOMPARE(bench.told().size(), std::size_t(2));
        QCOMPARE(bench.told()[1].kind, KubernetesFactKind::VolumeChanged);
        bench.put("secret", "tls", {{"tls.crt", certificateUntil(bench.inNs(9000h))}});
        bench.look();
        QCOMPARE(bench.told().size(), std::size_t(3));
        QCOMPARE(bench.told()[2].kind, KubernetesFactKind::VolumeChanged);
        bench.look(100h);
        QCOMPARE(bench.told().size(), std::size_t(3));
    }

    void files_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<int>("told");
        QTest::addColumn<QString>("remark"); // of the hook of certificates
        FakeClock clock;
        const std::int64_t soon = clock.utcNs() + 3600 * nsPerSecond;
        const QByteArray good = certificateUntil(soon);
        const QString unread = "1 files were not read, since they are too large or too many";
        const QString none = "1 files hold something that calls itself a certificate and is none";
        QTest::newRow("a certificate") << "tls.crt" << good << 1 << "";
        QTest::newRow("of another name") << "server.pem" << good << 1 << "";
        QTest::newRow("called otherwise") << "readme.txt" << good << 0 << "";
        QTest::newRow("a newline in its name") << "a\nb.crt" << good << 1 << "";
        QTest::newRow("behind a key") << "all.pem" << privateKey() + good << 1 << "";
        QTest::newRow("a key alone") << "key.pem" << privateKey() << 0 << "";
        QTest::newRow("before one that lasts") << "chain.pem" << certificateUntil(soon * 2) + good << 1 << "";
        QTest::newRow("lasts until 9999") << "far.pem" << certificateUntil(INT64_MAX / 2) << 0 << "";
        QTest::newRow("a list of authorities") << "ca-bundle.crt" << good.repeated(9) << 0 << "";
        QTest::newRow("empty") << "tls.crt" << QByteArray() << 0 << "";
        QTest::newRow("garbage") << "tls.crt" << QByteArray(1000, '\xFF') << 0 << "";
        QTest::newRow("garbage in a block") << "tls.crt" << QByteArray("-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n")
                                            << 0 << none;
        QTest::newRow("a block without an end") << "tls.crt" << good.left(good.size() / 2) << 0 << "";
        QTest::newRow("as large as may be") << "tls.crt" << good + QByteArray((64 << 10) - good.size(), '\n') << 1 << "";
        QTest::newRow("too large") << "tls.crt" << good + QByteArray((64 << 10) - good.size() + 1, '\n') << 0 << unread;
    }
    void files()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, content);
        QFETCH(int, told);
        QFETCH(QString, remark);
        Bench bench;
        bench.put("secret", "tls", {{name, content}});
        bench.look();
        QCOMPARE(static_cast<int>(bench.told().size()), told);
        for (const KubernetesFact &fact : bench.told())
            QVERIFY(fact.file.find('\n') == std::string::npos);
        QCOMPARE(QString::fromStdString(bench.hook(1).reason), remark);
        bench.look();
        QCOMPARE(QString::fromStdString(bench.hook(1).reason), remark); // it stays as long as it is so
    }

    void nameThatIsNoText_isMadeOne()
    {
        Bench bench;
        bench.put("secret", "tls", {});
        const QByteArray content = bench.volume("secret", "tls").toUtf8() + "/..2026_11_27_10_00_00.1/";
        const int fd = ::open((content + "\xFF\xFE.crt").constData(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        QVERIFY(fd >= 0);
        const QByteArray pem = certificateUntil(bench.inNs(1h));
        QCOMPARE(::write(fd, pem.constData(), static_cast<std::size_t>(pem.size())), pem.size());
        ::close(fd);
        bench.look();
        QCOMPARE(bench.told().size(), std::size_t(1));
        QCOMPARE(bench.told()[0].file, std::string("\xEF\xBF\xBD\xEF\xBF\xBD.crt"));
        QCOMPARE(::unlink((content + "\xFF\xFE.crt").constData()), 0); // Qt cannot
    }

    void hostile_data()
    {
        QTest::addColumn<QByteArray>("target"); // of "..data"
        QTest::newRow("itself") << QByteArray("..data");
        QTest::newRow("out of it") << QByteArray("../../../../../outside");
        QTest::newRow("the folder above") << QByteArray("..");
        QTest::newRow("from the root") << QByteArray("/etc");
        QTest::newRow("a folder of another name") << QByteArray("plain");
        QTest::newRow("a link to outside") << QByteArray("..link");
        QTest::newRow("a long name") << QByteArray(3000, '.');
    }
    void hostile()
    {
        QFETCH(QByteArray, target);
        Bench bench;
        const QByteArray pem = certificateUntil(bench.inNs(1h));
        const QString folder = bench.volume("secret", "tls");
        for (const QString &place : {bench.root.path() + "/outside", folder + "/plain"}) {
            QVERIFY(QDir().mkpath(place));
            Bench::write(place + "/tls.crt", pem);
        }
        QCOMPARE(::symlink(qPrintable(bench.root.path() + "/outside"), qPrintable(folder + "/..link")), 0);
        Bench::link(folder, target);
        bench.look();
        Bench::link(folder, target + "");
        bench.look();
        QVERIFY(bench.told().empty());
    }

    void linksInsteadOfFolders_areNotFollowed_data()
    {
        QTest::addColumn<QString>("at"); // below pods
        QTest::newRow("a pod") << pod;
        QTest::newRow("volumes") << pod + "/volumes";
        QTest::newRow("a kind") << pod + "/volumes/kubernetes.io~secret";
        QTest::newRow("a volume") << pod + "/volumes/kubernetes.io~secret/tls";
        QTest::newRow("a certificate") << pod + "/volumes/kubernetes.io~secret/tls/..2026_11_27_10_00_00.1/tls.crt";
    }
    void linksInsteadOfFolders_areNotFollowed()
    {
        QFETCH(QString, at);
        Bench bench;
        bench.put("secret", "tls", {{"tls.crt", certificateUntil(bench.inNs(1h))}});
        const QString place = bench.root.path() + "/pods/" + at, moved = bench.root.path() + "/moved";
        QCOMPARE(::rename(qPrintable(place), qPrintable(moved)), 0);
        QCOMPARE(::symlink(qPrintable(moved), qPrintable(place)), 0);
        bench.look();
        QVERIFY(bench.told().empty());
    }

    void oddNames_areLeftOut()
    {
        Bench bench;
        bench.put("secret", "a\nb", {{"tls.crt", certificateUntil(bench.inNs(1h))}});
        bench.put("secret", "tls", {{"tls.crt", certificateUntil(bench.inNs(1h))}}, "no-uid");
        QVERIFY(QDir().mkpath(bench.volume("nfs", "share")));
        Bench::write(bench.volume("secret", "file"), "x");
        QVERIFY(QDir().mkpath(bench.volume("secret", "data-is-a-folder") + "/..data"));
        QVERIFY(QDir().mkpath(bench.volume("secret", "not-yet")));
        bench.look();
        QVERIFY(bench.told().empty());
        QCOMPARE(bench.hook().reason, std::string("3 are not as the kubelet makes them"));
    }

    void many_areBounded()
    {
        Bench bench;
        bench.options.mostPods = 110;
        for (int i = 0; i < 120; ++i) {
            const QString uid = QStringLiteral("%1-5b4a-4321-8765-0123456789ab").arg(i, 8, 16, QLatin1Char('0'));
            for (int j = 0; j < 84; ++j) { // 10 080 in all
                const QString folder = bench.volume("configmap", QString::number(j), uid);
                QVERIFY(QDir().mkpath(folder));
                QCOMPARE(::symlink("..x", qPrintable(folder + "/..data")), 0);
            }
        }
        bench.look();
        QCOMPARE(bench.hook().reason, std::string("not looked at yet")); // 32 pods a turn
        for (int i = 0; i < 3; ++i)
            bench.look(1s);
        QCOMPARE(bench.hook().state, HookState::Active);
        QCOMPARE(bench.hook().reason, "not all pods are watched, since there are more than 110, " + std::to_string(110 * 84 - 4096)
                                          + " volumes are not watched, since there are too many");
        QVERIFY(bench.told().empty());
    }

    void muchThatIsNew_isSpreadOverTurns()
    {
        Bench bench;
        bench.options.contentsPerTurn = 2;
        const QByteArray pem = certificateUntil(bench.inNs(1h));
        for (int i = 0; i < 6; ++i)
            bench.put("secret", "tls", {{"tls.crt", pem}}, QStringLiteral("0000000%1-5b4a-4321-8765-0123456789ab").arg(i));
        for (std::size_t turn = 1; turn <= 3; ++turn) {
            bench.look(1s);
            QCOMPARE(bench.told().size(), 2 * turn);
        }
        QCOMPARE(bench.hook().state, HookState::Active);
    }

    void flood_isThinnedAndCounted()
    {
        Bench bench;
        bench.options.burst = 3;
        bench.options.perSecond = 1;
        const QByteArray pem = certificateUntil(bench.inNs(1h));
        for (int i = 0; i < 5; ++i)
            bench.put("secret", QString::number(i), {{"tls.crt", pem}});
        bench.look();
        QCOMPARE(bench.told().size(), std::size_t(3));
        QCOMPARE(bench.reader->counters().counters[Counter::Shed], std::uint64_t(2));
        bench.look();
        QCOMPARE(bench.told().size(), std::size_t(5)); // what was shed is told when there is room
    }

    void states()
    {
        Bench bench;
        bench.options.certificates = false;
        bench.put("secret", "tls", {{"tls.crt", certificateUntil(bench.inNs(1h))}});
        bench.look();
        QVERIFY(bench.told().empty());
        QCOMPARE(bench.hook(1).state, HookState::Disabled);
        QCOMPARE(bench.hook(2).state, HookState::Denied); // as the cluster's
        QCOMPARE(bench.hook(2).reason, std::string("no"));

        Bench nowhere;
        nowhere.cluster = nullptr;
        nowhere.options.kubelet = "/nowhere/kubelet";
        nowhere.look();
        QCOMPARE(nowhere.hook(0).state, HookState::Unsupported);
        QCOMPARE(nowhere.hook(0).reason, std::string("no kubelet has its folder here: there is no /nowhere/kubelet/pods"));
        QCOMPARE(nowhere.hook(1).state, HookState::Unsupported);
        QCOMPARE(nowhere.hook(2).state, HookState::Unsupported);
    }

    void deniedFolder_isSaid()
    {
        if (::geteuid() == 0)
            QSKIP("root may read everything");
        Bench bench;
        QCOMPARE(::chmod(qPrintable(bench.root.path() + "/pods"), 0), 0);
        bench.look();
        QCOMPARE(bench.hook().state, HookState::Denied);
        QCOMPARE(::chmod(qPrintable(bench.root.path() + "/pods"), 0700), 0);
    }

    void eviction_isToldOnce_andForgottenOnesAreLost()
    {
        Bench bench;
        const std::string message = "The node was low on resource: memory.";
        bench.cluster->all = {{1, pod.toStdString(), {"memory", message}, 77}};
        bench.look();
        bench.look();
        QCOMPARE(bench.told().size(), std::size_t(1));
        KubernetesFact expected;
        expected.kind = KubernetesFactKind::PodEvicted;
        expected.resource = "memory";
        expected.message = message;
        QVERIFY(bench.told()[0] == expected);
        QCOMPARE(bench.sink.records[0].podUid, pod.toStdString());
        QCOMPARE(bench.sink.records[0].bootNs, std::uint64_t(77));
        bench.cluster->all = {{5, pod.toStdString(), {"", ""}, 78}};
        bench.look();
        QCOMPARE(bench.told().size(), std::size_t(2));
        const CounterSet counters = bench.reader->counters().counters;
        QCOMPARE(counters[Counter::Lost], std::uint64_t(3));
        QCOMPARE(counters[Counter::Seen], counters[Counter::Drained] + counters[Counter::Lost]);
    }
};

QTEST_GUILESS_MAIN(TestKubernetesReader)
#include "tst_kubernetesreader.moc"
