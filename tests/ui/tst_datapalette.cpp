// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include <algorithm>
#include <array>
#include <cmath>

#include "console/ui/theme/themestore.h"

using namespace tapio::console;

namespace {

using Triple = std::array<double, 3>;
using Matrix = std::array<Triple, 3>;

/// Machado, Oliveira and Fernandes 2009, severity 1.0, on linear sRGB.
constexpr Matrix normal{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
constexpr Matrix protanopia{{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}};
constexpr Matrix deuteranopia{{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}};
constexpr Matrix tritanopia{{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}};

Triple multiplied(const Matrix &m, const Triple &v)
{
    Triple result{};
    for (std::size_t i = 0; i < 3; ++i)
        result[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
    return result;
}

double linear(double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); }

/// As seen, in OKLab (Ottosson 2020).
Triple seen(const QColor &color, const Matrix &sight)
{
    Triple rgb = multiplied(sight, {linear(color.redF()), linear(color.greenF()), linear(color.blueF())});
    for (double &c : rgb)
        c = std::max(c, 0.0); // the simulation is of the eye, not of a screen: what is brighter than white is not cut
    Triple lms = multiplied({{{0.4122214708, 0.5363325363, 0.0514459929},
                              {0.2119034982, 0.6806995451, 0.1073969566},
                              {0.0883024619, 0.2817188376, 0.6299787005}}},
                            rgb);
    for (double &c : lms)
        c = std::cbrt(c);
    return multiplied({{{0.2104542553, 0.7936177850, -0.0040720468},
                        {1.9779984951, -2.4285922050, 0.4505937099},
                        {0.0259040371, 0.7827717662, -0.8086757660}}},
                      lms);
}

/// Smallest distance of two of the first `count` colours, times 100.
double smallest(const Theme &theme, std::size_t count, const Matrix &sight)
{
    double least = 1e9;
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const Triple a = seen(theme.series[i], sight), b = seen(theme.series[j], sight);
            least = std::min(least, std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]));
        }
    return least * 100;
}

} // namespace

/// The data colours keep the distances that the design promises, for every kind of colour vision.
class TestDataPalette : public QObject {
    Q_OBJECT
private slots:
    void colorsStayApart_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::addColumn<int>("used");
        QTest::addColumn<QList<double>>("promised");
        QTest::newRow("dark 1-6") << true << 6 << QList<double>{21.5, 12.9, 13.2, 11.0};
        QTest::newRow("dark 1-8") << true << 8 << QList<double>{13.4, 10.3, 7.6, 9.9};
        QTest::newRow("dark 1-12") << true << 12 << QList<double>{13.4, 9.7, 7.3, 7.3};
        QTest::newRow("light 1-6") << false << 6 << QList<double>{17.2, 9.7, 12.1, 9.6};
        QTest::newRow("light 1-8") << false << 8 << QList<double>{12.8, 6.5, 6.3, 6.6};
        QTest::newRow("light 1-12") << false << 12 << QList<double>{11.2, 6.3, 6.3, 6.6};
    }
    void colorsStayApart()
    {
        QFETCH(bool, dark);
        QFETCH(int, used);
        QFETCH(QList<double>, promised);
        const auto themes = ThemeStore::loadBuiltIn().value();
        const Theme &theme = dark ? themes.first : themes.second;
        const Matrix sights[] = {normal, protanopia, deuteranopia, tritanopia};
        for (int i = 0; i < 4; ++i) {
            const double distance = smallest(theme, static_cast<std::size_t>(used), sights[i]);
            qInfo("sight %d: %.2f of %.1f", i, distance, promised[i]);
            QVERIFY2(distance >= promised[i] - 0.06, "two colours look more alike than promised"); // rounded to a tenth there
        }
    }
    void colorsStandOutFromThePanel_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::newRow("dark") << true;
        QTest::newRow("light") << false;
    }
    void colorsStandOutFromThePanel()
    {
        QFETCH(bool, dark);
        const auto themes = ThemeStore::loadBuiltIn().value();
        const Theme &theme = dark ? themes.first : themes.second;
        for (const QColor &color : theme.series)
            QVERIFY2(contrastRatio(color, theme.surface.panel) >= 3.15, qPrintable(color.name()));
    }
};

QTEST_MAIN(TestDataPalette)
#include "tst_datapalette.moc"
