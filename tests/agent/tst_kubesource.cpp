// SPDX-License-Identifier: GPL-3.0-or-later
// The source of pods against a server over real TLS that does whatever servers and networks do.
#include <QtTest>

#include <spdlog/sinks/ostream_sink.h>

#include <fstream>
#include <sstream>

#include "agent/kube/kubesource.h"
#include "tests/agent/fakekube.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using std::chrono::milliseconds;

namespace {

using Reply = FakeKube::Reply;
using Request = FakeKube::Request;

const QByteArray podUid = FakePod().uid;

Reply cut(const QByteArray &body, int bytes) { return {200, body, {}, false, bytes, false, {}}; }
Reply silent() { return {200, {}, {}, false, -1, true, {}}; }
Reply raw(const QByteArray &bytes) { return {200, {}, {}, false, -1, false, bytes}; }

/// A source, the server that it asks, and a token between them.
struct Bench {
    const KubePki &pki;
    FakeKube server;
    QTemporaryDir folder;
    SystemClock clock;
    std::ostringstream logged;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(logged)};
    KubeEndpoint endpoint;
    KubePace pace{milliseconds(1), milliseconds(20), milliseconds(1), milliseconds(20)};
    KubeLimits limits;
    std::shared_ptr<KubeSource> source;

    explicit Bench(const KubePki &certificates, const QString &clientAuthority = {})
        : pki(certificates), server(certificates, clientAuthority)
    {
        endpoint.target.host = "127.0.0.1";
        endpoint.target.port = server.port();
        endpoint.target.ca = pki.certificate().toStdString();
        endpoint.tokenFile = folder.filePath("token").toStdString();
        endpoint.node = "node-1";
        setToken("first");
        server.answer = [](const Request &request) {
            return request.isWatch() ? FakeKube::open() : FakeKube::whole(podList({FakePod()}, "10"));
        };
    }
    void setToken(const QByteArray &token) const
    {
        std::ofstream(folder.filePath("token.new").toStdString()) << token.toStdString() << '\n';
        std::filesystem::rename(folder.filePath("token.new").toStdString(), folder.filePath("token").toStdString());
    }
    void start() { source = KubeSource::start({endpoint, wire::HookState::Unknown, {}}, clock, log, pace, limits); }
    wire::HookState state() const { return source->hook().state; }
    QString reason() const { return QString::fromStdString(source->hook().reason); }
    bool knows(const QByteArray &uid = podUid) const { return source->find(uid.toStdString()) != nullptr; }
    QList<QByteArray> targets(bool watches) const
    {
        QList<QByteArray> all;
        for (const Request &request : server.requests) {
            if (request.isWatch() == watches)
                all << request.target;
        }
        return all;
    }
};

} // namespace

class TestKubeSource : public QObject {
    Q_OBJECT

    KubePki m_pki;

private slots:
    void initTestCase()
    {
        if (!m_pki.made())
            QSKIP("the openssl program made no certificate");
    }

    void pods_areListedAndThenWatched()
    {
        Bench bench(m_pki);
        bench.start();
        QTRY_COMPARE(bench.server.openWatches(), 1);
        QVERIFY(bench.knows());
        QCOMPARE(bench.source->find(podUid.toStdString())->workloadName, std::string("web"));
        QCOMPARE(bench.state(), wire::HookState::Active);
        QCOMPARE(bench.source->hook().attachKind, std::string("apiserver"));
        const Request list = bench.server.requests[0], watch = bench.server.requests[1];
        QVERIFY(list.target.startsWith("/api/v1/pods?"));
        QCOMPARE(list.parameter("fieldSelector"), QByteArray("spec.nodeName%3Dnode-1"));
        QCOMPARE(list.parameter("limit"), QByteArray("100"));
        QCOMPARE(list.parameter("resourceVersion"), QByteArray("0"));
        QCOMPARE(list.bearer, QByteArray("first"));
        QCOMPARE(watch.parameter("resourceVersion"), QByteArray("10"));
        QCOMPARE(watch.parameter("allowWatchBookmarks"), QByteArray("true"));
        QCOMPARE(watch.parameter("fieldSelector"), list.parameter("fieldSelector"));
        const int seconds = watch.parameter("timeoutSeconds").toInt();
        QVERIFY(seconds >= 300 && seconds <= 600);
        QCOMPARE(bench.server.connections, 1); // used again
    }

    void watch_keepsUpWithPods()
    {
        Bench bench(m_pki);
        bench.server.answer = [](const Request &request) {
            return request.isWatch() ? FakeKube::open() : FakeKube::whole(podList({}, "10"));
        };
        bench.start();
        QTRY_COMPARE(bench.server.openWatches(), 1);
        QVERIFY(!bench.knows());
        const std::uint64_t before = bench.source->generation();
        FakePod pod;
        bench.server.tell(watchLine("ADDED", pod));
        QTRY_VERIFY(bench.knows());
        QVERIFY(bench.source->generation() != before);
        const std::uint64_t added = bench.source->generation();
        pod.version = "101";
        bench.server.tell(watchLine("MODIFIED", pod)); // of which nothing is kept that is new
        QTRY_COMPARE(bench.source->figures().events, 2u);
        QCOMPARE(bench.source->generation(), added);
        pod.containerId = QByteArray(64, 'd');
        bench.server.tell(watchLine("MODIFIED", pod));
        QTRY_VERIFY(bench.source->generation() != added);
        const auto facts = bench.source->find(podUid.toStdString());
        QCOMPARE(facts->containers.size(), std::size_t(3)); // the new one, and the earlier ones are still this pod's
        bench.server.tell(bookmark("200"));
        bench.server.tell(watchLine("DELETED", pod));
        QTRY_COMPARE(bench.source->figures().podsGone, 1u);
        QCOMPARE(bench.source->figures().pods, 0u);
        QCOMPARE(bench.source->figures().bookmarks, 1u);
        QVERIFY(bench.knows()); // events of it may still be told
    }

    void watch_goesOnWhereItWas()
    {
        Bench bench(m_pki);
        bench.start();
        QTRY_COMPARE(bench.server.openWatches(), 1);
        bench.server.tell(bookmark("5000"));
        QTRY_COMPARE(bench.source->figures().bookmarks, 1u);
        bench.server.endWatches();
        QTRY_COMPARE(bench.targets(true).size(), 2);
        QCOMPARE(bench.server.requests.last().parameter("resourceVersion"), QByteArray("5000"));
        QCOMPARE(bench.targets(false).size(), 1);
        QCOMPARE(bench.state(), wire::HookState::Active);
    }

    void watch_cutAtAnyByteLosesNothing()
    {
        Bench bench(m_pki);
        FakePod pod;
        const QByteArray line = watchLine("ADDED", pod);
        int at = 0;
        bench.server.answer = [&](const Request &request) {
            if (!request.isWatch())
                return FakeKube::whole(podList({}, "10"));
            at += 7;
            return at < line.size() ? cut(line, at) : FakeKube::open(line);
        };
        bench.start();
        QTRY_VERIFY_WITH_TIMEOUT(bench.knows(), 60'000);
        QVERIFY(at >= line.size());
        QCOMPARE(bench.source->figures().malformed, 0u);
        QCOMPARE(bench.targets(false).size(), 1); // each time it went on from the list
        for (const Request &request : bench.server.requests) {
            if (request.isWatch())
                QCOMPARE(request.parameter("resourceVersion"), QByteArray("10"));
        }
    }

    void list_comesInPages()
    {
        Bench bench(m_pki);
        FakePod second;
        second.uid = "11111111-5b4a-4321-8765-0123456789ab";
        bench.server.answer = [&](const Request &request) {
            if (request.isWatch())
                return FakeKube::open();
            return request.parameter("continue").isEmpty() ? FakeKube::whole(podList({FakePod()}, "10", "a/b+c="))
                                                           : FakeKube::whole(podList({second}, "10"));
        };
        bench.start();
        QTRY_COMPARE(bench.server.openWatches(), 1);
        QVERIFY(bench.knows() && bench.knows(second.uid));
        QCOMPARE(bench.server.requests[1].parameter("continue"), QByteArray("a%2Fb%2Bc%3D"));
        QVERIFY(bench.server.requests[1].parameter("resourceVersion").isEmpty());
    }

    void expiry_isFollowedByAList_data()
    {
        QTest::addColumn<int>("how");
        QTest::newRow("a watch answered with 410") << 0;
        QTest::newRow("a watch that tells 410") << 1;
        QTest::newRow("a page answered with 410") << 2;
    }
    void expiry_isFollowedByAList()
    {
        QFETCH(int, how);
        Bench bench(m_pki);
        bool expired = false;
        bench.server.answer = [&](const Request &request) {
            const bool now = !expired && (how == 2 ? !request.parameter("continue").isEmpty() : request.isWatch());
            if (now) {
                expired = true;
                return how == 1 ? FakeKube::open(R"({"type":"ERROR","object":)" + statusJson(410, "too old").trimmed() + "}\n")
                                : FakeKube::whole(statusJson(410, "too old"), 410);
            }
            if (request.isWatch())
                return FakeKube::open();
            return !expired && how == 2 ? FakeKube::whole(podList({}, "10", "next"))
                                        : FakeKube::whole(podList({FakePod()}, expired ? "20" : "10"));
        };
        bench.start();
        QTRY_VERIFY(expired && bench.server.requests.last().isWatch() && bench.server.requests.last().parameter("resourceVersion") == "20");
        QCOMPARE(bench.targets(false).last().contains("resourceVersion=0"), false); // then the newest is wanted
        QCOMPARE(bench.source->figures().expired, 1u);
        QCOMPARE(bench.state(), wire::HookState::Active);
    }

    void token_isReadAgainWhenItIsRefused()
    {
        Bench bench(m_pki);
        bench.server.answer = [](const Request &request) {
            if (request.bearer != "second")
                return FakeKube::whole(statusJson(401, "Unauthorized"), 401);
            return request.isWatch() ? FakeKube::open() : FakeKube::whole(podList({FakePod()}, "10"));
        };
        bench.start();
        QTRY_COMPARE(bench.state(), wire::HookState::Denied);
        QVERIFY2(bench.reason().contains("401") && bench.reason().contains("token"), qPrintable(bench.reason()));
        QVERIFY(!bench.reason().contains("first")); // never the token itself
        bench.setToken("second");
        QTRY_COMPARE(bench.state(), wire::HookState::Active);
        QVERIFY(bench.knows());
        QVERIFY(bench.source->figures().unauthorized > 0);
    }

    void token_thatWasRotatedIsTakenBeforeTheOldOneIsRefused()
    {
        Bench bench(m_pki);
        bench.start();
        QTRY_COMPARE(bench.server.openWatches(), 1);
        bench.setToken("second");
        bench.server.endWatches();
        QTRY_COMPARE(bench.targets(true).size(), 2);
        QCOMPARE(bench.server.requests.last().bearer, QByteArray("second"));
        QCOMPARE(bench.source->figures().unauthorized, 0u);
    }

    void refusals_areStatesWithReasons_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<wire::HookState>("state");
        QTest::addColumn<QString>("reason");
        QTest::newRow("401") << 401 << wire::HookState::Denied << "does not take the token";
        QTest::newRow("403") << 403 << wire::HookState::Denied << "the server's words; needs list and watch on pods";
        QTest::newRow("404") << 404 << wire::HookState::Failed << "404: the server's words";
        QTest::newRow("429") << 429 << wire::HookState::Failed << "429";
        QTest::newRow("500") << 500 << wire::HookState::Failed << "500";
        QTest::newRow("503") << 503 << wire::HookState::Failed << "503";
        QTest::newRow("a redirect, which is not followed") << 302 << wire::HookState::Failed << "302";
        QTest::newRow("no content") << 204 << wire::HookState::Failed << "204";
    }
    void refusals_areStatesWithReasons()
    {
        QFETCH(int, status);
        QFETCH(QString, reason);
        Bench bench(m_pki);
        bool well = false;
        bench.server.answer = [&](const Request &request) {
            if (well)
                return request.isWatch() ? FakeKube::open() : FakeKube::whole(podList({FakePod()}, "10"));
            Reply reply = FakeKube::whole(status == 204 ? QByteArray() : statusJson(status, "the server's words"), status);
            reply.headers << "Location: https://127.0.0.1:1/elsewhere";
            return reply;
        };
        bench.start();
        QTRY_VERIFY(bench.state() != wire::HookState::Unknown);
        QTEST(bench.state(), "state");
        QVERIFY2(bench.reason().contains(reason), qPrintable(bench.reason()));
        well = true;
        QTRY_COMPARE(bench.state(), wire::HookState::Active);
        QVERIFY(bench.knows());
    }

    void whatIsNoAnswerIsAFailure_data()
    {
        QTest::addColumn<int>("what");
        QTest::addColumn<QString>("reason");
        QTest::newRow("silence") << 0 << "imed out";
        QTest::newRow("a body without end") << 1 << "more than 65536 bytes";
        QTest::newRow("text") << 2 << "no JSON";
        QTest::newRow("nested without end") << 3 << "nested deeper";
        QTest::newRow("another kind") << 4 << "kind \"Secret\"";
        QTest::newRow("a list without a version") << 5 << "without a version";
        QTest::newRow("pages without end") << 6 << "does not end";
        QTest::newRow("no HTTP") << 7 << "https://127.0.0.1";
        QTest::newRow("header lines without end") << 8 << "of header lines";
        QTest::newRow("an answer that breaks off") << 9 << "https://127.0.0.1";
    }
    void whatIsNoAnswerIsAFailure()
    {
        QFETCH(int, what);
        QFETCH(QString, reason);
        Bench bench(m_pki);
        bench.limits.listWait = milliseconds(300);
        bench.limits.pageBytes = 65536;
        bench.limits.pages = 3;
        bool well = false;
        bench.server.answer = [&](const Request &request) -> Reply {
            if (well)
                return request.isWatch() ? FakeKube::open() : FakeKube::whole(podList({FakePod()}, "10"));
            switch (what) {
            case 0: return silent();
            case 1: return FakeKube::whole(QByteArray(70'000, ' '));
            case 2: return FakeKube::whole("<html>it works</html>");
            case 3: return FakeKube::whole(QByteArray("{\"a\":").repeated(1000));
            case 4: return FakeKube::whole(R"({"kind":"Secret"})");
            case 5: return FakeKube::whole(podList({}, ""));
            case 6: return FakeKube::whole(podList({}, "1", "again"));
            case 7: return raw("SSH-2.0-OpenSSH_9.2\r\n\r\n");
            case 8: return raw("HTTP/1.1 200 OK\r\n" + QByteArray("X-A: b\r\n").repeated(20'000) + "\r\n");
            default: return cut(podList({FakePod()}, "10"), 100);
            }
        };
        bench.start();
        QTRY_VERIFY(bench.state() != wire::HookState::Unknown);
        QCOMPARE(bench.state(), wire::HookState::Failed);
        QVERIFY2(bench.reason().contains(reason), qPrintable(bench.reason()));
        QVERIFY(!bench.knows());
        well = true;
        QTRY_COMPARE(bench.state(), wire::HookState::Active);
        QVERIFY(bench.knows());
    }

    void watchLines_thatAreNoneAreFollowedByAList_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::newRow("text") << QByteArray("hello\n");
        QTest::newRow("nested without end") << QByteArray(R"({"type":"ADDED","object":)") + QByteArray("{\"a\":").repeated(1000) + '\n';
        QTest::newRow("a line without end") << QByteArray(70'000, 'x');
    }
    void watchLines_thatAreNoneAreFollowedByAList()
    {
        QFETCH(QByteArray, line);
        Bench bench(m_pki);
        bench.limits.lineBytes = 65536;
        bench.start();
        QTRY_COMPARE(bench.server.openWatches(), 1);
        bench.server.tell(line);
        QTRY_COMPARE(bench.targets(false).size(), 2);
        QTRY_VERIFY(bench.server.requests.last().isWatch());
        QCOMPARE(bench.source->figures().malformed, 1u);
        QVERIFY(bench.knows());
        QCOMPARE(bench.state(), wire::HookState::Active); // it mended at once
    }

    void whoIsNotBelievedIsToldNothing_data()
    {
        QTest::addColumn<bool>("otherAuthority");
        QTest::addColumn<QString>("host");
        QTest::newRow("a certificate of another authority") << true << "127.0.0.1";
        QTest::newRow("a certificate of another name") << false << "localhost";
    }
    void whoIsNotBelievedIsToldNothing()
    {
        QFETCH(bool, otherAuthority);
        QFETCH(QString, host);
        const KubePki other("IP:127.0.0.1");
        QVERIFY(other.made());
        Bench bench(otherAuthority ? m_pki : other);
        bench.endpoint.target.ca = other.certificate().toStdString();
        bench.endpoint.target.host = host.toStdString();
        bench.start();
        QTRY_VERIFY(bench.state() != wire::HookState::Unknown);
        QCOMPARE(bench.state(), wire::HookState::Failed);
        QVERIFY(bench.server.requests.isEmpty());
    }

    void clientCertificate_isShown()
    {
        const KubePki mine;
        QVERIFY(mine.made());
        Bench bench(m_pki, mine.certificate());
        bench.endpoint.tokenFile.clear();
        bench.endpoint.target.certificate = mine.certificate().toStdString();
        bench.endpoint.target.key = mine.key().toStdString();
        bench.start();
        QTRY_VERIFY(bench.knows());
        QCOMPARE(bench.server.requests[0].bearer, QByteArray());
    }

    void filesThatAreAbsent_areNamed_data()
    {
        QTest::addColumn<int>("which");
        QTest::newRow("the authority") << 0;
        QTest::newRow("the token") << 1;
    }
    void filesThatAreAbsent_areNamed()
    {
        QFETCH(int, which);
        Bench bench(m_pki);
        (which == 0 ? bench.endpoint.target.ca : bench.endpoint.tokenFile) = "/nonexistent/file";
        bench.start();
        QTRY_VERIFY(bench.state() != wire::HookState::Unknown);
        QCOMPARE(bench.state(), wire::HookState::Failed);
        QVERIFY2(bench.reason().contains("/nonexistent/file"), qPrintable(bench.reason()));
    }

    void nobodyThere_isTriedAgainLessAndLessOften()
    {
        Bench bench(m_pki);
        bench.pace = {milliseconds(10), milliseconds(40), milliseconds(1), milliseconds(1)};
        bench.server.answer = [](const Request &) { return FakeKube::whole({}, 500); };
        bench.start();
        QElapsedTimer since;
        since.start();
        QTRY_VERIFY(bench.server.requests.size() >= 10);
        // 5 to 10 + 10 to 20 + 7 times 20 to 40 ms.
        QVERIFY2(since.elapsed() >= 150, qPrintable(QString::number(since.elapsed())));
    }

    void brokenConnection_isNoStateUntilItStaysBroken()
    {
        Bench bench(m_pki);
        bench.start();
        QTRY_COMPARE(bench.server.openWatches(), 1);
        bench.server.breakConnections();
        QTRY_COMPARE(bench.server.openWatches(), 1);
        QCOMPARE(bench.state(), wire::HookState::Active);
        QVERIFY(bench.source->figures().disconnected >= 1);
        bench.server.answer = [](const Request &) { return FakeKube::whole({}, 503); };
        bench.server.breakConnections();
        QTRY_COMPARE(bench.state(), wire::HookState::Failed);
        QVERIFY(bench.knows()); // a uid is not used again: what is known stays right
    }

    void podsOfOtherNodes_andThoseBeyondTheBoundAreLeftOut()
    {
        Bench bench(m_pki);
        FakePod foreign;
        foreign.node = "node-2";
        foreign.uid = "22222222-5b4a-4321-8765-0123456789ab";
        QList<FakePod> many{foreign};
        for (int i = 0; i < 1100; ++i) {
            FakePod pod;
            pod.uid = "00000000-5b4a-4321-8765-" + QByteArray::number(i).rightJustified(12, '0');
            many << pod;
        }
        bench.server.answer = [&](const Request &request) {
            return request.isWatch() ? FakeKube::open() : FakeKube::whole(podList(many, "10"));
        };
        bench.start();
        QTRY_COMPARE(bench.server.openWatches(), 1);
        QVERIFY(!bench.knows(foreign.uid));
        const KubeFigures figures = bench.source->figures();
        QCOMPARE(figures.pods, 1024u);
        QCOMPARE(figures.noRoom, 76u);
        QCOMPARE(figures.unusable, 1u);
    }

    void kubelet_isPolled()
    {
        Bench bench(m_pki);
        bench.endpoint.kind = KubeSourceKind::Kubelet;
        int polls = 0;
        bench.server.answer = [&](const Request &request) {
            ++polls;
            return request.target == "/pods" ? FakeKube::whole(R"({"kind":"PodList","apiVersion":"v1","metadata":{},"items":[)"
                                                               + (polls < 3 ? FakePod().json() : QByteArray()) + "]}")
                                             : FakeKube::whole({}, 404);
        };
        bench.start();
        QTRY_VERIFY(bench.knows());
        QCOMPARE(bench.source->hook().attachKind, std::string("kubelet"));
        QTRY_COMPARE(bench.source->figures().podsGone, 1u);
        QVERIFY(bench.targets(true).isEmpty());
    }

    void end_isPromptWhateverIsUnderWay_data()
    {
        QTest::addColumn<int>("what");
        QTest::newRow("an open watch") << 0;
        QTest::newRow("an answer that does not come") << 1;
        QTest::newRow("a pause before the next try") << 2;
    }
    void end_isPromptWhateverIsUnderWay()
    {
        QFETCH(int, what);
        Bench bench(m_pki);
        bench.pace.retryLeast = bench.pace.retryMost = std::chrono::minutes(5);
        if (what == 1)
            bench.server.answer = [](const Request &) { return silent(); };
        if (what == 2)
            bench.server.answer = [](const Request &) { return FakeKube::whole({}, 500); };
        bench.start();
        QTRY_VERIFY(what == 0 ? bench.server.openWatches() == 1 : !bench.server.requests.isEmpty());
        if (what == 2)
            QTRY_COMPARE(bench.state(), wire::HookState::Failed);
        QElapsedTimer since;
        since.start();
        bench.source.reset();
        QVERIFY2(since.elapsed() < 1000, qPrintable(QString::number(since.elapsed())));
    }

    void nobodyAsked_saysWhy()
    {
        Bench bench(m_pki);
        bench.source =
            KubeSource::start({std::nullopt, wire::HookState::Disabled, "switched off in the configuration"}, bench.clock, bench.log);
        QVERIFY(!bench.source->isAsked());
        QCOMPARE(bench.state(), wire::HookState::Disabled);
        QCOMPARE(bench.reason(), QString("switched off in the configuration"));
        QVERIFY(!bench.knows());
    }
};

QTEST_GUILESS_MAIN(TestKubeSource)
#include "tst_kubesource.moc"
