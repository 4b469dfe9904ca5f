// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QScrollArea>
#include <QScrollBar>

#include <algorithm>

#include "console/ui/theme/theme.h"

namespace tapio::console {

/// Where nobody scrolls by hand: on by what is seen, but for a bit by which one finds on. False: the end was seen. GUI thread.
inline bool scrollByScreen(QScrollArea &area, const Theme &theme)
{
    QScrollBar &bar = *area.verticalScrollBar();
    if (bar.value() >= bar.maximum())
        return false;
    bar.setValue(bar.value() + std::max(1, area.viewport()->height() - theme.px(48)));
    return true;
}

} // namespace tapio::console
