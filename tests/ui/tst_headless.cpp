// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <sstream>

#include "console/app/headless.h"
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
