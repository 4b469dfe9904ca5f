// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>

#include "console/ui/widgets/look.h"

namespace tapio::console {

/// LIVE, PAUSED or HISTORY. A click does what its tooltip says: pause, go on, or back to live.
class StatePill : public QAbstractButton {
    Q_OBJECT
public:
    enum class State { Live, Paused, History };
    explicit StatePill(Look look, QWidget *parent = nullptr);
    void setState(State state);
    State state() const { return m_state; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QString word() const;
    QString hint() const;
    Look m_look;
    State m_state = State::Live;
};

} // namespace tapio::console
