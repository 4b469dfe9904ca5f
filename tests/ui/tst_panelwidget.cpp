// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QPushButton>
#include <QSignalSpy>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <QXmlStreamReader>
#include <QtTest>

#include <limits>

#include "console/ui/widgets/figureview.h"
#include "console/ui/widgets/panelexport.h"
#include "console/ui/widgets/panelmessage.h"
#include "console/ui/widgets/paneltablemodel.h"
#include "console/ui/widgets/panelwidget.h"
#include "console/ui/widgets/plotlegend.h"
#include "tests/ui/support/madeup.h"
#include "tests/ui/support/uifixture.h"

using namespace tapio::console;
using tapio::test::UiFixture;

namespace {

std::shared_ptr<const PanelSnapshot> shared(const OverviewSnapshot &overview, PanelId id)
{
    return std::make_shared<PanelSnapshot>(overview.panels[static_cast<std::size_t>(id)]);
}

/// What an exported file should have and has not; empty = it is whole.
QByteArray missingIn(const QByteArray &file, PanelFormat format, const PanelSnapshot &panel)
{
    if (format == PanelFormat::Png)
        return QImage::fromData(file, "PNG").size() == QSize(1920, 1080) ? QByteArray() : "its picture";
    const auto key = panelKey(panel.id);
    QByteArrayList parts{"# panel: " + QByteArray(key.data(), static_cast<qsizetype>(key.size())), "# range: 2026-03-01T14:05:00",
                         "\r\ntime"};
    if (format == PanelFormat::Svg) {
        QXmlStreamReader xml(file); // QSvgRenderer takes a second for each of the crowded ones
        while (!xml.atEnd())
            xml.readNext();
        if (xml.hasError())
            return "valid SVG";
        parts = {PanelText::title(panel.id).toUtf8()}; // each digit is a text of its own: only words can be looked for
        if (!panel.value)
            parts << PanelText::noData(panel).sentence.toHtmlEscaped().toUtf8();
    } else {
        parts << (panel.value ? "# value: " : "# state: ");
        if (!panel.value && panel.need > 0)
            parts << "# have: ";
        if (std::ranges::any_of(panel.series, [](const PlotSeries &series) { return !series.points.empty(); }))
            parts << "\r\n2026-03-01T14:05:00";
    }
    for (const QByteArray &part : parts)
        if (!file.contains(part))
            return part;
    return {};
}

bool hasColor(const QImage &image, const QRect &area, const QColor &color)
{
    for (int y = area.top(); y <= area.bottom(); ++y)
        for (int x = area.left(); x <= area.right(); ++x)
            if (image.pixelColor(x, y).rgb() == color.rgb())
                return true;
    return false;
}

} // namespace

class TestPanelWidget : public QObject {
    Q_OBJECT

    std::unique_ptr<UiFixture> m_ui;

    std::unique_ptr<PanelWidget> widget(PanelId id, const OverviewSnapshot &overview)
    {
        auto made = std::make_unique<PanelWidget>(id, PanelWidget::Style::InGrid, m_ui->look(), m_ui->time, nullptr);
        made->resize(294, 150);
        made->setSnapshot(shared(overview, id));
        made->show();
        return made;
    }

private slots:
    void initTestCase() { m_ui = std::make_unique<UiFixture>(); }
    void cleanupTestCase() { m_ui.reset(); }

    void everyPanelOfEverySceneIsDrawn()
    {
        for (const OverviewSnapshot &scene : {madeup::busy(), madeup::noData(), madeup::loading(), madeup::crowded(), madeup::extreme()})
            for (std::size_t i = 0; i < panelCount; ++i)
                for (const QSize &size : {QSize(294, 150), QSize(600, 320), QSize(60, 40), QSize(1, 1)}) {
                    auto panel = widget(static_cast<PanelId>(i), scene);
                    panel->resize(size);
                    QVERIFY(!panel->grab().isNull());
                }
    }

    void loadingKeepsTheOldDataAndSaysSoAfterAWhile()
    {
        auto panel = widget(PanelId::QueueDepth, madeup::busy());
        panel->setSnapshot(shared(madeup::loading(), PanelId::QueueDepth));
        QCOMPARE(panel->header().value, "312");
        QVERIFY(panel->plotVisible());
        QVERIFY(!panel->showsLoadingBar()); // not for a moment
        QTRY_VERIFY(panel->showsLoadingBar());
        QVERIFY(hasColor(panel->grab().toImage(), QRect(20, 0, 250, 2), m_ui->themes.theme().accent.base));
        panel->setSnapshot(shared(madeup::busy(), PanelId::QueueDepth));
        QVERIFY(!panel->showsLoadingBar());
    }

    void loadingWithoutOldDataShowsHowFar()
    {
        auto panel = widget(PanelId::QueueDepth, madeup::loading());
        QVERIFY(!panel->header().figure);
        QVERIFY(panel->findChild<PanelMessage *>()->isVisible());
        QVERIFY(panel->valueForClipboard().isEmpty());
    }

    void noDataKeepsTheAxesAndOffersOneAction()
    {
        auto panel = widget(PanelId::ProcessingLatency, madeup::noData());
        QVERIFY(panel->plotVisible());
        auto *message = panel->findChild<PanelMessage *>();
        QVERIFY(message->isVisible());
        auto *button = message->findChild<QPushButton *>();
        QVERIFY(button->isVisible());
        QCOMPARE(button->text(), "Show the last 24 h");
        QSignalSpy asked(panel.get(), &PanelWidget::remedyRequested);
        button->click();
        QCOMPARE(asked.count(), 1);
        QCOMPARE(asked[0][0].value<Remedy>(), Remedy::WidenRange);
        QCOMPARE(panel->header().facts, QStringList(PanelText::threshold(panel->shown()->thresholds.front())));
    }

    void aReasonWithoutRemedyHasNoButton()
    {
        auto panel = widget(PanelId::InsightsGenerated, madeup::noData());
        QVERIFY(!panel->findChild<PanelMessage *>()->findChild<QPushButton *>()->isVisible());
    }

    void estimatesAreShownEvenWithoutVerdicts()
    {
        auto panel = widget(PanelId::CorrelationAccuracy, madeup::noData());
        QVERIFY(panel->findChild<FigureView *>()->isVisible());
        QVERIFY(!panel->findChild<PanelMessage *>()->isVisible());
        QCOMPARE(panel->header().facts, QStringList("No verdict and no scored drill yet"));
    }

    void failedIsSaidInColourShapeAndWord()
    {
        auto panel = widget(PanelId::NetworkIo, madeup::noData());
        QCOMPARE(panel->header().value, "Failed");
        QCOMPARE(*panel->header().edge, m_ui->themes.theme().meaning.p1);
    }

    void theLegendNeedsRoom()
    {
        auto panel = widget(PanelId::CpuUsage, madeup::busy());
        QVERIFY(!panel->findChild<PlotLegend *>()->isVisible());
        m_ui->themes.setDensityChoice(DensityChoice::Comfortable);
        QVERIFY(panel->findChild<PlotLegend *>()->isVisible());
        m_ui->themes.setDensityChoice(DensityChoice::Automatic);
        QVERIFY(!panel->findChild<PlotLegend *>()->isVisible());
    }

    void pointingAtALegendEntryIsolatesItsLine()
    {
        m_ui->themes.setDensityChoice(DensityChoice::Comfortable);
        auto panel = widget(PanelId::CpuUsage, madeup::busy());
        panel->resize(600, 300);
        panel->grab();
        auto *legend = panel->findChild<PlotLegend *>();
        QSignalSpy isolated(legend, &PlotLegend::isolated);
        QTest::mouseMove(legend, QPoint(20, legend->height() / 2));
        QTRY_COMPARE(isolated.count(), 1);
        QCOMPARE(isolated[0][0].toInt(), 0);
        QEvent leave(QEvent::Leave);
        QCoreApplication::sendEvent(legend, &leave);
        QCOMPARE(isolated.last()[0].toInt(), -1);
        m_ui->themes.setDensityChoice(DensityChoice::Automatic);
    }

    void theThemeRepaintsEverything()
    {
        auto panel = widget(PanelId::PodStatus, madeup::busy());
        QCOMPARE(panel->grab().toImage().pixelColor(150, 140), m_ui->themes.theme().surface.panel);
        m_ui->themes.setChoice(ThemeChoice::Light);
        QCOMPARE(panel->grab().toImage().pixelColor(150, 140), m_ui->themes.theme().surface.panel);
        m_ui->themes.setChoice(ThemeChoice::Dark);
    }

    void theAccessibleNameFollowsTheValue()
    {
        auto panel = widget(PanelId::QueueDepth, madeup::busy());
        QVERIFY(panel->accessibleName().startsWith("Event queue depth, 312 events"));
        PanelSnapshot next = madeup::busy().panels[2];
        next.value->value = 5;
        panel->setSnapshot(std::make_shared<PanelSnapshot>(next));
        QVERIFY(panel->accessibleName().startsWith("Event queue depth, 5 events"));
    }

    void theClipboardHasUnitAndTime()
    {
        QCOMPARE(widget(PanelId::EventsProcessed, madeup::busy())->valueForClipboard(),
                 "Events processed/sec: 48,213 events/s (as of 2026-03-01 14:34:59 UTC)");
    }

    void whatDoesNotFitIsInTheTooltip()
    {
        auto panel = widget(PanelId::Coverage, madeup::busy());
        panel->grab();
        const PanelHeaderLayout layout = panel->headerLayout();
        QCOMPARE(layout.chips.size(), 1u);
        QCOMPARE(panel->headExplanationAt(layout.chips[0].area.center().toPoint()), "No heartbeat for 30 s or more");
        const auto *figure = panel->findChild<FigureView *>();
        QString partial;
        for (int x = 0; x < figure->width() && partial.isEmpty(); x += 4)
            if (const QString text = figure->explanationAt({x, 12}); text.startsWith("node-07"))
                partial = text;
        QVERIFY2(partial.contains("partial, 12 of 15 hooks") && partial.contains("no BTF"), qPrintable(partial));
    }

    void table_data()
    {
        QTest::addColumn<int>("id");
        QTest::addColumn<int>("rows");
        QTest::addColumn<QStringList>("headers");
        QTest::addColumn<QString>("first");
        QTest::newRow("lines by time, newest first") << static_cast<int>(PanelId::ProcessingLatency) << 360
                                                     << QStringList{"Time (UTC)", "p50", "p95", "p99"} << "2026-03-01 14:34:55";
        QTest::newRow("both directions of traffic") << static_cast<int>(PanelId::NetworkIo) << 360
                                                    << QStringList{"Time (UTC)", "all nodes", "all nodes sent"} << "2026-03-01 14:34:55";
        QTest::newRow("pods") << static_cast<int>(PanelId::PodStatus) << 9 << QStringList{"State or pod", "Pods, or state", "Since"}
                              << "Running";
        QTest::newRow("nodes") << static_cast<int>(PanelId::Coverage) << 34 << QStringList{"Node", "State", "Hooks", "Missing"}
                               << "node-01";
        QTest::newRow("estimates") << static_cast<int>(PanelId::CorrelationAccuracy) << 5 << QStringList{"Source",
                                                                                                         "Estimate",
                                                                                                         "Last proved (UTC)",
                                                                                                         "On",
                                                                                                         "After",
                                                                                                         "Last missed (UTC)",
                                                                                                         "Last false alarm (UTC)",
                                                                                                         "Wilson 95 %",
                                                                                                         "Counted",
                                                                                                         "Alert"}
                                   << "Drill";
        QTest::newRow("groups") << static_cast<int>(PanelId::ActiveCorrelations) << 3
                                << QStringList{"Severity", "Rule", "Open", "Oldest since"} << "critical";
    }
    void table()
    {
        QFETCH(int, id);
        QFETCH(int, rows);
        QFETCH(QStringList, headers);
        QFETCH(QString, first);
        PanelTableModel model(m_ui->time);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setPanel(shared(madeup::busy(), static_cast<PanelId>(id)));
        QCOMPARE(model.rowCount(), rows);
        QStringList found;
        for (int column = 0; column < model.columnCount(); ++column)
            found << model.headerData(column, Qt::Horizontal).toString();
        QCOMPARE(found, headers);
        QCOMPARE(model.index(0, 0).data().toString(), first);
    }

    void aLiveTableChangesRowsAndResetsOnlyForAnotherShape()
    {
        PanelTableModel model(m_ui->time);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setPanel(shared(madeup::busy(), PanelId::ProcessingLatency));
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        model.setPanel(shared(madeup::healthy(), PanelId::ProcessingLatency));
        QCOMPARE(changed.count(), 1);
        QCOMPARE(reset.count(), 0);
        model.setPanel(shared(madeup::busy(), PanelId::NetworkIo));
        QCOMPARE(reset.count(), 1);
        model.setPanel(shared(madeup::noData(), PanelId::NetworkIo));
        QCOMPARE(model.rowCount(), 0);
        m_ui->time.setUtc(false);
        m_ui->time.setUtc(true);
        QCOMPARE(model.rowCount(), 0);
    }

    void aMissingSampleIsSaidInTheTable()
    {
        PanelTableModel model(m_ui->time);
        model.setPanel(shared(madeup::troubled(), PanelId::ProcessingLatency));
        QCOMPARE(model.index(359 - 150, 1).data().toString(), "no sample");
    }

    void hugeTablesSayWhatTheyLeaveOut()
    {
        PanelTableModel model(m_ui->time);
        model.setPanel(std::make_shared<PanelSnapshot>(madeup::lines(PanelId::EventsProcessed, 1, 30'000, 0)));
        QCOMPARE(model.rowCount(), static_cast<int>(PanelTableModel::maxRows));
        QCOMPARE(model.truncatedRows(), 10'000u);
    }

    void exportOfEveryPanelInEveryFormat()
    {
        QTemporaryDir folder;
        for (const OverviewSnapshot &scene : {madeup::busy(), madeup::noData(), madeup::crowded()})
            for (const PanelSnapshot &each : scene.panels) {
                const PanelExport page(each, m_ui->themes.theme(), QTimeZone::utc());
                for (const PanelFormat format : {PanelFormat::Png, PanelFormat::Svg, PanelFormat::Csv}) {
                    const QString path = folder.filePath(page.suggestedName(format));
                    const tapio::Status written = writePanelFile(page.file(format), path);
                    QVERIFY2(written, written ? "" : written.error().message().c_str());
                    QFile file(path);
                    QVERIFY(file.open(QIODevice::ReadOnly));
                    const QByteArray missing = missingIn(file.readAll(), format, each);
                    QVERIFY2(missing.isEmpty(), qPrintable(path + " lacks " + missing));
                }
            }
    }

    void thePictureHasTwiceThePixels()
    {
        const PanelExport page(*shared(madeup::busy(), PanelId::QueueDepth), m_ui->themes.theme(), QTimeZone::utc());
        const QImage image = page.image();
        QCOMPARE(image.size(), QSize(1920, 1080));
        QCOMPARE(image.pixelColor(5, 5), m_ui->themes.theme().surface.panel);
        QVERIFY(hasColor(image, QRect(0, 0, 1920, 300), m_ui->themes.theme().text.primary));
    }

    void theDrawingHasWordsAndLines()
    {
        PanelExport page(*shared(madeup::busy(), PanelId::QueueDepth), m_ui->themes.theme(), QTimeZone::utc());
        const QByteArray svg = page.svg();
        Annotation drill;
        drill.kind = AnnotationKind::Drill;
        drill.fromNs = madeup::nowNs - 600'000'000'000;
        drill.toNs = madeup::nowNs - 300'000'000'000;
        const QImage before = page.image();
        page.setAnnotations(std::make_shared<const std::vector<Annotation>>(std::vector{drill}));
        QVERIFY(page.svg().size() > svg.size()); // what happened is in it, as on the screen
        QVERIFY(page.image() != before);
        QVERIFY(QSvgRenderer(svg).isValid());
        QVERIFY(svg.contains("Event queue depth"));
        QVERIFY(svg.contains("agent queues"));
        QVERIFY(svg.contains("<polyline"));
        QVERIFY(!svg.contains("<image"));
    }

    void theDataHasEverySample()
    {
        const PanelSnapshot latency = *shared(madeup::troubled(), PanelId::ProcessingLatency);
        const QString csv = QString::fromUtf8(PanelExport(latency, m_ui->themes.theme(), QTimeZone("Asia/Kolkata")).csv());
        QStringList rows;
        for (const QString &line : csv.split("\r\n", Qt::SkipEmptyParts))
            if (!line.startsWith('#'))
                rows << line;
        QCOMPARE(rows.size(), 361); // a head, and one row per time
        QVERIFY2(rows[1].contains("+05:30"), qPrintable(rows[1]));
        QVERIFY(rows[151].endsWith(",,")); // no sample
    }

    void aFileThatCannotBeWrittenIsAnError()
    {
        const PanelExport page(*shared(madeup::busy(), PanelId::QueueDepth), m_ui->themes.theme(), QTimeZone::utc());
        const tapio::Status written = writePanelFile(page.file(PanelFormat::Csv), "/nowhere/at/all.csv");
        QVERIFY(!written);
        QVERIFY(written.error().context().find("/nowhere/at/all.csv") != std::string::npos);
    }

    void theSuggestedNameSaysWhatAndWhen()
    {
        const PanelExport page(*shared(madeup::busy(), PanelId::QueueDepth), m_ui->themes.theme(), QTimeZone::utc());
        const QString name = page.suggestedName(PanelFormat::Csv);
        QVERIFY2(name.endsWith("2026-03-01 14-35-00 UTC.csv"), qPrintable(name));
        QVERIFY(!name.contains('/') && !name.contains(':'));
    }
};

QTEST_MAIN(TestPanelWidget)
#include "tst_panelwidget.moc"
