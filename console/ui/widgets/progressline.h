// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>

#include "console/ui/widgets/look.h"

namespace tapio::console {

/// The 2 px line above content that is being read: shows only after 200 ms. A share below 0 means that how much is not known.
class ProgressLine : public QWidget {
    Q_OBJECT
public:
    ProgressLine(Look look, QWidget *parent = nullptr);
    void setBusy(bool busy);
    void setShare(double share); ///< 0 to 1

signals:
    void lateChanged(bool late); ///< busy for more than 200 ms, or no longer

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Look m_look;
    QTimer m_late;
    bool m_busy = false, m_shown = false;
    double m_share = -1;
};

} // namespace tapio::console
