// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QString>

#include <vector>

#include "console/ui/pages/page.h"
#include "console/ui/widgets/glyphs.h"

namespace tapio::console {

/// One button of the status bar: sign, thin words, value. `page` explains it.
struct StatusItem {
    QString key; ///< stable: "link", "silent", "loss" ...
    Glyph glyph = Glyph::None;
    QColor color; ///< of the sign, and of the value when `alarming`
    QString label, value;
    QString toolTip;
    PageId page = PageId::Connections;
    QString argument; ///< for Shell::openPage
    bool alarming = false;
    int importance = 0; ///< the least important goes first when the window is narrow
};

/// What the window's foot says of this session now. A figure without a source is left out or says "no data"; never 0.
std::vector<StatusItem> statusItems(const Session &session, const Theme &theme, std::int64_t nowNs);

} // namespace tapio::console
