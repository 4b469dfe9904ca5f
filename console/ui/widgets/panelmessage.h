// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "console/core/metrics/panel.h"
#include "console/ui/widgets/look.h"
#include "console/ui/widgets/paneltext.h"

class QPushButton;

namespace tapio::console {

/// In a panel without a figure: why there is none, what is missing, and the one thing to do about it.
class PanelMessage : public QWidget {
    Q_OBJECT
public:
    explicit PanelMessage(Look look, QWidget *parent = nullptr);
    void setPanel(const PanelSnapshot &panel);
    void setButtonInTabOrder(bool on);

signals:
    void remedyRequested(tapio::console::Remedy remedy);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void place();
    QRectF textArea() const;

    Look m_look;
    PanelText::Reason m_reason;
    PanelState m_state = PanelState::NoData;
    double m_progress = -1; ///< 0 to 1 while reading; -1 = not known
    QPushButton *m_button;
};

} // namespace tapio::console
