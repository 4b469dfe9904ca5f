// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "tests/ui/windowfixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

class TestWindow : public QObject {
    Q_OBJECT
private slots:
    void everyPage_paintsInBothThemesAndSizes_data()
    {
        QTest::addColumn<QSize>("size");
        QTest::addColumn<ThemeChoice>("theme");
        QTest::addColumn<WindowFixture::Data>("data");
        for (const QSize size : {QSize(960, 600), QSize(1280, 800), QSize(1920, 1080), QSize(2560, 1440)})
            for (const ThemeChoice theme : {ThemeChoice::Dark, ThemeChoice::Light})
                for (const auto data : {WindowFixture::Data::None, WindowFixture::Data::Some})
                    QTest::addRow("%dx%d-%s-%s", size.width(), size.height(), theme == ThemeChoice::Dark ? "dark" : "light",
                                  data == WindowFixture::Data::None ? "empty" : "data")
                        << size << theme << data;
    }
    void everyPage_paintsInBothThemesAndSizes()
    {
        QFETCH(QSize, size);
        QFETCH(ThemeChoice, theme);
        QFETCH(WindowFixture::Data, data);
        WindowFixture f(data, size, theme);
        f.session.answersNothing = true;
        for (const PageId page : {PageId::Overview, PageId::Insights, PageId::Events, PageId::Explore, PageId::Dashboards,
                                  PageId::Connections, PageId::Settings}) {
            f.window->openPage(page);
            QTRY_VERIFY(f.window->currentPage()->settled());
            QCOMPARE(f.window->currentPageId(), page);
            f.keep(QStringLiteral("page%1-%2").arg(static_cast<int>(page)).arg(QString::fromUtf8(QTest::currentDataTag())));
        }
    }
};

QTEST_MAIN(TestWindow)
#include "tst_window.moc"
