// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>

#include "console/ui/widgets/look.h"

namespace tapio::console {

/// A 20 px icon button of a panel's head; no frame until it is hovered or has the focus.
class PanelButton : public QAbstractButton {
    Q_OBJECT
public:
    /// `name` is for the tooltip and the screen reader.
    PanelButton(Look look, const QString &icon, const QString &name, QWidget *parent);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void enterEvent(QEnterEvent *event) override;
    void leaveEvent(QEvent *event) override;

private:
    Look m_look;
    QString m_icon;
};

} // namespace tapio::console
