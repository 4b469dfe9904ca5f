// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "console/ui/widgets/glyphs.h"
#include "console/ui/widgets/look.h"

namespace tapio::console {

/// A sign with its word as a chip, for heads of panels.
class SignLabel : public QWidget {
    Q_OBJECT
public:
    explicit SignLabel(Look look, QWidget *parent = nullptr);
    void setSign(const Sign &sign);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Look m_look;
    Sign m_sign;
};

} // namespace tapio::console
