// SPDX-License-Identifier: GPL-3.0-or-later
// How the rules fare, as a session reads it of what agents told.
#include <QtTest>

#include <QSignalSpy>
#include <QTemporaryDir>

#include <algorithm>

#include "console/core/session/session.h"
#include "tests/console/fakeagent.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

constexpr int patience = 30'000;

const RuleRow &rowOf(const RuleBoard &board) { return *std::ranges::find(board.rules, "oom-kill", &RuleRow::id); }

} // namespace

class TestSessionRules : public QObject {
    Q_OBJECT
private slots:
    void rules_areReadOfTheRange_withTheScore()
    {
        const QTemporaryDir folder;
        SessionOptions options;
        options.embedded.emplace();
        options.embedded->endpoint.tls = m_pki.server();
        options.store.file = std::filesystem::path(folder.path().toStdString()) / "test.tapio";
        options.store.flushNs = 50 * nsPerMs;
        options.scoreSuite = [] {
            SuiteScore score;
            score.recordings = 7;
            return score;
        };
        const auto opened = Session::open(options, m_clock);
        QVERIFY(opened);
        Session &session = **opened;
        QSignalSpy scoredSpy(&session, &Session::suiteScored);
        std::optional<RuleBoard> board;
        connect(&session, &Session::ruleBoardReady, &session, [&board](const RuleBoard &read) { board = read; });
        const QString endpoint = session.link().endpoint;
        FakeAgent agent(endpoint.mid(endpoint.lastIndexOf(QLatin1Char(':')) + 1).toUShort(), "node-1", m_pki.node(), m_clock);
        std::uint64_t count = 0;
        const auto told = [&] {
            wire::CounterReport report{m_clock.utcNs(), {{"process", {}}}};
            report.rules = {{"oom-kill", count += 10, count / 10}};
            agent.send(report);
            session.readRuleBoard();
            return board && board->lastNs != 0 && rowOf(*board).total.evaluations >= 10;
        };
        QTRY_VERIFY_WITH_TIMEOUT(told(), patience);
        QCOMPARE(rowOf(*board).sources.front().node, std::string("node-1"));
        QVERIFY(rowOf(*board).facts.has_value());
        QTRY_COMPARE_WITH_TIMEOUT(scoredSpy.count(), 1, patience);
        board.reset();
        session.readRuleBoard();
        QTRY_VERIFY_WITH_TIMEOUT(board.has_value(), patience);
        QCOMPARE(board->suite.recordings, std::uint64_t(7));
        // Of a time in which nobody was there.
        const std::int64_t now = m_clock.utcNs();
        session.setRange({TimeRange::Kind::Custom, now - 7200 * nsPerSecond, now - 3600 * nsPerSecond});
        board.reset();
        session.readRuleBoard();
        QTRY_VERIFY_WITH_TIMEOUT(board.has_value(), patience);
        QCOMPARE(board->lastNs, std::int64_t(0));
    }

private:
    SystemClock m_clock;
    TestPki m_pki;
};

QTEST_GUILESS_MAIN(TestSessionRules)
#include "tst_sessionrules.moc"
