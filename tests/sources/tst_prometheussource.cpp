// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked of a server, and what is told of one that does not answer as it should.
#include <QtTest>

#include <map>

#include "console/core/sources/sourceconfig.h"
#include "tests/support/elsewhere.h"
#include "tests/support/fakehttps.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

const QByteArray one = R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1700000000,"3"]}]}})";

Question at(const std::string &query) { return {query, {1'700'000'000'123, 1'700'000'000'123, 1}, false}; }
Question over(const std::string &query) { return {query, {1'700'000'000'000, 1'700'000'060'500, 15'000}, true}; }

/// What a test put into it.
struct FakeKeyring final : Keyring {
    std::map<std::string, std::string> secrets;

    Result<std::string> read(const std::string &name) override
    {
        const auto found = secrets.find(name);
        return found == secrets.end() ? Result<std::string>(fail(Errc::NotFound, "the key ring has no secret '" + name + "'"))
                                      : found->second;
    }
    Status write(const std::string &, const std::string &) override { return fail(Errc::ReadOnly, "not in this test"); }
    Status remove(const std::string &) override { return fail(Errc::ReadOnly, "not in this test"); }
};

QString decoded(const QByteArray &field) { return QString::fromUtf8(QByteArray::fromPercentEncoding(field)); }

} // namespace

class TestPrometheusSource : public QObject {
    Q_OBJECT

    HttpsPki m_pki;
    QTemporaryDir m_folder;

    PrometheusOptions options(const FakeHttps &server, const std::string &path = {}) const
    {
        PrometheusOptions options;
        options.url = *http::parseUrl("https://localhost:" + std::to_string(server.port()) + path);
        options.url.target.ca = m_pki.certificate().toStdString();
        return options;
    }
    static tl::expected<QueryAnswer, Unanswered> ask(const PrometheusOptions &options, const Question &question, std::stop_token stop = {})
    {
        return elsewhere([&]() -> tl::expected<QueryAnswer, Unanswered> {
            auto source = PrometheusSource::open(options);
            if (!source)
                return tl::unexpected(Unanswered{source.error(), {}});
            return (*source)->ask(question, stop);
        });
    }
    std::filesystem::path file(const char *name, const QByteArray &content, QFile::Permissions permissions) const
    {
        QFile file(m_folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size() || !file.setPermissions(permissions))
            qWarning("cannot write %s", qPrintable(file.fileName()));
        return file.fileName().toStdString();
    }
    static constexpr QFile::Permissions mine = QFile::ReadOwner | QFile::WriteOwner;

private slots:
    void initTestCase() { QVERIFY(m_pki.made()); }

    void instant_isAsked()
    {
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &) { return FakeHttps::whole(one); };
        const auto answer = ask(options(server, "/prod"), at("sum by (a) (rate(b{c=~\"d|e\"}[5m])) + 1"));
        QVERIFY2(answer, answer ? "" : answer.error().error.message().c_str());
        QCOMPARE(answer->result.series.size(), std::size_t(1));
        QCOMPARE(answer->result.series[0].samples[0].value, 3.0);
        const FakeHttps::Request request = server.requests.value(0);
        QCOMPARE(request.target, QByteArray("/prod/api/v1/query"));
        QCOMPARE(decoded(request.field("query")), QString("sum by (a) (rate(b{c=~\"d|e\"}[5m])) + 1"));
        QCOMPARE(request.field("time"), QByteArray("1700000000.123"));
        QCOMPARE(request.field("timeout"), QByteArray("30000ms"));
    }

    void range_isAsked()
    {
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &) {
            return FakeHttps::whole(R"({"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["one store is away"]})");
        };
        const auto answer = ask(options(server), over("up"));
        QVERIFY2(answer, answer ? "" : answer.error().error.message().c_str());
        QVERIFY(answer->result.series.empty());
        QCOMPARE(answer->warnings, std::vector<std::string>{"one store is away"});
        const FakeHttps::Request request = server.requests.value(0);
        QCOMPARE(request.target, QByteArray("/api/v1/query_range"));
        QCOMPARE(request.field("start"), QByteArray("1700000000.000"));
        QCOMPARE(request.field("end"), QByteArray("1700000060.500"));
        QCOMPARE(request.field("step"), QByteArray("15.000"));
    }

    void name_isTheAddress()
    {
        FakeHttps server(m_pki);
        const auto source = PrometheusSource::open(options(server, "/prod/"));
        QVERIFY(source);
        QCOMPARE((*source)->name(), "https://localhost:" + std::to_string(server.port()) + "/prod");
    }

    void secrets_areReadFromFiles()
    {
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &) { return FakeHttps::whole(one); };
        FakeKeyring keyring;
        SourceConfig config;
        config.name = "prod";
        config.url = "https://localhost:" + std::to_string(server.port());
        config.ca = m_pki.certificate().toStdString();
        config.user = "someone";
        config.passwordFile = file("password", "pass word\n", mine);
        const auto askIt = [&] {
            return elsewhere([&]() -> tl::expected<QueryAnswer, Unanswered> {
                auto source = openSource(config, keyring);
                if (!source)
                    return tl::unexpected(Unanswered{source.error(), {}});
                return (*source)->ask(at("up"), {});
            });
        };
        QVERIFY(askIt());
        QCOMPARE(server.requests.value(0).authorization, "Basic " + QByteArray("someone:pass word").toBase64());
        config.user.clear();
        config.passwordFile.clear();
        config.bearerFile = file("token", "abc.def-1\r\n", mine);
        QVERIFY(askIt());
        QCOMPARE(server.requests.value(1).bearer, QByteArray("abc.def-1"));
        config.bearerFile.clear();
        config.hasKeyringSecret = true;
        QVERIFY(!askIt());
        keyring.secrets["prod " + config.url] = "xyz";
        QVERIFY(askIt());
        QCOMPARE(server.requests.value(2).bearer, QByteArray("xyz"));
        config.user = "someone";
        QVERIFY(askIt());
        QCOMPARE(server.requests.value(3).authorization, "Basic " + QByteArray("someone:xyz").toBase64());
    }

    void config_isRefused_data()
    {
        QTest::addColumn<int>("which");
        QTest::addColumn<Errc>("code");
        QTest::addColumn<QString>("says");
        QTest::newRow("no address") << 0 << Errc::InvalidArgument << "begins with http:// or https://";
        QTest::newRow("a user alone") << 1 << Errc::InvalidArgument << "a user is without a password";
        QTest::newRow("a file of others") << 2 << Errc::PermissionDenied << "may be read by others; chmod 600";
        QTest::newRow("an empty file") << 3 << Errc::Malformed << "is empty";
        QTest::newRow("no file") << 4 << Errc::NotFound << "/nowhere/token";
        QTest::newRow("a token of two lines") << 5 << Errc::InvalidArgument << "its token has spaces or control characters";
        QTest::newRow("a token in clear text") << 6 << Errc::InvalidArgument << "would be sent in clear text; use https://";
        QTest::newRow("a certificate alone") << 7 << Errc::InvalidArgument << "a certificate and its key go together";
        QTest::newRow("token and password") << 8 << Errc::InvalidArgument << "either a token or a user";
        QTest::newRow("a user with a colon") << 9 << Errc::InvalidArgument << "no colon";
        QTest::newRow("a password alone") << 10 << Errc::InvalidArgument << "the file of a password is without a user";
        QTest::newRow("twice") << 11 << Errc::InvalidArgument << "either in a file or in the key ring";
        QTest::newRow("not in the key ring") << 12 << Errc::NotFound << "no secret 'prod https://prometheus.example'";
    }
    void config_isRefused()
    {
        QFETCH(int, which);
        QFETCH(Errc, code);
        QFETCH(QString, says);
        SourceConfig config;
        config.url = which == 0 ? "prometheus" : which == 6 ? "http://prometheus.example" : "https://prometheus.example";
        if (which == 1 || which == 8)
            config.user = "someone";
        if (which == 2)
            config.bearerFile = file("open", "abc", mine | QFile::ReadOther);
        if (which == 3)
            config.bearerFile = file("empty", "\n", mine);
        if (which == 4)
            config.bearerFile = "/nowhere/token";
        if (which == 5)
            config.bearerFile = file("lines", "abc\ndef\n", mine);
        if (which == 6 || which == 8)
            config.bearerFile = file("token", "abc", mine);
        if (which == 7)
            config.certificate = "/a";
        if (which == 9 || which == 11)
            config.user = which == 9 ? "a:b" : "someone";
        config.name = "prod";
        config.hasKeyringSecret = which == 11 || which == 12;
        if (which >= 8 && which <= 11)
            config.passwordFile = file("password", "abc", mine);
        FakeKeyring keyring;
        const auto source = openSource(config, keyring);
        QVERIFY(!source);
        const QString told = QString::fromStdString(source.error().message());
        QVERIFY2(told.contains(says), qPrintable(told));
        QCOMPARE(int(source.error().code()), int(code));
    }

    void secretsInClearText_areForThisMachine()
    {
        FakeHttps server;
        server.answer = [](const FakeHttps::Request &) { return FakeHttps::whole(one); };
        PrometheusOptions options;
        options.url = *http::parseUrl("http://localhost:" + std::to_string(server.port()));
        options.bearer = "abc";
        QVERIFY(ask(options, at("up")));
        QCOMPARE(server.requests.value(0).bearer, QByteArray("abc"));
    }

    void refusal_saysWhatToDo_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<Errc>("code");
        QTest::addColumn<QString>("says");
        const QByteArray bad = R"({"status":"error","errorType":"bad_data","error":"1:8: parse error: unexpected end"})";
        QTest::newRow("a query that is none") << 400 << bad << Errc::InvalidArgument << ": 1:8: parse error: unexpected end";
        QTest::newRow("a query that cannot be") << 422 << QByteArray(R"({"status":"error","errorType":"execution","error":"too many"})")
                                                << Errc::InvalidArgument << ": too many";
        QTest::newRow("as an answer") << 200 << bad << Errc::InvalidArgument << ": 1:8: parse error";
        QTest::newRow("no credentials") << 401 << QByteArray("Unauthorized") << Errc::PermissionDenied
                                        << " answers 401; it wants a token or a password";
        QTest::newRow("forbidden") << 403 << QByteArray() << Errc::PermissionDenied << " answers 403; whoever asks may not";
        QTest::newRow("another server") << 404 << QByteArray("404 page not found") << Errc::NotFound
                                        << "answers 404; an address ends before /api/v1";
        QTest::newRow("sent elsewhere") << 302 << QByteArray() << Errc::Refused << "it sends elsewhere";
        QTest::newRow("too often") << 429 << QByteArray() << Errc::Busy << "answers 429; ask again later";
        QTest::newRow("not ready") << 503 << QByteArray("Service Unavailable") << Errc::Busy << "answers 503";
        QTest::newRow("it took too long") << 503 << QByteArray(R"({"status":"error","errorType":"timeout","error":"query timed out"})")
                                          << Errc::TimedOut << "query timed out; it could not answer in time";
        QTest::newRow("another refusal") << 418 << QByteArray() << Errc::Refused << "answers 418";
        QTest::newRow("a page to log in") << 200 << QByteArray("<html>log in</html>") << Errc::Malformed
                                          << "answers, but not as a Prometheus does: it is no JSON from byte 1 on";
        QTest::newRow("wrong types") << 200
                                     << QByteArray(
                                            R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,2]}]}})")
                                     << Errc::Malformed << "data.result[0].value: a number in quotes is needed";
    }
    void refusal_saysWhatToDo()
    {
        QFETCH(int, status);
        QFETCH(QByteArray, body);
        QFETCH(Errc, code);
        QFETCH(QString, says);
        FakeHttps server(m_pki);
        server.answer = [&](const FakeHttps::Request &) { return FakeHttps::whole(body, status); };
        const auto answer = ask(options(server), at("up"));
        QVERIFY(!answer);
        const QString told = QString::fromStdString(answer.error().error.message());
        QVERIFY2(told.contains(says), qPrintable(told));
        QVERIFY2(told.startsWith("https://localhost:"), qPrintable(told));
        QCOMPARE(int(answer.error().error.code()), int(code));
        QVERIFY(!answer.error().at);
    }

    void wrongPassword_isTold()
    {
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &) { return FakeHttps::whole("", 401); };
        PrometheusOptions asked = options(server);
        asked.bearer = "abc";
        const auto answer = ask(asked, at("up"));
        QVERIFY(!answer);
        QVERIFY(answer.error().error.context().find("it does not take this token") != std::string::npos);
        QVERIFY(answer.error().error.context().find("abc") == std::string::npos);
    }

    void slow_timesOut()
    {
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &) {
            FakeHttps::Reply reply;
            reply.silent = true;
            return reply;
        };
        PrometheusOptions impatient = options(server);
        impatient.longest = std::chrono::milliseconds(300);
        const auto answer = ask(impatient, at("up"));
        QVERIFY(!answer);
        QCOMPARE(int(answer.error().error.code()), int(Errc::TimedOut));
    }

    void stopped_endsSoon()
    {
        FakeHttps server(m_pki);
        std::stop_source stop;
        server.answer = [&stop](const FakeHttps::Request &) {
            stop.request_stop();
            FakeHttps::Reply reply;
            reply.silent = true;
            return reply;
        };
        const auto answer = ask(options(server), at("up"), stop.get_token());
        QVERIFY(!answer);
        QCOMPARE(int(answer.error().error.code()), int(Errc::Cancelled));
    }

    void cut_isNoAnswer()
    {
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &) {
            FakeHttps::Reply reply = FakeHttps::whole(one);
            reply.cutAfter = 40;
            return reply;
        };
        const auto answer = ask(options(server), at("up"));
        QVERIFY(!answer);
        QCOMPARE(int(answer.error().error.code()), int(Errc::Disconnected));
    }

    void tooLong_isRefused()
    {
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &) { return FakeHttps::whole(QByteArray(2 << 20, ' ') + one); };
        PrometheusOptions small = options(server);
        small.mostBytes = 1 << 20;
        const auto answer = ask(small, at("up"));
        QVERIFY(!answer);
        QCOMPARE(int(answer.error().error.code()), int(Errc::NoSpace));
        QVERIFY(answer.error().error.context().find("more than 1 MiB: ask for fewer series, or for a longer step") != std::string::npos);
    }

    void tooMany_isRefused()
    {
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &) {
            QByteArray values;
            for (int i = 0; i < 1001; ++i)
                values += (i == 0 ? "[" : ",[") + QByteArray::number(i) + ",\"1\"]";
            return FakeHttps::whole(R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[)" + values
                                    + "]}]}}");
        };
        PrometheusOptions few = options(server);
        few.mostSamples = 1000;
        const auto answer = ask(few, over("up"));
        QVERIFY(!answer);
        QCOMPARE(int(answer.error().error.code()), int(Errc::NoSpace));
        few.mostSamples = 1001;
        QVERIFY(ask(few, over("up")));
    }

    void expiredCertificate_isSaid()
    {
        const HttpsPki expired("DNS:localhost", -1);
        FakeHttps server(expired);
        PrometheusOptions old = options(server);
        old.url.target.ca = expired.certificate().toStdString();
        const auto answer = ask(old, at("up"));
        QVERIFY(!answer);
        QCOMPARE(int(answer.error().error.code()), int(Errc::Refused));
        QVERIFY(answer.error().error.context().find("certificate has expired") != std::string::npos);
    }

    void anAnswerOfTheNext_comesAfterAFailure()
    {
        FakeHttps server(m_pki);
        server.answer = [&server](const FakeHttps::Request &) {
            return server.requests.size() == 1 ? FakeHttps::whole("", 503) : FakeHttps::whole(one);
        };
        auto source = PrometheusSource::open(options(server));
        QVERIFY(source);
        const auto askIt = [&] { return elsewhere([&] { return (*source)->ask(at("up"), {}).has_value(); }); };
        QVERIFY(!askIt());
        QVERIFY(askIt());
        QCOMPARE(server.connections, 1); // used again
    }
};

QTEST_GUILESS_MAIN(TestPrometheusSource)
#include "tst_prometheussource.moc"
