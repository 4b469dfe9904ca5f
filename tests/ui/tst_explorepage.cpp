// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QAbstractItemView>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QtTest>

#include <cmath>

#include "console/ui/charts/plotview.h"
#include "console/ui/models/explorequestion.h"
#include "console/ui/pages/explorepage.h"
#include "console/ui/widgets/footline.h"
#include "console/ui/widgets/queryeditor.h"
#include "console/ui/widgets/queryplotview.h"
#include "console/ui/widgets/statemessage.h"
#include "console/ui/widgets/tableview.h"
#include "console/ui/window/timerange.h"
#include "tests/ui/windowfixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {

/// So many series with so many values each, over the last quarter of an hour.
QueryAnswer answerOf(int series, int values)
{
    QueryAnswer answer;
    answer.result.type = promql::ValueType::Matrix;
    for (int i = 0; i < series; ++i) {
        promql::ResultSeries one;
        one.labels = promql::Labels(
            {{"__name__", "container_memory_working_set_bytes"}, {"namespace", "shop"}, {"pod", "web-" + std::to_string(i)}});
        for (int at = 0; at < values; ++at)
            one.samples.push_back({testNowNs / nsPerMs / 2000 * 2000 - (values - 1 - at) * 2000, 1e6 * (i + 1) + 1000.0 * (at % 7)});
        answer.result.series.push_back(std::move(one));
    }
    return answer;
}

} // namespace

/// Queries in the real window.
class TestExplorePage : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowFixture> m_ui;
    ExplorePage *m_page = nullptr;

    FakeSession &session() { return m_ui->session; }
    QueryEditor *editor() const { return m_page->findChild<QueryEditor *>(); }
    QPushButton *button() const
    {
        for (QPushButton *one : m_page->findChildren<QPushButton *>()) {
            if (one->text() == "Run" || one->text() == "Stop")
                return one;
        }
        return nullptr;
    }
    QComboBox *choice(int index) const { return m_page->findChildren<QComboBox *>().value(index); }
    QString foot() const { return m_page->findChild<FootLine *>()->text().replace(QChar(0x00A0), QLatin1Char(' ')); }
    void type(const QString &query)
    {
        editor()->setFocus();
        editor()->setQuery(query);
        QTest::keyClick(editor(), Qt::Key_Return);
    }

private slots:
    void init()
    {
        m_ui = std::make_unique<WindowFixture>(WindowFixture::Data::Some, QSize(1600, 900), ThemeChoice::Dark);
        m_ui->window->openPage(PageId::Explore);
        m_page = qobject_cast<ExplorePage *>(m_ui->window->currentPage());
        QVERIFY(m_page);
    }
    void cleanup() { m_ui.reset(); }

    void nothingAsked_saysHow()
    {
        QVERIFY(session().questions.isEmpty());
        QVERIFY(m_page->findChild<StateMessage *>()->isVisible());
        QVERIFY(m_page->settled());
        m_ui->keep("explore-empty");
    }

    void query_isAskedOverTheRange()
    {
        type("  sum(up)\n");
        QCOMPARE(session().questions.size(), 1);
        const FakeSession::Asked asked = session().questions.last();
        QCOMPARE(asked.target, QString());
        QCOMPARE(asked.question.expression, std::string("sum(up)"));
        QVERIFY(asked.question.isRange);
        QCOMPARE(asked.question.times.stepMs, std::int64_t(2000)); // 15 min in 500 values at most
        QCOMPARE(asked.question.times.endMs % 2000, std::int64_t(0));
        const std::int64_t lengthMs = asked.question.times.endMs - asked.question.times.startMs;
        QVERIFY2(std::abs(lengthMs - 900'000) <= 2000, qPrintable(QString::number(lengthMs)));
        QCOMPARE(session().actions.last(), std::pair(QString("query"), QString("sum(up)")));
        QVERIFY(!m_page->settled());
        QCOMPARE(button()->text(), QString("Stop"));
    }

    void words_areOfferedWhileOneTypes()
    {
        editor()->setFocus();
        QTest::keyClicks(editor(), "sum(ra");
        QVERIFY2(editor()->offered().contains("rate("), qPrintable(editor()->offered().join(' ')));
        QVERIFY(editor()->offered().contains("histogram_quantile(") == false);
        QTest::keyClicks(editor(), "te");
        QCOMPARE(editor()->offered().mid(0, 2), (QStringList{"rate(", "irate("})); // those that begin so, then those that have it
        m_ui->keep("explore-words");
        QAbstractItemView *list = nullptr;
        for (QWidget *one : QApplication::topLevelWidgets())
            if (one->isVisible() && qobject_cast<QAbstractItemView *>(one))
                list = qobject_cast<QAbstractItemView *>(one);
        QVERIFY(list);
        QTest::keyClick(list, Qt::Key_Return);
        QCOMPARE(editor()->query(), QString("sum(rate("));
        QVERIFY(editor()->offered().isEmpty());
        QVERIFY(session().questions.isEmpty()); // that was no wish to run it
        QTest::keyClicks(editor(), "memory_work");
        QVERIFY(editor()->offered().contains("container_memory_working_set_bytes"));
        QTest::keyClick(list, Qt::Key_Escape);
        QVERIFY(editor()->offered().isEmpty());
        editor()->setQuery("up{na");
        QTest::keyClick(editor(), Qt::Key_Space, Qt::ControlModifier);
        QVERIFY2(editor()->offered().contains("namespace") && !editor()->offered().contains("rate("),
                 qPrintable(editor()->offered().join(' ')));
    }

    void answer_isGraphAndTable()
    {
        const QAbstractItemModelTester tester(const_cast<QuerySeriesModel *>(&m_page->model()));
        type("container_memory_working_set_bytes");
        session().answerQuestion(answerOf(3, 450));
        QVERIFY(m_page->settled());
        QCOMPARE(m_page->rows().rowCount(), 3);
        QCOMPARE(m_page->rows().index(1, QuerySeriesModel::Series).data().toString(),
                 QString("container_memory_working_set_bytes{namespace=\"shop\", pod=\"web-1\"}"));
        QCOMPARE(m_page->rows().index(1, QuerySeriesModel::Least).data().toString(), QString("2,000,000"));
        QCOMPARE(m_page->rows().index(1, QuerySeriesModel::Largest).data().toString(), QString("2,006,000"));
        QCOMPARE(m_page->rows().index(1, QuerySeriesModel::Samples).data().toString(), QString("450"));
        QVERIFY(m_page->graph().isVisible());
        QCOMPARE(m_page->graph().plot().panel()->series.size(), std::size_t(3));
        QCOMPARE(m_page->graph().plot().panel()->series[2].label, std::string("{pod=\"web-2\"}"));
        QVERIFY2(foot().startsWith("3 series, 1,350 values \u00b7 from this console\u2019s store \u00b7 step 2s"), qPrintable(foot()));
        m_ui->keep("explore-answer");
    }

    void atTheEnd_isATable()
    {
        choice(1)->setCurrentIndex(1);
        type("up");
        QVERIFY(!session().questions.last().question.isRange);
        QueryAnswer answer = answerOf(2, 1);
        answer.result.type = promql::ValueType::Vector;
        session().answerQuestion(std::move(answer));
        QCOMPARE(m_page->rows().rowCount(), 2);
        QVERIFY(!m_page->graph().isVisible());
        QCOMPARE(m_page->rows().headerData(QuerySeriesModel::Last, Qt::Horizontal).toString(), QString("Value"));
    }

    void otherKinds_areARow()
    {
        choice(1)->setCurrentIndex(1);
        type("\"text\"");
        QueryAnswer answer;
        answer.result.type = promql::ValueType::String;
        answer.result.text = "some words";
        session().answerQuestion(std::move(answer));
        QCOMPARE(m_page->rows().rowCount(), 1);
        QCOMPARE(m_page->rows().index(0, QuerySeriesModel::Series).data().toString(), QString("some words"));
    }

    void server_isAskedByItsName()
    {
        choice(0)->setCurrentIndex(1);
        type("up");
        QCOMPARE(session().questions.last().target, QString("prod"));
        QueryAnswer answer = answerOf(1, 3);
        answer.warnings = {"one store is away"};
        session().answerQuestion(std::move(answer));
        QVERIFY2(foot().contains("from https://prometheus.example"), qPrintable(foot()));
        QCOMPARE(m_page->findChild<FootLine *>()->loss(), QString("incomplete"));
    }

    void wrongQuery_isMarkedWhereItIs()
    {
        type("sum(\xc3\xa4)");
        const std::string query = session().questions.last().question.expression;
        session().refuseQuestion(
            {Error(Errc::InvalidArgument, "line 1, column 5: no such thing"), promql::QueryError{{4, 6}, "no such thing", false}});
        QCOMPARE(m_page->problem(), QString("line 1, column 5: no such thing"));
        QCOMPARE(editor()->extraSelections().size(), 1);
        QCOMPARE(editor()->extraSelections()[0].cursor.selectedText(), QString::fromUtf8("\xc3\xa4"));
        m_ui->keep("explore-wrong");
        QTest::keyClick(editor(), Qt::Key_Space); // another query
        QVERIFY(editor()->extraSelections().isEmpty());
    }

    void failure_keepsWhatWasThere()
    {
        type("up");
        session().answerQuestion(answerOf(2, 10));
        type("up");
        session().refuseQuestion({Error(Errc::TimedOut, "https://prometheus.example: timed out"), {}});
        QCOMPARE(m_page->rows().rowCount(), 2);
        QVERIFY(m_page->graph().isVisible());
        QCOMPARE(m_page->problem(), QString("https://prometheus.example: timed out"));
        QCOMPARE(m_page->findChild<FootLine *>()->loss(), QString("earlier answer"));
        type("up");
        session().answerQuestion(answerOf(1, 10));
        QVERIFY(m_page->findChild<FootLine *>()->loss().isEmpty());
    }

    void failure_ofTheFirst_fillsThePage()
    {
        type("up");
        session().refuseQuestion({Error(Errc::Disconnected, "https://prometheus.example: nobody is there"), {}});
        QVERIFY(m_page->findChild<StateMessage *>()->isVisible());
        QVERIFY(m_page->problem().isEmpty());
        m_ui->keep("explore-failed");
    }

    void nothingFound_saysSo()
    {
        type("nothing");
        session().answerQuestion({});
        QVERIFY(m_page->findChild<StateMessage *>()->isVisible());
        QCOMPARE(m_page->rows().rowCount(), 0);
    }

    void many_areDrawnInPart()
    {
        type("up");
        session().answerQuestion(answerOf(500, 20));
        QCOMPARE(m_page->graph().plot().panel()->series.size(), std::size_t(50));
        QCOMPARE(m_page->rows().rowCount(), 500);
        QVERIFY2(foot().contains("50 of 500 series drawn, by maximum"), qPrintable(foot()));
        m_ui->keep("explore-many");
    }

    void stop_asksNoMore()
    {
        type("up");
        QTest::mouseClick(button(), Qt::LeftButton);
        QCOMPARE(session().cancelledQuestions, QList<int>{1});
        QVERIFY(m_page->settled());
        QCOMPARE(button()->text(), QString("Run"));
        session().answerQuestion(answerOf(1, 1)); // it was on its way
        QCOMPARE(m_page->rows().rowCount(), 0);
    }

    void step_isTakenOrRefused()
    {
        auto *step = m_page->findChild<QLineEdit *>();
        step->setText("1m30s");
        type("up");
        QCOMPARE(session().questions.last().question.times.stepMs, std::int64_t(90'000));
        step->setText("fast");
        type("up");
        QCOMPARE(session().questions.size(), 1);
        QVERIFY2(m_page->problem().contains("fast"), qPrintable(m_page->problem()));
    }

    void otherRange_isAskedAnew()
    {
        type("up");
        session().answerQuestion(answerOf(1, 10));
        editor()->setQuery("half of an"); // that is not asked
        m_ui->window->setRange({TimeRange::Kind::Last1Hour, 0, 0});
        QCOMPARE(session().questions.size(), 2);
        QCOMPARE(session().questions.last().question.expression, std::string("up"));
        QCOMPARE(session().questions.last().question.times.stepMs, std::int64_t(10'000));
        QCOMPARE(session().actions.size(), 1); // nobody asked for that by hand
    }

    void history_keepsWhatWasAnswered()
    {
        type("up");
        session().answerQuestion(answerOf(1, 1));
        type("down");
        session().refuseQuestion({Error(Errc::InvalidArgument, "no"), {}});
        QCOMPARE(m_ui->uiSettings.queries().queries(), QStringList{"up"});
        ThemeStore themes(ThemeStore::loadBuiltIn().value().first, ThemeStore::loadBuiltIn().value().second);
        TimeDisplay time;
        UiSettings later(m_ui->settings, themes, time, UiDefaults());
        QCOMPARE(later.queries().queries(), QStringList{"up"});
    }

    void enter_runsAndShiftEnterBeginsALine()
    {
        editor()->setFocus();
        QTest::keyClicks(editor(), "up");
        QTest::keyClick(editor(), Qt::Key_Return, Qt::ShiftModifier);
        QTest::keyClicks(editor(), "+ 1");
        QVERIFY(session().questions.isEmpty());
        QTest::keyClick(editor(), Qt::Key_Return);
        QCOMPARE(session().questions.last().question.expression, std::string("up\n+ 1"));
    }

    void open_runsTheQuery()
    {
        m_ui->window->openPage(PageId::Explore, "query=sum(up)");
        QCOMPARE(session().questions.last().question.expression, std::string("sum(up)"));
        QCOMPARE(editor()->query(), QString("sum(up)"));
    }

    void export_hasAllValues()
    {
        type("up");
        session().answerQuestion(answerOf(2, 3000));
        QueryExporter exporter;
        QSignalSpy finished(&exporter, &QueryExporter::finished), failed(&exporter, &QueryExporter::failed);
        const QString csv = m_ui->folder.filePath("a.csv"), json = m_ui->folder.filePath("a.json");
        exporter.start(m_page->model().answered(), csv);
        exporter.start(m_page->model().answered(), json);
        exporter.start(m_page->model().answered(), "/nowhere/a.csv");
        QTRY_COMPARE(failed.size(), 1);
        QCOMPARE(failed[0][0].toString(), QString("/nowhere/a.csv"));
        QVERIFY(!failed[0][1].toString().isEmpty());
        QCOMPARE(finished.size(), 2);
        QFile rows(csv), object(json);
        QVERIFY(rows.open(QIODevice::ReadOnly) && object.open(QIODevice::ReadOnly));
        const QByteArray text = rows.readAll();
        QCOMPARE(text.count('\n'), 6001);
        QVERIFY(text.endsWith(",shop,web-1\r\n"));
        const QByteArray all = object.readAll();
        QVERIFY(all.startsWith("{\"result\":[{") && all.endsWith("}\n"));
    }

    void words_ofAQuestion()
    {
        const Question range{"up{a=\"it's\"}", {1'750'000'000'000, 1'750'003'600'000, 15'000}, true};
        QCOMPARE(
            questionAsCommand(range, {"prod", "https://prometheus.example"}),
            QString("tapio query 'up{a=\"it'\\''s\"}' --start 2025-06-15T15:06:40Z --end 2025-06-15T16:06:40Z --step 15s --source 'prod'"));
        const Question once{"up", {1'750'000'000'000, 1'750'000'000'000, 1}, false};
        QCOMPARE(questionAsText(once, {"", "/home/kim/console.tapio"}),
                 QString("up\nstore /home/kim/console.tapio\nat 2025-06-15T15:06:40Z\n"
                         "tapio query 'up' --time 2025-06-15T15:06:40Z --store '/home/kim/console.tapio'\n"));
    }

    void values_areReadable_data()
    {
        QTest::addColumn<double>("value");
        QTest::addColumn<QString>("text");
        QTest::newRow("nothing") << 0.0 << "0";
        QTest::newRow("whole") << 1'234'567.0 << "1,234,567";
        QTest::newRow("large") << 1'002'997.27 << "1,002,997";
        QTest::newRow("in between") << 1234.5678 << "1,234.57";
        QTest::newRow("small") << -0.00025 << "-0.00025";
        QTest::newRow("a half") << 0.5 << "0.5";
        QTest::newRow("tiny") << 2.5e-9 << "2.500e-09";
        QTest::newRow("huge") << 1e20 << "1.000e+20";
        QTest::newRow("none") << std::nan("") << "NaN";
        QTest::newRow("endless") << -HUGE_VAL << "-Inf";
    }
    void values_areReadable()
    {
        QFETCH(double, value);
        QTEST(valueText(value), "text");
    }

    void looks_data()
    {
        QTest::addColumn<QSize>("size");
        QTest::addColumn<bool>("dark");
        QTest::newRow("dark, small") << QSize(1280, 800) << true;
        QTest::newRow("light, small") << QSize(1280, 800) << false;
        QTest::newRow("light, large") << QSize(2560, 1440) << false;
    }
    void looks()
    {
        QFETCH(QSize, size);
        QFETCH(bool, dark);
        m_ui = std::make_unique<WindowFixture>(WindowFixture::Data::Some, size, dark ? ThemeChoice::Dark : ThemeChoice::Light);
        m_ui->window->openPage(PageId::Explore);
        m_page = qobject_cast<ExplorePage *>(m_ui->window->currentPage());
        type("container_memory_working_set_bytes");
        QueryAnswer answer = answerOf(8, 450);
        answer.warnings = {"one store is away"};
        session().answerQuestion(std::move(answer));
        m_page->graph().stepCrosshair(-1);
        m_page->graph().stepCrosshair(-100);
        QVERIFY(m_page->graph().crosshair());
        QVERIFY(m_page->closeTopmost()); // the pin, and nothing else
        QVERIFY(!m_page->closeTopmost());
        m_page->graph().stepCrosshair(-1);
        m_page->graph().stepCrosshair(-100);
        m_ui->keep(QString("explore-looks-%1-%2").arg(dark ? "dark" : "light").arg(size.width()));
    }

    void steps_areRound_data()
    {
        QTest::addColumn<qint64>("length");
        QTest::addColumn<QString>("step");
        QTest::newRow("a moment") << qint64(0) << "1s";
        QTest::newRow("a quarter of an hour") << qint64(900'000) << "2s";
        QTest::newRow("an hour") << qint64(3'600'000) << "10s";
        QTest::newRow("a day") << qint64(86'400'000) << "5m";
        QTest::newRow("a month") << qint64(30) * 86'400'000 << "2h";
        QTest::newRow("a hundred years") << qint64(36'500) * 86'400'000 << "73d";
    }
    void steps_areRound()
    {
        QFETCH(qint64, length);
        QTEST(stepText(roundStepMs(length, 500)), "step");
    }
};

QTEST_MAIN(TestExplorePage)
#include "tst_explorepage.moc"
