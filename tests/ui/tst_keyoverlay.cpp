// SPDX-License-Identifier: GPL-3.0-or-later
#include <QBuffer>
#include <QPainter>
#include <QRegularExpression>
#include <QSvgGenerator>
#include <QtTest>

#include "console/ui/window/keyoverlay.h"
#include "tests/ui/windowfixture.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

/// The map of keys shows all of its words, however large they are.
class TestKeyOverlay : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowFixture> m_ui;

    /// All words that it draws, in the order in which it draws them.
    static QStringList drawnWords(KeyOverlay &overlay)
    {
        QBuffer buffer;
        buffer.open(QIODevice::WriteOnly);
        QSvgGenerator generator;
        generator.setOutputDevice(&buffer);
        generator.setSize(overlay.size());
        QPainter painter(&generator);
        overlay.render(&painter, {}, {}, QWidget::DrawWindowBackground);
        painter.end();
        static const QRegularExpression text(QStringLiteral("<text[^>]*>([^<]*)</text>"));
        QStringList words;
        for (auto found = text.globalMatch(QString::fromUtf8(buffer.data())); found.hasNext();)
            words << found.next().captured(1).trimmed();
        return words;
    }
    QStringList keyTexts() const
    {
        QStringList texts;
        for (const Action &action : m_ui->actions.actions())
            if ((!action.scoped || (action.scope && action.scope->isVisible())) && !m_ui->actions.keyText(action.id).isEmpty())
                texts << action.text;
        return texts;
    }
    /// Whether nothing but the card's ground is in the rectangle.
    bool isBare(const QImage &image, const QRect &area) const
    {
        for (int y = area.top(); y <= area.bottom(); ++y)
            for (int x = area.left(); x <= area.right(); ++x)
                if (image.pixelColor(x, y) != m_ui->themes.theme().surface.raised)
                    return false;
        return true;
    }

private slots:
    void cleanup() { m_ui.reset(); }

    void everyWordIsWholeAndOnTheCard_data()
    {
        QTest::addColumn<PageId>("page");
        QTest::addColumn<QSize>("size");
        QTest::addColumn<double>("scale");
        for (const QSize size : {QSize(1280, 800), QSize(960, 600)})
            for (const double scale : {1., 1.4, 2.})
                for (const auto &[page, name] : {std::pair(PageId::Events, "events"), std::pair(PageId::Overview, "overview")})
                    QTest::addRow("%s, %d x %d, scale %.1f", name, size.width(), size.height(), scale) << page << size << scale;
    }
    void everyWordIsWholeAndOnTheCard()
    {
        QFETCH(PageId, page);
        QFETCH(QSize, size);
        QFETCH(double, scale);
        m_ui = std::make_unique<WindowFixture>(WindowFixture::Data::Some, size, ThemeChoice::Dark);
        m_ui->themes.setScale(scale);
        m_ui->window->openPage(page);
        auto *overlay = m_ui->window->findChild<KeyOverlay *>();
        overlay->open();
        m_ui->keep(QStringLiteral("keys-%1").arg(QString::fromUtf8(QTest::currentDataTag())));
        QVERIFY(m_ui->window->rect().contains(overlay->geometry()));
        const QStringList drawn = drawnWords(*overlay), texts = keyTexts();
        QVERIFY(!texts.isEmpty());
        for (const QString &text : texts)
            QVERIFY2(drawn.contains(text.toHtmlEscaped()), qPrintable(text));
        const QImage image = overlay->grab().toImage();
        const int edge = m_ui->themes.theme().px(OverlayPanel::shadowWidth), corner = m_ui->themes.theme().px(8) + 1;
        const QRect card = overlay->rect().adjusted(edge + 1, edge + 1, -edge - 1, -edge - 1);
        QVERIFY2(isBare(image, QRect(card.right() - 4, card.top() + corner, 4, card.height() - 2 * corner)), "at the right");
        QVERIFY2(isBare(image, QRect(card.left() + corner, card.bottom() - 4, card.width() - 2 * corner, 4)), "at the foot");
    }
};

QTEST_MAIN(TestKeyOverlay)
#include "tst_keyoverlay.moc"
