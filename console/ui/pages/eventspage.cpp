// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/eventspage.h"

#include <algorithm>

#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QScrollBar>
#include <QStackedLayout>

#include <nlohmann/json.hpp>

#include "console/core/metrics/export.h"
#include "console/ui/models/eventtext.h"
#include "console/ui/pages/eventcolumns.h"
#include "console/ui/pages/eventfilterbar.h"
#include "console/ui/pages/firststart.h"
#include "console/ui/widgets/barbutton.h"
#include "console/ui/widgets/detailview.h"
#include "console/ui/widgets/footline.h"
#include "console/ui/widgets/panelframe.h"
#include "console/ui/widgets/progressline.h"
#include "console/ui/widgets/statemessage.h"
#include "console/ui/widgets/tableview.h"
#include "console/ui/window/timerange.h"
#include "protocol/wire/filter.h"

namespace tapio::console {

namespace {

constexpr std::int64_t dayNs = 24LL * 3600 * nsPerSecond;
/// Measured anew with each heartbeat, an offset moves by some milliseconds; more than this is not the same clock.
constexpr std::int64_t anotherClockNs = 10 * nsPerSecond;

/// Of "CHUNK-ROW"; nothing for anything else.
std::optional<EventId> eventIdOf(const QString &text)
{
    bool isChunk = false, isRow = false;
    const EventId id{text.section(QLatin1Char('-'), 0, 0).toLongLong(&isChunk), text.section(QLatin1Char('-'), 1).toUInt(&isRow)};
    return isChunk && isRow ? std::optional(id) : std::nullopt;
}

} // namespace

EventsPage::EventsPage(UiContext context, QWidget *parent)
    : Page(parent), m_context(context), m_model(context.time), m_rows(m_model), m_feed(context.session, m_model),
      m_exporter(context.session), m_together(context.session)
{
    build();
    addActions();
    connect(&m_feed, &EventsFeed::changed, this, &EventsPage::refresh);
    connect(&m_together, &ToldTogetherProbe::changed, this, &EventsPage::refresh);
    connect(&m_model, &QAbstractItemModel::rowsInserted, this,
            [this](const QModelIndex &, int first, int last) { onRowsInserted(first, last); });
    connect(&m_exporter, &EventsExporter::advanced, this, &EventsPage::refreshFoot);
    connect(&m_exporter, &EventsExporter::finished, this, [this](const QString &file, quint64 events) {
        m_context.session.recordAction(QStringLiteral("export"), tr("%1 events").arg(events));
        m_context.shell.notify(tr("%1 events written to %2").arg(exactCount(events), file));
        refreshFoot();
    });
    connect(&m_exporter, &EventsExporter::failed, this, [this](const QString &file, const QString &reason) {
        m_context.shell.notify(tr("Export to %1 failed: %2").arg(file, reason));
    });
    connect(&context.session, &Session::agentsChanged, this, [this] {
        if (m_model.rowCount() == 0)
            refresh();
    });
    connect(&context.session, &Session::linkChanged, this, &EventsPage::followServerClock);
    connect(&context.themes, &ThemeStore::themeChanged, this, &EventsPage::restyle);
    restyle();
}

void EventsPage::build()
{
    const Look look{m_context.themes, m_context.icons};
    m_filter = new EventFilterBar(m_context);
    m_export = new BarButton(look);
    m_export->setIconName(QStringLiteral("export"));
    m_export->setText(tr("Export\u2026"));
    m_filter->addRight(m_export);
    m_panel = new PanelFrame(look);
    m_progress = new ProgressLine(look);
    m_table = new TableView(look, eventColumns());
    m_table->horizontalHeader()->setSortIndicatorShown(true);
    m_table->setModel(&m_rows);
    m_table->horizontalHeader()->setSortIndicatorClearable(true);
    m_table->horizontalHeader()->setToolTip(tr("Click to sort; the third click goes back to the order of time"));
    m_table->setAccessibleName(tr("Events"));
    setFocusProxy(m_table);
    m_message = new StateMessage(look);
    m_waiting = new BarButton(look, m_panel);
    m_waiting->setIconName(QStringLiteral("sort-up"));
    m_waiting->setActive(true);
    m_waiting->hide();
    m_foot = new FootLine(look);
    m_exportText = new QLabel;
    m_exportText->setTextFormat(Qt::PlainText);
    m_cancelExport = new BarButton(look);
    m_cancelExport->setText(tr("Cancel"));
    auto *content = new QWidget;
    m_stack = new QStackedLayout(content);
    m_stack->addWidget(m_table);
    m_stack->addWidget(m_message);
    auto *foot = new QHBoxLayout;
    foot->addWidget(m_foot, 1);
    foot->addWidget(m_exportText);
    foot->addWidget(m_cancelExport);
    auto *panel = new QVBoxLayout(m_panel);
    panel->setContentsMargins(1, 1, 1, 1);
    panel->setSpacing(0);
    panel->addWidget(m_progress);
    panel->addWidget(content, 1);
    panel->addLayout(foot);
    auto *column = new QVBoxLayout(this);
    column->addWidget(m_filter);
    column->addWidget(m_panel, 1);

    connect(m_filter, &EventFilterBar::filterChanged, this, &EventsPage::reload);
    connect(m_export, &QAbstractButton::clicked, this, &EventsPage::askExport);
    connect(m_cancelExport, &QAbstractButton::clicked, &m_exporter, &EventsExporter::cancel);
    connect(m_waiting, &QAbstractButton::clicked, this, &EventsPage::showNew);
    connect(m_filter, &EventFilterBar::timeOrderWanted, this, [this] { sortBy(EventsModel::Time, Qt::DescendingOrder); });
    connect(m_table->horizontalHeader(), &QHeaderView::sortIndicatorChanged, this, &EventsPage::sortBy);
    connect(m_progress, &ProgressLine::lateChanged, this, [this](bool late) {
        m_late = late;
        refresh();
    });
    connect(m_table->verticalScrollBar(), &QScrollBar::valueChanged, this, &EventsPage::followIfAtTop);
    connect(m_table, &QAbstractItemView::activated, this, [this] { showDetails(true); });
    connect(m_table, &TableView::menuRequested, this, &EventsPage::openMenu);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] { showDetails(false); });
}

void EventsPage::addActions()
{
    const auto add = [this](const char *id, const QString &text, const QKeySequence &key, std::function<void()> run,
                            std::function<bool()> enabled = {}) {
        m_context.actions.add({QLatin1String(id), text, ActionGroup::List, key.isEmpty() ? QList<QKeySequence>() : QList{key},
                               std::move(run), std::move(enabled), this});
    };
    const auto hasRow = [this] { return m_table->currentIndex().isValid(); };
    add("events.top", tr("Go to the newest and follow"), QKeySequence(QStringLiteral("Home")), [this] { resume(); });
    add(
        "events.details", tr("Details of the chosen event"), QKeySequence(QStringLiteral("I")), [this] { showDetails(true); }, hasRow);
    add(
        "events.copy-text", tr("Copy the chosen events as text"), QKeySequence(QStringLiteral("C")), [this] { copyAs(false); }, hasRow);
    add(
        "events.copy-json", tr("Copy the chosen events as JSON"), QKeySequence(QStringLiteral("Shift+C")), [this] { copyAs(true); },
        hasRow);
    add("events.export", tr("Export these events\u2026"), QKeySequence(QStringLiteral("E")), [this] { askExport(); });
    add("events.sort", tr("Sort the events\u2026"), QKeySequence(QStringLiteral("O")), [this] { chooseSort(); });
    add("events.clear", tr("Clear the filter"), QKeySequence(), [this] { m_filter->clear(); });
    add("events.reload", tr("Read again"), QKeySequence(Qt::Key_F5), [this] { reload(); });
}

QWidget *EventsPage::filterField() const { return m_filter->textField(); }

void EventsPage::open(const QString &argument)
{
    EventFilterInput input;
    const QString value = argument.section(QLatin1Char('='), 1);
    if (argument.startsWith(QLatin1String("text=")))
        input.text = value;
    else if (argument.startsWith(QLatin1String("pod=")))
        input.pod = value;
    else if (argument.startsWith(QLatin1String("pid=")))
        input.pid = value;
    m_wanted = argument.startsWith(QLatin1String("event=")) ? eventIdOf(value) : std::nullopt;
    m_filter->setInput(input);
    refresh(); // it may be there already
}

void EventsPage::showEvent(QShowEvent *)
{
    if (!m_loaded)
        reload();
    m_feed.setActive(true);
}

void EventsPage::hideEvent(QHideEvent *) { m_feed.setActive(false); }

void EventsPage::resizeEvent(QResizeEvent *) { refresh(); }

void EventsPage::timeChanged()
{
    const TimeRange range = m_context.session.range();
    const TimeWindow span = resolve(range, m_context.nowNs());
    // Pausing changes nothing of the range: the rows stay, and new ones wait.
    const bool sameCustom = !isMoving(range) && m_feed.query().fromNs == span.fromNs && m_feed.query().toNs == span.toNs;
    const bool sameMoving = isMoving(range) && m_feed.query().toNs == INT64_MAX
                            && std::abs(m_context.nowNs() - m_feed.query().fromNs - span.lengthNs()) < span.lengthNs() / 2;
    followIfAtTop();
    if (m_loaded && !sameCustom && !sameMoving)
        reload();
}

/// Known only once a server elsewhere has answered: what was asked for before may have been of another hour.
void EventsPage::followServerClock()
{
    if (m_loaded && isMoving(m_context.session.range()) && std::abs(m_context.session.serverOffsetNs() - m_offsetNs) >= anotherClockNs)
        reload();
}

void EventsPage::reload()
{
    if (!isVisible()) {
        m_loaded = false;
        return;
    }
    const auto query = toQuery(m_filter->input());
    if (!query)
        return;
    m_loaded = true;
    m_offsetNs = m_context.session.serverOffsetNs();
    const TimeRange range = m_context.session.range();
    const TimeWindow span = resolve(range, m_context.nowNs());
    EventQuery wanted = *query;
    wanted.fromNs = span.fromNs;
    wanted.toNs = isMoving(range) ? INT64_MAX : span.toNs;
    m_model.setShowDate(span.lengthNs() >= dayNs || m_context.nowNs() - span.fromNs >= dayNs);
    m_feed.setFollowing(byTime() && !m_context.session.paused());
    m_feed.setQuery(wanted, isMoving(range), byTime() ? EventsFeed::Extent::Pages : EventsFeed::Extent::Whole);
    m_together.ask(wanted);
    m_table->scrollToTop();
}

bool EventsPage::closeTopmost()
{
    if (m_feed.state() != EventsFeed::State::Loading)
        return false;
    cancelReading();
    return true;
}

void EventsPage::cancelReading()
{
    m_feed.cancel();
    m_together.cancel();
    if (!byTime()) { // half of it cannot be sorted honestly
        sortBy(EventsModel::Time, Qt::DescendingOrder);
    } else if (m_feed.state() == EventsFeed::State::Idle) {
        m_model.clear(); // rows of the filter and the range before would pass for those of the chosen ones
        refresh();
    }
}

StateText EventsPage::emptyState() const
{
    StateText state;
    if (m_feed.state() == EventsFeed::State::Failed) {
        state.icon = QStringLiteral("error");
        state.problem = true;
        state.headline = tr("The events could not be read");
        state.sentence = tr("From the store of this console, at %1:").arg(m_context.time.textWithZone(m_failedNs, TimeStyle::Second));
        state.verbatim = m_feed.error();
        state.actionText = tr("Read again");
        state.action = [this] { m_context.actions.trigger(QStringLiteral("events.reload")); };
        return state;
    }
    if (m_feed.state() == EventsFeed::State::Loading) {
        state.icon = QStringLiteral("clock");
        state.headline = tr("Reading events from the store");
        state.sentence = m_feed.scanTotal() > 0 ? tr("%1 of %2 events looked at, %3")
                                                      .arg(exactCount(m_feed.scanned()), exactCount(m_feed.scanTotal()),
                                                           m_filter->input().newestFirst ? tr("newest first") : tr("oldest first"))
                                                : QString();
        state.actionText = tr("Cancel");
        state.action = [this] { const_cast<EventsPage *>(this)->cancelReading(); };
        return state;
    }
    if (m_feed.state() == EventsFeed::State::Idle) {
        state.icon = QStringLiteral("no-data");
        state.headline = tr("Reading was cancelled");
        state.actionText = tr("Read again");
        state.action = [this] { m_context.actions.trigger(QStringLiteral("events.reload")); };
        return state;
    }
    if (m_context.session.agents().empty())
        return firstStartState(m_context.session.link(), m_context.setup);
    state.icon = QStringLiteral("no-data");
    const QString range = rangeText(m_context.session.range(), m_context.time.zone());
    if (!m_filter->input().isEmpty()) {
        state.headline = tr("No event matches the filter");
        state.sentence = tr("Time range: %1. Node and namespace in the bar above count too.").arg(range);
        const auto &types = m_filter->input().types;
        if (std::any_of(types.begin(), types.end(), wire::isDetailType)) {
            state.sentence +=
                QLatin1Char(' ')
                + tr(
                    "Agents send ordinary starts and ends of programs (an exit code within ten seconds is ordinary) around insights alone, "
                    "unless correlation.detail is \"all\" there.");
        }
        if (m_together.found())
            state.sentence += QLatin1Char(' ') + togetherText() + QLatin1Char('.');
        state.actionText = tr("Clear the filter");
        state.action = [this] { m_context.actions.trigger(QStringLiteral("events.clear")); };
        return state;
    }
    state.headline = tr("No data: no event in this time range");
    state.sentence = tr("Time range: %1. Agents are known, but none of them reported an event in it.").arg(range);
    state.actionText = tr("Show the last 24 h");
    state.action = [this] { m_context.actions.trigger(QStringLiteral("range.last-24h")); };
    return state;
}

void EventsPage::refresh()
{
    const bool loading = m_feed.state() == EventsFeed::State::Loading;
    if (m_feed.state() != EventsFeed::State::Failed)
        m_failedNs = 0;
    else if (m_failedNs == 0)
        m_failedNs = m_context.nowNs();
    showOrder();
    orderRows();
    m_progress->setBusy(loading);
    if (loading && m_feed.scanTotal() > 0)
        m_progress->setShare(static_cast<double>(m_feed.scanned()) / static_cast<double>(m_feed.scanTotal()));
    const bool rows = m_model.rowCount() > 0;
    // Nothing is said for 200 ms: most queries are answered by then.
    const bool message = !rows && (!loading || m_late);
    if (message)
        m_message->setState(emptyState());
    m_stack->setCurrentWidget(message ? static_cast<QWidget *>(m_message) : m_table);
    const bool waits = m_feed.waiting() > 0 && rows;
    if (waits) {
        m_waiting->setText(m_feed.waitingOverflows() ? tr("%1+ new").arg(exactCount(m_feed.waiting()))
                                                     : tr("%1 new").arg(exactCount(m_feed.waiting())));
        m_waiting->setToolTip(byTime() ? tr("The list stands still. Click to see what is new and to follow.")
                                       : tr("The sorted list stands still. Click to read it again with what is new."));
        m_waiting->resize(m_waiting->sizeHint());
        m_waiting->move((m_panel->width() - m_waiting->width()) / 2, m_context.themes.theme().px(40));
        m_waiting->raise();
    }
    m_waiting->setVisible(waits);
    refreshFoot();
}

QString EventsPage::countText() const
{
    const QString rows = exactCount(static_cast<std::uint64_t>(m_model.rowCount()));
    if (m_rows.sortColumn() < 0)
        return m_model.moreBelow() || m_feed.moreAbove() ? tr("%1 events loaded, more as you scroll").arg(rows)
                                                         : tr("%n event(s)", nullptr, m_model.rowCount());
    const QString column = m_model.headerData(m_rows.sortColumn(), Qt::Horizontal).toString();
    if (!m_feed.cutOff())
        return tr("All %1 events, sorted by %2").arg(rows, column);
    return m_feed.query().newestFirst ? tr("Only the newest %1 of more events, sorted by %2").arg(rows, column)
                                      : tr("Only the oldest %1 of more events, sorted by %2").arg(rows, column);
}

QString EventsPage::togetherText()
{
    return tr("Connections told together (of several processes) are not in this; look by container or program");
}

QString EventsPage::footText() const
{
    QStringList parts;
    if (m_loaded && m_feed.state() == EventsFeed::State::Idle) {
        const QString key = m_context.actions.keyText(QStringLiteral("events.reload"));
        parts << tr("Reading was cancelled: nothing is shown or followed")
              << (key.isEmpty() ? tr("\u201cRead again\u201d goes on") : tr("%1 reads again").arg(key));
    } else if (m_model.rowCount() > 0) {
        parts << countText();
        if (m_feed.lostEvents() == 0)
            parts << tr("no loss known in this range");
        if (m_feed.state() == EventsFeed::State::Failed)
            parts << tr("stale: %1").arg(m_feed.error());
        if (m_together.found())
            parts << togetherText();
    }
    if (!m_feed.followError().isEmpty())
        parts << tr("stale, what is new cannot be read: %1").arg(m_feed.followError());
    if (!m_feed.aboveError().isEmpty())
        parts << tr("what is above cannot be read: %1").arg(m_feed.aboveError());
    return parts.join(QStringLiteral(" \u00b7 "));
}

void EventsPage::refreshFoot()
{
    const bool lost = m_model.rowCount() > 0 && m_feed.lostEvents() > 0;
    m_foot->setText(footText(), lost ? tr("%1 lost").arg(exactCount(m_feed.lostEvents())) : QString(),
                    lost ? tr("on the way in this range, of whatever kind: the list may be incomplete") : QString());
    m_exportText->setVisible(m_exporter.running());
    m_cancelExport->setVisible(m_exporter.running());
    m_export->setEnabled(!m_exporter.running());
    if (m_exporter.running())
        m_exportText->setText(
            tr("Exporting: %1 events, %2 % of the range").arg(exactCount(m_exporter.written())).arg(qRound(m_exporter.progress() * 100)));
}

void EventsPage::followIfAtTop()
{
    const bool top = m_table->verticalScrollBar()->value() == 0;
    m_feed.setFollowing(top && byTime() && !m_context.session.paused());
    if (top)
        m_feed.loadAbove();
}

void EventsPage::onRowsInserted(int first, int last)
{
    for (int row = first; row <= std::min(last, first + 200); ++row) {
        const wire::Origin &origin = m_model.eventAt(row).origin;
        m_context.shell.noteNamespace(QString::fromStdString(origin.namespaceName));
        m_context.shell.notePod(QString::fromStdString(origin.podName), QString::fromStdString(origin.namespaceName));
    }
    // Rows that came in above must not move what is being read.
    QScrollBar *bar = m_table->verticalScrollBar();
    if (byTime() && first == 0 && last + 1 < m_model.rowCount() && bar->value() > 0)
        bar->setValue(bar->value() + (last - first + 1) * m_context.themes.theme().rowHeight());
}

/// What waits comes in; the order stays.
void EventsPage::showNew()
{
    if (byTime())
        resume();
    else
        reload();
}

void EventsPage::resume()
{
    if (m_context.session.paused())
        m_context.actions.trigger(QStringLiteral("range.pause"));
    if (!byTime()) {
        sortBy(EventsModel::Time, Qt::DescendingOrder);
        return;
    }
    if (m_feed.waitingOverflows()) {
        reload();
        return;
    }
    m_table->scrollToTop();
    followIfAtTop();
}

const StoredEvent *EventsPage::currentEvent() const
{
    const QModelIndex index = m_table->currentIndex();
    return index.isValid() ? &m_model.eventAt(m_rows.sourceRow(index)) : nullptr;
}

std::vector<StoredEvent> EventsPage::selectedEvents() const
{
    QList<int> rows;
    for (const QModelIndex &index : m_table->selectionModel()->selectedRows())
        rows.append(index.row());
    std::sort(rows.begin(), rows.end());
    std::vector<StoredEvent> events;
    for (const int row : std::as_const(rows))
        events.push_back(m_model.eventAt(m_rows.sourceRow(m_rows.index(row, 0))));
    return events;
}

void EventsPage::copyAs(bool json) const
{
    const std::vector<StoredEvent> events = selectedEvents();
    if (events.empty())
        return;
    QStringList texts;
    for (const StoredEvent &event : events)
        texts << (json ? QString::fromStdString(
                      eventJson(event).dump(events.size() == 1 ? 2 : -1, ' ', false, nlohmann::json::error_handler_t::replace))
                       : detailText(eventTitle(event), eventDetails(event, m_context.time)));
    QGuiApplication::clipboard()->setText(texts.join(json ? QStringLiteral("\n") : QStringLiteral("\n\n")));
    m_context.shell.notify(json ? tr("%n event(s) copied as JSON", nullptr, static_cast<int>(events.size()))
                                : tr("%n event(s) copied as text", nullptr, static_cast<int>(events.size())));
}

void EventsPage::showDetails(bool openDrawer)
{
    const StoredEvent *current = currentEvent();
    if (!current || (!openDrawer && !m_context.shell.drawerShows(m_details)))
        return;
    const StoredEvent &event = *current;
    if (!m_details) {
        m_details = new DetailView({m_context.themes, m_context.icons});
        auto *text = new QPushButton(tr("Copy as text"));
        auto *json = new QPushButton(tr("Copy as JSON"));
        connect(text, &QPushButton::clicked, this, [this] { copyAs(false); });
        connect(json, &QPushButton::clicked, this, [this] { copyAs(true); });
        m_details->setButtons({text, json});
    }
    m_details->setSections(eventDetails(event, m_context.time));
    m_context.shell.showInDrawer(DrawerTab::Inspector, eventTitle(event), m_details);
}

void EventsPage::openMenu(const QModelIndex &index, const QPoint &at)
{
    const StoredEvent event = m_model.eventAt(m_rows.sourceRow(index));
    QMenu menu(this);
    menu.addAction(tr("Details"), this, [this] { showDetails(true); });
    menu.addAction(tr("Copy as text"), this, [this] { copyAs(false); });
    menu.addAction(tr("Copy as JSON"), this, [this] { copyAs(true); });
    menu.addAction(tr("Copy the rows"), m_table, &TableView::copySelection);
    menu.addSeparator();
    const auto only = [&](const QString &text, bool known, auto change) {
        if (!known)
            return;
        menu.addAction(text, this, [this, change] {
            EventFilterInput input = m_filter->input();
            change(input);
            m_filter->setInput(input);
        });
    };
    const QString pod = QString::fromStdString(event.origin.podName);
    const quint32 pid = event.event.process.pid;
    const wire::EventType type = event.event.type;
    only(tr("Only %1").arg(QString::fromStdString(wire::eventTypeName(type))), type != wire::EventType::Unknown,
         [type](EventFilterInput &input) { input.types = {type}; });
    only(tr("Only pod %1").arg(pod), !pod.isEmpty(), [pod](EventFilterInput &input) { input.pod = pod; });
    only(tr("Only pid %1").arg(pid), pid != 0, [pid](EventFilterInput &input) { input.pid = QString::number(pid); });
    menu.exec(at);
}

void EventsPage::askExport()
{
    if (m_exporter.running())
        return;
    const QString jsonLines = tr("JSON lines (*.jsonl)"), csv = tr("CSV (*.csv)");
    QString chosen = jsonLines;
    QString file = QFileDialog::getSaveFileName(window(), tr("Export these events"), QStringLiteral("events.jsonl"),
                                                jsonLines + QStringLiteral(";;") + csv, &chosen);
    if (file.isEmpty())
        return;
    const bool asCsv = file.endsWith(QLatin1String(".csv")) || (chosen == csv && !file.endsWith(QLatin1String(".jsonl")));
    EventQuery query = m_feed.query();
    query.toNs = std::min(query.toNs, m_context.nowNs() + nsPerSecond);
    m_exporter.start(query, file, asCsv ? EventFileFormat::Csv : EventFileFormat::JsonLines);
}

void EventsPage::restyle()
{
    const Theme &t = m_context.themes.theme();
    layout()->setContentsMargins(t.px(12), t.px(12), t.px(12), t.px(12));
    layout()->setSpacing(t.px(8));
    m_exportText->setFont(t.font(FontRole::Label));
    refresh();
}

} // namespace tapio::console
