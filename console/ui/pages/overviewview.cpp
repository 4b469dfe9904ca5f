// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/overviewview.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMenu>
#include <QScrollArea>
#include <QScrollBar>

#include <algorithm>
#include <tuple>

#include "console/ui/charts/plotview.h"
#include "console/ui/pages/overviewgrid.h"
#include "console/ui/widgets/fullpanelview.h"
#include "console/ui/widgets/panelwidget.h"
#include "console/ui/widgets/plottooltip.h"

namespace tapio::console {

namespace {

/// What the insights page is to show of a panel that is about insights.
QString filterOf(PanelId id) { return id == PanelId::ActiveCorrelations ? QStringLiteral("state=open") : QStringLiteral("state=any"); }

constexpr std::size_t twoPassesUpTo = 80; ///< series on the page

std::size_t indexOf(PanelId id) { return static_cast<std::size_t>(id); }

/// While a range is read its panels have no revision; how far that is, and of which range, is all that they say.
bool saysTheSame(const PanelSnapshot &a, const PanelSnapshot &b)
{
    const auto said = [](const PanelSnapshot &panel) {
        return std::tuple(panel.revision, panel.state, panel.have, panel.need, panel.fromNs, panel.toNs);
    };
    return said(a) == said(b);
}

/// The arrows move in the grid: a scroll area would take them all. Page up and down still scroll.
class GridScroll : public QScrollArea {
public:
    using QScrollArea::QScrollArea;

protected:
    void keyPressEvent(QKeyEvent *event) override
    {
        const int key = event->key();
        if (key == Qt::Key_Left || key == Qt::Key_Right || key == Qt::Key_Up || key == Qt::Key_Down)
            event->ignore();
        else
            QScrollArea::keyPressEvent(event);
    }
};

} // namespace

OverviewView::OverviewView(Look look, const TimeDisplay &time, QWidget *parent)
    : QWidget(parent), m_look(look), m_time(time), m_scheduler(panelCount, [this](std::size_t i) { return redraw(i); }),
      m_scroll(new GridScroll(this)), m_grid(new OverviewGrid(look, time, &m_renderer)),
      m_full(new FullPanelView(look, time, &m_renderer, this)), m_tooltip(new PlotTooltip(look, this))
{
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    m_scroll->setWidget(m_grid);
    m_viewport = m_scroll->viewport();
    m_viewport->installEventFilter(this);
    connect(m_scroll->verticalScrollBar(), &QScrollBar::valueChanged, this, [this] {
        unhover();
        m_scheduler.flush();
    });
    m_full->hide();
    for (std::size_t i = 0; i < panelCount; ++i)
        connectPanel(m_grid->panel(i));
    connect(m_full, &FullPanelView::panelMade, this, [this](PanelWidget *panel) { connectPanel(*panel); });
    connect(m_full, &FullPanelView::closeRequested, this, [this] { closeTopmost(); });
    connect(m_full, &FullPanelView::copyRequested, this, &OverviewView::copyValue);
    connect(m_full, &FullPanelView::exportRequested, this, &OverviewView::requestExport);
    connect(m_full, &FullPanelView::copied, this, &OverviewView::copied);
    const auto repaint = [this] {
        QPalette palette = m_scroll->palette();
        palette.setColor(QPalette::Window, m_look.theme().surface.app);
        m_scroll->setPalette(palette);
        fitGrid();
    };
    connect(&look.themes, &ThemeStore::themeChanged, this, repaint);
    repaint();
}

OverviewView::~OverviewView()
{
    // Plots ask the renderer to forget them: they go while it is still there.
    delete m_full;
    delete m_scroll;
}

template <typename Visit> void OverviewView::forPanels(Visit visit)
{
    if (isFullScreen()) {
        visit(*m_full->panel());
        return;
    }
    for (std::size_t i = 0; i < panelCount; ++i)
        visit(m_grid->panel(i));
}

void OverviewView::connectPanel(PanelWidget &panel)
{
    PanelWidget *self = &panel;
    connect(self, &PanelWidget::computedRequested, this, [this, self] {
        setCurrent(self->id(), Qt::OtherFocusReason);
        emit computedRequested(self->id());
    });
    connect(self, &PanelWidget::menuRequested, this, [this, self](const QPoint &at) { openMenu(*self, at); });
    connect(self, &PanelWidget::remedyRequested, this, [this, self](Remedy remedy) {
        if (remedy == Remedy::CopyDetail) {
            QGuiApplication::clipboard()->setText(QString::fromStdString(self->shown()->detail));
            emit copied(PanelText::title(self->id()));
        }
        emit remedyRequested(self->id(), remedy);
    });
    connect(self, &PanelWidget::insightsRequested, this, [this, self](const QPoint &at) {
        const GroupRow *group = self->groupAt(at);
        const QString filter = group ? QStringLiteral("state=open&rule=") + QString::fromStdString(group->title) : insightsOf(*self);
        if (!filter.isEmpty())
            emit insightsRequested(filter);
    });
    connect(self, &PanelWidget::hovered, this, [this, self](std::int64_t timeNs, const QPoint &at) { hover(*self, timeNs, at); });
    connect(self, &PanelWidget::left, this, &OverviewView::unhover);
    self->installEventFilter(this);
    connectPlot(panel);
}

void OverviewView::connectPlot(PanelWidget &panel)
{
    PanelWidget *self = &panel;
    PlotView *plot = &panel.plot();
    connect(plot, &PlotView::clicked, this, [this, self](std::int64_t timeNs) {
        const std::int64_t at = snapped(*self->shown(), timeNs);
        m_pinnedBeforeClick = m_pinned;
        m_pinned = !m_pinned;
        m_crosshair = at;
        m_hovered = self;
        applyCrosshair();
    });
    connect(plot, &PlotView::selecting, this, [this, self](std::int64_t fromNs, std::int64_t toNs) {
        m_dragging = true;
        m_scheduler.setPaused(true);
        m_tooltip->hide();
        applySelection(PlotSpan{fromNs, toNs}, self);
    });
    connect(plot, &PlotView::selected, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        endDrag();
        previewRange(PlotSpan{fromNs, toNs});
        emit rangeSelected(fromNs, toNs);
    });
    connect(plot, &PlotView::panning, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        m_dragging = true;
        m_scheduler.setPaused(true);
        m_tooltip->hide();
        previewRange(upToNow({fromNs, toNs}));
    });
    connect(plot, &PlotView::panned, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        endDrag();
        const PlotSpan range = upToNow({fromNs, toNs});
        emit rangeSelected(range.fromNs, range.toNs);
    });
    connect(plot, &PlotView::cancelled, this, &OverviewView::endDrag);
    connect(plot, &PlotView::resetRequested, this, [this] {
        m_pinned = m_pinnedBeforeClick; // the first of the two clicks was no pin
        applyCrosshair();
        emit rangeResetRequested();
    });
}

void OverviewView::setSnapshot(const OverviewSnapshot &snapshot)
{
    const bool first = !m_snapshots[0];
    for (std::size_t i = 0; i < panelCount; ++i) {
        const PanelSnapshot &panel = snapshot.panels[i];
        if (m_snapshots[i] && saysTheSame(*m_snapshots[i], panel))
            continue;
        m_snapshots[i] = std::make_shared<const PanelSnapshot>(panel);
        m_scheduler.mark(i);
    }
    for (std::size_t group = 0; group < snapshot.groups.size(); ++group)
        m_grid->head(group).setSummary(snapshot.groups[group]);
    updatePasses();
    if (first)
        flush();
}

void OverviewView::flush() { m_scheduler.flush(); }

void OverviewView::updatePasses()
{
    std::size_t series = 0;
    for (const auto &snapshot : m_snapshots)
        series += snapshot ? snapshot->series.size() : 0;
    const int passes = series <= twoPassesUpTo || m_look.theme().density == Density::Presenter ? 2 : 1;
    for (std::size_t i = 0; i < panelCount; ++i)
        m_grid->panel(i).plot().setPasses(passes);
}

bool OverviewView::redraw(std::size_t i)
{
    if (isFullScreen()) {
        if (indexOf(m_full->panel()->id()) != i)
            return false;
        m_full->setSnapshot(m_snapshots[i]);
        return false; // the grid's own panel still waits
    }
    PanelWidget &panel = m_grid->panel(i);
    if (isVisible() && panel.visibleRegion().isEmpty())
        return false;
    panel.setSnapshot(m_snapshots[i]);
    if (m_tooltip->isVisible() && m_hovered == &panel)
        showTooltip(panel, m_tooltip->geometry().center().y());
    return true;
}

void OverviewView::fitGrid() { m_grid->fit(m_scroll->viewport()->size()); }

void OverviewView::resizeEvent(QResizeEvent *)
{
    m_scroll->setGeometry(rect());
    m_full->setGeometry(rect());
    m_tooltip->hide();
}

void OverviewView::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_scheduler.flush();
}

bool OverviewView::eventFilter(QObject *object, QEvent *event)
{
    if (object == m_viewport && event->type() == QEvent::Resize) {
        fitGrid();
    } else if (event->type() == QEvent::FocusIn) {
        if (const auto *panel = qobject_cast<PanelWidget *>(object); panel && !isFullScreen())
            m_grid->setCurrent(indexOf(panel->id()));
    } else if (event->type() == QEvent::Leave && qobject_cast<PanelWidget *>(object) == m_hovered) {
        unhover();
    }
    return QWidget::eventFilter(object, event);
}

bool OverviewView::isFullScreen() const { return !m_full->isHidden() && m_full->panel(); }

PanelId OverviewView::current() const { return isFullScreen() ? m_full->panel()->id() : static_cast<PanelId>(m_grid->current()); }

void OverviewView::setCurrent(PanelId id, Qt::FocusReason reason)
{
    if (isFullScreen())
        return;
    PanelWidget &panel = m_grid->panel(indexOf(id));
    m_grid->setCurrent(indexOf(id));
    panel.setFocus(reason);
    m_scroll->ensureWidgetVisible(&panel, 0, m_look.theme().px(32));
}

void OverviewView::showInsights()
{
    if (hasInsights())
        emit insightsRequested(insightsOf(currentPanel()));
}

PanelWidget &OverviewView::currentPanel() const { return isFullScreen() ? *m_full->panel() : m_grid->panel(m_grid->current()); }

bool OverviewView::hasInsights() const { return !insightsOf(currentPanel()).isEmpty(); }

/// Of what is on the screen: while another range is read that is the one before.
QString OverviewView::insightsOf(const PanelWidget &panel)
{
    if (PanelWidget::isOfInsights(panel.id()))
        return filterOf(panel.id());
    QStringList rules; // a rule may have open ones of several severities
    for (const GroupRow &row : panel.shown()->insights) {
        if (const QString rule = QString::fromStdString(row.title); !rules.contains(rule))
            rules << rule;
    }
    return rules.isEmpty() ? QString() : QStringLiteral("state=open&rule=") + rules.join(QLatin1Char(','));
}

void OverviewView::openFullScreen()
{
    if (isFullScreen())
        return;
    const PanelId id = current();
    unhover();
    m_full->open(id, m_snapshots[indexOf(id)] ? m_snapshots[indexOf(id)] : m_grid->panel(indexOf(id)).snapshot());
    m_full->setGeometry(rect());
    m_full->show();
    m_full->raise();
    m_tooltip->raise();
    m_full->setFocus(Qt::OtherFocusReason);
    applyCrosshair();
    emit panelOpened(id);
}

void OverviewView::showPanel(PanelId id)
{
    m_full->hide();
    setCurrent(id, Qt::OtherFocusReason);
    openFullScreen();
}

void OverviewView::toggleTable()
{
    if (!isFullScreen())
        openFullScreen();
    m_full->setTableShown(!m_full->isTableShown());
}

void OverviewView::copyValue()
{
    const PanelWidget &panel = currentPanel();
    const QString text = panel.valueForClipboard();
    if (text.isEmpty())
        return;
    QGuiApplication::clipboard()->setText(text);
    emit copied(text);
}

void OverviewView::showComputation() { emit computedRequested(current()); }

void OverviewView::requestExport(PanelFormat format) { emit exportRequested(current(), format); }

void OverviewView::stepCrosshair(int buckets)
{
    PanelWidget &panel = currentPanel();
    if (!panel.plotVisible() || panel.shown()->bucketNs <= 0)
        return;
    const PanelSnapshot &shown = *panel.shown();
    const auto *bars = std::get_if<BarsView>(&shown.view);
    const std::int64_t bucket = bars && bars->bucketNs > 0 ? bars->bucketNs : shown.bucketNs;
    const std::int64_t start = m_crosshair ? *m_crosshair + buckets * bucket : buckets < 0 ? shown.toNs - bucket : shown.fromNs;
    m_crosshair = snapped(shown, std::clamp(start, shown.fromNs, shown.toNs - 1));
    m_pinned = true;
    m_hovered = &panel;
    applyCrosshair();
    showTooltip(panel, panel.mapTo(this, panel.rect().center()).y());
}

bool OverviewView::closeTopmost()
{
    if (m_dragging) {
        previewRange(std::nullopt);
        forPanels([](PanelWidget &panel) { panel.plot().cancelDrag(); });
        endDrag();
        return true;
    }
    if (m_pinned) {
        m_pinned = false;
        m_crosshair.reset();
        m_tooltip->hide();
        applyCrosshair();
        return true;
    }
    if (isFullScreen()) {
        const PanelId id = m_full->panel()->id();
        m_full->hide();
        m_tooltip->hide();
        setCurrent(id, Qt::OtherFocusReason);
        flush();
        applyCrosshair();
        return true;
    }
    return false;
}

void OverviewView::hover(PanelWidget &panel, std::int64_t timeNs, const QPoint &at)
{
    m_hovered = &panel;
    if (!m_pinned)
        m_crosshair = snapped(*panel.shown(), timeNs);
    applyCrosshair();
    showTooltip(panel, panel.mapTo(this, at).y());
}

void OverviewView::unhover()
{
    if (m_dragging || !m_hovered)
        return;
    m_hovered = nullptr;
    m_tooltip->hide();
    if (!m_pinned)
        m_crosshair.reset();
    applyCrosshair();
}

void OverviewView::applyCrosshair()
{
    forPanels([this](PanelWidget &panel) { panel.setCrosshair(m_crosshair, &panel == m_hovered, m_pinned); });
}

void OverviewView::showTooltip(PanelWidget &panel, int y)
{
    if (!m_crosshair || !panel.plotVisible())
        return;
    const PlotView &plot = panel.plot();
    const int x = qRound(plot.frame().xOf(*m_crosshair));
    m_tooltip->show(TooltipContent::at(*panel.shown(), plot.looks(), m_look.theme(), *m_crosshair, m_time.zone()),
                    QPoint(plot.mapTo(this, QPoint(x, 0)).x(), y));
}

void OverviewView::applySelection(std::optional<PlotSpan> span, const PanelWidget *here)
{
    forPanels([&](PanelWidget &panel) { panel.setSelection(span, &panel == here); });
}

void OverviewView::previewRange(std::optional<PlotSpan> range)
{
    forPanels([&](PanelWidget &panel) { panel.setPreviewRange(range); });
}

PlotSpan OverviewView::upToNow(PlotSpan range) const
{
    const std::int64_t beyond = m_nowNs ? std::max<std::int64_t>(0, range.toNs - m_nowNs()) : 0;
    return {range.fromNs - beyond, range.toNs - beyond};
}

void OverviewView::endDrag()
{
    m_dragging = false;
    applySelection(std::nullopt, nullptr);
    m_scheduler.setPaused(false);
}

void OverviewView::openMenu(PanelWidget &panel, const QPoint &globalAt)
{
    setCurrent(panel.id(), Qt::OtherFocusReason);
    QMenu menu(this);
    const auto add = [&](const QString &icon, const QString &text, auto &&run, const QString &key = {}) {
        QAction *action = menu.addAction(m_look.icons.icon(icon, m_look.theme().px(16), m_look.theme().text.secondary),
                                         key.isEmpty() ? text : text + QLatin1Char('\t') + key, this, run);
        return action;
    };
    if (!isFullScreen())
        add(
            QStringLiteral("full-screen"), tr("Full screen"), [this] { openFullScreen(); }, QStringLiteral("F"));
    add(
        QStringLiteral("table"), tr("Table"), [this] { toggleTable(); }, QStringLiteral("T"));
    add(
        QStringLiteral("copy"), tr("Copy value"), [this] { copyValue(); }, QStringLiteral("C"))
        ->setEnabled(!panel.valueForClipboard().isEmpty());
    add(QStringLiteral("formula"), tr("How this is computed"), [this] { showComputation(); });
    if (hasInsights())
        add(
            QStringLiteral("insights"), tr("Show these insights"), [this] { showInsights(); }, QStringLiteral("I"));
    menu.addSeparator();
    add(QStringLiteral("image"), tr("Export as image (PNG)\u2026"), [this] { requestExport(PanelFormat::Png); });
    add(QStringLiteral("image"), tr("Export as drawing (SVG)\u2026"), [this] { requestExport(PanelFormat::Svg); });
    add(QStringLiteral("export"), tr("Export data (CSV)\u2026"), [this] { requestExport(PanelFormat::Csv); });
    menu.exec(globalAt);
}

void OverviewView::keyPressEvent(QKeyEvent *event)
{
    const bool plain = (event->modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier;
    if (plain && !isFullScreen()) {
        const std::size_t from = m_grid->current();
        const std::size_t to = m_grid->neighbour(from, event->key());
        const bool moves = event->key() == Qt::Key_Left || event->key() == Qt::Key_Right || event->key() == Qt::Key_Up
                           || event->key() == Qt::Key_Down || event->key() == Qt::Key_Home || event->key() == Qt::Key_End;
        if (moves) {
            setCurrent(static_cast<PanelId>(to), Qt::TabFocusReason);
            return;
        }
        if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
            openFullScreen();
            return;
        }
    }
    QWidget::keyPressEvent(event);
}

} // namespace tapio::console
