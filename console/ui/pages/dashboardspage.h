// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>

#include <memory>
#include <optional>
#include <vector>

#include "console/core/dashboards/dashboardshelf.h"
#include "console/ui/charts/plotrenderer.h"
#include "console/ui/models/dashboardfeed.h"
#include "console/ui/models/dashboardfiles.h"
#include "console/ui/models/queryexporter.h"
#include "console/ui/pages/page.h"
#include "console/ui/widgets/statemessage.h"

class QBoxLayout;
class QComboBox;
class QLabel;
class QScrollArea;
class QStackedLayout;

namespace tapio::console {

class AnnotationLayer;
class BarButton;
class DashboardGrid;
class FootLine;
class PanelWidget;
class PlotGroup;
class ProgressLine;
class QueryPanel;

/// A page of panels by its file: one range and one crosshair for all of them, variables above them. While the range moves, it is asked again as it moves.
class DashboardsPage : public Page {
    Q_OBJECT
public:
    explicit DashboardsPage(UiContext context, QWidget *parent = nullptr);
    ~DashboardsPage() override;

    QString title() const override { return tr("Dashboards"); }
    QWidget *filterField() const override;
    bool usesNodeScope() const override { return usesScope(DashboardVariable::Kind::Node); }
    bool usesNamespaceScope() const override { return usesScope(DashboardVariable::Kind::Namespace); }
    void scopeChanged() override { ask(); }
    void timeChanged() override;
    void open(const QString &argument) override; ///< a dashboard's name
    bool closeTopmost() override;
    QString openedWith() const override { return m_name; }
    void showFromTop() override;
    bool showMore() override;
    bool settled() const override;

    QString current() const { return m_name; } ///< the name of the dashboard that is shown
    const DashboardFeed &feed() const { return m_feed; }
    /// Null: it is a figure of the console's.
    QueryPanel *panel(std::size_t index) const;
    DashboardGrid &grid() const { return *m_grid; }
    void refresh(); ///< as a person does

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    bool eventFilter(QObject *object, QEvent *event) override;

private:
    void build();
    QBoxLayout *makeHead();
    void connectAll();
    void connectFiles();
    void addActions();
    void restyle();
    void takeShelf(const DashboardShelf &shelf);
    void choose(const QString &name);
    void showDashboard(const ShelvedDashboard &one);
    QWidget *makePanel(std::size_t index, const DashboardPanel &panel);
    void clearVariables();
    void makeVariables();
    void refreshVariables();
    void refreshFigures();
    void refreshPanel(std::size_t index);
    void refreshFoot();
    bool usesScope(DashboardVariable::Kind kind) const;
    void ask();
    void askAgain();
    void fit();
    TimeWindow span() const;
    std::vector<std::size_t> seen() const;
    QueryPanel *focusedPanel() const;
    std::optional<std::size_t> indexOf(const QueryPanel *panel) const;
    QueryTarget targetOf(std::size_t index) const;
    QWidget *makeFigure(const DashboardPanel &panel);
    QWidget *makeList(const QStringList &lines) const;
    void openPanelMenu(QueryPanel &panel, const QPoint &at);
    void explore(const QueryPanel &panel);
    void exportValues(const QueryPanel &panel);
    void exportPicture(QueryPanel &panel);
    void openFileMenu();
    void askCopy();
    void askImport();
    void askExport();
    void copyText(const QString &text, const QString &said);

    UiContext m_context;
    PlotRenderer m_renderer; ///< before the panels, which forget their jobs when they go
    DashboardFeed m_feed;
    DashboardFiles m_files;
    QueryExporter m_exporter;
    QComboBox *m_choice;
    QBoxLayout *m_head = nullptr, *m_variableRow = nullptr;
    std::vector<QComboBox *> m_variables; ///< by variable; null: the window's
    std::vector<QWidget *> m_variableWidgets;
    BarButton *m_problems, *m_refresh, *m_menu;
    ProgressLine *m_progress;
    QScrollArea *m_scroll;
    DashboardGrid *m_grid;
    PlotGroup *m_group = nullptr;
    AnnotationLayer *m_annotations;
    StateMessage *m_message;
    FootLine *m_foot;
    QStackedLayout *m_stack = nullptr;

    DashboardShelf m_shelf;
    QString m_name;
    TimeRange m_range; ///< of the newest questions
    bool m_isRead = false;
    QTimer m_again; ///< while the range moves
};

} // namespace tapio::console
