// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QScrollArea>

#include <memory>
#include <utility>
#include <vector>

#include "console/core/metrics/panel.h"
#include "console/ui/widgets/look.h"
#include "console/ui/widgets/timedisplay.h"

namespace tapio::console {

/// "How this is computed" as rows of text, also for the clipboard.
struct ComputationText {
    QString title, formula;
    using Rows = std::vector<std::pair<QString, QString>>;
    Rows inputs;   ///< counters and their values just now
    Rows beside;   ///< the other figures of the panel
    Rows measured; ///< window, samples, completeness, bounds, sources
    QString plain() const;
};
ComputationText computationText(const PanelSnapshot &panel, const TimeDisplay &time);

/// The same as a widget, for the drawer and the full-screen view; follows new snapshots while it is open. GUI thread.
class ComputationView : public QScrollArea {
    Q_OBJECT
public:
    ComputationView(Look look, const TimeDisplay &time, QWidget *parent = nullptr);
    void setPanel(std::shared_ptr<const PanelSnapshot> panel);

signals:
    void copied(const QString &text);

private:
    void rebuild();

    Look m_look;
    const TimeDisplay &m_time;
    std::shared_ptr<const PanelSnapshot> m_panel;
    ComputationText m_text;
};

} // namespace tapio::console
