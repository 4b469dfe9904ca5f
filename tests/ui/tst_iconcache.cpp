// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/ui/widgets/iconcache.h"

using namespace tapio::console;

class TestIconCache : public QObject {
    Q_OBJECT
private slots:
    void everyIcon_hasInkInTheAskedColour_data()
    {
        QTest::addColumn<QString>("name");
        for (const QString &name : IconCache::names())
            QTest::newRow(qPrintable(name)) << name;
    }
    void everyIcon_hasInkInTheAskedColour()
    {
        QFETCH(QString, name);
        const IconCache cache;
        const QImage image = cache.pixmap(name, 40, Qt::red, 1.0).toImage().convertToFormat(QImage::Format_ARGB32);
        QCOMPARE(image.size(), QSize(40, 40));
        int ink = 0, foreign = 0, edge = 0;
        for (int y = 0; y < 40; ++y)
            for (int x = 0; x < 40; ++x) {
                const QRgb pixel = image.pixel(x, y);
                if (qAlpha(pixel) < 200)
                    continue;
                ++ink;
                foreign += qGreen(pixel) > 20 || qBlue(pixel) > 20 ? 1 : 0;
                edge += x == 0 || y == 0 || x == 39 || y == 39 ? 1 : 0;
            }
        QVERIFY2(ink > 10, "empty");
        if (name == "tapio") // the mark keeps its own colours
            return;
        QCOMPARE(foreign, 0);
        QCOMPARE(edge, 0);
    }

    void devicePixelRatio_isKept()
    {
        const IconCache cache;
        const QPixmap pixmap = cache.pixmap("search", 20, Qt::white, 2.0);
        QCOMPARE(pixmap.width(), 40);
        QCOMPARE(pixmap.deviceIndependentSize(), QSizeF(20, 20));
    }

    void unknownName_givesNull()
    {
        const IconCache cache;
        QVERIFY(cache.pixmap("no-such-icon", 20, Qt::white, 1.0).isNull());
        QVERIFY(cache.icon("no-such-icon", 20, Qt::white).isNull());
    }
};

QTEST_MAIN(TestIconCache)
#include "tst_iconcache.moc"
