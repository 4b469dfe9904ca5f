// SPDX-License-Identifier: GPL-3.0-or-later
#include <QLabel>
#include <QScrollBar>
#include <QtTest>

#include "console/ui/widgets/detailview.h"
#include "tests/ui/support/uifixture.h"

using namespace tapio::console;
using tapio::test::UiFixture;

namespace {

constexpr SignValue up{SignValue::Kind::Link, 1}, gone{SignValue::Kind::Link, 3};

std::vector<DetailSection> sections(const QString &received, SignValue sign = up, int hooks = 60)
{
    DetailSection seen{QStringLiteral("Seen"), {}};
    for (int i = 0; i < hooks; ++i)
        seen.rows.push_back({QStringLiteral("hook %1").arg(i), QStringLiteral("active"), false, {}});
    return {{QStringLiteral("Connection"),
             {{QStringLiteral("State"), QStringLiteral("connected"), false, sign}, {QStringLiteral("Address"), {}, true, {}}}},
            {QStringLiteral("Events"), {{QStringLiteral("Received"), received, false, {}}}},
            seen};
}

} // namespace

class TestDetailView : public QObject {
    Q_OBJECT

    std::unique_ptr<UiFixture> m_ui;
    std::unique_ptr<DetailView> m_view;

    QLabel *value(const QString &label) const
    {
        for (QLabel *each : m_view->findChildren<QLabel *>())
            if (each->accessibleName().startsWith(label + QStringLiteral(": ")))
                return each;
        return nullptr;
    }

private slots:
    void init()
    {
        m_ui = std::make_unique<UiFixture>();
        m_view = std::make_unique<DetailView>(m_ui->look());
        m_view->resize(320, 200);
        m_view->show();
        m_view->setSections(sections(QStringLiteral("1,200")));
        QTRY_VERIFY(m_view->verticalScrollBar()->maximum() > 100);
    }
    void cleanup()
    {
        m_view.reset();
        m_ui.reset();
    }

    void update_writesOnlyWhatChanged()
    {
        m_view->verticalScrollBar()->setValue(80);
        QLabel *received = value(QStringLiteral("Received")), *hook = value(QStringLiteral("hook 7"));
        hook->setSelection(0, 3);
        m_view->updateSections(sections(QStringLiteral("1,300")));
        QCOMPARE(value(QStringLiteral("Received")), received); // the same label
        QCOMPARE(received->text(), QStringLiteral("1,300"));
        QCOMPARE(received->accessibleName(), QStringLiteral("Received: 1,300"));
        QCOMPARE(hook->selectedText(), QStringLiteral("act"));
        QCOMPARE(m_view->verticalScrollBar()->value(), 80);
    }

    void update_ofASignIsSeen()
    {
        m_view->updateSections(sections(QStringLiteral("1,200"), gone));
        const QImage changed = m_view->grab().toImage();
        m_view->setSections(sections(QStringLiteral("1,200"), gone));
        QTRY_COMPARE(m_view->grab().toImage(), changed);
    }

    void update_withOtherRowsKeepsThePlace_data()
    {
        QTest::addColumn<int>("hooks");
        QTest::newRow("more") << 61;
        QTest::newRow("fewer") << 50;
    }
    void update_withOtherRowsKeepsThePlace()
    {
        QFETCH(int, hooks);
        m_view->verticalScrollBar()->setValue(80);
        m_view->updateSections(sections(QStringLiteral("1,300"), up, hooks));
        QVERIFY(value(QStringLiteral("hook %1").arg(hooks - 1)));
        QVERIFY(!value(QStringLiteral("hook %1").arg(hooks)));
        QTRY_COMPARE(m_view->verticalScrollBar()->value(), 80);
    }

    void anotherThingBeginsAtTheTop()
    {
        m_view->verticalScrollBar()->setValue(80);
        m_view->setSections(sections(QStringLiteral("7")));
        QTRY_COMPARE(m_view->verticalScrollBar()->value(), 0);
    }
};

QTEST_MAIN(TestDetailView)
#include "tst_detailview.moc"
