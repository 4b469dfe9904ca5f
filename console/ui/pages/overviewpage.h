// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointer>
#include <QThreadPool>

#include "console/ui/pages/overviewview.h"
#include "console/ui/pages/page.h"
#include "console/ui/widgets/panelexport.h"
#include "console/ui/widgets/statemessage.h"

namespace tapio::console {

class AnnotationLayer;
class ComputationView;

/// The Overview in the window: feeds OverviewView from the session, and turns what it asks for into ranges, pages, the drawer
/// and files. GUI thread.
class OverviewPage : public Page {
    Q_OBJECT
public:
    explicit OverviewPage(UiContext context, QWidget *parent = nullptr);

    QString title() const override { return tr("Overview"); }
    /// The key of a panel ("event-queue-depth") opens it in full screen.
    void open(const QString &argument) override;
    bool closeTopmost() override { return m_view.closeTopmost(); }
    bool settled() const override;
    void showFromTop() override;
    bool showMore() override { return m_view.scrollOn(); }
    bool usesNodeScope() const override { return true; }
    bool usesNamespaceScope() const override { return true; }

    OverviewView &view() { return m_view; }
    /// Writes the file in the background and tells how it ended.
    void save(PanelId id, PanelFile file, const QString &path);

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;

private:
    void addActions();
    void refresh();
    bool neverHadAnAgent() const;
    void showFirstStart(bool first);
    void showComputation(PanelId id);
    void updateComputation();
    void exportPanel(PanelId id, PanelFormat format);
    void tellSaved(PanelId id, const QString &path, const Status &written);
    void apply(PanelId id, Remedy remedy);

    UiContext m_context;
    OverviewView m_view;
    StateMessage m_firstStart;
    AnnotationLayer *m_annotations;
    QPointer<ComputationView> m_computation;
    PanelId m_computed = PanelId::EventsProcessed;
    TimeRange m_shownRange; ///< whose figures were read last: where a cancelled reading goes back to
    QThreadPool m_writers;  ///< last: waits for its jobs while the page is still there
};

} // namespace tapio::console
