// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "console/ui/widgets/look.h"

namespace tapio::console {

/// The line below a table: what is shown, and a loss chip where something is missing.
class FootLine : public QWidget {
    Q_OBJECT
public:
    explicit FootLine(Look look, QWidget *parent = nullptr);
    /// `loss` empty = nothing is missing; `reason` says why, behind the chip.
    void setText(const QString &text, const QString &loss, const QString &reason);
    QString text() const { return m_text; }
    QString loss() const { return m_loss; }
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Look m_look;
    QString m_text, m_loss, m_reason;
};

} // namespace tapio::console
