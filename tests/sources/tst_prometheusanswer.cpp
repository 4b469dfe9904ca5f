// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <cmath>

#include "console/core/sources/prometheusanswer.h"

using namespace tapio;
using namespace tapio::console;
using promql::ValueType;

namespace {

Result<PrometheusAnswer> read(const QByteArray &json, std::size_t most = 1000) { return readPrometheusAnswer(json.toStdString(), most); }

/// A success with that as its data.
QByteArray success(const QByteArray &data, const QByteArray &more = {}) { return R"({"status":"success","data":)" + data + more + "}"; }

QByteArray vectorOf(const QByteArray &series) { return success(R"({"resultType":"vector","result":[)" + series + "]}"); }
QByteArray matrixOf(const QByteArray &values)
{
    return success(R"({"resultType":"matrix","result":[{"metric":{},"values":)" + values + "}]}");
}

} // namespace

class TestPrometheusAnswer : public QObject {
    Q_OBJECT

private slots:
    void vector_isRead()
    {
        const auto answer = read(vectorOf(R"({"metric":{"__name__":"up","job":"a"},"value":[1700000000.123,"1"]},)"
                                          R"({"metric":{},"value":[1700000000.123,"NaN"]})"));
        QVERIFY2(answer, answer ? "" : answer.error().message().c_str());
        QCOMPARE(answer->result.type, ValueType::Vector);
        QCOMPARE(answer->result.series.size(), std::size_t(2));
        QCOMPARE(answer->result.series[0].labels.text(), std::string("up{job=\"a\"}"));
        QCOMPARE(answer->result.series[0].samples, (std::vector<promql::Sample>{{1'700'000'000'123, 1}}));
        QVERIFY(std::isnan(answer->result.series[1].samples[0].value));
        QCOMPARE(answer->result.readSeries, std::uint64_t(2));
        QCOMPARE(answer->result.readSamples, std::uint64_t(2));
    }

    void matrix_isRead()
    {
        const auto answer = read(matrixOf(R"([[1,"1e3"],[2,"+Inf"],[2.5,"-Inf"],[3,"-0.5"]])"));
        QVERIFY2(answer, answer ? "" : answer.error().message().c_str());
        QCOMPARE(answer->result.type, ValueType::Matrix);
        QCOMPARE(answer->result.series[0].samples,
                 (std::vector<promql::Sample>{{1000, 1000}, {2000, HUGE_VAL}, {2500, -HUGE_VAL}, {3000, -0.5}}));
    }

    void single_isRead()
    {
        const auto scalar = read(success(R"({"resultType":"scalar","result":[5,"2.5"]})"));
        QVERIFY(scalar);
        QCOMPARE(scalar->result.type, ValueType::Scalar);
        QCOMPARE(scalar->result.series.at(0).samples, (std::vector<promql::Sample>{{5000, 2.5}}));
        const auto text = read(success(R"({"result":[5,"a\u00e4"],"resultType":"string"})")); // in the other order
        QVERIFY(text);
        QCOMPARE(text->result.type, ValueType::String);
        QCOMPARE(text->result.text, std::string("a\xc3\xa4"));
    }

    void nothing_isAnAnswer()
    {
        const auto answer = read(success(R"({"resultType":"matrix","result":[]})"));
        QVERIFY(answer);
        QVERIFY(answer->result.series.empty());
    }

    void unknown_isSkipped()
    {
        const auto answer = read(R"({"isPartial":false,"stats":{"a":[{"b":[[1]]}],"c":null},"status":"success",)"
                                 R"("data":{"stats":{"timings":{"x":1.5}},"resultType":"vector","new":[1,[2,{"a":true}]],)"
                                 R"("result":[{"exemplars":[{"x":[1]}],"metric":{"a":"b"},"group":1,"value":[1,"2"]}]}})");
        QVERIFY2(answer, answer ? "" : answer.error().message().c_str());
        QCOMPARE(answer->result.series.size(), std::size_t(1));
        QVERIFY(answer->warnings.empty());
    }

    void warnings_areKept()
    {
        const auto answer =
            read(success(R"({"resultType":"vector","result":[]})", R"(,"warnings":["store 3 did not answer"],"isPartial":true)"));
        QVERIFY(answer);
        QCOMPARE(answer->warnings,
                 (std::vector<std::string>{"store 3 did not answer", "the server says that a part of its data is missing"}));
    }

    void warnings_areBounded()
    {
        QByteArray many;
        for (int i = 0; i < 100; ++i)
            many += (i == 0 ? "\"" : ",\"") + QByteArray(5000, 'x') + '"';
        const auto answer = read(success(R"({"resultType":"vector","result":[]})", ",\"warnings\":[" + many + "]"));
        QVERIFY(answer);
        QCOMPARE(answer->warnings.size(), mostWarnings);
        QVERIFY(answer->warnings[0].size() <= 1024);
    }

    void nativeHistograms_areLeftOutAndSaid()
    {
        const auto answer = read(success(R"({"resultType":"matrix","result":[)"
                                         R"({"metric":{"a":"1"},"histograms":[[1,{"count":"3","buckets":[[0,"1","2","3"]]}]]},)"
                                         R"({"metric":{"a":"2"},"values":[[1,"1"]],"histograms":[[2,{"count":"3"}]]}]})"));
        QVERIFY2(answer, answer ? "" : answer.error().message().c_str());
        QCOMPARE(answer->result.series.size(), std::size_t(1));
        QCOMPARE(answer->result.series[0].labels.text(), std::string("{a=\"2\"}"));
        QCOMPARE(answer->warnings, (std::vector<std::string>{"native histograms of 2 series are left out"}));
    }

    void error_isItsWords()
    {
        const auto answer = read(R"({"status":"error","errorType":"bad_data","error":"1:8: parse error"})");
        QVERIFY(answer);
        QCOMPARE(answer->errorType, std::string("bad_data"));
        QCOMPARE(answer->error, std::string("1:8: parse error"));
    }

    void tooMany_isNoSpace()
    {
        QVERIFY(read(matrixOf(R"([[1,"1"],[2,"1"],[3,"1"]])"), 3));
        const auto answer = read(matrixOf(R"([[1,"1"],[2,"1"],[3,"1"],[4,"1"]])"), 3);
        QVERIFY(!answer);
        QCOMPARE(answer.error().code(), Errc::NoSpace);
    }

    void wrong_saysWhere_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("says");
        QTest::newRow("nothing") << QByteArray() << "no JSON from byte 1 on";
        QTest::newRow("a page") << QByteArray("<html>log in</html>") << "no JSON from byte 1 on";
        QTest::newRow("cut") << QByteArray(R"({"status":"success","data":{"resultType":"vector","result":[{)") << "no JSON from byte";
        QTest::newRow("more behind it") << success(R"({"resultType":"vector","result":[]})") + "{}"
                                        << "no JSON from byte";
        QTest::newRow("a number") << QByteArray("5") << "its outermost: a number is not expected here";
        QTest::newRow("a list") << QByteArray("[]") << "its outermost: a list is not expected here";
        QTest::newRow("without a status") << QByteArray("{}") << "it has no status";
        QTest::newRow("another status") << QByteArray(R"({"status":"maybe"})") << "it has no status";
        QTest::newRow("an error without a word") << QByteArray(R"({"status":"error"})") << "without saying which";
        QTest::newRow("without data") << QByteArray(R"({"status":"success"})") << "data.resultType: '' is none that is known";
        QTest::newRow("without a result") << success(R"({"resultType":"vector"})") << "data.result is missing";
        QTest::newRow("another type") << success(R"({"resultType":"streams","result":[]})") << "data.resultType: 'streams' is none";
        QTest::newRow("two results") << success(R"({"resultType":"vector","result":[],"result":[]})")
                                     << "data.result: there are two results";
        QTest::newRow("data that is a list") << success("[]") << "data: a list is not expected here";
        QTest::newRow("a result that is an object") << success(R"({"resultType":"vector","result":{}})") << "data.result: an object is not";
        QTest::newRow("a result that is a text") << success(R"({"resultType":"vector","result":"x"})") << "data.result: a text is not";
        QTest::newRow("a value that is a number")
            << vectorOf(R"({"metric":{},"value":[1,2]})") << "data.result[0].value: a number in quotes is needed";
        QTest::newRow("a value that is none") << vectorOf(R"({"metric":{},"value":[1,"two"]})")
                                              << "data.result[0].value: 'two' is no number";
        QTest::newRow("a value too many") << vectorOf(R"({"metric":{},"value":[1,"2","3"]})") << "data.result[0].value: a time in seconds";
        QTest::newRow("a value too few") << vectorOf(R"({"metric":{},"value":[1]})")
                                         << "data.result[0].value: a time and a value are needed";
        QTest::newRow("no value") << vectorOf(R"({"metric":{}})") << "data.result: series 0 has no values";
        QTest::newRow("a text as time") << vectorOf(R"({"metric":{},"value":["1","2"]})")
                                        << "data.result[0].value: a time in seconds comes first";
        QTest::newRow("a time beyond all") << vectorOf(R"({"metric":{},"value":[1e300,"2"]})") << "data.result[0].value: a time beyond";
        QTest::newRow("a label that is a number")
            << vectorOf(R"({"metric":{"a":1},"value":[1,"2"]})") << "data.result[0].metric.a: a number is not expected here";
        QTest::newRow("a label that is an object")
            << vectorOf(R"({"metric":{"a":{}},"value":[1,"2"]})") << "data.result[0].metric.a: an object is not expected here";
        QTest::newRow("a metric that is a list")
            << vectorOf(R"({"metric":[],"value":[1,"2"]})") << "data.result[0].metric: a list is not expected here";
        QTest::newRow("values twice") << vectorOf(R"({"metric":{},"value":[1,"2"],"values":[]})") << "a series has its values twice";
        QTest::newRow("a null") << matrixOf(R"([[1,null]])") << "data.result[0].values[0]: nothing is not expected here";
        QTest::newRow("times backwards") << matrixOf(R"([[2,"1"],[1,"1"]])") << "data.result[0].values[1]: its time is not after";
        QTest::newRow("a number among values") << matrixOf(R"([1,"1"])") << "data.result[0].values: a number is not expected here";
        QTest::newRow("a vector of two") << vectorOf(R"({"metric":{},"values":[[1,"2"],[2,"2"]]})")
                                         << "a vector has one value of each series";
        QTest::newRow("a scalar that is a list")
            << success(R"({"resultType":"scalar","result":[{"metric":{},"value":[1,"2"]}]})") << "data.result is no scalar";
        QTest::newRow("a scalar that is no number") << success(R"({"resultType":"scalar","result":[1,"x"]})") << "'x' is no number";
        QTest::newRow("a vector that is a pair") << success(R"({"resultType":"vector","result":[1,"2"]})") << "data.result is no vector";
        QTest::newRow("a series after a pair") << success(R"({"resultType":"vector","result":[1,{}]})") << "a series beside a single value";
        QTest::newRow("deep") << success(QByteArray(R"({"x":)") + QByteArray(100, '[') + QByteArray(100, ']') + "}")
                              << "more than 64 levels";
        QTest::newRow("very deep") << QByteArray(R"({"x":)") + QByteArray(1'000'000, '[') << "more than 64 levels";
        QTest::newRow("a number beyond all") << success(R"({"resultType":"scalar","result":[1e999,"2"]})") << "no JSON from byte";
    }
    void wrong_saysWhere()
    {
        QFETCH(QByteArray, json);
        QFETCH(QString, says);
        const auto answer = read(json);
        QVERIFY(!answer);
        QCOMPARE(answer.error().code(), Errc::Malformed);
        const QString told = QString::fromStdString(answer.error().context());
        QVERIFY2(told.contains(says), qPrintable(told));
    }
};

QTEST_APPLESS_MAIN(TestPrometheusAnswer)
#include "tst_prometheusanswer.moc"
