// SPDX-License-Identifier: GPL-3.0-or-later
#include <QApplication>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QtTest>

#include "console/ui/pages/connectionspage.h"
#include "console/ui/widgets/detailview.h"
#include "console/ui/widgets/tableview.h"
#include "console/ui/window/statusbar.h"
#include "tests/ui/windowfixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

/// The list of agents and connections in the real window.
class TestConnectionsPage : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowFixture> m_ui;
    ConnectionsPage *m_page = nullptr;

    QString drawer() const { return m_ui->copiedDetails(); }
    /// What it shows, without the zero-width spaces that let it wrap.
    QString drawn(const QString &label) const
    {
        const auto *details = m_ui->window->findChild<DetailView *>();
        for (const QLabel *each : details ? details->findChildren<QLabel *>() : QList<QLabel *>())
            if (each->accessibleName().startsWith(label + QStringLiteral(": ")))
                return each->text().remove(QChar(0x200B)).replace(QChar(0x00A0), QLatin1Char(' '));
        return {};
    }
    wire::AgentState &agent(const std::string &node) { return *std::ranges::find(m_ui->session.agentList, node, &wire::AgentState::node); }

private slots:
    void init()
    {
        m_ui = std::make_unique<WindowFixture>(WindowFixture::Data::Some, QSize(1920, 1080), ThemeChoice::Dark);
        m_ui->window->openPage(PageId::Connections);
        m_page = qobject_cast<ConnectionsPage *>(m_ui->window->currentPage());
        QVERIFY(m_page);
    }
    void cleanup() { m_ui.reset(); }

    void theDrawerFollowsItsAgent_data()
    {
        QTest::addColumn<PageId>("page");
        QTest::newRow("beside its page") << PageId::Connections;
        QTest::newRow("beside another page") << PageId::Events;
    }
    void theDrawerFollowsItsAgent()
    {
        QFETCH(PageId, page);
        m_ui->window->openPage(PageId::Connections, QStringLiteral("node=node-10"));
        QCOMPARE(drawn("State"), "connected");
        QVERIFY(drawer().contains("Received: 1,200,000 in"));
        m_ui->window->openPage(page);
        m_ui->clock.advance(60 * nsPerSecond);
        agent("node-10").receivedEvents = 1'300'000;
        agent("node-10").state = wire::LinkState::Gone;
        emit m_ui->session.agentsChanged();
        QCOMPARE(drawn("State"), "gone");
        QVERIFY2(drawn("Received").startsWith("1,300,000 in"), qPrintable(drawn("Received")));
        QVERIFY2(drawn("Last heartbeat").endsWith("(1 min ago)"), qPrintable(drawn("Last heartbeat")));
        QVERIFY(drawer().contains("Received: 1,300,000 in"));
    }

    void theDrawerFollowsTheAgentThatWasChosenLast()
    {
        m_ui->window->openPage(PageId::Connections, QStringLiteral("node=node-10"));
        m_ui->window->openPage(PageId::Connections, QStringLiteral("node=node-11"));
        agent("node-10").receivedEvents = 1'300'000;
        agent("node-11").receivedEvents = 1'400'000;
        emit m_ui->session.agentsChanged();
        QVERIFY(drawer().startsWith("node-11"));
        QVERIFY(drawn("Received").startsWith("1,400,000 in"));
    }

    void aNoticeInTheDrawerStaysWhatItIs()
    {
        m_ui->window->openPage(PageId::Connections, QStringLiteral("node=node-10"));
        TableView *notices = nullptr;
        for (TableView *each : m_page->findChildren<TableView *>())
            notices = each->accessibleName() == QLatin1String("Accepted, refused and closed") ? each : notices;
        QVERIFY(notices);
        notices->setCurrentIndex(notices->model()->index(0, 0));
        QTest::keyClick(notices, Qt::Key_Return);
        const QString before = drawer();
        QVERIFY(before.contains("Code: "));
        emit m_ui->session.agentsChanged();
        QCOMPARE(drawer(), before);
    }

    void aLaterRowsWordsAreWhole()
    {
        std::vector<wire::LinkNotice> &notices = m_ui->session.notices;
        notices = sampleNotices(1, testNowNs - nsPerSecond);
        emit m_ui->session.noticesChanged();
        TableView *table = nullptr;
        for (TableView *each : m_page->findChildren<TableView *>())
            table = each->accessibleName() == QLatin1String("Accepted, refused and closed") ? each : table;
        QVERIFY(table);
        QCOMPARE(table->model()->rowCount(), 1);
        wire::LinkNotice refused = notices.front();
        refused.timeNs = testNowNs;
        refused.kind = wire::LinkNoticeKind::Refused;
        refused.code = "no-certificate";
        notices.insert(notices.begin(), refused);
        emit m_ui->session.noticesChanged();
        QCOMPARE(table->model()->rowCount(), 2);
        const QFontMetricsF metrics(m_ui->themes.theme().font(FontRole::Mono));
        const qreal words = metrics.horizontalAdvance(QStringLiteral("no-certificate")) + 2 * m_ui->themes.theme().px(8);
        QVERIFY2(table->columnWidth(NoticesModel::Code) >= words, qPrintable(QString::number(table->columnWidth(NoticesModel::Code))));
    }

    void exportThatFails_namesItsFile()
    {
        const QString file = m_ui->folder.filePath(QStringLiteral("nowhere/agents.csv"));
        QTimer choose;
        connect(&choose, &QTimer::timeout, this, [&file] {
            if (auto *dialog = qobject_cast<QFileDialog *>(QApplication::activeModalWidget())) {
                dialog->findChild<QLineEdit *>()->setText(file);
                static_cast<QDialog *>(dialog)->done(QDialog::Accepted);
            }
        });
        choose.start(0);
        m_ui->actions.find(QStringLiteral("connections.export"))->run();
        const QString said = m_ui->window->findChild<StatusBar *>()->accessibleDescription();
        QVERIFY2(said.contains(file), qPrintable(said));
    }

    /// Opened from the status bar as often as an agent is silent.
    void openedAgain_askOnceWhereToExport_data()
    {
        QTest::addColumn<QString>("button");
        QTest::newRow("agents") << "Export: Agents";
        QTest::newRow("connections") << "Export: Accepted, refused and closed";
    }
    void openedAgain_askOnceWhereToExport()
    {
        QFETCH(QString, button);
        for (int i = 0; i < 3; ++i)
            m_ui->window->openPage(PageId::Connections, QStringLiteral("state=silent"));
        QAbstractButton *exporting = nullptr;
        for (QAbstractButton *each : m_page->findChildren<QAbstractButton *>())
            exporting = each->accessibleName() == button ? each : exporting;
        QVERIFY(exporting);
        int dialogs = 0;
        QTimer refuse;
        connect(&refuse, &QTimer::timeout, this, [&dialogs] {
            if (auto *dialog = qobject_cast<QFileDialog *>(QApplication::activeModalWidget())) {
                ++dialogs;
                dialog->reject();
            }
        });
        refuse.start(0);
        exporting->click(); // comes back when nothing is asked any more
        QCOMPARE(dialogs, 1);
    }

    /// Ages are of the server's clock, as the times are that they are counted from.
    void agesAreOfTheServersClock_data()
    {
        QTest::addColumn<std::int64_t>("offsetNs");
        QTest::addColumn<QString>("since");
        QTest::addColumn<QString>("silent");
        QTest::newRow("one clock") << std::int64_t(0) << "4 min"
                                   << "for 1 h";
        QTest::newRow("a console two hours behind its server") << 7200 * nsPerSecond << "2 h"
                                                               << "for 3 h";
    }
    void agesAreOfTheServersClock()
    {
        QFETCH(std::int64_t, offsetNs);
        QFETCH(QString, silent);
        m_ui->session.serverOffset = offsetNs;
        m_ui->window->openPage(PageId::Connections, QStringLiteral("node=node-10"));
        emit m_ui->session.agentsChanged();
        const auto plain = [](const QString &text) { return QString(text).replace(QChar(0x00A0), QLatin1Char(' ')); };
        const QModelIndexList rows = m_page->agents().match(m_page->agents().index(0, AgentsModel::Node), Qt::DisplayRole,
                                                            QStringLiteral("node-10"), 1, Qt::MatchExactly);
        QCOMPARE(rows.size(), 1);
        QTEST(plain(rows[0].siblingAtColumn(AgentsModel::Since).data().toString()), "since");
        QTEST(plain(drawn("Since")).section('(', 1).section(" ago", 0, 0), "since");
        auto *bar = m_ui->window->findChild<StatusBar *>();
        bar->refresh();
        QStringList tips;
        for (const QAbstractButton *button : bar->findChildren<QAbstractButton *>())
            tips << plain(button->toolTip());
        QVERIFY2(tips.filter("No heartbeat").join('|').endsWith(silent), qPrintable(tips.join('|')));
    }

    void whoIsSilentComesFirst()
    {
        m_ui->window->openPage(PageId::Connections, QStringLiteral("state=silent"));
        QVERIFY(m_page->agents().index(0, AgentsModel::State).data().toString() != "connected");
    }
};

QTEST_MAIN(TestConnectionsPage)
#include "tst_connectionspage.moc"
