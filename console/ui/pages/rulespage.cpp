// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/rulespage.h"

#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QStackedLayout>

#include "console/ui/models/ruledetails.h"
#include "console/ui/widgets/barbutton.h"
#include "console/ui/widgets/format.h"
#include "console/ui/widgets/panelframe.h"
#include "console/ui/widgets/tableview.h"
#include "console/ui/window/timerange.h"

namespace tapio::console {

namespace {

constexpr int readEveryMs = 10'000; ///< as engines tell

std::vector<ColumnStyle> ruleColumns()
{
    using Kind = ColumnStyle::Kind;
    std::vector<ColumnStyle> columns(RulesModel::ColumnCount, {Kind::Number, Qt::ElideRight, 56, 110, false});
    columns[RulesModel::Rule] = {Kind::Text, Qt::ElideMiddle, 150, 320, true};
    columns[RulesModel::Severity] = {Kind::Sign, Qt::ElideRight, 84, 120, false, 6};
    columns[RulesModel::Scope] = {Kind::Text, Qt::ElideRight, 60, 110, false, 5};
    columns[RulesModel::Verdicts] = {Kind::Text, Qt::ElideRight, 76, 130, false};
    columns[RulesModel::Drills] = {Kind::Text, Qt::ElideRight, 90, 160, false};
    columns[RulesModel::Suite] = {Kind::Text, Qt::ElideRight, 120, 220, false};
    columns[RulesModel::Cost].dispensable = 4;
    columns[RulesModel::Candidates].dispensable = 7;
    columns[RulesModel::Late].dispensable = 8;
    columns[RulesModel::Unjoined].dispensable = 9;
    return columns;
}

} // namespace

RulesPage::RulesPage(UiContext context, QWidget *parent)
    : Page(parent), m_context(context), m_frame(new PanelFrame({context.themes, context.icons})), m_title(new QLabel(tr("Rules"))),
      m_count(new QLabel), m_summary(new QLabel), m_suite(new QLabel), m_filter(new QLineEdit),
      m_export(new BarButton({context.themes, context.icons})), m_table(new TableView({context.themes, context.icons}, ruleColumns())),
      m_message(new StateMessage({context.themes, context.icons}))
{
    build();
    connectAll();
    addActions();
    restyle();
    refresh();
}

void RulesPage::build()
{
    m_rows.setSourceModel(&m_model);
    m_rows.setSortRole(cell::sortRole);
    m_rows.setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_rows.setFilterKeyColumn(-1);
    m_table->setModel(&m_rows);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(RulesModel::Rule, Qt::AscendingOrder);
    m_table->setAccessibleName(m_title->text());
    setFocusProxy(m_table);
    for (QLabel *label : {m_summary, m_suite}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    auto *content = new QWidget;
    m_stack = new QStackedLayout(content);
    m_stack->addWidget(m_table);
    m_stack->addWidget(m_message);
    auto *column = new QVBoxLayout(m_frame);
    column->setContentsMargins(1, 1, 1, 1);
    column->setSpacing(0);
    column->addLayout(makeHead());
    column->addWidget(m_summary);
    column->addWidget(m_suite);
    column->addWidget(content, 1);
    auto *page = new QVBoxLayout(this);
    page->addWidget(m_frame);
}

QLayout *RulesPage::makeHead()
{
    const QString placeholder = tr("Filter rules");
    m_filter->setPlaceholderText(placeholder);
    m_filter->setAccessibleName(placeholder);
    m_filter->setClearButtonEnabled(true);
    m_export->setIconName(QStringLiteral("export"));
    m_export->setText(tr("Export\u2026"));
    m_export->setAccessibleName(tr("Export the rules"));
    m_head = new QHBoxLayout;
    m_head->addWidget(m_title);
    m_head->addWidget(m_count);
    m_head->addStretch(1);
    m_head->addWidget(m_filter);
    m_head->addWidget(m_export);
    return m_head;
}

void RulesPage::connectAll()
{
    connect(&m_context.session, &Session::ruleBoardReady, this, &RulesPage::take);
    connect(&m_context.session, &Session::ruleBoardFailed, this, [this](const QString &error) {
        m_isReading = false;
        m_error = error;
        refresh();
    });
    connect(&m_context.session, &Session::suiteScored, this, [this] {
        if (isVisible())
            read();
    });
    connect(m_filter, &QLineEdit::textChanged, this, &RulesPage::refresh);
    connect(m_export, &QAbstractButton::clicked, this, &RulesPage::askExport);
    connect(m_table, &QAbstractItemView::activated, this, [this] { showDetails(true); });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] { showDetails(false); });
    connect(m_table, &TableView::menuRequested, this, [this](const QModelIndex &, const QPoint &at) { openMenu(at); });
    connect(&m_context.themes, &ThemeStore::themeChanged, this, &RulesPage::restyle);
    connect(&m_context.time, &TimeDisplay::changed, this, &RulesPage::refresh);
    m_tick.setInterval(readEveryMs);
    connect(&m_tick, &QTimer::timeout, this, [this] {
        if (isMoving(m_context.session.range()) && !m_context.session.paused() && !m_isReading)
            read();
    });
}

void RulesPage::addActions()
{
    const auto hasRow = [this] { return !currentRule().isEmpty(); };
    const auto add = [this](const char *id, const QString &text, const char *key, std::function<void()> run, std::function<bool()> when) {
        m_context.actions.add(
            {QLatin1String(id), text, ActionGroup::List, {QKeySequence(QLatin1String(key))}, std::move(run), std::move(when), this});
    };
    add(
        "rules.details", tr("Details of the chosen rule"), "I", [this] { showDetails(true); }, hasRow);
    add(
        "rules.insights", tr("Insights of the chosen rule"), "N", [this] { openInsights(); }, hasRow);
    add(
        "rules.copy", tr("Copy the chosen rows"), "C", [this] { m_table->copySelection(); }, hasRow);
    add("rules.export", tr("Export these rules\u2026"), "E", [this] { askExport(); }, {});
}

QWidget *RulesPage::filterField() const { return m_filter; }

QString RulesPage::currentRule() const
{
    const QModelIndex index = m_rows.mapToSource(m_table->currentIndex());
    return index.isValid() ? QString::fromStdString(m_model.row(index.row()).id) : QString();
}

void RulesPage::showEvent(QShowEvent *)
{
    m_tick.start();
    read();
}

void RulesPage::hideEvent(QHideEvent *) { m_tick.stop(); }

void RulesPage::timeChanged()
{
    m_isRead = false; // what is shown is of another time
    if (isVisible())
        read();
    refresh();
}

void RulesPage::open(const QString &argument)
{
    if (!argument.startsWith(QLatin1String("rule=")))
        return;
    m_asked = argument.mid(5);
    m_filter->clear();
    refresh();
}

void RulesPage::read()
{
    m_isReading = true;
    m_context.session.readRuleBoard();
}

void RulesPage::take(const RuleBoard &board)
{
    m_isReading = false;
    m_isRead = true;
    m_error.clear();
    m_model.update(board);
    refresh();
}

QString RulesPage::summary() const
{
    const RuleBoard &board = m_model.board();
    if (board.lastNs == 0)
        return tr("No engine has told of its rules in this range.");
    wire::RuleCounters all;
    for (const RuleRow &row : board.rules) {
        for (const auto field : wire::RuleCounters::fields)
            all.*field += row.total.*field;
    }
    const std::int64_t fromNs = std::max(board.fromNs, board.firstNs), toNs = std::min(board.toNs, board.lastNs);
    const double seconds = static_cast<double>(toNs - fromNs) / static_cast<double>(nsPerSecond);
    QStringList parts{tr("%1 of %2 engines heard").arg(board.heard).arg(board.sources)};
    if (seconds > 0)
        parts << tr("%1 evaluations/s").arg(quantity(static_cast<double>(all.evaluations) / seconds, Unit::Count).text());
    parts << tr("%1 evidence").arg(exactCount(all.evidence)) << tr("%1 opened").arg(exactCount(all.opened))
          << (board.heard > 0 ? tr("%1 open now").arg(exactCount(all.open)) : tr("nobody says what is open now"))
          << tr("%1 suppressed by cooldown").arg(exactCount(all.reopened)) << tr("%1 forgotten").arg(exactCount(all.evicted));
    if (const auto cost = costPercent(board))
        parts << tr("about %1 % of one CPU").arg(QLocale().toString(*cost, 'g', 2));
    return tr("%1 to %2: %3")
        .arg(m_context.time.text(fromNs, TimeStyle::DateSecond), m_context.time.textWithZone(toNs, TimeStyle::DateSecond),
             parts.join(QStringLiteral(" \u00b7 ")));
}

QString RulesPage::suiteSummary() const
{
    const SuiteScore &suite = m_model.board().suite;
    if (!suite.failure.empty())
        return tr("Recordings: not scored: %1").arg(QString::fromStdString(suite.failure));
    if (suite.recordings == 0)
        return tr("Recordings: still being scored");
    return tr("Recordings, held half of the shipped suite (%1 recordings and %2 mixtures of them), scored by this console: accuracy %3, "
              "false "
              "positives %4")
        .arg(exactCount(suite.recordings), exactCount(suite.mixtures),
             shareText(replay::accuracyOf(suite.all, replay::floorOfAll), replay::floorOfAll),
             shareText(replay::falsePositiveRateOf(suite.all, replay::floorOfAll), replay::floorOfAll));
}

StateText RulesPage::stateText() const
{
    StateText state;
    state.icon = QStringLiteral("no-data");
    if (!m_error.isEmpty()) {
        state.icon = QStringLiteral("error");
        state.problem = true;
        state.headline = tr("The rules could not be read");
        state.verbatim = m_error;
        state.actionText = tr("Try again");
        state.action = [page = const_cast<RulesPage *>(this)] { page->read(); };
    } else if (!m_isRead) {
        state.icon = QStringLiteral("refresh");
        state.headline = tr("Reading how the rules fared\u2026");
    } else {
        state.headline = tr("Nothing matches \u201c%1\u201d").arg(m_filter->text().trimmed());
        state.actionText = tr("Clear the filter");
        state.action = [field = m_filter] { field->clear(); };
    }
    return state;
}

void RulesPage::refresh()
{
    const QString text = m_filter->text().trimmed();
    if (m_rows.filterRegularExpression().pattern() != QRegularExpression::escape(text))
        m_rows.setFilterFixedString(text);
    const int shown = m_rows.rowCount(), all = m_model.rowCount();
    const bool isShown = m_isRead && m_error.isEmpty() && shown > 0;
    m_count->setText(!m_isRead || all == 0 ? QString()
                     : shown == all        ? exactCount(static_cast<std::uint64_t>(all))
                                           : tr("%1 of %2").arg(shown).arg(all));
    m_export->setEnabled(isShown);
    const bool isKnown = m_isRead && m_error.isEmpty();
    m_summary->setVisible(isKnown);
    m_suite->setVisible(isKnown);
    if (isKnown) {
        m_summary->setText(summary());
        m_suite->setText(suiteSummary());
    }
    m_stack->setCurrentWidget(isShown ? static_cast<QWidget *>(m_table) : m_message);
    if (!isShown)
        m_message->setState(stateText());
    if (isShown && !m_asked.isEmpty()) {
        const int row = m_model.rowOf(std::exchange(m_asked, {}));
        if (row >= 0) {
            m_table->setCurrentIndex(m_rows.mapFromSource(m_model.index(row, 0)));
            m_table->scrollTo(m_table->currentIndex());
            showDetails(true);
        }
    }
    if (const int row = m_model.rowOf(m_detailedRule); row >= 0 && m_context.shell.drawerShows(m_details)) {
        std::vector<DetailSection> sections = ruleDetails(m_model.row(row), m_model.board().suite, m_context.time);
        m_copyText = detailText(m_detailedRule, sections);
        m_details->updateSections(std::move(sections));
    }
}

void RulesPage::showDetails(bool openDrawer)
{
    const QString rule = currentRule();
    if (rule.isEmpty() || (!openDrawer && !m_context.shell.drawerShows(m_details)))
        return;
    m_detailedRule = rule;
    if (!m_details) {
        m_details = new DetailView({m_context.themes, m_context.icons});
        auto *copy = new QPushButton(tr("Copy as text"));
        connect(copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(m_copyText); });
        auto *insights = new QPushButton(tr("Its insights"));
        connect(insights, &QPushButton::clicked, this, [this] { openInsights(); });
        m_details->setButtons({copy, insights});
    }
    const RuleRow &row = m_model.row(m_model.rowOf(rule));
    std::vector<DetailSection> sections = ruleDetails(row, m_model.board().suite, m_context.time);
    const QString title = row.facts ? QString::fromStdString(row.facts->title) : rule;
    m_copyText = detailText(rule, sections);
    m_details->setSections(std::move(sections));
    m_context.shell.showInDrawer(DrawerTab::Inspector, title, m_details);
}

void RulesPage::openInsights()
{
    const QString rule = currentRule().isEmpty() ? m_detailedRule : currentRule();
    if (!rule.isEmpty())
        m_context.shell.openPage(PageId::Insights, QStringLiteral("rule=") + rule);
}

void RulesPage::openMenu(const QPoint &at)
{
    QMenu menu(this);
    menu.addAction(tr("Details"), this, [this] { showDetails(true); });
    menu.addAction(tr("Its insights"), this, [this] { openInsights(); });
    menu.addAction(tr("Copy the rows"), m_table, &TableView::copySelection);
    menu.addAction(tr("Export all rows\u2026"), this, &RulesPage::askExport);
    menu.exec(at);
}

Status RulesPage::exportRows(const QString &file) const { return m_table->writeCsv(file); }

void RulesPage::askExport()
{
    const QString file = QFileDialog::getSaveFileName(window(), tr("Export the rules"), QStringLiteral("rules.csv"), tr("CSV (*.csv)"));
    if (file.isEmpty())
        return;
    const Status written = exportRows(file);
    m_context.shell.notify(written ? tr("%n row(s) written to %1", nullptr, m_rows.rowCount()).arg(file)
                                   : tr("Export to %1 failed: %2").arg(file, QString::fromStdString(written.error().context())));
    if (written)
        m_context.session.recordAction(QStringLiteral("export"), QFileInfo(file).fileName());
}

void RulesPage::restyle()
{
    const Theme &t = m_context.themes.theme();
    layout()->setContentsMargins(t.px(12), t.px(12), t.px(12), t.px(12));
    m_title->setFont(t.font(FontRole::PanelTitle, QFont::DemiBold));
    m_filter->setFixedWidth(t.px(280));
    m_head->setContentsMargins(t.px(12), t.px(8), t.px(8), t.px(8));
    m_head->setSpacing(t.px(8));
    for (QLabel *label : {m_count, m_summary, m_suite}) {
        label->setFont(t.font(FontRole::Body));
        label->setForegroundRole(QPalette::PlaceholderText);
    }
    m_summary->setContentsMargins(t.px(12), 0, t.px(12), t.px(4));
    m_suite->setContentsMargins(t.px(12), 0, t.px(12), t.px(8));
}

} // namespace tapio::console
