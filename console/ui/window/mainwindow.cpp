// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/mainwindow.h"

#include <QApplication>
#include <QCloseEvent>
#include <QPainter>
#include <QStackedWidget>

#include <algorithm>
#include <iterator>

#include "console/ui/widgets/focusring.h"
#include "console/ui/widgets/format.h"
#include "console/ui/window/commandpalette.h"
#include "console/ui/window/contextbar.h"
#include "console/ui/window/drawer.h"
#include "console/ui/window/keydispatcher.h"
#include "console/ui/window/keyoverlay.h"
#include "console/ui/window/rangecontrol.h"
#include "console/ui/window/statusbar.h"
#include "console/ui/window/uisettings.h"
#include "console/ui/window/wallboard.h"
#include "console/ui/window/wallhead.h"

namespace tapio::console {

namespace {
constexpr int wideRailFrom = 1600, drawerDocksFrom = 2000, leastWidth = 960, leastHeight = 600;
constexpr qsizetype maxSeenPods = 2000;
} // namespace

MainWindow::MainWindow(WindowServices services)
    : m_services(services), m_rail(new Rail({services.themes, services.icons}, this)), m_area(new QWidget(this)),
      m_stack(new QStackedWidget(m_area)), m_drawer(new Drawer({services.themes, services.icons}, m_area))
{
    setWindowTitle(QStringLiteral("Tapio"));
    setMinimumSize(leastWidth, leastHeight);
    setFocusPolicy(Qt::ClickFocus);
    build();
    wire();
    tintIcon();
    addWindowActions();
    addTimeActions();
    addViewActions();
    addScopeActions();
    addWallboardActions();
    m_bar->setScope(m_services.settings.scopeNode(), m_services.settings.scopeNamespace());
    m_services.session.setRange(m_services.settings.range());
    m_bar->refreshState();
}

MainWindow::~MainWindow() = default;

UiContext MainWindow::context()
{
    return {m_services.session,
            m_services.themes,
            m_services.icons,
            m_services.time,
            m_services.actions,
            m_services.clock,
            *this,
            m_services.settings.alerts(),
            m_services.settings.queries(),
            m_services.settings.plots(),
            m_services.setup};
}

QWidget *MainWindow::pageParent() const { return m_stack; }

void MainWindow::build()
{
    const Look look{m_services.themes, m_services.icons};
    m_bar = new ContextBar(context(), this);
    m_status = new StatusBar(context(), this);
    m_drawer->setVisible(false);
    m_drawer->setDocked(m_services.settings.drawerDocked());
    m_keys = new KeyDispatcher(*this, m_services.actions, this);
    m_palette = new CommandPalette(look, this);
    m_keyOverlay = new KeyOverlay(look, m_services.actions, this);
    m_keyHint = new KeyHint(look, *m_keys, this);
    m_wallboard = new Wallboard(
        *this, m_services.setup.dashboardFolder, [this] { return currentPage(); }, this);
    m_wallboard->setSeconds(m_services.settings.wallboardSeconds());
    m_wallHead = new WallHead(context(), *m_wallboard, this);
    m_wallHead->hide();
    new FocusRing(this, look);
}

void MainWindow::tintIcon()
{
    setWindowIcon(QIcon(m_services.icons.pixmap(QStringLiteral("tapio"), 64, m_services.themes.theme().accent.fill, 1.0)));
}

void MainWindow::wire()
{
    connect(m_rail, &Rail::chosen, this, [this](PageId page) { openPage(page); });
    connect(&m_services.session, &Session::overviewChanged, this, &MainWindow::countInsights);
    connect(m_bar, &ContextBar::searchRequested, this, &MainWindow::openPalette);
    connect(m_bar, &ContextBar::stateClicked, this, &MainWindow::stateClicked);
    connect(m_bar, &ContextBar::drawerRequested, this, &MainWindow::toggleDrawer);
    connect(&m_bar->range(), &RangeControl::rangeChanged, this, [this] {
        m_services.settings.setRange(m_services.session.range());
        tellTime();
    });
    connect(m_bar, &ContextBar::scopeChanged, this, &MainWindow::tellScope);
    connect(m_status, &StatusBar::activated, this, &MainWindow::openPage);
    connect(m_drawer, &Drawer::closeRequested, this, [this] { setDrawerOpen(false); });
    connect(m_drawer, &Drawer::dockToggled, this, [this] {
        m_services.settings.setDrawerDocked(!m_services.settings.drawerDocked());
        m_drawer->setDocked(m_services.settings.drawerDocked());
        arrange();
    });
    connect(m_keys, &KeyDispatcher::pendingChanged, m_keyHint, &KeyHint::refresh);
    connect(m_palette, &CommandPalette::ran, this, [this](const QString &text) {
        m_services.settings.addRecentCommand(text);
        m_services.session.recordAction(QStringLiteral("command"), text);
    });
    connect(&m_services.themes, &ThemeStore::themeChanged, this, [this] {
        tintIcon();
        arrange();
        update();
    });
    m_slide.setEasingCurve(QEasingCurve::OutCubic);
    connect(&m_slide, &QVariantAnimation::valueChanged, this, [this](const QVariant &value) {
        m_drawerShown = value.toDouble();
        arrange();
    });
    connect(&m_slide, &QVariantAnimation::finished, this, [this] { m_drawer->setVisible(m_drawerOpen); });
}

void MainWindow::addPage(PageId id, RailGroup group, const QString &icon, Page *page, const QKeySequence &key)
{
    m_stack->addWidget(page);
    m_pages.insert(static_cast<int>(id), page);
    m_order.push_back({id, icon});
    m_rail->addPage(id, group, icon, page->title());
    page->setProperty(FocusRing::insideProperty, true); // it fills its place: a ring outside would be drawn over the bars
    const QString actionId = QStringLiteral("page.%1").arg(icon);
    m_services.actions.add(
        {actionId, tr("Go to %1").arg(page->title()), ActionGroup::Pages, {key}, [this, id] { openPage(id); }, {}, nullptr});
    connect(page, &Page::usesChanged, this, [this, page] {
        if (currentPage() == page)
            m_bar->setPage(*page);
    });
    if (m_pages.size() == 1)
        openPage(id);
}

Page *MainWindow::currentPage() const { return m_pages.value(static_cast<int>(m_current)); }

void MainWindow::restore(QSize standard)
{
    if (!restoreGeometry(m_services.settings.geometry()))
        resize(standard);
    const auto last = static_cast<PageId>(m_services.settings.page());
    if (m_pages.contains(static_cast<int>(last)))
        openPage(last);
}

void MainWindow::openPage(PageId id, const QString &argument)
{
    Page *page = m_pages.value(static_cast<int>(id));
    if (!page)
        return;
    const QWidget *focus = QApplication::focusWidget();
    // Before the window is shown too: else its first key would go to the first button of the bar.
    const bool follows = !isVisible() || (m_stack->currentWidget() != page && (!focus || focus == this || m_stack->isAncestorOf(focus)));
    m_current = id;
    m_stack->setCurrentWidget(page);
    if (follows) // else Qt would choose: the first text field, where letters are text
        page->setFocus(Qt::OtherFocusReason);
    m_rail->setCurrent(id);
    m_bar->setPage(*page);
    setWindowTitle(tr("%1 \u2013 Tapio").arg(page->title()));
    if (!argument.isEmpty())
        page->open(argument);
    if (m_keyOverlay->isVisible())
        m_keyOverlay->open();
}

void MainWindow::addWindowActions()
{
    ActionRegistry &actions = m_services.actions;
    const auto add = [&](const char *id, const QString &text, ActionGroup group, QList<QKeySequence> keys, std::function<void()> run) {
        actions.add({QLatin1String(id), text, group, std::move(keys), std::move(run), {}, nullptr});
    };
    add("palette", tr("Search or run a command"), ActionGroup::General, {QKeySequence(QStringLiteral("Ctrl+K"))},
        [this] { m_palette->isVisible() ? m_palette->close() : openPalette(); });
    add("keys", tr("Show the keys of this page"), ActionGroup::General, {QKeySequence(Qt::Key_F1), QKeySequence(QStringLiteral("?"))},
        [this] { m_keyOverlay->isVisible() ? m_keyOverlay->hide() : m_keyOverlay->open(); });
    add("escape", tr("Close the topmost"), ActionGroup::General, {QKeySequence(Qt::Key_Escape)}, [this] { closeTopmost(); });
    add("quit", tr("Quit"), ActionGroup::General, {QKeySequence(QStringLiteral("Ctrl+Q"))}, [this] { close(); });
    actions.add({QStringLiteral("filter"),
                 tr("Filter this page"),
                 ActionGroup::List,
                 {QKeySequence(QStringLiteral("/"))},
                 [this] { currentPage()->filterField()->setFocus(Qt::ShortcutFocusReason); },
                 [this] { return currentPage() && currentPage()->filterField(); },
                 nullptr});
    add("drawer", tr("Open or close the drawer"), ActionGroup::View, {QKeySequence(QStringLiteral("Ctrl+I"))}, [this] { toggleDrawer(); });
}

void MainWindow::addTimeActions()
{
    const auto add = [this](const char *id, const QString &text, const char *key, std::function<void()> run) {
        m_services.actions.add({QLatin1String(id),
                                text,
                                ActionGroup::Time,
                                key ? QList{QKeySequence(QLatin1String(key))} : QList<QKeySequence>(),
                                std::move(run),
                                {},
                                nullptr});
    };
    RangeControl &range = m_bar->range();
    add("range.live", tr("Live"), "L", [this, &range] {
        m_services.session.setPaused(false);
        range.setRange({});
    });
    add("range.pause", tr("Pause or go on"), "Space", [this] { togglePause(); });
    add("range.back", tr("Back by one range"), "[", [&range] { range.step(-1); });
    m_services.actions.add({QStringLiteral("range.forward"),
                            tr("Forward by one range"),
                            ActionGroup::Time,
                            {QKeySequence(QStringLiteral("]"))},
                            [&range] { range.step(1); },
                            [this] { return !isMoving(m_services.session.range()); },
                            nullptr});
    add("range.in", tr("Zoom in on the range"), "+", [&range] { range.zoom(0.5); });
    add("range.out", tr("Zoom out of the range"), "-", [&range] { range.zoom(2.0); });
    add("range.reset", tr("Reset the range"), "0", [&range] { range.setRange({}); });
    const std::pair<TimeRange::Kind, const char *> presets[] = {{TimeRange::Kind::Last15Minutes, "T, 1"},
                                                                {TimeRange::Kind::Last1Hour, "T, 2"},
                                                                {TimeRange::Kind::Last6Hours, "T, 3"},
                                                                {TimeRange::Kind::Last24Hours, "T, 4"}};
    for (const auto &[kind, key] : presets) {
        const TimeRange preset{kind, 0, 0};
        const QByteArray id = "range." + rangeKey(preset).toUtf8();
        add(id.constData(), rangeText(preset, QTimeZone::utc()), key, [&range, preset] { range.setRange(preset); });
    }
    add("range.custom", tr("Custom time range\u2026"), "T, 5", [&range] { range.askCustom(); });
    add("time.zone", tr("Switch between UTC and local time"), nullptr, [this] { m_services.time.setUtc(!m_services.time.isUtc()); });
}

void MainWindow::addViewActions()
{
    ThemeStore &themes = m_services.themes;
    const auto add = [this](const char *id, const QString &text, QList<QKeySequence> keys, std::function<void()> run) {
        m_services.actions.add({QLatin1String(id), text, ActionGroup::View, std::move(keys), std::move(run), {}, nullptr});
    };
    const auto scale = [this](double to) {
        m_services.themes.setScale(to);
        notify(tr("Scale %1 %").arg(qRound(m_services.themes.scale() * 100)));
    };
    add("view.theme", tr("Switch between dark and light"), {QKeySequence(QStringLiteral("Ctrl+Shift+L"))},
        [&themes] { themes.setChoice(themes.theme().dark ? ThemeChoice::Light : ThemeChoice::Dark); });
    add("view.larger", tr("Larger"), {QKeySequence(QStringLiteral("Ctrl+=")), QKeySequence(QStringLiteral("Ctrl++"))},
        [scale, &themes] { scale(themes.scale() + ThemeStore::scaleStep); });
    add("view.smaller", tr("Smaller"), {QKeySequence(QStringLiteral("Ctrl+-"))},
        [scale, &themes] { scale(themes.scale() - ThemeStore::scaleStep); });
    add("view.normal", tr("Normal size"), {QKeySequence(QStringLiteral("Ctrl+0"))}, [scale] { scale(1.0); });
    add("view.annotations", tr("Plots: show or hide what happened"), {QKeySequence(QStringLiteral("Shift+W"))}, [this] {
        PlotChoice &plots = m_services.settings.plots();
        plots.setAnnotations(!plots.hasAnnotations());
        notify(plots.hasAnnotations() ? tr("Plots show what happened") : tr("Plots show their figures alone"));
    });
    add("view.fullscreen", tr("Whole screen"), {QKeySequence(Qt::Key_F11)},
        [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
}

void MainWindow::addScopeActions()
{
    const auto add = [this](const char *id, const QString &text, std::function<void()> run, bool (Page::*uses)() const) {
        m_services.actions.add({QLatin1String(id),
                                text,
                                ActionGroup::View,
                                {},
                                std::move(run),
                                [this, uses] { return currentPage() && (currentPage()->*uses)(); },
                                nullptr});
    };
    add(
        "scope.node", tr("Choose a node\u2026"), [this] { m_bar->pickNode(); }, &Page::usesNodeScope);
    add(
        "scope.namespace", tr("Choose a namespace\u2026"), [this] { m_bar->pickNamespace(); }, &Page::usesNamespaceScope);
    add(
        "scope.all", tr("Show all nodes and namespaces"), [this] { setScope({}, {}); }, &Page::usesNodeScope);
}

void MainWindow::addWallboardActions()
{
    const auto add = [this](const char *id, const QString &text, const char *key, std::function<void()> run, std::function<bool()> when) {
        m_services.actions.add({QLatin1String(id), text, ActionGroup::View,
                                key ? QList{QKeySequence(QLatin1String(key))} : QList<QKeySequence>(), std::move(run), std::move(when),
                                nullptr});
    };
    const auto isOn = [this] { return m_wallboard->isRunning(); };
    add("wallboard", tr("Wallboard: one page after the other, whole screen"), "F12", [this] { setWallboard(!m_wallboard->isRunning()); },
        {});
    add(
        "wallboard.next", tr("Wallboard: next page"), "N", [this] { m_wallboard->step(1); }, isOn);
    add(
        "wallboard.previous", tr("Wallboard: previous page"), "P", [this] { m_wallboard->step(-1); }, isOn);
    add(
        "wallboard.hold", tr("Wallboard: hold this page, or go on"), "H", [this] { m_wallboard->setHeld(!m_wallboard->isHeld()); }, isOn);
    for (const int seconds : {10, 30, 60, 300}) {
        const QByteArray id = "wallboard." + QByteArray::number(seconds);
        add(id.constData(), tr("Wallboard: each page for %1").arg(durationText(seconds * nsPerSecond)), nullptr,
            [this, seconds] {
                m_wallboard->setSeconds(seconds);
                m_services.settings.setWallboardSeconds(seconds);
            },
            {});
    }
}

void MainWindow::setWallboard(bool isOn)
{
    if (isOn == m_wallboard->isRunning())
        return;
    if (isOn) {
        m_stateBefore = windowState();
        m_pageBefore = m_current;
        m_shownBefore = currentPage()->openedWith();
        setDrawerOpen(false);
        m_wallboard->start();
        m_wallHead->showKeys();
    } else {
        m_wallboard->stop();
    }
    m_rail->setVisible(!isOn);
    m_bar->setVisible(!isOn);
    m_wallHead->setVisible(isOn);
    setWindowState(isOn ? windowState() | Qt::WindowFullScreen : m_stateBefore);
    arrange();
    if (isOn)
        currentPage()->setFocus(Qt::OtherFocusReason); // the letters are the wallboard's
    else
        openPage(m_pageBefore, m_shownBefore);
}

void MainWindow::tellScope()
{
    m_services.session.setScope({scopeNode().toStdString(), scopeNamespace().toStdString()});
    m_services.settings.setScope(scopeNode(), scopeNamespace());
    for (Page *page : std::as_const(m_pages))
        page->scopeChanged();
}

std::vector<PaletteEntry> MainWindow::commandEntries() const
{
    std::vector<PaletteEntry> entries;
    for (const Action &action : m_services.actions.actions()) {
        if (!ActionRegistry::available(action) || action.id == QLatin1String("palette") || action.id == QLatin1String("escape"))
            continue;
        const bool page = action.group == ActionGroup::Pages, time = action.group == ActionGroup::Time;
        entries.push_back({page   ? EntryKind::Page
                           : time ? EntryKind::Time
                                  : EntryKind::Action,
                           action.text,
                           m_services.actions.keyText(action.id),
                           page   ? action.id.mid(5)
                           : time ? QStringLiteral("clock")
                                  : QStringLiteral("command"),
                           action.run,
                           {}});
    }
    return entries;
}

std::vector<PaletteEntry> MainWindow::entityEntries()
{
    std::vector<PaletteEntry> entries;
    for (const wire::AgentState &agent : m_services.session.agents()) {
        const QString node = QString::fromStdString(agent.node);
        entries.push_back({EntryKind::Node,
                           node,
                           linkSign(agent.state, m_services.themes.theme()).word,
                           QStringLiteral("node"),
                           [this, node] { openPage(PageId::Connections, QStringLiteral("node=") + node); },
                           {}});
    }
    const PanelSnapshot &pods = m_services.session.overview().panels[static_cast<std::size_t>(PanelId::PodStatus)];
    if (const auto *view = std::get_if<PodStatusView>(&pods.view))
        for (const GroupRow &row : view->worst) { // "namespace/pod"
            const QString entity = QString::fromStdString(row.entity);
            if (entity.contains(QLatin1Char('/')))
                notePod(entity.section(QLatin1Char('/'), -1), entity.section(QLatin1Char('/'), 0, -2));
        }
    for (auto pod = m_pods.cbegin(); pod != m_pods.cend(); ++pod)
        entries.push_back({EntryKind::Pod,
                           pod.key(),
                           pod.value().isEmpty() ? tr("pod") : tr("pod in %1").arg(pod.value()),
                           QStringLiteral("pod"),
                           [this, name = pod.key()] { openPage(PageId::Events, QStringLiteral("pod=") + name); },
                           {}});
    return entries;
}

std::vector<PaletteEntry> MainWindow::helpEntries()
{
    const QString icon = QStringLiteral("info");
    const auto fill = [&icon](const QString &text, const QString &prefix) {
        return PaletteEntry{EntryKind::Help, text, prefix, icon, [] {}, prefix};
    };
    return {fill(tr("Find commands, pages and times only"), QStringLiteral(">")),
            fill(tr("Find nodes and pods only"), QStringLiteral("@")),
            {EntryKind::Help,
             tr("Show the keys of this page"),
             m_services.actions.keyText(QStringLiteral("keys")),
             QStringLiteral("keyboard"),
             [this] { m_services.actions.trigger(QStringLiteral("keys")); },
             {}},
            {EntryKind::Help,
             tr("Change keys"),
             {},
             QStringLiteral("keyboard"),
             [this] { openPage(PageId::Settings, QStringLiteral("keyboard")); },
             {}},
            {EntryKind::Help, tr("About Tapio"), {}, icon, [this] { openPage(PageId::Settings, QStringLiteral("about")); }, {}}};
}

void MainWindow::openPalette()
{
    std::vector<PaletteEntry> entries = commandEntries();
    for (const auto more : {&MainWindow::entityEntries, &MainWindow::helpEntries})
        std::ranges::move((this->*more)(), std::back_inserter(entries));
    const QStringList recent = m_services.settings.recentCommands();
    for (PaletteEntry &entry : entries)
        entry.recent = static_cast<int>(recent.indexOf(entry.text)) + 1;
    std::stable_sort(entries.begin(), entries.end(), [](const PaletteEntry &a, const PaletteEntry &b) {
        return (a.recent > 0 ? a.recent : 1000) < (b.recent > 0 ? b.recent : 1000);
    });
    m_keyOverlay->hide();
    m_palette->open(std::move(entries));
}

void MainWindow::closeTopmost()
{
    if (m_palette->isVisible())
        m_palette->close();
    else if (m_keyOverlay->isVisible())
        m_keyOverlay->hide();
    else if (m_wallboard->isRunning())
        setWallboard(false);
    else if (m_drawerOpen && drawerFloats())
        setDrawerOpen(false); // NOLINT(bugprone-branch-clone): above the page, else behind it
    else if (currentPage() && currentPage()->closeTopmost())
        return;
    else if (m_drawerOpen)
        setDrawerOpen(false);
    else if (currentPage())
        currentPage()->setFocus(Qt::OtherFocusReason);
}

void MainWindow::stateClicked()
{
    if (isMoving(m_services.session.range()))
        togglePause();
    else
        m_services.actions.trigger(QStringLiteral("range.live"));
}

void MainWindow::togglePause()
{
    if (!isMoving(m_services.session.range()))
        return;
    m_services.session.setPaused(!m_services.session.paused());
    m_bar->refreshState();
    tellTime();
}

void MainWindow::tellTime()
{
    m_wallHead->refresh();
    for (Page *page : std::as_const(m_pages))
        page->timeChanged();
}

/// Only as of now: of a range that ended nobody needs to be alarmed.
void MainWindow::countInsights()
{
    std::uint64_t critical = 0;
    const PanelSnapshot &panel = m_services.session.overview().panels[static_cast<std::size_t>(PanelId::ActiveCorrelations)];
    if (const auto *groups = std::get_if<GroupsView>(&panel.view); groups && isMoving(m_services.session.range())) {
        for (const GroupRow &row : groups->rows)
            critical += row.severity == wire::severityName(wire::Severity::Critical) ? row.open : 0;
    }
    m_rail->setBadge(PageId::Insights, critical,
                     tr("%n open critical insight(s)", nullptr, static_cast<int>(std::min<std::uint64_t>(critical, INT_MAX))));
}

void MainWindow::showInDrawer(DrawerTab tab, const QString &title, QWidget *content)
{
    m_drawer->setContent(tab, title, content);
    m_drawer->showTab(tab);
    setDrawerOpen(true);
}

bool MainWindow::drawerShows(const QWidget *content) const { return m_drawerOpen && content && m_drawer->current() == content; }
bool MainWindow::drawerOpen() const { return m_drawerOpen; }
void MainWindow::toggleDrawer() { setDrawerOpen(!m_drawerOpen); }
void MainWindow::notify(const QString &sentence) { m_status->notify(sentence); }
QString MainWindow::scopeNode() const { return m_bar->node(); }
QString MainWindow::scopeNamespace() const { return m_bar->namespaceName(); }
void MainWindow::setScope(const QString &node, const QString &namespaceName) { m_bar->setScope(node, namespaceName); }
void MainWindow::setRange(const TimeRange &range) { m_bar->range().setRange(range); }
void MainWindow::noteNamespace(const QString &name) { m_bar->addSeenNamespace(name); }

void MainWindow::notePod(const QString &name, const QString &namespaceName)
{
    if (!name.isEmpty() && (m_pods.size() < maxSeenPods || m_pods.contains(name)))
        m_pods.insert(name, namespaceName);
}

bool MainWindow::drawerFloats() const
{
    return !m_services.settings.drawerDocked() && width() < m_services.themes.theme().px(drawerDocksFrom);
}

void MainWindow::setDrawerOpen(bool open)
{
    if (m_drawerOpen == open)
        return;
    m_drawerOpen = open;
    m_slide.stop();
    m_slide.setDuration(m_services.themes.motionMs(120));
    m_slide.setStartValue(m_drawerShown);
    m_slide.setEndValue(open ? 1.0 : 0.0);
    m_drawer->setVisible(true);
    m_drawer->raise();
    m_slide.start();
}

void MainWindow::arrange()
{
    const Theme &t = m_services.themes.theme();
    const bool isOnWall = m_wallboard->isRunning();
    m_rail->setWide(width() >= t.px(wideRailFrom));
    const int left = isOnWall ? 0 : m_rail->width();
    m_rail->setGeometry(0, 0, m_rail->width(), height());
    const int right = width() - left, head = isOnWall ? t.px(WallHead::designHeight) : m_bar->height();
    m_bar->setGeometry(left, 0, right, m_bar->height());
    m_wallHead->setGeometry(0, 0, width(), t.px(WallHead::designHeight));
    m_status->setGeometry(left, height() - m_status->height(), right, m_status->height());
    m_area->setGeometry(left, head, right, height() - head - m_status->height());
    const int drawer = std::min(t.px(Drawer::designWidth), m_area->width());
    const int shown = qRound(drawer * m_drawerShown);
    m_drawer->setGeometry(m_area->width() - shown, 0, drawer, m_area->height());
    m_stack->setGeometry(0, 0, m_area->width() - (drawerFloats() ? 0 : shown), m_area->height());
    if (m_palette->isVisible())
        m_palette->place();
    if (m_keyOverlay->isVisible())
        m_keyOverlay->place();
}

void MainWindow::resizeEvent(QResizeEvent *)
{
    m_services.themes.setWindowSize(size());
    arrange();
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    if (!m_wallboard->isRunning()) // that of the wall is nobody's choice
        m_services.settings.setGeometry(saveGeometry());
    m_services.settings.setPage(static_cast<int>(m_wallboard->isRunning() ? m_pageBefore : m_current));
    QWidget::closeEvent(event);
}

void MainWindow::paintEvent(QPaintEvent *) { QPainter(this).fillRect(rect(), m_services.themes.theme().surface.app); }

} // namespace tapio::console
