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
            QTest::keyClick(m_page, static_cast<Qt::Key>(key & ~static_cast<int>(Qt::KeyboardModifierMask)), static_cast<Qt::KeyboardModifiers>(key) & Qt::KeyboardModifierMask);
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

    /// "t" shows a table, "t 1" is a time range.
    void beginningThatIsAnActionToo_waits_data()
    {
        QTest::addColumn<QList<int>>("keys");
        QTest::addColumn<QStringList>("actions");
        QTest::newRow("nothing follows") << QList<int>{Qt::Key_T} << QStringList{"table"};
        QTest::newRow("the longer one") << QList<int>{Qt::Key_T, Qt::Key_1} << QStringList{"range"};
        QTest::newRow("another key") << QList<int>{Qt::Key_T, Qt::Key_Plus} << QStringList{"table", "zoom"};
        QTest::newRow("another beginning") << QList<int>{Qt::Key_T, Qt::Key_G, Qt::Key_O} << QStringList{"table", "page.overview"};
        QTest::newRow("twice") << QList<int>{Qt::Key_T, Qt::Key_T} << QStringList{"table", "table"};
        QTest::newRow("Esc takes it back") << QList<int>{Qt::Key_T, Qt::Key_Escape} << QStringList();
    }
    void beginningThatIsAnActionToo_waits()
    {
        QFETCH(QList<int>, keys);
        QFETCH(QStringList, actions);
        add("table", "T");
        add("range", "T, 1");
        for (const int key : keys) {
            QTest::keyClick(m_page, static_cast<Qt::Key>(key));
            if (key == Qt::Key_T)
                QVERIFY(m_keys->isPending());
        }
        QTRY_VERIFY_WITH_TIMEOUT(!m_keys->isPending(), 5000);
        QCOMPARE(m_done, actions);
    }

    void beginningThatIsAnActionToo_isOneOfTheChoices()
    {
        add("table", "T");
        add("range", "T, 1");
        QTest::keyClick(m_page, Qt::Key_T);
        QCOMPARE(m_keys->choices().size(), 2);
        QCOMPARE(m_keys->choices().front().text, "table");
        QCOMPARE(m_keys->choices().back().key, "1");
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

    void disabled_doesNothing()
    {
        m_actions->add({"off", "off", ActionGroup::List, {QKeySequence("X")}, [this] { m_done.append("off"); }, [] { return false; }, nullptr});
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
