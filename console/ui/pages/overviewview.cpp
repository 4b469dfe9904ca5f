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
#include "console/ui/widgets/plotgroup.h"
#include "console/ui/widgets/scrollbyscreen.h"

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
      m_full(new FullPanelView(look, time, &m_renderer, this)), m_group(new PlotGroup(look, time, this))
{
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    m_scroll->setWidget(m_grid);
    m_viewport = m_scroll->viewport();
    m_viewport->installEventFilter(this);
    connect(m_scroll->verticalScrollBar(), &QScrollBar::valueChanged, this, [this] {
        m_group->unhover();
        m_scheduler.flush();
    });
    connect(m_group, &PlotGroup::rangeSelected, this, &OverviewView::rangeSelected);
    connect(m_group, &PlotGroup::rangeResetRequested, this, &OverviewView::rangeResetRequested);
    connect(m_group, &PlotGroup::dragging, this, [this](bool isOn) { m_scheduler.setPaused(isOn); });
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

void OverviewView::setNow(std::function<std::int64_t()> nowNs) { m_group->setNow(std::move(nowNs)); }
void OverviewView::setAnnotations(Annotations annotations) { m_group->setAnnotations(std::move(annotations)); }
PlotTooltip &OverviewView::tooltip() const { return m_group->tooltip(); }
std::optional<std::int64_t> OverviewView::crosshair() const { return m_group->crosshair(); }
bool OverviewView::pinned() const { return m_group->isPinned(); }

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
    self->installEventFilter(this);
    m_group->add(&panel.plot());
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
    m_group->follow(&panel.plot());
    return true;
}

void OverviewView::scrollToTop() { m_scroll->verticalScrollBar()->setValue(0); }

bool OverviewView::scrollOn() { return !isFullScreen() && scrollByScreen(*m_scroll, m_look.theme()); }

void OverviewView::fitGrid() { m_grid->fit(m_scroll->viewport()->size()); }

void OverviewView::resizeEvent(QResizeEvent *)
{
    m_scroll->setGeometry(rect());
    m_full->setGeometry(rect());
    m_group->hideTooltip();
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
    } else if (event->type() == QEvent::Leave) {
        if (const auto *panel = qobject_cast<PanelWidget *>(object); panel && m_group->here() == &panel->plot())
            m_group->unhover();
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
    m_group->unhover();
    m_full->open(id, m_snapshots[indexOf(id)] ? m_snapshots[indexOf(id)] : m_grid->panel(indexOf(id)).snapshot());
    m_full->setGeometry(rect());
    m_full->show();
    m_full->raise();
    m_full->setFocus(Qt::OtherFocusReason);
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
    if (panel.plotVisible())
        m_group->step(&panel.plot(), buckets);
}

bool OverviewView::closeTopmost()
{
    if (m_group->closeTopmost())
        return true;
    if (!isFullScreen())
        return false;
    const PanelId id = m_full->panel()->id();
    m_full->hide();
    m_group->unhover();
    setCurrent(id, Qt::OtherFocusReason);
    flush();
    return true;
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
