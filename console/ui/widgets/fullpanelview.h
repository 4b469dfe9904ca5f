// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <memory>
#include <optional>

#include "console/core/metrics/panel.h"
#include "console/ui/widgets/look.h"
#include "console/ui/widgets/panelexport.h"
#include "console/ui/widgets/timedisplay.h"

class QLabel;
class QPushButton;
class QScrollArea;
class QStackedWidget;
class QVBoxLayout;

namespace tapio::console {

class ComputationView;
class PanelTableModel;
class PanelWidget;
class PlotRenderer;
class SeriesList;
class TableView;

/// One panel over the whole page: a larger plot or the same as a table, every series with its value, all figures and how they
/// were computed. GUI thread.
class FullPanelView : public QWidget {
    Q_OBJECT
public:
    FullPanelView(Look look, const TimeDisplay &time, PlotRenderer *renderer, QWidget *parent = nullptr);

    /// Makes the widgets of that panel; `snapshot` is what the grid shows.
    void open(PanelId id, std::shared_ptr<const PanelSnapshot> snapshot);
    void setSnapshot(std::shared_ptr<const PanelSnapshot> snapshot);
    /// Null until the first open().
    PanelWidget *panel() const { return m_panel; }
    TableView *table() const { return m_table; }
    PanelTableModel &model() const { return *m_model; }
    ComputationView &computation() const { return *m_computation; }

    void setTableShown(bool shown);
    bool isTableShown() const;

signals:
    void panelMade(tapio::console::PanelWidget *panel);
    void closeRequested();
    void copyRequested();
    void exportRequested(tapio::console::PanelFormat format);
    void copied(const QString &text);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void buildBar();
    QPushButton *addButton(const QString &icon, const QString &text, const QString &description);
    void restyle();
    void place();
    void makeTable();
    void refresh();

    Look m_look;
    const TimeDisplay &m_time;
    PlotRenderer *m_renderer;
    std::shared_ptr<const PanelSnapshot> m_snapshot;
    QWidget *m_bar;
    QPushButton *m_tableButton = nullptr;
    QStackedWidget *m_stack;
    PanelWidget *m_panel = nullptr;
    QVBoxLayout *m_tableColumn = nullptr;
    TableView *m_table = nullptr; ///< made anew for each panel: its columns differ
    PanelTableModel *m_model;
    QLabel *m_truncated;
    QScrollArea *m_seriesScroll;
    SeriesList *m_series;
    ComputationView *m_computation;
    QRect m_side; ///< the card that holds both
};

} // namespace tapio::console
