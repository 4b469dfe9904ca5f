// SPDX-License-Identifier: GPL-3.0-or-later
// When a rule score is calibrated, and by whom.
#include <QtTest>

#include "console/core/metrics/detectionproofs.h"
#include "console/core/metrics/rulefrequency.h"

using namespace tapio;
using namespace tapio::console;

class TestRuleFrequency : public QObject {
    Q_OBJECT
private slots:
    void isOfWhoJudgedEnough_data()
    {
        QTest::addColumn<quint64>("found"); // by drills
        QTest::addColumn<quint64>("wrong");
        QTest::addColumn<int>("confirmed");
        QTest::addColumn<int>("rejected");
        QTest::addColumn<QString>("says"); // empty: not calibrated
        QTest::newRow("nobody") << quint64(0) << quint64(0) << 0 << 0 << "";
        QTest::newRow("four drills") << quint64(4) << quint64(0) << 0 << 0 << "";
        QTest::newRow("five drills") << quint64(4) << quint64(1) << 0 << 0 << "4/5 drills";
        QTest::newRow("four verdicts beside them") << quint64(4) << quint64(1) << 0 << 4 << "4/5 drills";
        QTest::newRow("five verdicts beside them") << quint64(4) << quint64(1) << 2 << 3 << "2/5 operators";
        QTest::newRow("five verdicts alone") << quint64(0) << quint64(0) << 5 << 0 << "5/5 operators";
    }
    void isOfWhoJudgedEnough()
    {
        QFETCH(quint64, found);
        QFETCH(quint64, wrong);
        QFETCH(int, confirmed);
        QFETCH(int, rejected);
        ProofReport proofs;
        RuleProof proof;
        proof.rule = "oom-kill";
        proof.counts = {found, wrong, 3, 100}; // what was missed, or silent, says nothing of those that opened
        proofs.rules.push_back(proof);
        std::vector<Verdict> verdicts;
        for (int i = 0; i < confirmed + rejected; ++i)
            verdicts.push_back({"n1", static_cast<std::uint64_t>(i), "oom-kill",
                                i < confirmed ? VerdictKind::Confirmed : VerdictKind::Rejected, "because", "m", 50});
        verdicts.push_back({"n1", 1000, "oom-kill", VerdictKind::Rejected, "because", "m", 5}); // too long ago
        const auto all = frequenciesOf(proofs, VerdictBook(verdicts), 10, 100);
        const auto at = all.find("oom-kill");
        QString says;
        if (at != all.end())
            says = QString("%1/%2 %3").arg(at->second.right).arg(at->second.of).arg(at->second.isByOperators ? "operators" : "drills");
        QTEST(says, "says");
        if (at != all.end()) {
            const double share = static_cast<double>(at->second.right) / static_cast<double>(at->second.of);
            QVERIFY(at->second.low < share && share <= at->second.high);
        }
    }
};

QTEST_GUILESS_MAIN(TestRuleFrequency)
#include "tst_rulefrequency.moc"
