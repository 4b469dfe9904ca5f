// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <QTemporaryDir>

#include <nlohmann/json.hpp>

#include "tests/cli/programrun.h"
#include "tests/store/storefixture.h"
#include "tests/support/elsewhere.h"
#include "tests/support/fakehttps.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

constexpr std::int64_t second = nsPerSecond;

/// Seconds since 1970 of the store's first sample, as the program takes it.
QString momentOf(std::int64_t seconds) { return QDateTime::fromSecsSinceEpoch(t0 / second + seconds, Qt::UTC).toString(Qt::ISODate); }

} // namespace

class TestQuery : public QObject {
    Q_OBJECT

    StoreFixture m_store;

    QTemporaryDir m_home;

    Outcome tapio(const QStringList &arguments)
    {
        return runAtHome(m_home.path(), TAPIO_PROGRAM, arguments + QStringList{"--store", QString::fromStdString(m_store.file().native())});
    }
    Outcome run(const QStringList &arguments) { return tapio(QStringList{"query"} + arguments); }
    /// On a thread of its own, since the server is on this one.
    Outcome ofServer(const FakeHttps &server, const HttpsPki &pki, const QStringList &arguments)
    {
        return elsewhere([&] {
            return runAtHome(m_home.path(), TAPIO_PROGRAM,
                             QStringList{"query", "--url", "https://localhost:" + QString::number(server.port()), "--ca", pki.certificate()}
                                 + arguments);
        });
    }
    Outcome at(const QString &query, std::int64_t seconds, const QStringList &more = {})
    {
        return run(QStringList{query, "--time", momentOf(seconds)} + more);
    }

private slots:
    void initTestCase()
    {
        for (std::int64_t i = 0; i <= 12; ++i) {
            wire::SampleBatch batch;
            batch.timeNs = t0 + i * 5 * second;
            batch.origins = {pod("web-1"), pod("web-2")};
            batch.labels = {""};
            batch.samples = {{wire::Metric::MemoryWorkingSetBytes, 0, 0, 100 + i}, {wire::Metric::MemoryWorkingSetBytes, 1, 0, 200}};
            m_store.append("node-a", std::move(batch));
        }
        m_store.flush();
    }

    void table_hasARowForEachSeries()
    {
        const Outcome outcome = at("sum by (pod) (container_memory_working_set_bytes)", 60);
        QCOMPARE(outcome.code, 0);
        QCOMPARE(outcome.out, QByteArray("SERIES         VALUE\n{pod=\"web-1\"}    112\n{pod=\"web-2\"}    200\n"));
        QCOMPARE(outcome.err, QByteArray());
    }

    void table_ofARange_hasTimes()
    {
        const Outcome outcome =
            run({"max(container_memory_working_set_bytes{pod=\"web-1\"})", "--start", momentOf(0), "--end", momentOf(60), "--step", "30s"});
        QCOMPARE(outcome.code, 0);
        const QStringList lines = QString::fromUtf8(outcome.out).split('\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 4);
        QVERIFY2(lines[2].contains(momentOf(30).chopped(1)) && lines[2].endsWith(" 106"), qPrintable(lines[2]));
    }

    void table_saysThatThereIsMore()
    {
        const Outcome outcome = at("container_memory_working_set_bytes", 60, {"--limit", "1"});
        QCOMPARE(outcome.code, 0);
        QVERIFY2(outcome.err.contains("1 of 2 values shown"), outcome.err.constData());
    }

    void json_isAsPrometheusHasIt()
    {
        const Outcome outcome = at("container_memory_working_set_bytes{pod=\"web-1\"}", 60, {"-o", "json"});
        QCOMPARE(outcome.code, 0);
        const auto json = nlohmann::json::parse(outcome.out.toStdString());
        QCOMPARE(json["resultType"].get<std::string>(), std::string("vector"));
        QCOMPARE(json["result"][0]["metric"]["pod"].get<std::string>(), std::string("web-1"));
        QCOMPARE(json["result"][0]["value"][1].get<std::string>(), std::string("112"));
        QCOMPARE(json["result"][0]["value"][0].get<double>(), double(t0 / second + 60));
    }

    void json_ofEachType_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<QString>("type");
        QTest::newRow("a scalar") << "1 + 1"
                                  << "scalar";
        QTest::newRow("a text") << "\"a\""
                                << "string";
        QTest::newRow("a range") << "container_memory_working_set_bytes[1m]"
                                 << "matrix";
        QTest::newRow("nothing") << "nothing"
                                 << "vector";
    }
    void json_ofEachType()
    {
        QFETCH(QString, query);
        QFETCH(QString, type);
        const Outcome outcome = at(query, 60, {"-o", "json"});
        QCOMPARE(outcome.code, 0);
        const auto json = nlohmann::json::parse(outcome.out.toStdString());
        QCOMPARE(QString::fromStdString(json["resultType"].get<std::string>()), type);
        QVERIFY(json.contains("result"));
    }

    void csv_hasAColumnForEachLabel()
    {
        const Outcome outcome = run({"sum by (pod, namespace) (container_memory_working_set_bytes)", "--start", momentOf(0), "--end",
                                     momentOf(60), "--step", "60s", "-o", "csv"});
        QCOMPARE(outcome.code, 0);
        const QStringList lines = QString::fromUtf8(outcome.out).split("\r\n", Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 5);
        QCOMPARE(lines[0], QString("time,value,namespace,pod"));
        QVERIFY2(lines[1].endsWith(",100,shop,web-1"), qPrintable(lines[1]));
    }

    void csv_isOfThisCommandAlone()
    {
        const Outcome outcome = tapio({"events", "-o", "csv"});
        QCOMPARE(outcome.code, 64);
        QVERIFY2(outcome.err.contains("there is no output format 'csv', only table and json"), outcome.err.constData());
    }

    void nothing_saysSo()
    {
        const Outcome outcome = at("nothing", 60);
        QCOMPARE(outcome.code, 0);
        QCOMPARE(outcome.out, QByteArray());
        QVERIFY2(outcome.err.contains("no stored series answers this"), outcome.err.constData());
    }

    void server_isAsked()
    {
        const HttpsPki pki;
        FakeHttps server(pki);
        server.answer = [](const FakeHttps::Request &) {
            return FakeHttps::whole(R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"pod":"web-1"},)"
                                    R"("value":[1700000000,"112"]}]},"warnings":["one store is away"]})");
        };
        const Outcome outcome = ofServer(server, pki, {"sum by (pod) (x)", "--time", momentOf(0)});
        QCOMPARE(outcome.err, QByteArray("warning: one store is away\n"));
        QCOMPARE(outcome.out, QByteArray("SERIES         VALUE\n{pod=\"web-1\"}    112\n"));
        QCOMPARE(outcome.code, 0);
        QCOMPARE(server.requests.size(), 1);
        QCOMPARE(server.requests[0].target, QByteArray("/api/v1/query"));
        QCOMPARE(server.requests[0].field("time"), QByteArray::number(qlonglong(t0 / second)) + ".000");
    }

    void server_mayKnowMore()
    {
        const HttpsPki pki;
        FakeHttps server(pki);
        server.answer = [](const FakeHttps::Request &) {
            return FakeHttps::whole(R"({"status":"success","data":{"resultType":"matrix","result":[]}})");
        };
        const Outcome outcome = ofServer(server, pki, {"histogram_sum(foo)", "--start", momentOf(0), "--end", momentOf(60)});
        QCOMPARE(outcome.code, 0);
        QVERIFY2(outcome.err.startsWith("no series of https://localhost:"), outcome.err.constData());
        QCOMPARE(server.requests.value(0).target, QByteArray("/api/v1/query_range"));
    }

    void server_saysWhatIsWrong_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("says");
        QTest::newRow("the query") << 400 << 64 << "1:5: parse error";
        QTest::newRow("who asks") << 401 << 77 << "it wants a token or a password";
        QTest::newRow("not ready") << 503 << 69 << "answers 503";
    }
    void server_saysWhatIsWrong()
    {
        QFETCH(int, status);
        const HttpsPki pki;
        FakeHttps server(pki);
        server.answer = [status](const FakeHttps::Request &) {
            return FakeHttps::whole(R"({"status":"error","errorType":"bad_data","error":"1:5: parse error"})", status);
        };
        const Outcome outcome = ofServer(server, pki, {"sum("});
        QTEST(outcome.code, "code");
        QFETCH(QString, says);
        QVERIFY2(QString::fromUtf8(outcome.err).contains(says), outcome.err.constData());
        QCOMPARE(outcome.out, QByteArray());
    }

    void source_isThatOfTheConfiguration()
    {
        const HttpsPki pki;
        FakeHttps server(pki);
        server.answer = [](const FakeHttps::Request &) {
            return FakeHttps::whole(R"({"status":"success","data":{"resultType":"scalar","result":[5,"2.5"]}})");
        };
        QFile token(m_home.filePath("token"));
        QVERIFY(token.open(QIODevice::WriteOnly) && token.write("abc.def\n") > 0
                && token.setPermissions(QFile::ReadOwner | QFile::WriteOwner));
        token.close();
        QFile config(m_home.filePath("console.toml"));
        QVERIFY(config.open(QIODevice::WriteOnly));
        config.write("[source.prod]\nurl = \"https://localhost:" + QByteArray::number(server.port()) + "/p\"\nca = \""
                     + pki.certificate().toUtf8() + "\"\nbearer_file = \"token\"\n[source.other]\nurl = \"http://localhost:1\"\n");
        config.close();
        const auto ask = [&](const QStringList &arguments) {
            return elsewhere([&] {
                return runAtHome(m_home.path(), TAPIO_PROGRAM, QStringList{"--config", config.fileName(), "query"} + arguments);
            });
        };
        const Outcome outcome = ask({"1 + 1.5", "--source", "prod"});
        QCOMPARE(outcome.err, QByteArray());
        QCOMPARE(outcome.code, 0);
        QCOMPARE(server.requests.value(0).target, QByteArray("/p/api/v1/query"));
        QCOMPARE(server.requests.value(0).bearer, QByteArray("abc.def"));
        const Outcome unknown = ask({"1", "--source", "pord"});
        QCOMPARE(unknown.code, 64);
        QVERIFY2(unknown.err.contains("there is no source 'pord', only other, prod"), unknown.err.constData());
        const Outcome away = ask({"1", "--source", "other"});
        QCOMPARE(away.code, 69);
        QVERIFY2(away.err.contains("http://localhost:1"), away.err.constData());
    }

    void wrong_isRefusedWhereItIs_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("says");
        QTest::newRow("a query that is none") << QStringList{
            "sum(foo"} << "line 1, column 8: expected a comma or a closing parenthesis, but the query ends here\n  sum(foo\n         ^";
        QTest::newRow("an unknown function") << QStringList{"1 + fooo(bar)"} << "  1 + fooo(bar)\n      ^^^^\n";
        QTest::newRow("on the second line") << QStringList{
            "1 +\n )"} << "line 2, column 2: expected a metric, a number, a function or an opening parenthesis, not \")\"\n   )\n   ^\n";
        QTest::newRow("beyond the subset") << QStringList{"histogram_sum(foo)"} << "it needs a Prometheus server";
        QTest::newRow("a time that is none") << QStringList{"foo", "--time", "yesterday"} << "--time";
        QTest::newRow("a step that is none") << QStringList{"foo", "--start", "1h", "--step", "5"} << "'5' is no duration such as 15s";
        QTest::newRow("an end without a start") << QStringList{"foo", "--end", "now"} << "--start is missing";
        QTest::newRow("the wrong way round") << QStringList{"foo", "--start", "1m", "--end", "1h"} << "--start must not be after --end";
        QTest::newRow("a time and a range") << QStringList{"foo", "--time", "1m", "--start", "1h"} << "excludes";
        QTest::newRow("a store and a server") << QStringList{"foo", "--url", "http://localhost:1"} << "excludes";
        QTest::newRow("a password for a store") << QStringList{"foo", "--user", "someone"} << "excludes";
        QTest::newRow("many to many") << QStringList{"{pod!=\"\"} + on () {pod!=\"\"}", "--time", momentOf(60)}
                                      << "several series on the right";
    }
    void wrong_isRefusedWhereItIs()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, says);
        const Outcome outcome = run(arguments);
        QCOMPARE(outcome.code, 64);
        QCOMPARE(outcome.out, QByteArray());
        QVERIFY2(QString::fromUtf8(outcome.err).contains(says), outcome.err.constData());
    }
};

QTEST_GUILESS_MAIN(TestQuery)
#include "tst_query.moc"
