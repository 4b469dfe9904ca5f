// SPDX-License-Identifier: GPL-3.0-or-later
#include <QClipboard>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QVBoxLayout>
#include <QtTest>

#include "console/ui/pages/firststart.h"
#include "console/ui/widgets/barbutton.h"
#include "console/ui/widgets/statemessage.h"
#include "tests/ui/support/uifixture.h"

using namespace tapio::console;
using tapio::test::UiFixture;

class TestStateMessage : public QObject {
    Q_OBJECT
private slots:
    void init()
    {
        m_ui = std::make_unique<UiFixture>();
        m_window = std::make_unique<QWidget>();
        m_window->resize(900, 500);
        auto *column = new QVBoxLayout(m_window.get());
        m_message = new StateMessage(m_ui->look());
        column->addWidget(m_message);
        m_message->setState(failure("at 15:06:40"));
        m_window->show();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    }
    void cleanup()
    {
        m_window.reset();
        m_ui.reset();
    }

    void theSameAgain_changesNothing()
    {
        QPointer<QPushButton> button = m_message->findChild<QPushButton *>();
        button->setFocus();
        label("disk I/O error")->setSelection(0, 4);
        for (int second = 0; second < 3; ++second)
            m_message->setState(failure("at 15:06:40"));
        QVERIFY(button && button->hasFocus());
        QCOMPARE(label("disk I/O error")->selectedText(), "disk");
    }
    void otherWords_leaveTheButtonAlone()
    {
        QPointer<QPushButton> button = m_message->findChild<QPushButton *>();
        QTest::mousePress(button, Qt::LeftButton);
        m_message->setState(failure("at 15:06:41"));
        QVERIFY(button);
        QVERIFY(label("at 15:06:41"));
        QTest::mouseRelease(button, Qt::LeftButton);
        QCOMPARE(m_done, "15:06:41"); // the newest action
        QCOMPARE(m_message->accessibleDescription(), "at 15:06:41");
    }
    void anActionMayBringTheNextState()
    {
        StateText next;
        next.headline = QStringLiteral("Reading");
        StateText state = failure("at 15:06:40");
        state.action = [this, next] { m_message->setState(next); };
        m_message->setState(state);
        QTest::mouseClick(m_message->findChild<QPushButton *>(), Qt::LeftButton);
        QVERIFY(label("Reading"));
        QTRY_VERIFY(!m_message->findChild<QPushButton *>());
        QCOMPARE(m_message->accessibleName(), "Reading");
    }
    void aNewTheme_keepsTheFocus()
    {
        m_message->findChild<QPushButton *>()->setFocus();
        m_ui->themes.setChoice(ThemeChoice::Light);
        QVERIFY(qobject_cast<QPushButton *>(QApplication::focusWidget()));
    }
    void words_areWiderThanTheButtonBelow()
    {
        QTRY_VERIFY(label("at 15:06:40")->width() > 400);
        const QPushButton *button = m_message->findChild<QPushButton *>();
        QVERIFY(button->width() < 200);
        QCOMPARE(button->mapTo(m_message, QPoint(0, 0)).x(), label("at 15:06:40")->mapTo(m_message, QPoint(0, 0)).x());
    }
    void longerWords_growInHeight()
    {
        QWidget *body = label("The events could not be read")->parentWidget();
        const int before = body->height();
        m_message->setState(
            failure(QString(600, QLatin1Char('w')).replace(20, 1, QLatin1Char(' ')) + QStringLiteral(" and so on ").repeated(30)));
        QVERIFY(body->height() > before);
    }

    void firstStart_data()
    {
        QTest::addColumn<LinkSummary>("link");
        QTest::addColumn<SetupFacts>("setup");
        QTest::addColumn<QStringList>("commands");
        QTest::newRow("this machine")
            << LinkSummary{true, true, "127.0.0.1:7117", {}, 0, 0} << SetupFacts{"/home/m/.config/tapio/pki", true, "box"}
            << QStringList{
                   "tapio pki issue --ensure node box",
                   "sudo tapio-agent --node box --server 127.0.0.1:7117 --ca /home/m/.config/tapio/pki/issued/node-box/ca.crt"
                   " --cert /home/m/.config/tapio/pki/issued/node-box/cert.pem --key /home/m/.config/tapio/pki/issued/node-box/key.pem"
                   " --crl /home/m/.config/tapio/pki/issued/node-box/crl.pem",
                   "tapio check"};
        QTest::newRow("a folder of its own, with a space; a name that no certificate has; listening everywhere")
            << LinkSummary{true, true, "0.0.0.0:9000", {}, 0, 0} << SetupFacts{"/srv/my pki", false, "Build_Host-3.Example"}
            << QStringList{"tapio pki issue --pki '/srv/my pki' --ensure node build-host-3.example",
                           "sudo tapio-agent --node build-host-3.example --server 127.0.0.1:9000 --ca '/srv/my "
                           "pki/issued/node-build-host-3.example/ca.crt'"
                           " --cert '/srv/my pki/issued/node-build-host-3.example/cert.pem' --key '/srv/my "
                           "pki/issued/node-build-host-3.example/key.pem'"
                           " --crl '/srv/my pki/issued/node-build-host-3.example/crl.pem'",
                           "tapio check --pki '/srv/my pki'"};
        QTest::newRow("a server elsewhere")
            << LinkSummary{false, true, "tapio.example:7117", {}, 0, 0} << SetupFacts{"/home/m/.config/tapio/pki", true, "box"}
            << QStringList{"tapio pki issue --ensure node NAME",
                           "sudo tapio-agent --node NAME --server tapio.example:7117 --ca node-NAME/ca.crt --cert node-NAME/cert.pem"
                           " --key node-NAME/key.pem --crl node-NAME/crl.pem",
                           "tapio check"};
        QTest::newRow("not listening") << LinkSummary{true, false, "127.0.0.1:7117", "address in use", 0, 0} << SetupFacts{}
                                       << QStringList();
    }
    void firstStart()
    {
        QFETCH(LinkSummary, link);
        QFETCH(SetupFacts, setup);
        const StateText state = firstStartState(link, setup);
        QTEST(state.commands, "commands");
        QCOMPARE(state.problem, !link.up);
        QCOMPARE(state.verbatim, link.error);
        m_message->setState(state);
        const auto copies = m_message->findChildren<BarButton *>();
        for (const BarButton *each : copies)
            QCOMPARE(each->accessibleName(), "Copy the command");
        if (!state.commands.isEmpty()) {
            copies.at(1)->click();
            QCOMPARE(QGuiApplication::clipboard()->text(), state.commands[1]);
        }
    }

    void names_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("name");
        QTest::newRow("as it is") << "node-7.example"
                                  << "node-7.example";
        QTest::newRow("capitals and underscores") << "My_Host"
                                                  << "my-host";
        QTest::newRow("what a shell would run") << "a$(reboot);b"
                                                << "arebootb";
        QTest::newRow("nothing left") << "\u00e4\u00f6"
                                      << "localhost";
        QTest::newRow("nothing") << ""
                                 << "localhost";
    }
    void names()
    {
        QFETCH(QString, host);
        QTEST(certificateName(host), "name");
    }
    void words_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("word");
        QTest::newRow("plain") << "/srv/pki-2"
                               << "/srv/pki-2";
        QTest::newRow("a space") << "/a b"
                                 << "'/a b'";
        QTest::newRow("a quote") << "/it's"
                                 << "'/it'\\''s'";
        QTest::newRow("a dollar") << "/$HOME"
                                  << "'/$HOME'";
        QTest::newRow("empty") << ""
                               << "''";
    }
    void words()
    {
        QFETCH(QString, text);
        QTEST(shellWord(text), "word");
    }

private:
    StateText failure(const QString &when)
    {
        StateText state;
        state.icon = QStringLiteral("error");
        state.problem = true;
        state.headline = QStringLiteral("The events could not be read");
        state.sentence = when;
        state.verbatim = QStringLiteral("disk I/O error");
        state.actionText = QStringLiteral("Read again");
        state.action = [this, when] { m_done = when.mid(3); };
        return state;
    }
    QLabel *label(const QString &text) const
    {
        for (QLabel *each : m_message->findChildren<QLabel *>())
            if (each->text() == text)
                return each;
        return nullptr;
    }

    std::unique_ptr<UiFixture> m_ui;
    std::unique_ptr<QWidget> m_window;
    StateMessage *m_message = nullptr;
    QString m_done;
};

QTEST_MAIN(TestStateMessage)
#include "tst_statemessage.moc"
