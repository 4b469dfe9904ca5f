// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/dashboardspage.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedLayout>

#include <algorithm>

#include "console/ui/charts/plotview.h"
#include "console/ui/pages/annotationlayer.h"
#include "console/ui/widgets/barbutton.h"
#include "console/ui/widgets/dashboardgrid.h"
#include "console/ui/widgets/footline.h"
#include "console/ui/widgets/format.h"
#include "console/ui/widgets/panelwidget.h"
#include "console/ui/widgets/plotgroup.h"
#include "console/ui/widgets/progressline.h"
#include "console/ui/widgets/querypanel.h"
#include "console/ui/widgets/scrollbyscreen.h"
#include "console/ui/window/timerange.h"

namespace tapio::console {

namespace {

constexpr std::int64_t soonestAgainMs = 5'000, latestAgainMs = 3'600'000; ///< while the range moves
constexpr std::size_t mostTold = 20;                                      ///< problems in a tooltip
const QString firstOfAll = QStringLiteral("infrastructure");

} // namespace

DashboardsPage::DashboardsPage(UiContext context, QWidget *parent)
    : Page(parent), m_context(context), m_feed(context.session), m_files(context.setup.dashboardFolder.toStdString()),
      m_choice(new QComboBox), m_problems(new BarButton({context.themes, context.icons})),
      m_refresh(new BarButton({context.themes, context.icons})), m_menu(new BarButton({context.themes, context.icons})),
      m_progress(new ProgressLine({context.themes, context.icons})), m_scroll(new QScrollArea),
      m_grid(new DashboardGrid({context.themes, context.icons})),
      m_annotations(new AnnotationLayer(m_context, queryslot::dashboardAnnotations, "dashboards", this)),
      m_message(new StateMessage({context.themes, context.icons})), m_foot(new FootLine({context.themes, context.icons}))
{
    build();
    connectAll();
    connectFiles();
    addActions();
    restyle();
}

DashboardsPage::~DashboardsPage()
{
    delete m_group;            // before the plots, of which it would be told one by one
    m_grid->setPanels({}, {}); // plots ask the renderer to forget them, while that is there
}

void DashboardsPage::build()
{
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn); // how high the grid is depends on its width
    m_scroll->setFocusPolicy(Qt::NoFocus);
    m_scroll->setWidget(m_grid);
    m_scroll->viewport()->installEventFilter(this);
    auto *content = new QWidget;
    m_stack = new QStackedLayout(content);
    m_stack->addWidget(m_message);
    m_stack->addWidget(m_scroll);
    auto *page = new QVBoxLayout(this);
    page->setContentsMargins(0, 0, 0, 0);
    page->setSpacing(0);
    page->addLayout(makeHead());
    page->addWidget(m_progress);
    page->addWidget(content, 1);
    page->addWidget(m_foot);
    m_group = new PlotGroup({m_context.themes, m_context.icons}, m_context.time, this);
    m_group->setNow([this] { return m_context.nowNs(); });
    setFocusProxy(m_choice);
    StateText state;
    state.icon = QStringLiteral("dashboards");
    state.headline = tr("Reading the dashboards\u2026");
    m_message->setState(state);
}

QBoxLayout *DashboardsPage::makeHead()
{
    m_choice->setAccessibleName(tr("Dashboard"));
    m_choice->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_problems->setIconName(QStringLiteral("warning"));
    m_problems->hide();
    m_refresh->setIconName(QStringLiteral("refresh"));
    m_refresh->setAccessibleName(tr("Ask again"));
    m_refresh->setToolTip(tr("Ask again (R)"));
    m_menu->setIconName(QStringLiteral("more"));
    m_menu->setAccessibleName(tr("Files of dashboards"));
    m_menu->setToolTip(tr("Files of dashboards"));
    m_variableRow = new QHBoxLayout;
    m_head = new QHBoxLayout;
    m_head->addWidget(m_choice);
    m_head->addLayout(m_variableRow);
    m_head->addStretch(1);
    for (QWidget *one : {m_problems, m_refresh, m_menu})
        m_head->addWidget(one);
    return m_head;
}

void DashboardsPage::connectAll()
{
    connect(m_choice, &QComboBox::activated, this, [this](int index) { choose(m_choice->itemData(index).toString()); });
    connect(m_refresh, &QAbstractButton::clicked, this, &DashboardsPage::refresh);
    connect(m_menu, &QAbstractButton::clicked, this, &DashboardsPage::openFileMenu);
    connect(&m_feed, &DashboardFeed::panelChanged, this, &DashboardsPage::refreshPanel);
    connect(&m_feed, &DashboardFeed::settled, this, [this] {
        m_progress->setBusy(false);
        refreshFoot();
        if (isVisible() && isMoving(m_context.session.range()))
            m_again.start(static_cast<int>(std::clamp(m_feed.leastStepMs(), soonestAgainMs, latestAgainMs)));
    });
    connect(&m_feed.variables(), &DashboardVariables::changed, this, &DashboardsPage::refreshVariables);
    connect(m_group, &PlotGroup::rangeSelected, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        m_context.shell.setRange({TimeRange::Kind::Custom, fromNs, toNs});
    });
    connect(m_group, &PlotGroup::rangeResetRequested, this, [this] { m_context.shell.setRange({}); });
    connect(m_scroll->verticalScrollBar(), &QScrollBar::valueChanged, m_group, &PlotGroup::hideTooltip);
    connect(m_annotations, &AnnotationLayer::changed, m_group, &PlotGroup::setAnnotations);
    connect(&m_context.session, &Session::overviewChanged, this, &DashboardsPage::refreshFigures);
    connect(&m_context.themes, &ThemeStore::themeChanged, this, &DashboardsPage::restyle);
    connect(&m_context.time, &TimeDisplay::changed, this, &DashboardsPage::refreshFoot);
    m_again.setSingleShot(true);
    connect(&m_again, &QTimer::timeout, this, &DashboardsPage::askAgain);
}

bool DashboardsPage::settled() const { return m_isRead && m_feed.isSettled(); }

QWidget *DashboardsPage::filterField() const { return m_choice; }

QueryPanel *DashboardsPage::panel(std::size_t index) const { return qobject_cast<QueryPanel *>(m_grid->panels().at(index)); }

void DashboardsPage::takeShelf(const DashboardShelf &shelf)
{
    m_shelf = shelf;
    m_isRead = true;
    m_choice->clear();
    for (const ShelvedDashboard &one : m_shelf.dashboards) {
        m_choice->addItem(QString::fromStdString(one.dashboard.title), QString::fromStdString(one.name));
        const QString where = one.file.empty() ? tr("Shipped with Tapio") : QString::fromStdString(one.file.string());
        m_choice->setItemData(m_choice->count() - 1, where, Qt::ToolTipRole);
    }
    const std::size_t all = m_shelf.problems.size();
    QStringList problems;
    for (std::size_t i = 0; i < std::min(all, mostTold); ++i)
        problems << QString::fromStdString(toString(m_shelf.problems[i]));
    if (all > mostTold)
        problems << tr("+ %1 more").arg(all - mostTold);
    m_problems->setVisible(!problems.isEmpty());
    m_problems->setText(tr("%n problem(s) in files", nullptr, static_cast<int>(all)));
    m_problems->setToolTip(QStringLiteral("<p style='white-space:pre'>%1</p>").arg(problems.join(QLatin1Char('\n')).toHtmlEscaped()));
    choose(m_name.isEmpty() ? firstOfAll : m_name);
}

void DashboardsPage::choose(const QString &name)
{
    if (m_shelf.dashboards.empty())
        return;
    auto found = std::find_if(m_shelf.dashboards.begin(), m_shelf.dashboards.end(),
                              [&name](const ShelvedDashboard &one) { return QString::fromStdString(one.name) == name; });
    if (found == m_shelf.dashboards.end()) { // its file is gone, or is no dashboard just now
        m_context.shell.notify(tr("There is no dashboard \u201c%1\u201d").arg(name));
        if (!m_grid->panels().empty()) // what is shown stays
            return m_choice->setCurrentIndex(m_choice->findData(m_name));
        found = m_shelf.dashboards.begin();
    }
    m_choice->setCurrentIndex(static_cast<int>(found - m_shelf.dashboards.begin()));
    const bool isSame = QString::fromStdString(found->name) == m_name && found->dashboard == m_feed.dashboard();
    m_name = QString::fromStdString(found->name);
    if (!isSame)
        showDashboard(*found);
}

void DashboardsPage::showDashboard(const ShelvedDashboard &one)
{
    clearVariables(); // they are of what was shown, and the feed tells of another one
    auto dashboard = std::make_shared<const Dashboard>(one.dashboard);
    m_feed.setDashboard(dashboard);
    std::vector<QWidget *> panels;
    std::vector<GridPlace> places;
    for (std::size_t i = 0; i < dashboard->panels.size(); ++i) {
        panels.push_back(makePanel(i, dashboard->panels[i]));
        places.push_back(dashboard->panels[i].at);
    }
    m_group->reset();
    m_grid->setPanels(std::move(panels), std::move(places));
    m_stack->setCurrentWidget(m_scroll);
    m_scroll->verticalScrollBar()->setValue(0);
    makeVariables();
    emit usesChanged();
    fit();
    refreshFigures();
    ask();
}

QWidget *DashboardsPage::makePanel(std::size_t index, const DashboardPanel &of)
{
    const Look look{m_context.themes, m_context.icons};
    if (of.kind == PanelKind::Figure)
        return makeFigure(of);
    auto *panel = new QueryPanel(of, look, m_renderer);
    if (panel->plot())
        m_group->add(panel->plot());
    connect(panel, &QueryPanel::menuRequested, this, [this, panel](const QPoint &at) { openPanelMenu(*panel, at); });
    panel->setShown(m_feed.shown(index), m_feed.targetOf(index));
    return panel;
}

/// What can be done with a figure is done on the Overview, where it is full screen.
QWidget *DashboardsPage::makeFigure(const DashboardPanel &of)
{
    const PanelId id = *figureFromKey(of.figure);
    auto *figure = new PanelWidget(id, PanelWidget::Style::InGrid, {m_context.themes, m_context.icons}, m_context.time, &m_renderer);
    m_group->add(&figure->plot());
    const auto openIt = [this, id] { m_context.shell.openPage(PageId::Overview, QString::fromStdString(std::string(panelKey(id)))); };
    connect(figure, &PanelWidget::computedRequested, this, openIt);
    connect(figure, &PanelWidget::remedyRequested, this, openIt);
    connect(figure, &PanelWidget::insightsRequested, this,
            [this] { m_context.shell.openPage(PageId::Insights, QStringLiteral("state=open")); });
    connect(figure, &PanelWidget::menuRequested, this, [this, openIt](const QPoint &at) {
        QMenu menu(this);
        menu.addAction(tr("Open on the Overview"), this, openIt);
        menu.exec(at);
    });
    return figure;
}

void DashboardsPage::clearVariables()
{
    for (QWidget *old : m_variableWidgets)
        delete old;
    m_variableWidgets.clear();
    m_variables.clear();
}

void DashboardsPage::makeVariables()
{
    const std::vector<DashboardVariable> &all = m_feed.dashboard().variables;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].kind == DashboardVariable::Kind::Node || all[i].kind == DashboardVariable::Kind::Namespace) {
            m_variables.push_back(nullptr); // the context bar has it
            continue;
        }
        const QString name = QString::fromStdString(all[i].label.empty() ? all[i].name : all[i].label);
        auto *label = new QLabel(name);
        label->setTextFormat(Qt::PlainText);
        auto *field = new QComboBox;
        field->setAccessibleName(name);
        field->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        field->setMinimumContentsLength(14);
        field->setMaxVisibleItems(20);
        connect(field, &QComboBox::activated, this, [this, i, field](int index) {
            m_again.stop();
            m_progress->setBusy(true);
            m_feed.choose(i, field->itemData(index).toString());
        });
        m_variables.push_back(field);
        for (QWidget *one : {static_cast<QWidget *>(label), static_cast<QWidget *>(field)}) {
            m_variableRow->addWidget(one);
            m_variableWidgets.push_back(one);
        }
    }
    refreshVariables();
    restyle();
}

void DashboardsPage::refreshVariables()
{
    for (std::size_t i = 0; i < m_variables.size(); ++i) {
        QComboBox *field = m_variables[i];
        if (!field)
            continue;
        const DashboardVariables::Choice &choice = m_feed.variables().choice(i);
        const QSignalBlocker quiet(field);
        field->clear();
        if (m_feed.dashboard().variables[i].hasAll)
            field->addItem(tr("All"), QString());
        for (const QString &value : choice.values)
            field->addItem(value, value);
        field->setCurrentIndex(field->findData(choice.isAll ? QString() : choice.chosen));
        field->setToolTip(choice.problem);
        field->setEnabled(field->count() > 0);
    }
}

void DashboardsPage::refreshFigures()
{
    if (!isVisible())
        return;
    const OverviewSnapshot &overview = m_context.session.overview();
    for (QWidget *one : m_grid->panels()) {
        auto *figure = qobject_cast<PanelWidget *>(one);
        if (!figure)
            continue;
        const PanelSnapshot &now = overview.panels[static_cast<std::size_t>(figure->id())];
        if (figure->snapshot()->revision != now.revision || figure->snapshot()->state != now.state)
            figure->setSnapshot(std::make_shared<const PanelSnapshot>(now));
    }
}

void DashboardsPage::refreshPanel(std::size_t index)
{
    if (index >= m_grid->panels().size())
        return;
    if (QueryPanel *of = panel(index)) {
        of->setShown(m_feed.shown(index), m_feed.targetOf(index));
        if (of->plot())
            m_group->follow(of->plot());
    }
}

bool DashboardsPage::usesScope(DashboardVariable::Kind kind) const
{
    const Dashboard &shown = m_feed.dashboard();
    return std::any_of(shown.variables.begin(), shown.variables.end(), [kind](const DashboardVariable &one) { return one.kind == kind; })
           || std::any_of(shown.panels.begin(), shown.panels.end(),
                          [](const DashboardPanel &one) { return one.kind == PanelKind::Figure; });
}

TimeWindow DashboardsPage::span() const { return resolve(m_context.session.range(), m_context.nowNs()); }

std::vector<std::size_t> DashboardsPage::seen() const
{
    return m_grid->within(QRect(0, m_scroll->verticalScrollBar()->value(), m_scroll->viewport()->width(), m_scroll->viewport()->height()));
}

void DashboardsPage::refresh()
{
    if (m_isRead)
        ask();
    m_context.session.recordAction(QStringLiteral("query"), tr("dashboard %1").arg(m_name));
}

void DashboardsPage::ask()
{
    if (!m_isRead || !isVisible() || m_feed.dashboard().panels.empty())
        return;
    m_again.stop();
    m_range = m_context.session.range();
    m_feed.variables().setScope(m_context.shell.scopeNode(), m_context.shell.scopeNamespace());
    m_progress->setBusy(true);
    m_feed.ask(span(), seen());
    m_annotations->want(span());
}

/// The same questions a while later; not those that would fail again.
void DashboardsPage::askAgain()
{
    if (isVisible() && m_feed.isSettled() && !m_context.session.paused() && isMoving(m_context.session.range())) {
        m_feed.askLater(span(), seen());
        m_annotations->want(span());
    }
}

void DashboardsPage::timeChanged()
{
    if (m_context.session.paused() && m_range == m_context.session.range())
        m_again.stop();
    else
        ask();
}

void DashboardsPage::open(const QString &argument)
{
    if (argument.isEmpty())
        return;
    if (m_isRead)
        choose(argument);
    else
        m_name = argument;
}

void DashboardsPage::showFromTop() { m_scroll->verticalScrollBar()->setValue(0); }

bool DashboardsPage::showMore() { return m_scroll->isVisible() && scrollByScreen(*m_scroll, m_context.themes.theme()); }

bool DashboardsPage::closeTopmost() { return m_group->closeTopmost(); }

void DashboardsPage::showEvent(QShowEvent *)
{
    if (!m_isRead)
        m_files.read();
    refreshFigures();
    fit();
    ask();
}

void DashboardsPage::hideEvent(QHideEvent *)
{
    m_again.stop();
    m_feed.stop();
    m_annotations->stop();
    m_progress->setBusy(false);
}

void DashboardsPage::resizeEvent(QResizeEvent *) { m_group->hideTooltip(); }

bool DashboardsPage::eventFilter(QObject *object, QEvent *event)
{
    if (event->type() == QEvent::Resize)
        fit();
    return Page::eventFilter(object, event);
}

void DashboardsPage::fit()
{
    m_grid->fit(m_scroll->viewport()->width());
    for (std::size_t i = 0; i < m_grid->panels().size(); ++i)
        if (const QueryPanel *of = panel(i))
            m_feed.setPixels(i, of->plotPixels());
}

void DashboardsPage::refreshFoot()
{
    const Dashboard &shown = m_feed.dashboard();
    std::size_t failed = 0;
    std::int64_t tookMs = 0;
    QStringList sources;
    QString reason;
    for (std::size_t i = 0; i < shown.panels.size(); ++i) {
        const DashboardFeed::Shown &one = m_feed.shown(i);
        if (shown.panels[i].queries.empty())
            continue;
        tookMs = std::max(tookMs, one.tookMs);
        failed += one.problem.isEmpty() ? 0 : 1;
        if (reason.isEmpty())
            reason = one.problem;
        const QString target = m_feed.targetOf(i);
        const QString name = target.isEmpty() ? tr("this console\u2019s store") : target;
        if (!sources.contains(name))
            sources << name;
    }
    QStringList parts{tr("%n panel(s)", nullptr, static_cast<int>(shown.panels.size()))};
    if (!sources.isEmpty())
        parts << tr("from %1").arg(sources.join(QStringLiteral(", ")))
              << tr("until %1").arg(m_context.time.textWithZone(m_feed.span().toNs, TimeStyle::DateSecond))
              << tr("answered within %1").arg(durationText(std::max<std::int64_t>(tookMs, 1) * nsPerMs));
    m_foot->setText(parts.join(QStringLiteral(" \u00b7 ")),
                    failed == 0 ? QString() : tr("%n without an answer", nullptr, static_cast<int>(failed)), reason);
}

void DashboardsPage::restyle()
{
    const Theme &t = m_context.themes.theme();
    m_head->setContentsMargins(t.px(12), t.px(8), t.px(12), t.px(4));
    m_head->setSpacing(t.px(8));
    m_variableRow->setSpacing(t.px(6));
    QPalette palette = m_scroll->palette();
    palette.setColor(QPalette::Window, t.surface.app);
    m_scroll->setPalette(palette);
    for (QWidget *one : m_variableWidgets)
        if (auto *label = qobject_cast<QLabel *>(one)) {
            label->setFont(t.font(FontRole::Label));
            QPalette quiet = label->palette();
            quiet.setColor(QPalette::WindowText, t.text.secondary);
            label->setPalette(quiet);
        }
    if (!m_grid->panels().empty())
        fit();
}

} // namespace tapio::console
