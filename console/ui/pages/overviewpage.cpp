// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/overviewpage.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QShowEvent>
#include <QStandardPaths>

#include <algorithm>

#include "console/ui/pages/annotationlayer.h"
#include "console/ui/pages/firststart.h"
#include "console/ui/pages/overviewgrid.h"
#include "console/ui/widgets/computationview.h"
#include "console/ui/widgets/panelwidget.h"

namespace tapio::console {

namespace {

QString filterFor(PanelFormat format)
{
    switch (format) {
    case PanelFormat::Png: return OverviewPage::tr("Image (*.png)");
    case PanelFormat::Svg: return OverviewPage::tr("Drawing (*.svg)");
    case PanelFormat::Csv: break;
    }
    return OverviewPage::tr("Data (*.csv)");
}

QString keyOf(PanelId id)
{
    const std::string_view key = panelKey(id);
    return QString::fromUtf8(key.data(), static_cast<qsizetype>(key.size()));
}

} // namespace

OverviewPage::OverviewPage(UiContext context, QWidget *parent)
    : Page(parent), m_context(context), m_view(Look{context.themes, context.icons}, context.time, this),
      m_firstStart(Look{context.themes, context.icons}, this),
      m_annotations(new AnnotationLayer(m_context, queryslot::overviewAnnotations, "overview", this))
{
    m_firstStart.hide();
    m_view.setNow([this] { return m_context.nowNs(); });
    setFocusPolicy(Qt::StrongFocus);
    connect(&context.session, &Session::overviewChanged, this, &OverviewPage::refresh);
    connect(m_annotations, &AnnotationLayer::changed, &m_view, &OverviewView::setAnnotations);
    connect(&m_view, &OverviewView::rangeSelected, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        m_context.shell.setRange({TimeRange::Kind::Custom, fromNs, toNs});
    });
    connect(&m_view, &OverviewView::rangeResetRequested, this, [this] { m_context.shell.setRange({}); });
    connect(&m_view, &OverviewView::computedRequested, this, &OverviewPage::showComputation);
    connect(&m_view, &OverviewView::exportRequested, this, &OverviewPage::exportPanel);
    connect(&m_view, &OverviewView::remedyRequested, this, &OverviewPage::apply);
    connect(&m_view, &OverviewView::copied, this, [this](const QString &what) { m_context.shell.notify(tr("Copied: %1").arg(what)); });
    connect(&m_view, &OverviewView::insightsRequested, this,
            [this](const QString &filter) { m_context.shell.openPage(PageId::Insights, filter); });
    addActions();
    refresh();
}

void OverviewPage::addActions()
{
    const auto add = [this](const char *id, const QString &text, QList<QKeySequence> keys, std::function<void()> run) {
        m_context.actions.add({QLatin1String(id), text, ActionGroup::Panel, std::move(keys), std::move(run), {}, this});
    };
    add("panel.full", tr("Panel: full screen"), {QKeySequence(QStringLiteral("F"))}, [this] { m_view.openFullScreen(); });
    add("panel.table", tr("Panel: show as a table"), {QKeySequence(QStringLiteral("T"))}, [this] { m_view.toggleTable(); });
    add("panel.copy", tr("Panel: copy the value"), {QKeySequence(QStringLiteral("C"))}, [this] { m_view.copyValue(); });
    add("panel.computed", tr("Panel: how it is computed"), {}, [this] { m_view.showComputation(); });
    m_context.actions.add({QStringLiteral("panel.insights"),
                           tr("Panel: show its insights"),
                           ActionGroup::Panel,
                           {QKeySequence(QStringLiteral("I"))},
                           [this] { m_view.showInsights(); },
                           [this] { return m_view.hasInsights(); },
                           this});
    add("panel.png", tr("Panel: export as image (PNG)\u2026"), {}, [this] { m_view.requestExport(PanelFormat::Png); });
    add("panel.svg", tr("Panel: export as drawing (SVG)\u2026"), {}, [this] { m_view.requestExport(PanelFormat::Svg); });
    add("panel.csv", tr("Panel: export data (CSV)\u2026"), {}, [this] { m_view.requestExport(PanelFormat::Csv); });
    add("crosshair.back", tr("Crosshair: one bucket back"), {QKeySequence(QStringLiteral(","))}, [this] { m_view.stepCrosshair(-1); });
    add("crosshair.forward", tr("Crosshair: one bucket forward"), {QKeySequence(QStringLiteral("."))}, [this] { m_view.stepCrosshair(1); });
    add("crosshair.back10", tr("Crosshair: ten buckets back"), {QKeySequence(QStringLiteral("<"))}, [this] { m_view.stepCrosshair(-10); });
    add("crosshair.forward10", tr("Crosshair: ten buckets forward"), {QKeySequence(QStringLiteral(">"))},
        [this] { m_view.stepCrosshair(10); });
}

void OverviewPage::refresh()
{
    if (!isVisible()) { // showEvent brings the newest
        updateComputation();
        return;
    }
    showFirstStart(neverHadAnAgent());
    for (const std::string &name : m_context.session.overview().namespaces)
        m_context.shell.noteNamespace(QString::fromStdString(name));
    m_view.setSnapshot(m_context.session.overview());
    const PanelSnapshot &shown = m_context.session.overview().panels[static_cast<std::size_t>(PanelId::EventsProcessed)];
    if (shown.toNs > shown.fromNs) // what is shown, paused or not
        m_annotations->want({shown.fromNs, shown.toNs});
    if (settled())
        m_shownRange = m_context.session.range();
    updateComputation();
}

/// The drawer stays open beside other pages, where it goes on to say "just now".
void OverviewPage::updateComputation()
{
    if (!m_context.shell.drawerShows(m_computation))
        return;
    const PanelSnapshot &newest = m_context.session.overview().panels[static_cast<std::size_t>(m_computed)];
    m_computation->setPanel(isVisible() ? m_view.snapshotOf(m_computed) : std::make_shared<const PanelSnapshot>(newest));
}

/// Sixteen times "no agent" helps nobody: what to do stands there instead, until one has connected or the store knows one.
bool OverviewPage::neverHadAnAgent() const
{
    const PanelSnapshot &events = m_context.session.overview().panels[static_cast<std::size_t>(PanelId::EventsProcessed)];
    return m_context.session.agents().empty() && (events.state == PanelState::NoData || events.state == PanelState::Loading);
}

void OverviewPage::showFirstStart(bool first)
{
    if (first)
        m_firstStart.setState(firstStartState(m_context.session.link(), m_context.setup));
    m_firstStart.setVisible(first);
    m_view.setVisible(!first);
}

void OverviewPage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    refresh();
}

void OverviewPage::hideEvent(QHideEvent *) { m_annotations->stop(); }

void OverviewPage::resizeEvent(QResizeEvent *)
{
    m_view.setGeometry(rect());
    m_firstStart.setGeometry(rect());
}

void OverviewPage::showFromTop()
{
    if (m_view.isFullScreen())
        m_view.closeTopmost();
    m_view.scrollToTop();
}

void OverviewPage::focusInEvent(QFocusEvent *event)
{
    if (m_view.isVisible())
        m_view.grid().panel(m_view.grid().current()).setFocus(event->reason());
}

bool OverviewPage::settled() const
{
    const OverviewSnapshot &overview = m_context.session.overview();
    return m_annotations->feed().isSettled()
           && std::ranges::none_of(overview.panels, [](const PanelSnapshot &panel) { return panel.state == PanelState::Loading; });
}

void OverviewPage::open(const QString &argument)
{
    for (std::size_t i = 0; i < panelCount; ++i) {
        if (keyOf(static_cast<PanelId>(i)) != argument)
            continue;
        m_view.showPanel(static_cast<PanelId>(i));
        return;
    }
}

void OverviewPage::showComputation(PanelId id)
{
    const auto snapshot = m_view.snapshotOf(id);
    if (!snapshot)
        return;
    m_computed = id;
    auto *view = new ComputationView(Look{m_context.themes, m_context.icons}, m_context.time);
    view->setPanel(snapshot);
    connect(view, &ComputationView::copied, this, [this](const QString &what) { m_context.shell.notify(tr("Copied: %1").arg(what)); });
    m_computation = view;
    m_context.shell.showInDrawer(DrawerTab::HowComputed, PanelText::title(id), view);
}

void OverviewPage::exportPanel(PanelId id, PanelFormat format)
{
    const auto snapshot = m_view.snapshotOf(id);
    if (!snapshot)
        return;
    PanelExport page(*snapshot, m_context.themes.theme(), m_context.time.zone());
    page.setAnnotations(m_annotations->annotations());
    const QString folder = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    const QString path = QFileDialog::getSaveFileName(this, tr("Export %1").arg(PanelText::title(id)),
                                                      folder + QLatin1Char('/') + page.suggestedName(format), filterFor(format));
    if (!path.isEmpty())
        save(id, page.file(format), path);
}

void OverviewPage::save(PanelId id, PanelFile file, const QString &path)
{
    // The pool ends before the page does: what it posts to it is dropped with it.
    m_writers.start([this, id, path, file = std::move(file)] {
        const Status written = writePanelFile(file, path);
        QMetaObject::invokeMethod(
            this, [this, id, path, written] { tellSaved(id, path, written); }, Qt::QueuedConnection);
    });
}

void OverviewPage::tellSaved(PanelId id, const QString &path, const Status &written)
{
    m_context.shell.notify(written ? tr("Saved as %1").arg(QFileInfo(path).fileName())
                                   : tr("Not saved: %1").arg(QString::fromStdString(written.error().context())));
    m_context.session.recordAction(
        QStringLiteral("export"),
        QStringLiteral("%1 %2").arg(keyOf(id), written ? path : QString::fromStdString(written.error().message())));
}

void OverviewPage::apply(PanelId, Remedy remedy)
{
    switch (remedy) {
    case Remedy::OpenConnections: m_context.shell.openPage(PageId::Connections); break;
    case Remedy::CancelReading: m_context.shell.setRange(m_shownRange); break;
    case Remedy::WidenRange: m_context.shell.setRange({TimeRange::Kind::Last24Hours, 0, 0}); break;
    case Remedy::ShowAll: m_context.shell.setScope({}, {}); break;
    case Remedy::CopyDetail:
    case Remedy::None: break;
    }
}

} // namespace tapio::console
