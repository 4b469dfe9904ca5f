// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/explorepage.h"

#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
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

#include "console/core/metrics/metricnames.h"
#include "console/core/metrics/queryplot.h"
#include "console/core/promql/duration.h"
#include "console/ui/models/explorequestion.h"
#include "console/ui/pages/annotationlayer.h"
#include "console/ui/widgets/barbutton.h"
#include "console/ui/widgets/footline.h"
#include "console/ui/widgets/format.h"
#include "console/ui/widgets/panelframe.h"
#include "console/ui/widgets/progressline.h"
#include "console/ui/widgets/queryeditor.h"
#include "console/ui/widgets/queryplotview.h"
#include "console/ui/widgets/tableview.h"
#include "console/ui/window/timerange.h"

namespace tapio::console {

namespace {

constexpr int slot = 1;                                                   ///< of this page's questions
constexpr std::int64_t wantedValues = 500;                                ///< of a graph: more are no more to see
constexpr std::int64_t soonestAgainMs = 5'000, latestAgainMs = 3'600'000; ///< while the range moves
constexpr qsizetype shownQueryLength = 80;                                ///< of a query in a menu
enum Mode { OverRange, AtEnd };

QStringList listOf(const std::vector<std::string> &names)
{
    QStringList all;
    for (const std::string &name : names)
        all << QString::fromStdString(name);
    return all;
}

std::vector<ColumnStyle> seriesColumns()
{
    using Kind = ColumnStyle::Kind;
    std::vector<ColumnStyle> columns(QuerySeriesModel::ColumnCount, {Kind::Number, Qt::ElideRight, 80, 180, false});
    columns[QuerySeriesModel::Series] = {Kind::Mono, Qt::ElideMiddle, 200, 900, true};
    columns[QuerySeriesModel::Samples].dispensable = 3;
    columns[QuerySeriesModel::Average].dispensable = 2;
    columns[QuerySeriesModel::Least].dispensable = 1;
    return columns;
}

} // namespace

ExplorePage::ExplorePage(UiContext context, QWidget *parent)
    : Page(parent), m_context(context), m_title(new QLabel(tr("Query"))), m_problem(new QLabel), m_target(new QComboBox),
      m_mode(new QComboBox), m_step(new QLineEdit), m_history(new BarButton({context.themes, context.icons})),
      m_copy(new BarButton({context.themes, context.icons})), m_export(new BarButton({context.themes, context.icons})),
      m_editor(new QueryEditor({context.themes, context.icons})), m_run(new QPushButton(tr("Run"))),
      m_progress(new ProgressLine({context.themes, context.icons})),
      m_graph(new QueryPlotView({context.themes, context.icons}, context.time)),
      m_annotations(new AnnotationLayer(m_context, queryslot::exploreAnnotations, "explore", this)),
      m_table(new TableView({context.themes, context.icons}, seriesColumns())), m_split(new QSplitter(Qt::Vertical)),
      m_message(new StateMessage({context.themes, context.icons})), m_foot(new FootLine({context.themes, context.icons}))
{
    build();
    connectAll();
    addActions();
    restyle();
    showProblem({});
    refresh();
}

void ExplorePage::build()
{
    m_rows.setSourceModel(&m_model);
    m_rows.setSortRole(cell::sortRole);
    m_table->setModel(&m_rows);
    m_table->setSortingEnabled(true);
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder); // as answered
    m_table->setAccessibleName(tr("Series of the answer"));
    m_graph->setNow([this] { return m_context.nowNs(); });
    m_graph->setAccessibleName(tr("Graph of the answer"));
    m_split->addWidget(m_graph);
    m_split->addWidget(m_table);
    m_split->setChildrenCollapsible(false);
    m_split->setStretchFactor(0, 3);
    m_split->setStretchFactor(1, 2);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *content = new QWidget;
    m_stack = new QStackedLayout(content);
    m_stack->addWidget(m_split);
    m_stack->addWidget(m_message);
    m_query = new QHBoxLayout;
    m_query->addWidget(m_editor, 1);
    m_query->addWidget(m_run, 0, Qt::AlignTop);
    m_run->setProperty("kind", "primary");
    m_editor->setNames(listOf(knownMetricNames()), listOf(knownLabelNames()));
    m_editor->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    auto *frame = new PanelFrame({m_context.themes, m_context.icons});
    auto *column = new QVBoxLayout(frame);
    column->setContentsMargins(1, 1, 1, 1);
    column->setSpacing(0);
    column->addLayout(makeHead());
    column->addLayout(m_query);
    column->addWidget(m_problem);
    column->addWidget(m_progress);
    column->addWidget(content, 1);
    column->addWidget(m_foot);
    auto *page = new QVBoxLayout(this);
    page->addWidget(frame);
    setFocusProxy(m_table);
}

QBoxLayout *ExplorePage::makeHead()
{
    for (const QueryTarget &one : m_context.session.queryTargets()) {
        m_target->addItem(one.name.isEmpty() ? tr("This console\u2019s store") : one.name);
        m_target->setItemData(m_target->count() - 1, one.where, Qt::ToolTipRole);
    }
    m_target->setAccessibleName(tr("Whom to ask"));
    m_mode->addItems({tr("Over the range"), tr("At its end")});
    m_mode->setAccessibleName(tr("Over the range or at its end"));
    m_step->setAccessibleName(tr("Step"));
    m_step->setToolTip(tr("From one value to the next: 15s, 1m30s, ... Empty: as fine as can be seen"));
    m_history->setIconName(QStringLiteral("clock"));
    m_history->setText(tr("History"));
    m_history->setChevron(true);
    m_copy->setIconName(QStringLiteral("copy"));
    m_copy->setText(tr("Copy"));
    m_copy->setChevron(true);
    m_copy->setAccessibleName(tr("Copy the question"));
    m_export->setIconName(QStringLiteral("export"));
    m_export->setText(tr("Export\u2026"));
    m_export->setAccessibleName(tr("Export the answer"));
    auto *head = new QHBoxLayout;
    head->addWidget(m_title);
    head->addStretch(1);
    for (QWidget *one : {static_cast<QWidget *>(m_target), static_cast<QWidget *>(m_mode), static_cast<QWidget *>(m_step),
                         static_cast<QWidget *>(m_history), static_cast<QWidget *>(m_copy), static_cast<QWidget *>(m_export)})
        head->addWidget(one);
    m_head = head;
    return head;
}

void ExplorePage::connectAll()
{
    connect(m_annotations, &AnnotationLayer::changed, m_graph, &QueryPlotView::setAnnotations);
    Session &session = m_context.session;
    connect(&session, &Session::queryAnswered, this, [this](int of, quint64 id, const std::shared_ptr<const AnsweredQuery> &answer) {
        if (of == slot && m_asked && id == m_id)
            take(answer);
    });
    connect(&session, &Session::queryFailed, this, [this](int of, quint64 id, const Unanswered &why) {
        if (of == slot && m_asked && id == m_id)
            takeFailure(why);
    });
    connect(m_editor, &QueryEditor::runRequested, this, &ExplorePage::run);
    connect(m_run, &QAbstractButton::clicked, this, [this] { m_asked &&m_isByPerson ? stop() : run(); });
    for (QComboBox *choice : {m_target, m_mode})
        connect(choice, &QComboBox::activated, this, [this] { m_editor->query().isEmpty() ? refresh() : run(); });
    connect(m_step, &QLineEdit::returnPressed, this, &ExplorePage::run);
    connect(m_history, &QAbstractButton::clicked, this, &ExplorePage::openHistory);
    connect(m_copy, &QAbstractButton::clicked, this, [this] { openMenu(m_copy->mapToGlobal(m_copy->rect().bottomLeft())); });
    connect(m_export, &QAbstractButton::clicked, this, &ExplorePage::askExport);
    connect(&m_exporter, &QueryExporter::finished, this, [this](const QString &file) {
        m_context.shell.notify(tr("The answer is written to %1").arg(file));
        m_context.session.recordAction(QStringLiteral("export"), QFileInfo(file).fileName());
    });
    connect(&m_exporter, &QueryExporter::failed, this, [this](const QString &file, const QString &reason) {
        m_context.shell.notify(tr("Export to %1 failed: %2").arg(file, reason));
    });
    connect(m_table, &TableView::menuRequested, this, [this](const QModelIndex &, const QPoint &at) { openMenu(at); });
    connect(m_graph, &QueryPlotView::rangeSelected, this, [this](std::int64_t fromNs, std::int64_t toNs) {
        m_context.shell.setRange({TimeRange::Kind::Custom, fromNs, toNs});
    });
    connect(m_graph, &QueryPlotView::rangeResetRequested, this, [this] { m_context.shell.setRange({}); });
    connect(&m_context.themes, &ThemeStore::themeChanged, this, &ExplorePage::restyle);
    connect(&m_context.time, &TimeDisplay::changed, this, &ExplorePage::refresh);
    m_again.setSingleShot(true);
    connect(&m_again, &QTimer::timeout, this, &ExplorePage::askAgain);
}

void ExplorePage::addActions()
{
    const auto add = [this](const char *id, const QString &text, const char *key, std::function<void()> run, std::function<bool()> when) {
        m_context.actions.add(
            {QLatin1String(id), text, ActionGroup::List, {QKeySequence(QLatin1String(key))}, std::move(run), std::move(when), this});
    };
    const auto isShown = [this] { return m_shown.has_value(); };
    add("explore.run", tr("Run the query"), "R", [this] { run(); }, {});
    add(
        "explore.history", tr("Queries of before"), "H", [this] { openHistory(); },
        [this] { return !m_context.queries.queries().isEmpty(); });
    add(
        "explore.copy", tr("Copy the question as text"), "C",
        [this] { copyText(questionAsText(m_shown->question, m_shown->target), tr("The question is copied")); }, isShown);
    add(
        "explore.export", tr("Export the answer\u2026"), "E", [this] { askExport(); }, isShown);
    add(
        "explore.earlier", tr("Crosshair one step back"), ",", [this] { m_graph->stepCrosshair(-1); }, isShown);
    add(
        "explore.later", tr("Crosshair one step forward"), ".", [this] { m_graph->stepCrosshair(1); }, isShown);
}

QWidget *ExplorePage::filterField() const { return m_editor; }

void ExplorePage::showEvent(QShowEvent *)
{
    if (!m_ran.isEmpty() && !m_asked && m_range != m_context.session.range())
        ask(false); // another one was chosen elsewhere
    else
        askAgain(); // time went on
    if (!m_ran.isEmpty())
        m_annotations->want(resolve(m_range, m_context.nowNs()));
}

void ExplorePage::hideEvent(QHideEvent *)
{
    m_again.stop();
    m_annotations->stop();
    if (m_asked && !m_isByPerson)
        stop();
}

void ExplorePage::timeChanged()
{
    const bool isPaused = m_context.session.paused() && m_range == m_context.session.range();
    if (isPaused)
        m_again.stop();
    else if (isVisible() && !m_ran.isEmpty())
        ask(m_asked && m_isByPerson);
    refresh();
}

void ExplorePage::open(const QString &argument)
{
    QString rest = argument, source;
    if (rest.startsWith(QLatin1String("source="))) {
        source = rest.section(QLatin1Char('&'), 0, 0).mid(7);
        rest = rest.section(QLatin1Char('&'), 1);
    }
    if (!rest.startsWith(QLatin1String("query=")))
        return;
    const std::vector<QueryTarget> all = m_context.session.queryTargets();
    const auto found = std::find_if(all.begin(), all.end(), [&source](const QueryTarget &one) { return one.name == source; });
    if (found != all.end())
        m_target->setCurrentIndex(static_cast<int>(found - all.begin()));
    m_editor->setQuery(rest.mid(6));
    run();
}

bool ExplorePage::closeTopmost()
{
    if (!m_asked || !m_isByPerson)
        return m_graph->closeTopmost();
    stop();
    return true;
}

QueryTarget ExplorePage::target() const
{
    const std::vector<QueryTarget> all = m_context.session.queryTargets();
    const auto index = static_cast<std::size_t>(std::max(0, m_target->currentIndex()));
    return index < all.size() ? all[index] : QueryTarget();
}

bool ExplorePage::isRange() const { return m_mode->currentIndex() == OverRange; }

QString ExplorePage::problem() const { return m_problem->isHidden() ? QString() : m_problem->text(); }

std::optional<std::int64_t> ExplorePage::stepMs(std::int64_t lengthMs) const
{
    const QString text = m_step->text().trimmed();
    if (text.isEmpty())
        return roundStepMs(lengthMs, wantedValues);
    const auto step = promql::parseDuration(text.toStdString());
    return step && *step > 0 ? std::optional<std::int64_t>(*step) : std::nullopt;
}

/// Nothing: what is wrong is said.
std::optional<ExplorePage::Asked> ExplorePage::question()
{
    const TimeWindow span = resolve(m_context.session.range(), m_context.nowNs());
    const std::int64_t startMs = span.fromNs / nsPerMs, endMs = span.toNs / nsPerMs;
    const auto step = stepMs(endMs - startMs);
    if (!step) {
        showProblem(tr("\u201c%1\u201d is no step such as 15s or 1m30s").arg(m_step->text().trimmed()));
        return std::nullopt;
    }
    Asked asked{target(), {m_ran.toStdString(), {startMs, endMs, *step}, isRange()}};
    if (asked.question.isRange) { // at round times: the same whenever it is asked
        asked.question.times.startMs = startMs / *step * *step;
        asked.question.times.endMs = std::max(endMs / *step * *step, asked.question.times.startMs);
    }
    return asked;
}

void ExplorePage::run()
{
    m_ran = m_editor->query();
    if (m_ran.isEmpty()) {
        stop();
        showProblem(tr("There is no query to run"));
        return;
    }
    m_failure.reset();
    ask(true);
    if (m_asked)
        m_context.session.recordAction(QStringLiteral("query"), m_ran);
}

void ExplorePage::ask(bool isByPerson)
{
    m_again.stop();
    m_asked = question();
    if (!m_asked) {
        m_context.session.cancelAsking(slot);
        m_progress->setBusy(false);
        refresh();
        return;
    }
    m_isByPerson = isByPerson;
    m_range = m_context.session.range();
    m_since.start();
    m_annotations->want(resolve(m_range, m_context.nowNs()));
    m_id = m_context.session.ask(slot, m_asked->target.name, m_asked->question);
    m_progress->setBusy(true);
    refresh();
}

/// What was run last, not what is in the editor: that may be half of another query by now.
void ExplorePage::askAgain()
{
    if (!m_ran.isEmpty() && !m_asked && isVisible() && !m_context.session.paused() && isMoving(m_context.session.range()))
        ask(false);
}

void ExplorePage::askAgainAfter(std::int64_t ms)
{
    if (isVisible() && isMoving(m_context.session.range()))
        m_again.start(static_cast<int>(std::clamp<std::int64_t>(ms, soonestAgainMs, latestAgainMs)));
}

void ExplorePage::stop()
{
    m_context.session.cancelAsking(slot);
    m_asked.reset();
    m_progress->setBusy(false);
    refresh();
}

void ExplorePage::take(const std::shared_ptr<const AnsweredQuery> &answer)
{
    m_tookMs = m_since.elapsed();
    m_shown = std::exchange(m_asked, std::nullopt);
    m_failure.reset();
    m_progress->setBusy(false);
    showProblem({});
    m_editor->setError({}, std::nullopt);
    const bool isOtherKind = m_model.isRange() != m_shown->question.isRange;
    m_model.set(answer, m_shown->question.isRange);
    if (isOtherKind)
        m_table->fitColumns();
    if (m_shown->question.isRange)
        m_graph->setPanel(std::shared_ptr<const PanelSnapshot>(answer, &answer->picture.plot));
    if (m_isByPerson)
        m_context.queries.add(QString::fromStdString(m_shown->question.expression));
    askAgainAfter(m_shown->question.times.stepMs);
    refresh();
}

void ExplorePage::takeFailure(const Unanswered &why)
{
    const auto asked = std::exchange(m_asked, std::nullopt);
    m_progress->setBusy(false);
    m_failure = why.error;
    const bool isOfQuery = why.error.code() == Errc::InvalidArgument;
    m_editor->setError(QString::fromStdString(asked->question.expression), why.at ? std::optional(why.at->at) : std::nullopt);
    QString text = QString::fromStdString(why.error.context());
    if (why.at && why.at->needsPrometheus && m_target->count() > 1)
        text += QLatin1String("; ") + tr("choose one above");
    if (isOfQuery || m_shown) // what was answered before stays, with what is wrong above it
        showProblem(text);
    if (isPassing(why.error.code()))
        askAgainAfter(2 * soonestAgainMs);
    refresh();
}

void ExplorePage::showProblem(const QString &text)
{
    m_problem->setText(text);
    m_problem->setVisible(!text.isEmpty());
}

QString ExplorePage::drawnText() const
{
    const std::size_t all = m_model.answered()->picture.rows.size();
    if (!m_shown->question.isRange || all <= mostDrawn)
        return {};
    return tr("%1 of %2 series drawn, by maximum").arg(mostDrawn).arg(exactCount(all));
}

QString ExplorePage::footText() const
{
    const AnsweredQuery &shown = *m_model.answered();
    const promql::QueryTimes &times = m_shown->question.times;
    QStringList parts{tr("%1 series, %2 values").arg(exactCount(shown.answer.result.series.size()), exactCount(shown.picture.values))};
    if (const QString drawn = drawnText(); !drawn.isEmpty())
        parts << drawn;
    parts << (m_shown->target.name.isEmpty() ? tr("from this console\u2019s store") : tr("from %1").arg(m_shown->target.where));
    if (m_shown->question.isRange)
        parts << tr("step %1").arg(stepText(times.stepMs));
    parts << (m_shown->question.isRange ? tr("until %1") : tr("at %1"))
                 .arg(m_context.time.textWithZone(times.endMs * nsPerMs, TimeStyle::DateSecond));
    parts << tr("answered within %1").arg(durationText(std::max<std::int64_t>(m_tookMs, 1) * nsPerMs));
    return parts.join(QStringLiteral(" \u00b7 "));
}

StateText ExplorePage::stateText() const
{
    StateText state;
    state.icon = QStringLiteral("explore");
    if (m_failure && m_failure->code() != Errc::InvalidArgument) {
        state.icon = QStringLiteral("error");
        state.problem = true;
        state.headline = tr("There is no answer");
        state.verbatim = QString::fromStdString(m_failure->context());
        state.actionText = tr("Try again");
        state.action = [page = const_cast<ExplorePage *>(this)] { page->run(); };
    } else if (m_asked) {
        state.icon = QStringLiteral("refresh");
        state.headline = tr("Waiting for the answer\u2026");
        state.sentence = m_asked->target.where;
        state.actionText = tr("Stop");
        state.action = [page = const_cast<ExplorePage *>(this)] { page->stop(); };
    } else if (m_shown) {
        state.icon = QStringLiteral("no-data");
        state.headline = tr("No data: no series answers this");
        state.sentence = tr("Asked of %1, %2")
                             .arg(m_shown->target.where, m_shown->question.isRange ? tr("over the range") : tr("at the end of the range"));
        const QString all = exampleQueries().back();
        state.actionText = tr("List the series that there are");
        state.action = [page = const_cast<ExplorePage *>(this), all] {
            page->m_mode->setCurrentIndex(AtEnd);
            page->m_editor->setQuery(all);
            page->run();
        };
    } else {
        state.headline = tr("Ask something in PromQL");
        state.sentence = tr("Enter runs a query, Shift+Enter begins a line. To begin with:");
        state.commands = exampleQueries();
    }
    return state;
}

void ExplorePage::refresh()
{
    const bool isAnswered = m_shown && m_model.rowCount() > 0;
    const bool isOld = m_failure && m_failure->code() != Errc::InvalidArgument && !m_shown;
    const bool isShown = isAnswered && !isOld;
    m_stack->setCurrentWidget(isShown ? static_cast<QWidget *>(m_split) : m_message);
    if (isShown)
        m_graph->setVisible(m_shown->question.isRange);
    else
        m_message->setState(stateText());
    m_run->setText(m_asked && m_isByPerson ? tr("Stop") : tr("Run"));
    m_export->setEnabled(isShown);
    m_copy->setEnabled(m_shown.has_value());
    m_history->setEnabled(!m_context.queries.queries().isEmpty());
    m_step->setEnabled(isRange());
    const TimeWindow span = resolve(m_context.session.range(), m_context.nowNs());
    m_step->setPlaceholderText(tr("step: %1").arg(stepText(roundStepMs(span.lengthNs() / nsPerMs, wantedValues))));
    m_foot->setText(isShown ? footText() : QString(), isShown ? flawText() : QString(), isShown ? flawReason() : QString());
}

/// What is wrong with what is shown, in a word; empty: nothing.
QString ExplorePage::flawText() const
{
    if (m_failure)
        return tr("earlier answer");
    return m_model.answered()->answer.warnings.empty() ? QString() : tr("incomplete");
}

QString ExplorePage::flawReason() const
{
    if (m_failure)
        return tr("the question above has none");
    return m_model.answered()->answer.warnings.empty() ? QString() : QString::fromStdString(m_model.answered()->answer.warnings.front());
}

void ExplorePage::openHistory()
{
    QMenu menu(this);
    for (const QString &query : m_context.queries.queries()) {
        QString shown = query.simplified();
        if (shown.size() > shownQueryLength)
            shown = shown.left(shownQueryLength) + QChar(0x2026);
        menu.addAction(shown.replace(QLatin1Char('&'), QLatin1String("&&")), this, [this, query] {
            m_editor->setQuery(query);
            run();
        });
    }
    menu.addSeparator();
    menu.addAction(tr("Forget them"), this, [this] {
        m_context.queries.clear();
        refresh();
    });
    menu.exec(m_history->mapToGlobal(m_history->rect().bottomLeft()));
}

void ExplorePage::openMenu(const QPoint &at)
{
    if (!m_shown)
        return;
    QMenu menu(this);
    const Asked shown = *m_shown;
    menu.addAction(tr("Copy the question as text"), this,
                   [this, shown] { copyText(questionAsText(shown.question, shown.target), tr("The question is copied")); });
    menu.addAction(tr("Copy as a command"), this,
                   [this, shown] { copyText(questionAsCommand(shown.question, shown.target), tr("The command is copied")); });
    menu.addAction(tr("Copy the chosen rows"), m_table, &TableView::copySelection)->setEnabled(m_table->selectionModel()->hasSelection());
    menu.addAction(tr("Export the answer\u2026"), this, &ExplorePage::askExport);
    menu.exec(at);
}

void ExplorePage::copyText(const QString &text, const QString &said)
{
    QGuiApplication::clipboard()->setText(text);
    m_context.shell.notify(said);
}

void ExplorePage::askExport()
{
    if (!m_shown)
        return;
    const QString asJson = tr("As Prometheus answers (*.json)");
    QString chosen;
    QString file = QFileDialog::getSaveFileName(window(), tr("Export the answer"), QStringLiteral("query"),
                                                tr("All values (*.csv)") + QStringLiteral(";;") + asJson, &chosen);
    if (file.isEmpty())
        return;
    if (QFileInfo(file).suffix().isEmpty())
        file += chosen == asJson ? QStringLiteral(".json") : QStringLiteral(".csv");
    m_exporter.start(m_model.answered(), file);
}

void ExplorePage::restyle()
{
    const Theme &t = m_context.themes.theme();
    layout()->setContentsMargins(t.px(12), t.px(12), t.px(12), t.px(12));
    m_title->setFont(t.font(FontRole::PanelTitle, QFont::DemiBold));
    m_head->setContentsMargins(t.px(12), t.px(8), t.px(8), t.px(8));
    m_head->setSpacing(t.px(8));
    m_query->setContentsMargins(t.px(12), 0, t.px(8), t.px(8));
    m_query->setSpacing(t.px(8));
    m_problem->setContentsMargins(t.px(12), 0, t.px(12), t.px(8));
    m_problem->setFont(t.font(FontRole::Body));
    QPalette palette = m_problem->palette();
    palette.setColor(QPalette::WindowText, t.meaning.p1);
    m_problem->setPalette(palette);
    m_step->setFixedWidth(t.px(110));
    m_target->setMaximumWidth(t.px(240));
}

} // namespace tapio::console
