// SPDX-License-Identifier: GPL-3.0-or-later
#include <QLabel>
#include <QListView>
#include <QListWidget>
#include <QtTest>

#include "console/ui/widgets/pickpopup.h"
#include "console/ui/window/commandpalette.h"
#include "console/ui/window/keyoverlay.h"
#include "tests/ui/windowfixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

/// What of the window shows the colours of a theme that was chosen while it ran.
class TestThemeChange : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowFixture> m_ui;

    static void bothDirections()
    {
        QTest::addColumn<ThemeChoice>("before");
        QTest::addColumn<ThemeChoice>("after");
        QTest::addColumn<bool>("seenBefore");
        for (const bool seen : {false, true}) {
            QTest::addRow("light to dark, %s", seen ? "shown before" : "first shown after")
                << ThemeChoice::Light << ThemeChoice::Dark << seen;
            QTest::addRow("dark to light, %s", seen ? "shown before" : "first shown after")
                << ThemeChoice::Dark << ThemeChoice::Light << seen;
        }
    }
    void bring()
    {
        QFETCH(ThemeChoice, before);
        m_ui = std::make_unique<WindowFixture>(WindowFixture::Data::Some, QSize(1280, 800), before);
    }
    void change()
    {
        QFETCH(ThemeChoice, after);
        m_ui->themes.setChoice(after);
    }
    const Theme &theme() const { return m_ui->themes.theme(); }
    /// Left of the words of the third row, which is not chosen.
    static QColor ground(QWidget &popup, const QWidget &list)
    {
        const QPoint at = list.mapTo(&popup, QPoint(2, list.height() / 4));
        return popup.grab().toImage().pixelColor(at);
    }

private slots:
    void cleanup() { m_ui.reset(); }

    void thePalettesListIsOnTheThemesGround_data() { bothDirections(); }
    void thePalettesListIsOnTheThemesGround()
    {
        QFETCH(bool, seenBefore);
        bring();
        auto *palette = m_ui->window->findChild<CommandPalette *>();
        if (seenBefore) {
            m_ui->window->openPalette();
            QCOMPARE(ground(*palette, *palette->findChild<QListView *>()), theme().surface.raised);
            palette->close();
        }
        change();
        m_ui->window->openPalette();
        m_ui->keep(QStringLiteral("palette-%1").arg(QString::fromUtf8(QTest::currentDataTag())));
        QCOMPARE(ground(*palette, *palette->findChild<QListView *>()), theme().surface.raised);
    }

    void aPopupThatIsOpenFollows_data() { bothDirections(); }
    void aPopupThatIsOpenFollows()
    {
        QFETCH(bool, seenBefore);
        bring();
        if (!seenBefore)
            change();
        QPointer<PickPopup> popup =
            new PickPopup({m_ui->themes, m_ui->icons}, {QStringLiteral("Node"), QStringLiteral("All nodes"), {}, true},
                          {QStringLiteral("node-01"), QStringLiteral("node-02"), QStringLiteral("node-03")}, {}, m_ui->window.get());
        popup->popUp(*m_ui->window);
        if (seenBefore)
            change();
        const auto *list = popup->findChild<QListWidget *>();
        QCOMPARE(popup->grab().toImage().pixelColor(list->mapTo(popup.data(), QPoint(list->width() - 4, list->height() - 8))),
                 theme().surface.raised);
        QCOMPARE(list->palette().color(QPalette::Highlight), theme().surface.hover);
        QCOMPARE(list->palette().color(QPalette::Text), theme().text.primary);
        popup->close();
    }

    void theKeyMapIsOnTheThemesGround_data() { bothDirections(); }
    void theKeyMapIsOnTheThemesGround()
    {
        QFETCH(bool, seenBefore);
        bring();
        auto *keys = m_ui->window->findChild<KeyOverlay *>();
        if (seenBefore)
            keys->open();
        change();
        keys->open();
        QCOMPARE(keys->grab().toImage().pixelColor(keys->width() / 2, OverlayPanel::shadowWidth + 8), theme().surface.raised);
    }

    /// As many widgets do: a colour of their own, set anew on each change.
    void aColourOfAWidgetsOwnOutlivesItsFirstShow_data() { bothDirections(); }
    void aColourOfAWidgetsOwnOutlivesItsFirstShow()
    {
        QFETCH(bool, seenBefore);
        bring();
        QLabel label(QStringLiteral("words"));
        const auto restyle = [this, &label] {
            QPalette palette = label.palette();
            palette.setColor(QPalette::WindowText, theme().meaning.p1);
            label.setPalette(palette);
        };
        connect(&m_ui->themes, &ThemeStore::themeChanged, &label, restyle);
        restyle();
        label.setVisible(seenBefore);
        change();
        label.show();
        QCOMPARE(label.palette().color(QPalette::WindowText), theme().meaning.p1);
        QCOMPARE(label.palette().color(QPalette::Window), theme().surface.app);
    }
};

QTEST_MAIN(TestThemeChange)
#include "tst_themechange.moc"
