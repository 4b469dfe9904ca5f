// SPDX-License-Identifier: GPL-3.0-or-later
// The same samples and the same queries, here and in a real Prometheus: the answers are the same, up to rounding.
#include <QtTest>

#include <cmath>
#include <map>

#include <nlohmann/json.hpp>

#include "console/core/promql/numbertext.h"
#include "console/core/promql/parser.h"
#include "tests/promql/memorysource.h"
#include "tests/promql/prometheusserver.h"
#include "tests/promql/querygenerator.h"

using namespace tapio;
using namespace tapio::promql;

namespace {

/// In the middle of the samples, between two of them, and a range of times around it.
constexpr std::int64_t instantMs = test::madeFromMs + 5'407'300;
constexpr QueryTimes times{test::madeFromMs + 3'600'000, test::madeFromMs + 7'200'000, 97'000};
constexpr int generated = 3000;

/// Of each series, by its labels, its samples by time.
struct Answer {
    std::string refusal; ///< empty: it is an answer
    std::map<std::string, std::map<std::int64_t, double>> series;
};

Labels labelsOf(const nlohmann::json &metric)
{
    std::vector<Label> labels;
    for (const auto &[name, value] : metric.items())
        labels.push_back({name, value.get<std::string>()});
    return Labels(std::move(labels));
}

void addSample(Answer &answer, const Labels &labels, const nlohmann::json &pair)
{
    const auto timeMs = static_cast<std::int64_t>(std::llround(pair[0].get<double>() * 1000));
    answer.series[labels.text()][timeMs] = readNumber(pair[1].get<std::string>()).value_or(-1);
}

Answer theirs(const QByteArray &body)
{
    Answer answer;
    const auto json = nlohmann::json::parse(body.begin(), body.end(), nullptr, false);
    if (json.is_discarded() || json.value("status", "") != "success") {
        answer.refusal = json.is_discarded() ? "no answer" : json.value("error", "no reason");
        return answer;
    }
    const auto &data = json["data"];
    const auto &result = data["result"];
    if (data["resultType"] == "scalar") {
        addSample(answer, {}, result);
        return answer;
    }
    for (const auto &series : result) {
        const Labels labels = labelsOf(series["metric"]);
        if (series.contains("value"))
            addSample(answer, labels, series["value"]);
        for (const auto &pair : series.value("values", nlohmann::json::array()))
            addSample(answer, labels, pair);
    }
    return answer;
}

Answer ours(const std::string &query, bool isRange, const SampleSource &source)
{
    Answer answer;
    const auto parsed = parseQuery(query);
    if (!parsed) {
        answer.refusal = parsed.error().located(query);
        return answer;
    }
    const auto result = isRange ? evaluateRange(**parsed, times, source) : evaluateAt(**parsed, instantMs, source);
    if (!result) {
        answer.refusal = result.error().context();
        return answer;
    }
    for (const ResultSeries &series : result->series) {
        for (const Sample &sample : series.samples)
            answer.series[series.labels.text()][sample.timeMs] = sample.value;
    }
    return answer;
}

/// Up to rounding: sums in another order, a logarithm of another library.
bool isSame(double a, double b)
{
    if (std::isnan(a) || std::isnan(b))
        return std::isnan(a) && std::isnan(b);
    if (std::isinf(a) || std::isinf(b))
        return a == b;
    return std::abs(a - b) <= 1e-9 * std::max({1.0, std::abs(a), std::abs(b)});
}

/// Empty: they are the same.
std::string difference(const Answer &mine, const Answer &other)
{
    if (mine.refusal.empty() != other.refusal.empty())
        return "here: " + (mine.refusal.empty() ? "answered" : mine.refusal)
               + "; Prometheus: " + (other.refusal.empty() ? "answered" : other.refusal);
    for (const auto *side : {&mine, &other}) {
        const Answer &against = side == &mine ? other : mine;
        for (const auto &[labels, samples] : side->series) {
            const auto found = against.series.find(labels);
            if (found == against.series.end())
                return labels + " is only " + (side == &mine ? "here" : "in Prometheus");
            for (const auto &[timeMs, value] : samples) {
                const auto at = found->second.find(timeMs);
                if (at == found->second.end())
                    return labels + " at " + std::to_string(timeMs) + " is only " + (side == &mine ? "here" : "in Prometheus") + ": "
                           + numberText(value);
                if (!isSame(value, at->second))
                    return labels + " at " + std::to_string(timeMs) + ": here " + numberText(mine.series.at(labels).at(timeMs))
                           + ", Prometheus " + numberText(other.series.at(labels).at(timeMs));
            }
        }
    }
    return {};
}

QByteArray seconds(std::int64_t ms) { return QByteArray::number(double(ms) / 1000, 'f', 3); }

QByteArray formOf(const std::string &query, bool isRange)
{
    const QByteArray text = "query=" + QByteArray::fromStdString(query).toPercentEncoding();
    return isRange ? text + "&start=" + seconds(times.startMs) + "&end=" + seconds(times.endMs) + "&step=" + seconds(times.stepMs)
                   : text + "&time=" + seconds(instantMs);
}

} // namespace

class TestPromqlPrometheus : public QObject {
    Q_OBJECT

    std::vector<ResultSeries> m_series = test::madeSeries(1);
    std::unique_ptr<test::PrometheusServer> m_server;

    std::string compare(const std::string &query, bool isRange)
    {
        const Answer other = theirs(m_server->ask(isRange ? "query_range" : "query", formOf(query, isRange)));
        return difference(ours(query, isRange, test::MemorySource(m_series)), other);
    }

private slots:
    void initTestCase()
    {
        if (const QString why = test::PrometheusServer::missing(); !why.isEmpty())
            QSKIP(qPrintable(why));
        m_server = std::make_unique<test::PrometheusServer>();
        const QString wrong = m_server->start(m_series);
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    }
    void cleanupTestCase() { m_server.reset(); }

    void byHand_data()
    {
        QTest::addColumn<QString>("query");
        QFile file(QFINDTESTDATA("queries.txt"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        int line = 0;
        while (!file.atEnd()) {
            const QString query = QString::fromUtf8(file.readLine()).trimmed();
            ++line;
            if (!query.isEmpty() && !query.startsWith('#'))
                QTest::newRow(qPrintable(QString("line %1: %2").arg(line).arg(query))) << query;
        }
    }
    void byHand()
    {
        QFETCH(QString, query);
        for (const bool isRange : {false, true}) {
            const std::string wrong = compare(query.toStdString(), isRange);
            QVERIFY2(wrong.empty(), wrong.c_str());
        }
    }

    void byChance()
    {
        test::QueryGenerator generator(1);
        int answered = 0;
        QStringList wrong;
        for (int i = 0; i < generated && wrong.size() < 20; ++i) {
            const std::string query = generator.next();
            const bool isRange = i % 2 == 1;
            const Answer other = theirs(m_server->ask(isRange ? "query_range" : "query", formOf(query, isRange)));
            answered += other.refusal.empty() && !other.series.empty() ? 1 : 0;
            if (const std::string differs = difference(ours(query, isRange, test::MemorySource(m_series)), other); !differs.empty())
                wrong << QString::fromStdString((isRange ? "range " : "instant ") + query + "\n    " + differs);
        }
        QVERIFY2(wrong.isEmpty(), qPrintable("\n" + wrong.join('\n')));
        QVERIFY2(answered > generated / 3, qPrintable(QString("%1 of %2 had an answer that is not empty").arg(answered).arg(generated)));
    }
};

QTEST_GUILESS_MAIN(TestPromqlPrometheus)
#include "tst_promqlprometheus.moc"
