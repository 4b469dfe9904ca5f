// SPDX-License-Identifier: GPL-3.0-or-later
#include <QDialog>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QVBoxLayout>
#include <QtTest>

#include "console/ui/window/keydispatcher.h"

using namespace tapio;
using namespace tapio::console;

class TestKeyDispatcher : public QObject {
    Q_OBJECT
private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_settings = std::make_unique<QSettings>(m_folder->filePath("keys.ini"), QSettings::IniFormat);
        m_actions = std::make_unique<ActionRegistry>(*m_settings);
        m_window = std::make_unique<QWidget>();
        auto *column = new QVBoxLayout(m_window.get());
        m_field = new QLineEdit;
        m_button = new QPushButton(QStringLiteral("push"));
        m_page = new QWidget;
        m_page->setFocusPolicy(Qt::StrongFocus);
        for (QWidget *widget : std::initializer_list<QWidget *>{m_field, m_button, m_page})
            column->addWidget(widget);
        m_keys = std::make_unique<KeyDispatcher>(*m_window, *m_actions);
        m_done.clear();
        add("page.overview", "G, O");
        add("page.events", "G, V");
        add("pause", "Space");
        add("help", "?");
        add("filter", "/");
        add("palette", "Ctrl+K");
        add("escape", "Esc");
        add("zoom", "+");
        m_window->show();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        m_page->setFocus();
    }
    void cleanup()
    {
        m_keys.reset();
        m_window.reset();
        m_actions.reset();
        m_settings.reset();
    }

    void key_runsItsAction_data()
    {
        QTest::addColumn<QList<int>>("keys");
        QTest::addColumn<QString>("action");
        QTest::newRow("a sequence") << QList<int>{Qt::Key_G, Qt::Key_O} << "page.overview";
        QTest::newRow("the other of the same beginning") << QList<int>{Qt::Key_G, Qt::Key_V} << "page.events";
        QTest::newRow("space outside of a button") << QList<int>{Qt::Key_Space} << "pause";
        QTest::newRow("a symbol that needs Shift") << QList<int>{Qt::Key_Question | static_cast<int>(Qt::ShiftModifier)} << "help";
        QTest::newRow("plus on the keypad") << QList<int>{Qt::Key_Plus | static_cast<int>(Qt::KeypadModifier)} << "zoom";
        QTest::newRow("with control") << QList<int>{Qt::Key_K | static_cast<int>(Qt::ControlModifier)} << "palette";
        QTest::newRow("a sequence that goes nowhere") << QList<int>{Qt::Key_G, Qt::Key_Z} << QString();
        QTest::newRow("an unknown key") << QList<int>{Qt::Key_Z} << QString();
    }
    void key_runsItsAction()
    {
        QFETCH(QList<int>, keys);
        QFETCH(QString, action);
        for (const int key : keys)
            QTest::keyClick(m_page, static_cast<Qt::Key>(key & ~static_cast<int>(Qt::KeyboardModifierMask)),
                            static_cast<Qt::KeyboardModifiers>(key) & Qt::KeyboardModifierMask);
        QCOMPARE(m_done, action.isEmpty() ? QStringList() : QStringList{action});
        QVERIFY(!m_keys->isPending());
    }

    void letters_areTextInATextField()
    {
        m_field->setFocus();
        QTest::keyClicks(m_field, "go / ?");
        QCOMPARE(m_field->text(), "go / ?");
        QVERIFY(m_done.isEmpty());
        QTest::keyClick(m_field, Qt::Key_K, Qt::ControlModifier);
        QTest::keyClick(m_field, Qt::Key_Escape);
        QCOMPARE(m_done, (QStringList{"palette", "escape"}));
    }

    void space_pressesTheFocusedButton()
    {
        QSignalSpy clicked(m_button, &QPushButton::clicked);
        m_button->setFocus();
        QTest::keyClick(m_button, Qt::Key_Space);
        QCOMPARE(clicked.count(), 1);
        QVERIFY(m_done.isEmpty());
    }

    void beginning_showsWhatMayFollow()
    {
        QSignalSpy pending(m_keys.get(), &KeyDispatcher::pendingChanged);
        QTest::keyClick(m_page, Qt::Key_G);
        QVERIFY(m_keys->isPending());
        QCOMPARE(m_keys->choices().size(), 2);
        QCOMPARE(m_keys->choices().front().key, "o");
        QTest::keyClick(m_page, Qt::Key_Escape);
        QVERIFY(!m_keys->isPending());
        QVERIFY2(m_done.isEmpty(), "Esc ends what is pending and nothing else");
        QTest::keyClick(m_page, Qt::Key_G);
        QTRY_VERIFY_WITH_TIMEOUT(!m_keys->isPending(), 5000);
        QVERIFY(pending.count() >= 4);
    }

    void scoped_winsWhileItsPageIsVisible()
    {
        QStringList *done = &m_done;
        m_actions->add({"page.own", "own", ActionGroup::List, {QKeySequence("Space")}, [done] { done->append("page.own"); }, {}, m_button});
        QTest::keyClick(m_page, Qt::Key_Space);
        QCOMPARE(m_done.takeLast(), "page.own");
        m_button->hide();
        QTest::keyClick(m_page, Qt::Key_Space);
        QCOMPARE(m_done.takeLast(), "pause");
    }

    void aKeyOfItsOwn_waitsForTheLongerOnes_data()
    {
        QTest::addColumn<QString>("keys");
        QTest::addColumn<QStringList>("done");
        QTest::addColumn<bool>("pending");
        QTest::newRow("alone it waits") << "t" << QStringList() << true;
        QTest::newRow("the longer one") << "t1" << QStringList{"range.15min"} << false;
        QTest::newRow("the other longer one") << "t2" << QStringList{"range.1h"} << false;
        QTest::newRow("a key that has an action") << "t/" << QStringList{"panel.table", "filter"} << false;
        QTest::newRow("a key that has none") << "tz" << QStringList{"panel.table"} << false;
        QTest::newRow("a key that begins another") << "tgo" << QStringList{"panel.table", "page.overview"} << false;
        QTest::newRow("itself") << "tt" << QStringList{"panel.table"} << true;
        QTest::newRow("Enter runs it at once, and no more") << "t\r" << QStringList{"panel.table"} << false;
    }
    void aKeyOfItsOwn_waitsForTheLongerOnes()
    {
        QFETCH(QString, keys);
        addPanelKeys();
        m_keys->setWait(std::chrono::hours(1));
        for (const QChar c : keys)
            QTest::keyClick(m_page, c == QLatin1Char('\r') ? Qt::Key_Return : static_cast<Qt::Key>(c.toUpper().unicode()));
        QTEST(m_done, "done");
        QTEST(m_keys->isPending(), "pending");
    }
    void aKeyOfItsOwn_runsWhenTheTimeIsUp()
    {
        addPanelKeys();
        m_keys->setWait(std::chrono::milliseconds(0));
        QTest::keyClick(m_page, Qt::Key_T);
        QVERIFY(m_done.isEmpty());
        QTRY_COMPARE(m_done, QStringList{"panel.table"});
        QVERIFY(!m_keys->isPending());
    }
    void aKeyOfItsOwn_isNamedWhileItWaits()
    {
        addPanelKeys();
        m_keys->setWait(std::chrono::hours(1));
        QTest::keyClick(m_page, Qt::Key_T);
        QCOMPARE(m_keys->choices().size(), 3);
        QCOMPARE(m_keys->choices().front().key, "enter");
        QCOMPARE(m_keys->choices().front().text, "panel.table");
    }
    void aKeyOfItsOwn_isForgottenByEscClickOrItsPageGoing()
    {
        addPanelKeys();
        m_keys->setWait(std::chrono::hours(1));
        QTest::keyClick(m_page, Qt::Key_T);
        QTest::keyClick(m_page, Qt::Key_Escape);
        QTest::keyClick(m_page, Qt::Key_T);
        QTest::mouseClick(m_page, Qt::LeftButton);
        QVERIFY(!m_keys->isPending());
        QTest::keyClick(m_page, Qt::Key_T);
        m_button->hide(); // the scope
        QTest::keyClick(m_page, Qt::Key_Z);
        QVERIFY(m_done.isEmpty());
    }
    void aKeyOfItsOwn_leavesTheLongerOnesFreeToRemap()
    {
        addPanelKeys();
        QVERIFY(m_actions->setKeys("range.1h", {QKeySequence("T, 9")}));
        QVERIFY(m_actions->setKeys("panel.table", {QKeySequence("G")}));
        QVERIFY2(!m_actions->setKeys("panel.table", {QKeySequence("Space")}), "the same key is still refused");
        QVERIFY2(!m_actions->setKeys("help", {QKeySequence("T")}), "one of the window's would always wait");
    }

    void disabled_doesNothing()
    {
        m_actions->add(
            {"off", "off", ActionGroup::List, {QKeySequence("X")}, [this] { m_done.append("off"); }, [] { return false; }, nullptr});
        QTest::keyClick(m_page, Qt::Key_X);
        QVERIFY(m_done.isEmpty());
        QVERIFY(!m_actions->trigger("off"));
    }

    void remap_isKeptAndRefusesWhatIsTaken()
    {
        QVERIFY(m_actions->setKeys("pause", {QKeySequence("P")}));
        QTest::keyClick(m_page, Qt::Key_P);
        QTest::keyClick(m_page, Qt::Key_Space);
        QCOMPARE(m_done, QStringList{"pause"});
        const ActionRegistry later(*m_settings);
        QCOMPARE(later.keys("pause"), QList{QKeySequence("P")});

        const Status taken = m_actions->setKeys("help", {QKeySequence("G")});
        QVERIFY2(!taken, "g begins g o");
        QCOMPARE(taken.error().code(), Errc::AlreadyExists);
        QVERIFY(!m_actions->setKeys("help", {QKeySequence("Ctrl+K")}));
        QCOMPARE(m_actions->setKeys("no such action", {}).error().code(), Errc::NotFound);
        m_actions->resetKeys("pause");
        QCOMPARE(m_actions->keys("pause"), QList{QKeySequence("Space")});
    }

    void modalDialog_keepsItsKeys()
    {
        QDialog dialog(m_window.get());
        dialog.setModal(true);
        dialog.show();
        QTest::keyClick(m_page, Qt::Key_Space);
        QVERIFY(m_done.isEmpty());
    }

private:
    /// "t" of a page that is visible, beside "t 1" and "t 2" of the window.
    void addPanelKeys()
    {
        add("range.15min", "T, 1");
        add("range.1h", "T, 2");
        m_actions->add({"panel.table",
                        "panel.table",
                        ActionGroup::Panel,
                        {QKeySequence("T")},
                        [this] { m_done.append("panel.table"); },
                        {},
                        m_button});
    }
    void add(const QString &id, const QString &keys)
    {
        m_actions->add({id, id, ActionGroup::General, {QKeySequence(keys)}, [this, id] { m_done.append(id); }, {}, nullptr});
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<ActionRegistry> m_actions;
    std::unique_ptr<QWidget> m_window;
    std::unique_ptr<KeyDispatcher> m_keys;
    QLineEdit *m_field = nullptr;
    QPushButton *m_button = nullptr;
    QWidget *m_page = nullptr;
    QStringList m_done;
};

QTEST_MAIN(TestKeyDispatcher)
#include "tst_keydispatcher.moc"
