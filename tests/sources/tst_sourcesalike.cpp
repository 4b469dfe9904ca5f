// SPDX-License-Identifier: GPL-3.0-or-later
// The same question to the engine here, to a real Prometheus and to a real VictoriaMetrics: the same answer. And both over TLS with passwords.
// What either may say otherwise is in tests/promql/tst_promqlprometheus; here it is how answers travel.
#include <QtTest>

#include <cmath>

#include "console/core/promql/numbertext.h"
#include "console/core/promql/parser.h"
#include "console/core/sources/prometheussource.h"
#include "tests/promql/memorysource.h"
#include "tests/promql/prometheusserver.h"
#include "tests/promql/querygenerator.h"
#include "tests/promql/victoriaserver.h"
#include "tests/support/elsewhere.h"
#include "tests/support/fakehttps.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

/// On a sample of all series, since VictoriaMetrics looks back over one interval of them, and Prometheus over five minutes.
constexpr std::int64_t instantMs = madeFromMs + 3'600'000;
constexpr promql::QueryTimes times{instantMs, instantMs + 600'000, 60'000};
constexpr const char *password = "correct horse";
constexpr const char *passwordHash = "$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2"; // bcrypt of it

using Answered = tl::expected<QueryAnswer, Unanswered>;

std::vector<promql::ResultSeries> regularSeries()
{
    std::vector<promql::ResultSeries> all;
    for (const auto &[metric, pod, factor] : {std::tuple("up", "a", 0.0), std::tuple("up", "b", 1.0),
                                              std::tuple("requests_total", "a", 2.0), std::tuple("requests_total", "b", 0.5)}) {
        promql::ResultSeries one;
        one.labels = promql::Labels({{"__name__", metric}, {"pod", pod}, {"text", "a \"b\" \\ \xc3\xa4"}});
        for (std::int64_t i = 0; i <= 720; ++i)
            one.samples.push_back({madeFromMs + i * 15'000, factor * static_cast<double>(i) + 0.25});
        all.push_back(std::move(one));
    }
    return all;
}

/// By labels, since whoever answers may put them in any order.
std::map<std::string, std::vector<promql::Sample>> byLabels(const promql::QueryResult &result)
{
    std::map<std::string, std::vector<promql::Sample>> all;
    for (const promql::ResultSeries &series : result.series)
        all[series.labels.text()] = series.samples;
    return all;
}

QString difference(const promql::QueryResult &mine, const promql::QueryResult &other)
{
    const auto here = byLabels(mine), there = byLabels(other);
    if (here.size() != there.size())
        return QString("%1 series here, %2 there").arg(here.size()).arg(there.size());
    for (const auto &[labels, samples] : here) {
        const auto found = there.find(labels);
        if (found == there.end() || found->second.size() != samples.size())
            return QString::fromStdString(labels) + (found == there.end() ? " is only here" : " has another number of samples");
        for (std::size_t i = 0; i < samples.size(); ++i) {
            const promql::Sample &a = samples[i], &b = found->second[i];
            if (a.timeMs != b.timeMs || !(std::abs(a.value - b.value) <= 1e-9 * std::max(1.0, std::abs(a.value))))
                return QString("%1: %2 at %3 here, %4 at %5 there")
                    .arg(QString::fromStdString(labels))
                    .arg(a.value)
                    .arg(a.timeMs)
                    .arg(b.value)
                    .arg(b.timeMs);
        }
    }
    return {};
}

Answered askAt(const http::Url &url, const Question &question, const std::string &user = {}, const std::string &withPassword = {})
{
    return elsewhere([&]() -> Answered {
        PrometheusOptions options;
        options.url = url;
        options.user = user;
        options.password = withPassword;
        auto source = PrometheusSource::open(std::move(options));
        return source ? (*source)->ask(question, {}) : Answered(tl::unexpected(Unanswered{source.error(), {}}));
    });
}

http::Url plainUrl(const RealServer &server) { return *http::parseUrl("http://127.0.0.1:" + std::to_string(server.port())); }

http::Url secureUrl(const RealServer &server, const HttpsPki &pki)
{
    http::Url url = *http::parseUrl("https://localhost:" + std::to_string(server.port()));
    url.target.ca = pki.certificate().toStdString();
    return url;
}

void addQueries()
{
    QTest::addColumn<QString>("query");
    QTest::addColumn<bool>("isRange");
    for (const char *query : {"up", "up{pod=\"a\"}", "requests_total{pod=~\"a|b\",text!=\"\"}", "sum by (pod) (requests_total)",
                              "requests_total / 2 > 100", "max(requests_total) - min(requests_total)", "nothing_at_all",
                              "label_replace(up, \"x\", \"$1\", \"pod\", \"(.*)\")", "requests_total - on (pod) up"}) {
        QTest::addRow("at one time: %s", query) << query << false;
        QTest::addRow("over a range: %s", query) << query << true;
    }
}

} // namespace

class TestSourcesAlike : public QObject {
    Q_OBJECT

    MemorySource m_here{regularSeries()};
    std::unique_ptr<PrometheusServer> m_prometheus;
    std::unique_ptr<VictoriaServer> m_victoria;

    /// The first of its rows starts the server.
    template <typename Server> void compare(std::unique_ptr<Server> &server)
    {
        if (const QString why = Server::missing(); !why.isEmpty())
            QSKIP(qPrintable(why));
        if (!server) {
            server = std::make_unique<Server>();
            const QString why = server->start(m_here.series());
            QVERIFY2(why.isEmpty(), qPrintable(why));
        }
        QFETCH(QString, query);
        QFETCH(bool, isRange);
        const auto parsed = promql::parseQuery(query.toStdString());
        QVERIFY(parsed);
        const auto mine = isRange ? promql::evaluateRange(**parsed, times, m_here) : promql::evaluateAt(**parsed, instantMs, m_here);
        QVERIFY(mine);
        const Question question{query.toStdString(), isRange ? times : promql::QueryTimes{instantMs, instantMs, 1}, isRange};
        const Answered other = askAt(plainUrl(*server), question);
        QVERIFY2(other, other ? "" : other.error().error.message().c_str());
        const QString differs = difference(*mine, other->result);
        QVERIFY2(differs.isEmpty(), qPrintable(differs));
    }

private slots:
    void prometheus_answersAlike_data() { addQueries(); }
    void prometheus_answersAlike() { compare(m_prometheus); }

    void prometheus_saysWhatIsWrong()
    {
        if (!m_prometheus)
            QSKIP("there is no Prometheus here");
        const Answered answer = askAt(plainUrl(*m_prometheus), {"sum(", {instantMs, instantMs, 1}, false});
        QVERIFY(!answer);
        QCOMPARE(int(answer.error().error.code()), int(Errc::InvalidArgument));
        QVERIFY2(answer.error().error.context().find("parse error") != std::string::npos, answer.error().error.context().c_str());
    }

    void prometheus_answersOtherKinds()
    {
        if (!m_prometheus)
            QSKIP("there is no Prometheus here");
        const Answered scalar = askAt(plainUrl(*m_prometheus), {"1.5 + 1", {instantMs, instantMs, 1}, false});
        QVERIFY(scalar);
        QCOMPARE(scalar->result.type, promql::ValueType::Scalar);
        QCOMPARE(scalar->result.series.at(0).samples.at(0).value, 2.5);
        const Answered text = askAt(plainUrl(*m_prometheus), {"\"a\"", {instantMs, instantMs, 1}, false});
        QVERIFY(text);
        QCOMPARE(text->result.text, std::string("a"));
        const Answered matrix = askAt(plainUrl(*m_prometheus), {"up[1m]", {instantMs, instantMs, 1}, false});
        QVERIFY(matrix);
        QCOMPARE(matrix->result.type, promql::ValueType::Matrix);
        QCOMPARE(matrix->result.series.size(), std::size_t(2));
    }

    void prometheus_isAskedOverTlsWithAPassword()
    {
        if (const QString why = PrometheusServer::missing(); !why.isEmpty())
            QSKIP(qPrintable(why));
        const HttpsPki pki;
        PrometheusServer server;
        server.secure(pki.certificate(), pki.key(), "someone", passwordHash);
        const http::Url url = secureUrl(server, pki);
        const Question question{"vector(7)", {instantMs, instantMs, 1}, false};
        const QString why = server.start({m_here.series().front()}, [&] { return askAt(url, question, "someone", password).has_value(); });
        QVERIFY2(why.isEmpty(), qPrintable(why));
        const Answered wrong = askAt(url, question, "someone", "another");
        QVERIFY(!wrong);
        QCOMPARE(int(wrong.error().error.code()), int(Errc::PermissionDenied));
        http::Url stranger = url;
        stranger.target.ca.clear();
        const Answered untrusted = askAt(stranger, question, "someone", password);
        QVERIFY(!untrusted);
        QCOMPARE(int(untrusted.error().error.code()), int(Errc::Refused));
    }

    void victoria_answersAlike_data() { addQueries(); }
    void victoria_answersAlike() { compare(m_victoria); }

    void victoria_isAskedOverTlsWithAPassword()
    {
        if (const QString why = VictoriaServer::missing(); !why.isEmpty())
            QSKIP(qPrintable(why));
        const HttpsPki pki;
        VictoriaServer server;
        const http::Url url = secureUrl(server, pki);
        const Question question{"vector(7)", {instantMs, instantMs, 1}, false};
        const QString why = server.startSecured(pki.certificate(), pki.key(), "someone", password,
                                                [&] { return askAt(url, question, "someone", password).has_value(); });
        QVERIFY2(why.isEmpty(), qPrintable(why));
        const Answered wrong = askAt(url, question, "someone", "another");
        QVERIFY(!wrong);
        QCOMPARE(int(wrong.error().error.code()), int(Errc::PermissionDenied));
    }
};

QTEST_GUILESS_MAIN(TestSourcesAlike)
#include "tst_sourcesalike.moc"
