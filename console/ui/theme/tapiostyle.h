// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProxyStyle>

#include "console/ui/theme/themestore.h"

namespace tapio::console {

/// Fusion with the sizes, hints and indicators of the theme. Borders and states of the listed standard controls come from
/// styleSheet(); what that names is not drawn here. QApplication owns the style; the store outlives it.
class TapioStyle : public QProxyStyle {
    Q_OBJECT
public:
    explicit TapioStyle(const ThemeStore &themes);

    int pixelMetric(PixelMetric metric, const QStyleOption *option = nullptr, const QWidget *widget = nullptr) const override;
    int styleHint(StyleHint hint, const QStyleOption *option = nullptr, const QWidget *widget = nullptr,
                  QStyleHintReturn *returnData = nullptr) const override;
    void drawPrimitive(PrimitiveElement element, const QStyleOption *option, QPainter *painter,
                       const QWidget *widget = nullptr) const override;

private:
    void drawCheck(const QStyleOption &option, QPainter &painter, bool round) const;

    const ThemeStore &m_themes;
};

} // namespace tapio::console
