// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLabel>

namespace tapio::console {

/// Font and colour of a label, whatever the style sheet says of others. GUI thread.
inline void styleLabel(QLabel *label, const QFont &font, const QColor &color)
{
    label->setFont(font);
    QPalette colors = label->palette();
    colors.setColor(QPalette::WindowText, color);
    label->setPalette(colors);
}

} // namespace tapio::console
