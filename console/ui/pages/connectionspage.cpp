// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/connectionspage.h"

#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSplitter>
#include <QStackedLayout>

#include <algorithm>

#include "console/ui/models/linkdetails.h"
#include "console/ui/pages/firststart.h"
#include "console/ui/widgets/barbutton.h"
#include "console/ui/widgets/detailview.h"
#include "console/ui/widgets/panelframe.h"
#include "console/ui/widgets/statemessage.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

namespace {

std::vector<ColumnStyle> agentColumns()
{
    using Kind = ColumnStyle::Kind;
    std::vector<ColumnStyle> columns(AgentsModel::ColumnCount);
    columns[AgentsModel::Node] = {Kind::Text, Qt::ElideMiddle, 180, 480, true};
    columns[AgentsModel::State] = {Kind::Sign, Qt::ElideRight, 96, 140, false};
    columns[AgentsModel::Address] = {Kind::Mono, Qt::ElideMiddle, 100, 220, false};
    columns[AgentsModel::Clock] = {Kind::Text, Qt::ElideRight, 100, 220, false};
    for (const int number :
         {AgentsModel::Since, AgentsModel::Queue, AgentsModel::Received, AgentsModel::Lost, AgentsModel::Sessions, AgentsModel::Expires})
        columns[static_cast<std::size_t>(number)] = {Kind::Number, Qt::ElideRight, 56, 140, false};
    columns[AgentsModel::Serial] = {Kind::Mono, Qt::ElideMiddle, 90, 130, false, 1};
    columns[AgentsModel::Stream] = {Kind::Mono, Qt::ElideMiddle, 90, 140, false, 2};
    columns[AgentsModel::Version] = {Kind::Text, Qt::ElideRight, 56, 100, false, 3};
    return columns;
}

std::vector<ColumnStyle> noticeColumns()
{
    using Kind = ColumnStyle::Kind;
    std::vector<ColumnStyle> columns(NoticesModel::ColumnCount);
    columns[NoticesModel::Time] = {Kind::Mono, Qt::ElideRight, 140, 200, false};
    columns[NoticesModel::Kind] = {Kind::Sign, Qt::ElideRight, 90, 140, false};
    columns[NoticesModel::Address] = {Kind::Mono, Qt::ElideMiddle, 110, 220, false};
    columns[NoticesModel::Identity] = {Kind::Mono, Qt::ElideMiddle, 140, 320, false};
    columns[NoticesModel::Code] = {Kind::Mono, Qt::ElideRight, 90, 150, false};
    columns[NoticesModel::Reason] = {Kind::Text, Qt::ElideRight, 220, 2000, true};
    columns[NoticesModel::Repeated] = {Kind::Number, Qt::ElideRight, 60, 100, false};
    return columns;
}

} // namespace

ConnectionsPage::ConnectionsPage(UiContext context, QWidget *parent)
    : Page(parent), m_context(context), m_agents(context.time), m_notices(context.time), m_splitter(new QSplitter(Qt::Vertical))
{
    const Look look{context.themes, context.icons};
    m_agentRows.setSourceModel(&m_agents);
    m_noticeRows.setSourceModel(&m_notices);
    m_agentBlock = makeBlock(tr("Agents"), tr("Filter agents"), new TableView(look, agentColumns()), m_agentRows);
    m_noticeBlock = makeBlock(tr("Accepted, refused and closed"), tr("Filter by address, identity, code or reason"),
                              new TableView(look, noticeColumns()), m_noticeRows);
    connect(m_agentBlock.exporting, &QAbstractButton::clicked, this, [this] { askExport(List::Agents); });
    connect(m_noticeBlock.exporting, &QAbstractButton::clicked, this, [this] { askExport(List::Notices); });
    m_agentBlock.table->sortByColumn(AgentsModel::Node, Qt::AscendingOrder);
    m_noticeBlock.table->sortByColumn(NoticesModel::Time, Qt::DescendingOrder);
    setFocusProxy(m_agentBlock.table);
    m_splitter->addWidget(m_agentBlock.frame);
    m_splitter->addWidget(m_noticeBlock.frame);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setStretchFactor(0, 3);
    m_splitter->setStretchFactor(1, 2);
    auto *column = new QVBoxLayout(this);
    column->addWidget(m_splitter);
    connect(m_agentBlock.table, &QAbstractItemView::activated, this, [this] { showAgent(true); });
    connect(m_noticeBlock.table, &QAbstractItemView::activated, this, [this] { showNotice(true); });
    connect(m_agentBlock.table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] { showAgent(false); });
    connect(m_noticeBlock.table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] { showNotice(false); });
    connect(&context.session, &Session::agentsChanged, this, &ConnectionsPage::refresh);
    connect(&context.session, &Session::linkChanged, this, &ConnectionsPage::refresh);
    connect(&context.session, &Session::noticesChanged, this, &ConnectionsPage::refresh);
    connect(&context.themes, &ThemeStore::themeChanged, this, &ConnectionsPage::restyle);
    m_tick.setInterval(1000); // ages
    connect(&m_tick, &QTimer::timeout, this, [this] {
        // The drawer is seen beside other pages too.
        if (isVisible() || m_context.shell.drawerShows(m_details))
            refresh();
        else
            m_tick.stop();
    });
    addActions();
    restyle();
    refresh();
}

ConnectionsPage::Block ConnectionsPage::makeBlock(const QString &title, const QString &placeholder, TableView *table,
                                                  QSortFilterProxyModel &rows)
{
    const Look look{m_context.themes, m_context.icons};
    rows.setSortRole(cell::sortRole);
    rows.setFilterCaseSensitivity(Qt::CaseInsensitive);
    rows.setFilterKeyColumn(-1);
    Block block;
    block.frame = new PanelFrame(look);
    block.title = new QLabel(title);
    block.count = new QLabel;
    block.filter = new QLineEdit;
    block.filter->setPlaceholderText(placeholder);
    block.filter->setAccessibleName(placeholder);
    block.filter->setClearButtonEnabled(true);
    block.exporting = new BarButton(look);
    block.exporting->setIconName(QStringLiteral("export"));
    block.exporting->setText(tr("Export\u2026"));
    block.exporting->setAccessibleName(tr("Export: %1").arg(title));
    block.table = table;
    block.message = new StateMessage(look);
    table->setModel(&rows);
    table->setSortingEnabled(true);
    table->setAccessibleName(title);
    auto *head = new QHBoxLayout;
    head->addWidget(block.title);
    head->addWidget(block.count);
    head->addStretch(1);
    head->addWidget(block.filter);
    head->addWidget(block.exporting);
    auto *content = new QWidget;
    block.stack = new QStackedLayout(content);
    block.stack->addWidget(table);
    block.stack->addWidget(block.message);
    auto *column = new QVBoxLayout(block.frame);
    column->setContentsMargins(1, 1, 1, 1);
    column->setSpacing(0);
    column->addLayout(head);
    column->addWidget(content, 1);
    connect(block.filter, &QLineEdit::textChanged, this, &ConnectionsPage::refresh);
    connect(table, &TableView::menuRequested, this, [this, table](const QModelIndex &, const QPoint &at) { openMenu(table, at); });
    return block;
}

void ConnectionsPage::addActions()
{
    const auto focused = [this] { return m_noticeBlock.table->hasFocus() ? m_noticeBlock.table : m_agentBlock.table; };
    const auto hasRow = [focused] { return focused()->currentIndex().isValid(); };
    m_context.actions.add({QStringLiteral("connections.details"),
                           tr("Details of the chosen connection"),
                           ActionGroup::List,
                           {QKeySequence(QStringLiteral("I"))},
                           [this] { m_noticeBlock.table->hasFocus() ? showNotice(true) : showAgent(true); },
                           hasRow,
                           this});
    m_context.actions.add({QStringLiteral("connections.copy"),
                           tr("Copy the chosen rows"),
                           ActionGroup::List,
                           {QKeySequence(QStringLiteral("C"))},
                           [focused] { focused()->copySelection(); },
                           hasRow,
                           this});
    m_context.actions.add({QStringLiteral("connections.export"),
                           tr("Export these connections\u2026"),
                           ActionGroup::List,
                           {QKeySequence(QStringLiteral("E"))},
                           [this] { askExport(m_noticeBlock.table->hasFocus() ? List::Notices : List::Agents); },
                           {},
                           this});
}

QWidget *ConnectionsPage::filterField() const { return m_noticeBlock.table->hasFocus() ? m_noticeBlock.filter : m_agentBlock.filter; }

void ConnectionsPage::open(const QString &argument)
{
    if (argument.startsWith(QLatin1String("node="))) {
        const QString node = argument.mid(5);
        m_agentBlock.filter->clear();
        refresh();
        const int row = m_agents.rowOf(node.toStdString());
        if (row < 0)
            return;
        const QModelIndex index = m_agentRows.mapFromSource(m_agents.index(row, 0));
        m_agentBlock.table->setCurrentIndex(index);
        m_agentBlock.table->scrollTo(index);
        m_agentBlock.table->setFocus(Qt::OtherFocusReason);
        showAgent(true);
    } else if (argument == QLatin1String("state=silent")) {
        m_agentBlock.filter->clear();
        m_agentBlock.table->sortByColumn(AgentsModel::State, Qt::DescendingOrder);
    }
}

void ConnectionsPage::showEvent(QShowEvent *)
{
    m_tick.start();
    refresh();
}

void ConnectionsPage::scopeChanged() { refresh(); }

void ConnectionsPage::applyFilter(QSortFilterProxyModel &rows, const Block &block)
{
    const QString text = block.filter->text().trimmed();
    if (rows.filterRegularExpression().pattern() != QRegularExpression::escape(text))
        rows.setFilterFixedString(text);
    const int shown = rows.rowCount(), all = rows.sourceModel()->rowCount();
    block.count->setText(all == 0       ? QString()
                         : shown == all ? exactCount(static_cast<std::uint64_t>(all))
                                        : tr("%1 of %2").arg(shown).arg(all));
    block.exporting->setEnabled(shown > 0);
    block.stack->setCurrentWidget(shown > 0 ? static_cast<QWidget *>(block.table) : block.message);
    if (shown == 0 && all > 0) {
        StateText none;
        none.icon = QStringLiteral("no-data");
        none.headline = tr("Nothing matches \u201c%1\u201d").arg(text);
        none.actionText = tr("Clear the filter");
        none.action = [field = block.filter] { field->clear(); };
        block.message->setState(none);
    }
}

void ConnectionsPage::refresh()
{
    const std::int64_t now = m_context.nowNs();
    std::vector<wire::AgentState> agents = m_context.session.agents();
    const std::string node = m_context.shell.scopeNode().toStdString();
    const bool known = !agents.empty();
    updateDetails(agents, now);
    if (!node.empty())
        std::erase_if(agents, [&node](const wire::AgentState &a) { return a.node != node; });
    AgentsModel::Counters counters;
    for (const wire::AgentState &agent : agents)
        counters.emplace(agent.node, m_context.session.counters(agent.node));
    m_agents.update(std::move(agents), now, std::move(counters));
    m_notices.update(m_context.session.linkNotices());
    applyFilter(m_agentRows, m_agentBlock);
    applyFilter(m_noticeRows, m_noticeBlock);
    if (m_agents.rowCount() == 0) {
        StateText state = firstStartState(m_context.session.link(), m_context.setup);
        if (known) {
            state = {};
            state.icon = QStringLiteral("no-data");
            state.headline = tr("No agent of that name");
            state.sentence = tr("The node chosen above has no agent here.");
        }
        m_agentBlock.message->setState(state);
    }
    if (m_notices.rowCount() == 0) {
        StateText state;
        state.icon = QStringLiteral("shield");
        state.headline = tr("No connection yet");
        state.sentence = tr("Each one that is accepted, refused or closed is listed here with its reason.");
        m_noticeBlock.message->setState(state);
    }
}

void ConnectionsPage::showDetails(const QString &title, std::vector<DetailSection> sections)
{
    if (!m_details) {
        m_details = new DetailView({m_context.themes, m_context.icons});
        auto *copy = new QPushButton(tr("Copy as text"));
        connect(copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(m_copyText); });
        m_details->setButtons({copy});
    }
    m_copyText = detailText(title, sections);
    m_details->setSections(std::move(sections));
    m_context.shell.showInDrawer(DrawerTab::Inspector, title, m_details);
}

/// The agent that the drawer shows, whichever row is chosen by now.
void ConnectionsPage::updateDetails(const std::vector<wire::AgentState> &agents, std::int64_t nowNs)
{
    if (m_detailedNode.empty() || !m_context.shell.drawerShows(m_details))
        return;
    const auto agent = std::ranges::find(agents, m_detailedNode, &wire::AgentState::node);
    if (agent == agents.end())
        return;
    Session &session = m_context.session;
    std::vector<DetailSection> sections =
        agentDetails(*agent, session.hooks(agent->node), m_context.time, nowNs, session.counters(agent->node));
    m_copyText = detailText(QString::fromStdString(agent->node), sections);
    m_details->updateSections(std::move(sections));
}

void ConnectionsPage::showAgent(bool openDrawer)
{
    const QModelIndex index = m_agentRows.mapToSource(m_agentBlock.table->currentIndex());
    if (!index.isValid() || (!openDrawer && !m_context.shell.drawerShows(m_details)))
        return;
    const wire::AgentState &agent = m_agents.agent(index.row());
    m_detailedNode = agent.node;
    showDetails(QString::fromStdString(agent.node),
                agentDetails(agent, m_context.session.hooks(agent.node), m_context.time, m_context.nowNs(), m_agents.counters(agent.node)));
}

void ConnectionsPage::showNotice(bool openDrawer)
{
    const QModelIndex index = m_noticeRows.mapToSource(m_noticeBlock.table->currentIndex());
    if (!index.isValid() || (!openDrawer && !m_context.shell.drawerShows(m_details)))
        return;
    const wire::LinkNotice &notice = m_notices.notice(index.row());
    m_detailedNode.clear();
    showDetails(QString::fromStdString(notice.reason), noticeDetails(notice, m_context.time));
}

void ConnectionsPage::openMenu(TableView *table, const QPoint &at)
{
    QMenu menu(this);
    menu.addAction(tr("Details"), this, [this, table] { table == m_agentBlock.table ? showAgent(true) : showNotice(true); });
    menu.addAction(tr("Copy the rows"), table, &TableView::copySelection);
    menu.addAction(tr("Export all rows\u2026"), this,
                   [this, table] { askExport(table == m_agentBlock.table ? List::Agents : List::Notices); });
    menu.exec(at);
}

Status ConnectionsPage::exportRows(List list, const QString &file) const { return block(list).table->writeCsv(file); }

void ConnectionsPage::askExport(List list)
{
    const QString file = QFileDialog::getSaveFileName(
        window(), tr("Export: %1").arg(block(list).title->text()),
        list == List::Agents ? QStringLiteral("agents.csv") : QStringLiteral("connections.csv"), tr("CSV (*.csv)"));
    if (file.isEmpty())
        return;
    const Status written = exportRows(list, file);
    m_context.shell.notify(written ? tr("%n row(s) written to %1", nullptr, block(list).table->model()->rowCount()).arg(file)
                                   : tr("Export to %1 failed: %2").arg(file, QString::fromStdString(written.error().context())));
    if (written)
        m_context.session.recordAction(QStringLiteral("export"), QFileInfo(file).fileName());
}

void ConnectionsPage::restyle()
{
    const Theme &t = m_context.themes.theme();
    layout()->setContentsMargins(t.px(12), t.px(12), t.px(12), t.px(12));
    m_splitter->setHandleWidth(t.px(8));
    for (const Block *block : {&m_agentBlock, &m_noticeBlock}) {
        block->title->setFont(t.font(FontRole::PanelTitle, QFont::DemiBold));
        block->count->setFont(t.font(FontRole::Body));
        block->count->setForegroundRole(QPalette::PlaceholderText);
        block->filter->setFixedWidth(t.px(280));
        QLayout *head = block->frame->layout()->itemAt(0)->layout();
        head->setContentsMargins(t.px(12), t.px(8), t.px(8), t.px(8));
        head->setSpacing(t.px(8));
    }
}

} // namespace tapio::console
