// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <limits>

#include "console/ui/charts/plotmarks.h"
#include "console/ui/theme/themestore.h"
#include "console/ui/widgets/plottooltip.h"

using namespace tapio;
using namespace tapio::console;

namespace {

constexpr std::int64_t second = 1'000'000'000;

/// 100 s over 200 x 80 pixels, with room above.
PlotFrame frame() { return {QRectF(0, 20, 200, 80), QRectF(), 1000 * second, 1100 * second, 0, 100, 1}; }

Annotation one(AnnotationKind kind, std::int64_t fromS, std::int64_t toS, wire::Severity severity = wire::Severity::Error)
{
    Annotation made;
    made.kind = kind;
    made.severity = severity;
    made.fromNs = (1000 + fromS) * second;
    made.toNs = (1000 + toS) * second;
    made.text = "something";
    return made;
}

} // namespace

class TestPlotMarks : public QObject {
    Q_OBJECT

    Theme m_theme;

    QImage painted(const std::vector<Annotation> &annotations) const
    {
        QImage image(200, 110, QImage::Format_ARGB32_Premultiplied);
        image.fill(m_theme.surface.panel);
        QPainter painter(&image);
        paintMarks(painter, frame(), m_theme, annotations);
        return image;
    }
    bool isTouched(const QImage &image, int x, int y) const { return image.pixelColor(x, y) != m_theme.surface.panel; }

private slots:
    void initTestCase() { m_theme = ThemeStore::loadBuiltIn().value().first; }

    void signs_ofOneKindShareAPlace()
    {
        using Kind = AnnotationKind;
        const std::vector<PlotMark> marks =
            marksIn(frame(), {one(Kind::Change, 10, 10), one(Kind::Insight, 11, 20, wire::Severity::Warning),
                              one(Kind::Insight, 12, 13, wire::Severity::Critical), one(Kind::Insight, 30, 31), one(Kind::Drill, 90, 300)});
        QCOMPARE(marks.size(), std::size_t(4));
        QCOMPARE(marks[0].kind, Kind::Change);
        QCOMPARE(marks[0].x, 20.0);
        QCOMPARE(marks[1].count, std::size_t(2));
        QCOMPARE(marks[1].severity, wire::Severity::Critical);
        QCOMPARE(marks[1].x, 22.0);
        QCOMPARE(marks[2].x, 60.0);
        QCOMPARE(marks[3].kind, Kind::Drill);
    }

    void whatBeganBefore_hasNoSign()
    {
        QVERIFY(marksIn(frame(), {one(AnnotationKind::Insight, -50, 50), one(AnnotationKind::Change, 200, 200)}).empty());
        const QImage image = painted({one(AnnotationKind::Insight, -50, 50)});
        QVERIFY(isTouched(image, 1, 19)); // along the edge, as long as it went on
        QVERIFY(isTouched(image, 99, 19));
        QVERIFY(!isTouched(image, 110, 19));
        QVERIFY(!isTouched(image, 50, 60));
    }

    void drill_isAFill()
    {
        const QImage image = painted({one(AnnotationKind::Drill, 10, 40), one(AnnotationKind::Drill, 20, 60)});
        QVERIFY(isTouched(image, 30, 60));
        QVERIFY(isTouched(image, 110, 60));
        QVERIFY(!isTouched(image, 130, 60));
        QCOMPARE(image.pixelColor(60, 61), image.pixelColor(110, 61)); // where two ran it is not stronger
    }

    void change_isASignAndALine()
    {
        const QImage image = painted({one(AnnotationKind::Change, 50, 50)});
        QVERIFY(isTouched(image, 100, 14));
        bool isLine = false, isGap = false;
        for (int y = 25; y < 95; ++y)
            (isTouched(image, 100, y) ? isLine : isGap) = true;
        QVERIFY(isLine && isGap); // dotted
        QVERIFY(!isTouched(image, 90, 60));
    }

    void outsideOfTheFrame_nothingIsPainted_data()
    {
        QTest::addColumn<qint64>("fromNs");
        QTest::addColumn<qint64>("toNs");
        QTest::newRow("before") << qint64(0) << qint64(900 * second);
        QTest::newRow("after") << qint64(1200 * second) << qint64(latestInsightNs);
    }
    void outsideOfTheFrame_nothingIsPainted()
    {
        QFETCH(qint64, fromNs);
        QFETCH(qint64, toNs);
        for (const AnnotationKind kind : {AnnotationKind::Change, AnnotationKind::Drill, AnnotationKind::Insight}) {
            Annotation far = one(kind, 0, 0);
            far.fromNs = fromNs;
            far.toNs = toNs;
            const QImage image = painted({far});
            for (int x = 0; x < image.width(); ++x)
                QVERIFY(!isTouched(image, x, 19) && !isTouched(image, x, 60));
        }
    }

    void shapes_differByKind()
    {
        QSet<int> shapes;
        for (const AnnotationKind kind : {AnnotationKind::Change, AnnotationKind::Drill, AnnotationKind::Insight}) {
            const Sign sign = annotationSign(kind, wire::Severity::Error, m_theme);
            shapes << static_cast<int>(sign.glyph);
            QVERIFY(!sign.word.isEmpty());
        }
        QCOMPARE(shapes.size(), 3);
    }

    void at_theWorstComesFirst()
    {
        const std::vector<Annotation> all{one(AnnotationKind::Insight, 0, 50, wire::Severity::Warning),
                                          one(AnnotationKind::Insight, 20, 50, wire::Severity::Critical),
                                          one(AnnotationKind::Insight, 30, 35, wire::Severity::Warning)};
        const auto found = annotationsAt(all, 1036 * second, 2 * second);
        QCOMPARE(found.size(), std::size_t(3));
        QCOMPARE(found[0], &all[1]);
        QCOMPARE(found[1], &all[2]);
        QVERIFY(annotationsAt(all, 1060 * second, 2 * second).empty());
    }

    void tooltip_saysWhatHappened()
    {
        std::vector<Annotation> all;
        for (int i = 0; i < 5; ++i)
            all.push_back(one(AnnotationKind::Insight, 10, 20));
        all.push_back(one(AnnotationKind::Drill, 5, 30, wire::Severity::Critical));
        all.back().target = "/kubepods/x";
        all.back().isOpen = true;
        TooltipContent content;
        content.addMarks(all, 1015 * second, 0, m_theme, QTimeZone::utc());
        QCOMPARE(content.marks.size(), std::size_t(4));
        QCOMPARE(content.marks[0].what, QString("Drill something on /kubepods/x"));
        QCOMPARE(content.marks[0].when, QString("Drill \u00b7 00:16:45 to 00:17:10, no end seen"));
        QCOMPARE(content.marks[1].when, QString("Insight \u00b7 00:16:50 to 00:17:00"));
        QCOMPARE(content.marks[3].what, QString("+ 3 more"));
    }
};

QTEST_MAIN(TestPlotMarks)
#include "tst_plotmarks.moc"
