// SPDX-License-Identifier: GPL-3.0-or-later
#include <QRegularExpression>
#include <QtTest>

#include <sstream>

#include "console/app/headless.h"
#include "console/core/session/status.h"
#include "console/ui/widgets/format.h"
#include "tests/ui/windowfixture.h"

using namespace tapio;
using namespace tapio::console;
using tapio::test::WindowFixture;

class TestHeadless : public QObject {
    Q_OBJECT
private slots:
    void snapshot_thatCannotBeWrittenIsSaidOnce()
    {
        WindowFixture ui(WindowFixture::Data::Some, QSize(1280, 800), ThemeChoice::Dark);
        const QTemporaryDir folder;
        LaunchOptions options;
        options.snapshot = folder.filePath("nowhere/x.png").toStdString();
        std::ostringstream out, errors;
        Headless headless(options, ui.session, *ui.window, ui.clock, {out, errors});
        QVERIFY(!headless.finish());
        QVERIFY(!headless.finish());
        QCOMPARE(QString::fromStdString(errors.str()).count("cannot be written"), 1);
        QVERIFY(QDir(folder.path()).mkdir("nowhere"));
        QVERIFY(headless.finish());
        QVERIFY(!QImage(folder.filePath("nowhere/x.png")).isNull());
    }

    void figures_areInTheUnitsOfTheWindow_data()
    {
        QTest::addColumn<PanelId>("panel");
        QTest::addColumn<Unit>("unit");
        QTest::addColumn<double>("value");
        QTest::addColumn<QString>("text");
        QTest::newRow("traffic") << PanelId::NetworkIo << Unit::BytesPerSecond << 1500. << "1.5 kB/s";
        QTest::newRow("much traffic") << PanelId::NetworkIo << Unit::BytesPerSecond << 2.5e6 << "2.5 MB/s";
        QTest::newRow("little traffic") << PanelId::NetworkIo << Unit::BytesPerSecond << 999. << "999 B/s";
        QTest::newRow("memory") << PanelId::MemoryUsage << Unit::Bytes << 1536. << "1.5 KiB";
    }
    void figures_areInTheUnitsOfTheWindow()
    {
        QFETCH(PanelId, panel);
        QFETCH(Unit, unit);
        QFETCH(double, value);
        QFETCH(QString, text);
        WindowFixture ui(WindowFixture::Data::Some, QSize(1280, 800), ThemeChoice::Dark);
        PanelSnapshot &figure = ui.session.overviewValue.panels[static_cast<std::size_t>(panel)];
        figure.value = Fact{"value", value, unit, {}};
        figure.facts.clear();
        const QString block = QString::fromStdString(statusBlock(ui.session));
        const QRegularExpression line(QStringLiteral("^%1 +%2$").arg(QString::fromStdString(std::string(panelKey(panel))), text),
                                      QRegularExpression::MultilineOption);
        QVERIFY2(line.match(block).hasMatch(), qPrintable(block));
        const QString inWindow = quantity(value, unit).unit;
        QVERIFY2(text.endsWith(QLatin1Char(' ') + inWindow), qPrintable(inWindow));
    }

    void statusLine_namesTheTimeThatTheLossIsOf()
    {
        WindowFixture ui(WindowFixture::Data::Some, QSize(1280, 800), ThemeChoice::Dark);
        PanelSnapshot &events = ui.session.overviewValue.panels.front();
        events.fromNs = events.toNs - 200 * nsPerSecond;
        events.losses = {{events.toNs - 10 * nsPerSecond, events.toNs, 61, 5210, "node-07", "lost"}};
        const LaunchOptions options;
        std::ostringstream out, errors;
        const Headless headless(options, ui.session, *ui.window, ui.clock, {out, errors});
        QVERIFY2(headless.statusLine().contains("61 lost in 3 min 20 s"), qPrintable(headless.statusLine()));
    }
};

QTEST_MAIN(TestHeadless)
#include "tst_headless.moc"
