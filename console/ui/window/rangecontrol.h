// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "console/ui/pages/page.h"
#include "console/ui/widgets/look.h"
#include "console/ui/window/timerange.h"

namespace tapio::console {

class BarButton;

/// [<] [Last 15 min v] [>]: the time range of the whole window. Shows what the session says; changes it through the session.
class RangeControl : public QWidget {
    Q_OBJECT
public:
    RangeControl(UiContext context, QWidget *parent = nullptr);

    void setRange(const TimeRange &range); ///< in the session, and shown
    void step(int direction);
    void zoom(double factor);
    void askCustom(); ///< dialog
    void refresh();

signals:
    void rangeChanged();

private:
    void openMenu();
    std::int64_t liveNs();

    UiContext m_context;
    std::int64_t m_liveNs = fullLiveNs; ///< how wide Live was when it was shown last
    BarButton *m_back, *m_field, *m_forward;
};

} // namespace tapio::console
