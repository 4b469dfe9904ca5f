// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QApplication>
#include <QLineEdit>
#include <QPushButton>
#include <QtTest>

#include "console/ui/pages/insightspage.h"
#include "console/ui/pages/rulespage.h"
#include "console/ui/widgets/statemessage.h"
#include "console/ui/widgets/tableview.h"
#include "tests/ui/windowfixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

RuleRow row(const std::string &id, std::uint64_t evaluations, std::uint64_t open = 0)
{
    RuleRow row;
    row.id = id;
    row.facts = RuleFacts();
    row.facts->id = id;
    row.facts->title = "Title of " + id;
    row.facts->steps = {{"kill", "oom.kill", RuleFacts::Role::Required, 2, 60 * nsPerSecond}};
    if (evaluations == 0)
        return row;
    row.total.evaluations = evaluations;
    row.total.evidence = evaluations / 10;
    row.total.open = open;
    row.total.timed = 10;
    row.total.timedNs = 4000;
    row.sources.push_back({"node-01", row.total, true});
    return row;
}

RuleBoard board()
{
    RuleBoard board;
    board.fromNs = testNowNs - 900 * nsPerSecond;
    board.toNs = testNowNs;
    board.firstNs = testNowNs - 800 * nsPerSecond;
    board.lastNs = testNowNs;
    board.rules = {row("dns-slow", 0), row("node-lost", 1200), row("oom-kill", 48'000, 3)};
    board.rules[1].facts->isAcrossNodes = true;
    board.rules[2].total.evicted = 2;
    board.rules[2].suite = replay::Counts{10, 0, 1, 89};
    board.rules[2].verdicts = {3, 1};
    board.sources = 2;
    board.heard = 1;
    return board;
}

} // namespace

/// The rules of correlation in the real window.
class TestRulesPage : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowFixture> m_ui;
    RulesPage *m_page = nullptr;

    void openPage()
    {
        m_ui->window->openPage(PageId::Correlation);
        m_page = qobject_cast<RulesPage *>(m_ui->window->currentPage());
        QVERIFY(m_page);
    }
    QString cell(const QString &rule, int column) const
    {
        for (int i = 0; i < m_page->rows().rowCount(); ++i) {
            if (m_page->rows().index(i, RulesModel::Rule).data().toString() == rule)
                return m_page->rows().index(i, column).data().toString().replace(QChar(0x00A0), QLatin1Char(' '));
        }
        return QStringLiteral("no such rule");
    }
    TableView *table() const { return m_page->findChild<TableView *>(); }
    QString drawer() const { return m_ui->copiedDetails(); }

private slots:
    void init()
    {
        m_ui = std::make_unique<WindowFixture>(WindowFixture::Data::Some, QSize(1920, 1080), ThemeChoice::Dark);
        m_ui->session.ruleBoard = board();
    }
    void cleanup() { m_ui.reset(); }

    void rules_areShownWithWhatIsKnown()
    {
        openPage();
        QTRY_VERIFY(m_page->settled());
        QCOMPARE(m_page->rows().rowCount(), 3);
        QCOMPARE(cell("oom-kill", RulesModel::Evaluations), "48,000");
        QCOMPARE(cell("oom-kill", RulesModel::Open), "3");
        QCOMPARE(cell("oom-kill", RulesModel::Cost), "400 ns");
        QCOMPARE(cell("oom-kill", RulesModel::Verdicts), "3 of 4 right");
        QVERIFY2(cell("oom-kill", RulesModel::Suite).startsWith("99.0 % ["), qPrintable(cell("oom-kill", RulesModel::Suite)));
        QCOMPARE(cell("node-lost", RulesModel::Scope), "across nodes");
        // Nobody told of it: that is no zero.
        QCOMPARE(cell("dns-slow", RulesModel::Evaluations), QStringLiteral("\u2013"));
        QCOMPARE(cell("dns-slow", RulesModel::Suite), QStringLiteral("\u2013"));
        const QString summary = m_page->summary().replace(QChar(0x00A0), QLatin1Char(' '));
        QVERIFY2(summary.contains("1 of 2 engines heard") && summary.contains("61.5 evaluations/s") && summary.contains("2 forgotten"),
                 qPrintable(summary));
        QVERIFY(m_page->suiteSummary().contains("still being scored"));
    }

    void openNow_isNoZeroWhereNobodyIsHeard()
    {
        m_ui->session.ruleBoard.heard = 0;
        m_ui->session.ruleBoard.rules[2].total.open = 0;
        for (RuleRow &one : m_ui->session.ruleBoard.rules) {
            for (RuleRow::Source &source : one.sources)
                source.isHeard = false;
        }
        openPage();
        QTRY_VERIFY(m_page->settled());
        QCOMPARE(cell("oom-kill", RulesModel::Open), QStringLiteral("\u2013"));
        QCOMPARE(cell("oom-kill", RulesModel::Evaluations), "48,000"); // that was counted while it was
        QVERIFY2(m_page->summary().contains("nobody says what is open now"), qPrintable(m_page->summary()));
    }

    void model_keepsTheRulesOfModels()
    {
        RulesModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.update(board());
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        model.update(board());
        QCOMPARE(resets.count(), 0); // the same rules: the selection stays
        RuleBoard other = board();
        other.rules.push_back(row("new", 5));
        model.update(other);
        QCOMPARE(resets.count(), 1);
        QCOMPARE(model.rowOf("new"), 3);
        QCOMPARE(model.rowOf("none"), -1);
        model.update({});
        QCOMPARE(model.rowCount(), 0);
    }

    void reading_isSaid_andAnErrorCanBeTriedAgain()
    {
        m_ui->session.holdRuleBoard = true;
        openPage();
        QVERIFY(!m_page->settled());
        QCOMPARE(m_page->rows().rowCount(), 0);
        m_ui->session.holdRuleBoard = false;
        emit m_ui->session.ruleBoardFailed("the store is damaged");
        QVERIFY(m_page->settled());
        auto *message = m_page->findChild<StateMessage *>();
        QTRY_VERIFY(message->isVisible());
        const int reads = m_ui->session.ruleBoardReads;
        message->findChild<QPushButton *>()->click();
        QCOMPARE(m_ui->session.ruleBoardReads, reads + 1);
        QTRY_COMPARE(m_page->rows().rowCount(), 3);
    }

    void filter_findsByAnyColumn()
    {
        openPage();
        QTRY_COMPARE(m_page->rows().rowCount(), 3);
        auto *filter = qobject_cast<QLineEdit *>(m_page->filterField());
        filter->setText("across");
        QCOMPARE(m_page->rows().rowCount(), 1);
        filter->setText("no such rule");
        QCOMPARE(m_page->rows().rowCount(), 0);
        QVERIFY(m_page->findChild<StateMessage *>()->isVisible());
    }

    void columns_areSortedByTheirNumbers()
    {
        openPage();
        QTRY_COMPARE(m_page->rows().rowCount(), 3);
        table()->sortByColumn(RulesModel::Evaluations, Qt::DescendingOrder);
        QCOMPARE(m_page->rows().index(0, 0).data().toString(), "oom-kill");
        QCOMPARE(m_page->rows().index(2, 0).data().toString(), "dns-slow"); // not known is below all that is
    }

    void details_tellOfTheRule_andFollowIt()
    {
        m_ui->window->openPage(PageId::Correlation, "rule=oom-kill");
        m_page = qobject_cast<RulesPage *>(m_ui->window->currentPage());
        QTRY_VERIFY(drawer().contains("oom.kill, 2 times within 1 min (needed)"));
        QVERIFY2(drawer().contains("node-01: 48,000 evaluations, 4,800 taken, 0 opened, 3 open"), qPrintable(drawer()));
        QVERIFY(drawer().contains("Drills, 30 days: no drill tried this rule"));
        m_ui->session.ruleBoard.rules[2].sources[0].counters.evaluations = 50'000;
        emit m_ui->session.ruleBoardReady(m_ui->session.ruleBoard);
        QVERIFY(drawer().contains("50,000 evaluations"));
    }

    void insights_ofARuleAreOneKeyAway()
    {
        openPage();
        QTRY_COMPARE(m_page->rows().rowCount(), 3);
        table()->setFocus();
        table()->setCurrentIndex(m_page->rows().index(2, 0));
        QTest::keyClick(table(), Qt::Key_N);
        QVERIFY(qobject_cast<InsightsPage *>(m_ui->window->currentPage()));
    }

    void export_hasNumbers_andSaysWhyNot()
    {
        openPage();
        QTRY_COMPARE(m_page->rows().rowCount(), 3);
        const QTemporaryDir folder;
        const QString file = folder.filePath("rules.csv");
        QVERIFY(m_page->exportRows(file));
        QFile written(file);
        QVERIFY(written.open(QIODevice::ReadOnly));
        const QString text = QString::fromUtf8(written.readAll());
        QVERIFY(text.startsWith("Rule,Severity,Looks at,Evaluations"));
        QVERIFY2(text.contains("oom-kill,") && text.contains(",48000,4800,"), qPrintable(text));
        QVERIFY(text.contains("Cost per evaluation (ns)"));
        QCOMPARE(m_page->exportRows("/no/such/folder/rules.csv").error().code(), Errc::Io);
    }

    void range_isReadAnew()
    {
        openPage();
        QTRY_VERIFY(m_page->settled());
        const int reads = m_ui->session.ruleBoardReads;
        m_ui->window->setRange({TimeRange::Kind::Last1Hour, 0, 0});
        QCOMPARE(m_ui->session.ruleBoardReads, reads + 1);
        emit m_ui->session.suiteScored(); // the next reading has it
        QCOMPARE(m_ui->session.ruleBoardReads, reads + 2);
    }
};

QTEST_MAIN(TestRulesPage)
#include "tst_rulespage.moc"
