// SPDX-License-Identifier: GPL-3.0-or-later
#include <QSignalSpy>
#include <QtTest>

#include "console/ui/theme/themestore.h"

using namespace tapio;
using namespace tapio::console;

class TestTheme : public QObject {
    Q_OBJECT
private slots:
    void initTestCase()
    {
        auto loaded = ThemeStore::loadBuiltIn();
        QVERIFY2(loaded, loaded ? "" : loaded.error().message().c_str());
        m_dark = loaded->first;
        m_light = loaded->second;
    }

    void contrast_data()
    {
        QTest::addColumn<QColor>("foreground");
        QTest::addColumn<QColor>("background");
        QTest::addColumn<double>("atLeast");
        for (const Theme &t : {m_dark, m_light}) {
            const auto row = [&t](const char *what, const QColor &fg, const QColor &bg, double atLeast) {
                QTest::addRow("%s: %s", qPrintable(t.name), what) << fg << bg << atLeast;
            };
            const QColor surfaces[] = {t.surface.app,    t.surface.rail,  t.surface.panel,
                                       t.surface.raised, t.surface.hover, t.surface.selected};
            const char *names[] = {"app", "rail", "panel", "raised", "hover", "selected"};
            for (int i = 0; i < 6; ++i) {
                row(qPrintable(QStringLiteral("primary text on %1").arg(names[i])), t.text.primary, surfaces[i], 7.0);
                row(qPrintable(QStringLiteral("secondary text on %1").arg(names[i])), t.text.secondary, surfaces[i], 4.5);
                row(qPrintable(QStringLiteral("accent on %1").arg(names[i])), t.accent.base, surfaces[i], 4.5);
            }
            for (int i = 0; i < 5; ++i)
                row(qPrintable(QStringLiteral("tertiary text on %1").arg(names[i])), t.text.tertiary, surfaces[i], 4.5);
            row("a control's edge on a panel", t.border.strong, t.surface.panel, 3.0);
            row("white on the primary button", t.text.onFill, t.accent.fill, 4.5);
            row("accent on an active chip", t.accent.base, t.accent.subtle, 4.5);
            const QColor meanings[] = {t.meaning.p1, t.meaning.p2,      t.meaning.p3,           t.meaning.p4,
                                       t.meaning.ok, t.meaning.pending, t.meaning.acknowledged, t.meaning.muted};
            const char *words[] = {"P1", "P2", "P3", "P4", "ok", "pending", "acknowledged", "muted"};
            for (int i = 0; i < 8; ++i) {
                row(qPrintable(QStringLiteral("%1 on a panel").arg(words[i])), meanings[i], t.surface.panel, 4.5);
                row(qPrintable(QStringLiteral("%1 on its chip").arg(words[i])), meanings[i], t.chipFill(meanings[i]), 4.5);
                row(qPrintable(QStringLiteral("tag text on %1").arg(words[i])), t.meaning.onTag, meanings[i], 4.5);
            }
            for (std::size_t i = 0; i < t.series.size(); ++i)
                row(qPrintable(QStringLiteral("series %1 on a panel").arg(i + 1)), t.series[i], t.surface.panel, 3.0);
        }
    }
    void contrast()
    {
        QFETCH(QColor, foreground);
        QFETCH(QColor, background);
        QFETCH(double, atLeast);
        const double ratio = contrastRatio(foreground, background);
        QVERIFY2(ratio >= atLeast, qPrintable(QStringLiteral("%1 on %2 is %3").arg(foreground.name(), background.name()).arg(ratio)));
    }

    void parse_refusesBadTokens_data()
    {
        QTest::addColumn<QString>("replace");
        QTest::addColumn<QString>("with");
        QTest::addColumn<QString>("names");
        QTest::newRow("a missing colour") << "app = \"#0D0F13\""
                                          << ""
                                          << "surface.app";
        QTest::newRow("a colour by name") << "app = \"#0D0F13\""
                                          << "app = \"red\""
                                          << "surface.app";
        QTest::newRow("a number for a colour") << "app = \"#0D0F13\""
                                               << "app = 3"
                                               << "surface.app";
        QTest::newRow("an alpha above one") << "chip_alpha = 0.16"
                                            << "chip_alpha = 1.6"
                                            << "meaning.chip_alpha";
        QTest::newRow("a series too few") << "\"#A9B096\"]"
                                          << "]"
                                          << "series.slots";
        QTest::newRow("broken TOML names its line") << "[surface]"
                                                    << "[surface"
                                                    << "line 6";
    }
    void parse_refusesBadTokens()
    {
        QFETCH(QString, replace);
        QFETCH(QString, with);
        QFETCH(QString, names);
        QFile file(QStringLiteral(":/tapio/themes/dark.toml"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QString text = QString::fromUtf8(file.readAll());
        QVERIFY(text.contains(replace));
        const auto theme = parseTheme(text.replace(replace, with).toStdString());
        QVERIFY(!theme);
        QCOMPARE(theme.error().code(), Errc::Malformed);
        QVERIFY2(QString::fromStdString(theme.error().context()).contains(names), theme.error().context().c_str());
    }

    void store_signalsOnlyRealChanges()
    {
        ThemeStore store(m_dark, m_light);
        QSignalSpy changed(&store, &ThemeStore::themeChanged);
        store.setChoice(ThemeChoice::Dark);
        QCOMPARE(changed.count(), 0);
        store.setChoice(ThemeChoice::Light);
        QCOMPARE(changed.count(), 1);
        QCOMPARE(store.theme().name, "light");
        store.setSystemDark(false);
        store.setChoice(ThemeChoice::System);
        QCOMPARE(changed.count(), 1);
        store.setSystemDark(true);
        QCOMPARE(changed.count(), 2);
        QVERIFY(store.theme().dark);
    }

    void store_densityFollowsTheWindow_data()
    {
        QTest::addColumn<QSize>("window");
        QTest::addColumn<DensityChoice>("choice");
        QTest::addColumn<Density>("density");
        QTest::newRow("a small window is compact") << QSize(1280, 800) << DensityChoice::Automatic << Density::Compact;
        QTest::newRow("a wide but low one is compact") << QSize(2560, 880) << DensityChoice::Automatic << Density::Compact;
        QTest::newRow("a large one is comfortable") << QSize(2560, 1440) << DensityChoice::Automatic << Density::Comfortable;
        QTest::newRow("2000 by 900 is comfortable") << QSize(2000, 900) << DensityChoice::Automatic << Density::Comfortable;
        QTest::newRow("the choice wins") << QSize(1280, 800) << DensityChoice::Presenter << Density::Presenter;
    }
    void store_densityFollowsTheWindow()
    {
        QFETCH(QSize, window);
        QFETCH(DensityChoice, choice);
        ThemeStore store(m_dark, m_light);
        store.setDensityChoice(choice);
        store.setWindowSize(window);
        QTEST(store.theme().density, "density");
    }

    void store_scaleIsBoundedAndStepped()
    {
        ThemeStore store(m_dark, m_light);
        store.setScale(5.0);
        QCOMPARE(store.scale(), 2.0);
        store.setScale(0.1);
        QCOMPARE(store.scale(), 0.8);
        store.setScale(1.23);
        QCOMPARE(store.scale(), 1.2);
        QCOMPARE(store.theme().px(10), 12);
        QCOMPARE(store.theme().font(FontRole::ValueLarge).pixelSize(), 36);
    }

    void font_neverBelowTenPixelsAtScaleOne_data()
    {
        QTest::addColumn<FontRole>("role");
        QTest::newRow("axis") << FontRole::Axis;
        QTest::newRow("label") << FontRole::Label;
        QTest::newRow("mono") << FontRole::Mono;
        QTest::newRow("body") << FontRole::Body;
    }
    void font_neverBelowTenPixelsAtScaleOne()
    {
        QFETCH(FontRole, role);
        QVERIFY(m_dark.font(role).pixelSize() >= 10);
    }

private:
    Theme m_dark, m_light;
};

QTEST_MAIN(TestTheme)
#include "tst_theme.moc"
