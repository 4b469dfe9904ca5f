// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#include "console/ui/pages/page.h"
#include "console/ui/window/timerange.h"

class QLabel;
class QLineEdit;
class QPushButton;

namespace tapio::console {

/// Asks for a range of time as text, so that times can be pasted: "14:05", "2026-03-01 14:05", "-2h", "now".
class RangeDialog : public QDialog {
    Q_OBJECT
public:
    RangeDialog(UiContext context, QWidget *parent);
    TimeRange range() const { return m_range; }

private:
    void check();

    UiContext m_context;
    TimeRange m_range;
    QLineEdit *m_from, *m_to;
    QLabel *m_verdict;
    QPushButton *m_apply;
};

} // namespace tapio::console
