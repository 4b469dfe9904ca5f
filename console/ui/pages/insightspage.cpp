// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/insightspage.h"

#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QScrollBar>
#include <QSplitter>
#include <QStackedLayout>

#include <algorithm>

#include "console/core/metrics/insighttracker.h"
#include "console/ui/models/eventsfeed.h"
#include "console/ui/models/eventtext.h"
#include "console/ui/models/insightsexport.h"
#include "console/ui/pages/firststart.h"
#include "console/ui/pages/insightdetail.h"
#include "console/ui/pages/insightfilterbar.h"
#include "console/ui/pages/insightlist.h"
#include "console/ui/pages/verdictbar.h"
#include "console/ui/widgets/barbutton.h"
#include "console/ui/widgets/footline.h"
#include "console/ui/widgets/panelframe.h"
#include "console/ui/widgets/progressline.h"
#include "console/ui/widgets/tableview.h"
#include "console/ui/window/timerange.h"

namespace tapio::console {

namespace {

constexpr std::int64_t dayNs = 24LL * 3600 * nsPerSecond;

/// Agents that find insights, and why one does not where it says so.
struct Correlating {
    std::size_t agents = 0, connected = 0, active = 0;
    std::string refused;
};

/// Of one node where one is chosen: what the others do says nothing of it.
Correlating correlatingOf(const Session &session, const QString &node)
{
    Correlating state;
    for (const wire::AgentState &agent : session.agents()) {
        if (!node.isEmpty() && node.toStdString() != agent.node)
            continue;
        ++state.agents;
        const bool connected = agent.state == wire::LinkState::Connected;
        state.connected += connected ? 1 : 0;
        for (const wire::HookReport &report : session.hooks(agent.node)) {
            state.active += connected && correlates(report) ? 1 : 0;
            for (const wire::Hook &hook : report.hooks) {
                if (hook.collector == "correlation" && hook.missing() && state.refused.empty())
                    state.refused = agent.node + ": " + hook.reason;
            }
        }
    }
    return state;
}

wire::Severity severityOf(const QString &name)
{
    for (const wire::Severity severity :
         {wire::Severity::Notice, wire::Severity::Warning, wire::Severity::Error, wire::Severity::Critical}) {
        if (name.toStdString() == wire::severityName(severity))
            return severity;
    }
    return wire::Severity::Debug;
}

} // namespace

InsightsPage::InsightsPage(UiContext context, QWidget *parent)
    : Page(parent), m_context(context), m_model(context.time), m_feed(context.session), m_calls(context.session),
      m_evidence(context.session)
{
    build();
    addActions();
    connect(&m_feed, &InsightsFeed::changed, this, &InsightsPage::refresh);
    connectEvidence();
    connect(&context.session, &Session::agentsChanged, this, [this] {
        if (isVisible() && m_model.total() == 0)
            refresh();
    });
    connect(&context.session, &Session::storeChanged, this, [this] {
        if (m_waiting)
            showCurrent();
    });
    connect(&context.session, &Session::overviewChanged, this, [this] {
        if (isVisible())
            showProof();
    });
    connect(&context.themes, &ThemeStore::themeChanged, this, &InsightsPage::restyle);
    restyle();
}

void InsightsPage::build()
{
    const Look look{m_context.themes, m_context.icons};
    m_filter = new InsightFilterBar(m_context);
    m_export = new BarButton(look);
    m_export->setIconName(QStringLiteral("export"));
    m_export->setText(tr("Export\u2026"));
    m_filter->addRight(m_export);
    m_progress = new ProgressLine(look);
    m_list = new InsightList(look, m_model, m_context.time);
    m_detail = new InsightDetail(look, m_context.time);
    m_foot = new FootLine(look);
    setFocusProxy(m_list);
    auto *listPanel = new PanelFrame(look);
    auto *listColumn = new QVBoxLayout(listPanel);
    listColumn->setContentsMargins(1, 1, 1, 1);
    listColumn->setSpacing(0);
    listColumn->addWidget(m_progress);
    listColumn->addWidget(m_list, 1);
    m_splitter = new QSplitter(Qt::Horizontal);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(listPanel);
    m_splitter->addWidget(m_detail);
    m_splitter->setStretchFactor(0, 0);
    m_splitter->setStretchFactor(1, 1);
    m_message = new StateMessage(look);
    auto *messagePanel = new PanelFrame(look);
    (new QVBoxLayout(messagePanel))->addWidget(m_message);
    m_content = new QWidget;
    m_stack = new QStackedLayout(m_content);
    m_stack->addWidget(m_splitter);
    m_stack->addWidget(messagePanel);
    auto *column = new QVBoxLayout(this);
    column->addWidget(m_filter);
    column->addWidget(m_content, 1);
    column->addWidget(m_foot);

    connect(m_filter, &InsightFilterBar::filterChanged, this, [this] {
        fill([this] { m_model.setFilter(m_filter->filter()); });
        refresh();
    });
    connect(m_filter, &InsightFilterBar::orderChanged, this, [this] { fill([this] { m_model.setOrder(m_filter->order()); }); });
    connect(m_export, &QAbstractButton::clicked, this, &InsightsPage::askExport);
    connect(m_progress, &ProgressLine::lateChanged, this, [this](bool late) {
        m_late = late;
        refresh();
    });
    connect(m_list, &InsightList::currentMoved, this, [this] {
        if (m_isFilling) // the view moves on by itself from a row that goes; nobody chose that
            return;
        if (const QModelIndex index = m_list->currentIndex(); index.isValid())
            m_current = m_model.rowAt(index.row()).view.key();
        showCurrent();
    });
    connect(m_list, &InsightList::shutWanted, this, [this](int row, bool shut) {
        fill([&] { m_model.setShut(row, shut); });
        refreshFoot();
    });
    connect(m_list, &InsightList::menuRequested, this, [this](const QPoint &at) {
        QMenu menu(this);
        menu.addAction(tr("Copy as text"), this, [this] { copyAs(InsightFormat::Text); });
        menu.addAction(tr("Copy as Markdown"), this, [this] { copyAs(InsightFormat::Markdown); });
        if (const int row = m_list->currentIndex().row(); row >= 0 && m_model.rowAt(row).under > 0) {
            menu.addSeparator();
            const bool shut = !m_model.rowAt(row).isShut;
            // The list may move while the menu is open.
            menu.addAction(shut ? tr("List only the first of this cause") : tr("List the others of this cause"), this,
                           [this, shut, key = m_model.rowAt(row).view.key()] { emit m_list->shutWanted(m_model.rowOf(key), shut); });
        }
        menu.exec(at);
    });
    connect(m_detail, &InsightDetail::copyWanted, this, &InsightsPage::copyAs);
    connect(m_detail, &InsightDetail::evidenceWanted, this, &InsightsPage::openEvidence);
    connect(&m_detail->verdictBar(), &VerdictBar::given, this, &InsightsPage::giveVerdict);
    connectCalls();
}

void InsightsPage::addActions()
{
    const auto add = [this](const char *id, const QString &text, const QKeySequence &key, std::function<void()> run,
                            std::function<bool()> enabled = {}) {
        m_context.actions.add({QLatin1String(id), text, ActionGroup::List, key.isEmpty() ? QList<QKeySequence>() : QList{key},
                               std::move(run), std::move(enabled), this});
    };
    const auto hasRow = [this] { return m_current.has_value(); };
    const auto key = [](const char *text) { return QKeySequence(QLatin1String(text)); };
    add(
        "insights.confirm", tr("Confirm the chosen insight"), key("V"), [this] { m_detail->verdictBar().begin(VerdictKind::Confirmed); },
        hasRow);
    add(
        "insights.reject", tr("Reject the chosen insight"), key("Shift+V"), [this] { m_detail->verdictBar().begin(VerdictKind::Rejected); },
        hasRow);
    add(
        "insights.withdraw", tr("Withdraw the verdict on the chosen insight"), key("U"),
        [this] { giveVerdict(VerdictKind::Withdrawn, {}); }, [this] { return m_current && m_feed.verdicts().inForce(*m_current); });
    add(
        "insights.copy-text", tr("Copy the chosen insight as text"), key("C"), [this] { copyAs(InsightFormat::Text); }, hasRow);
    add(
        "insights.copy-markdown", tr("Copy the chosen insight as Markdown"), key("Shift+C"), [this] { copyAs(InsightFormat::Markdown); },
        hasRow);
    add("insights.export", tr("Export these insights\u2026"), key("E"), [this] { askExport(); });
    add("insights.clear", tr("Clear the filter"), {}, [this] { m_filter->clear(); });
    add("insights.reload", tr("Read again"), QKeySequence(Qt::Key_F5), [this] { reload(); });
}

QWidget *InsightsPage::filterField() const { return m_filter->textField(); }

void InsightsPage::open(const QString &argument)
{
    InsightFilter filter;
    for (const QString &part : argument.split(QLatin1Char('&'), Qt::SkipEmptyParts)) {
        const QString name = part.section(QLatin1Char('='), 0, 0), value = part.section(QLatin1Char('='), 1);
        if (name == QLatin1String("state"))
            filter.state = value == QLatin1String("open")   ? InsightFilter::State::Open
                           : value == QLatin1String("over") ? InsightFilter::State::Over
                                                            : InsightFilter::State::Any;
        else if (name == QLatin1String("verdict"))
            filter.judged = verdictFilterFromName(value.toStdString());
        else if (name == QLatin1String("severity"))
            filter.minSeverity = severityOf(value);
        else if (name == QLatin1String("rule"))
            filter.rule = value;
        else if (name == QLatin1String("text"))
            filter.text = value;
    }
    m_filter->setFilter(filter);
}

void InsightsPage::showEvent(QShowEvent *)
{
    if (!m_loaded)
        reload();
    m_feed.setActive(true);
}

void InsightsPage::hideEvent(QHideEvent *) { m_feed.setActive(false); }

/// Live shows the figures of some minutes; an insight may be open for hours.
InsightsFeed::Range InsightsPage::wantedRange() const
{
    const TimeRange range = m_context.session.range();
    const std::int64_t nowNs = m_context.nowNs();
    const TimeWindow span = range.kind == TimeRange::Kind::Live ? TimeWindow{nowNs - dayNs, nowNs} : resolve(range, nowNs);
    InsightsFeed::Range wanted{span.fromNs, span.toNs, isMoving(range), {}};
    if (const QString node = m_context.shell.scopeNode(); !node.isEmpty())
        wanted.nodes = {node.toStdString()};
    return wanted;
}

void InsightsPage::timeChanged()
{
    const InsightsFeed::Range wanted = wantedRange(), &now = m_feed.range();
    const bool isSame =
        wanted.moving == now.moving
        && (wanted.moving ? wanted.toNs - wanted.fromNs == now.toNs - now.fromNs : wanted.fromNs == now.fromNs && wanted.toNs == now.toNs);
    if (m_loaded && !isSame)
        reload();
}

void InsightsPage::reload()
{
    if (!isVisible()) {
        m_loaded = false;
        return;
    }
    m_loaded = true;
    m_feed.setRange(wantedRange());
}

bool InsightsPage::closeTopmost()
{
    if (m_feed.state() != InsightsFeed::State::Loading)
        return false;
    m_feed.cancel();
    return true;
}

void InsightsPage::refresh()
{
    const bool isLoading = m_feed.state() == InsightsFeed::State::Loading;
    const std::int64_t nowNs = m_context.nowNs();
    if (m_feed.state() != InsightsFeed::State::Failed)
        m_failedNs = 0;
    else if (m_failedNs == 0)
        m_failedNs = nowNs;
    if (!isLoading) { // what was there stays until all of the new is
        const QLineEdit &reason = m_detail->verdictBar().reasonField();
        const bool isJudged = reason.hasFocus() || !reason.text().isEmpty();
        const QScopedValueRollback filling(m_isFilling, true);
        m_model.setKept(isJudged ? m_current : std::nullopt);
        m_model.setVerdicts(m_feed.verdicts());
        m_model.setInsights(m_feed.insights(nowNs), m_feed.streams(m_context.session.agents()), nowNs);
        m_filter->setRules(m_model.rules());
    }
    m_progress->setBusy(isLoading);
    const bool hasRows = m_model.rowCount() > 0;
    // Nothing is said for 200 ms: most readings are done by then.
    const bool isMessage = !hasRows && (!isLoading || m_late);
    if (isMessage)
        m_message->setState(emptyState());
    m_stack->setCurrentIndex(isMessage ? 1 : 0);
    m_detail->setVisible(hasRows);
    m_export->setEnabled(hasRows);
    choose();
    refreshFoot();
}

void InsightsPage::fill(const std::function<void()> &change)
{
    {
        const QScopedValueRollback filling(m_isFilling, true);
        change();
    }
    choose();
}

/// Keeps what was chosen, else takes the first.
void InsightsPage::choose()
{
    if (m_model.rowCount() == 0) {
        m_current.reset();
        return;
    }
    const int known = m_current ? m_model.rowFor(*m_current) : -1;
    const QModelIndex index = m_model.index(std::max(known, 0));
    m_current = m_model.rowAt(index.row()).view.key();
    if (m_list->currentIndex() != index) {
        m_list->setCurrentIndex(index);
        if (known >= 0)
            m_list->scrollTo(index);
    }
    showCurrent();
}

void InsightsPage::showCurrent()
{
    const int row = m_current ? m_model.rowOf(*m_current) : -1;
    if (row < 0)
        return;
    const std::vector<Verdict> history = m_feed.verdicts().history(*m_current);
    if (m_waiting && m_waiting->key == *m_current && history.size() > m_waiting->known)
        m_waiting.reset();
    m_detail->setInsight(m_model.rowAt(row), history);
    m_calls.want(m_model.rowAt(row).view, m_context.nowNs());
    showProof();
    const bool isWaiting = m_waiting && m_waiting->key == *m_current;
    m_detail->verdictBar().setWaiting(isWaiting, isWaiting ? m_context.session.storeError() : QString());
}

StateText InsightsPage::emptyState() const
{
    StateText state;
    state.icon = QStringLiteral("no-data");
    const auto action = [this, &state](const QString &text, const char *id) {
        state.actionText = text;
        state.action = [this, id] { m_context.actions.trigger(QLatin1String(id)); };
    };
    switch (m_feed.state()) {
    case InsightsFeed::State::Failed:
        state.icon = QStringLiteral("error");
        state.problem = true;
        state.headline = tr("The insights could not be read");
        state.sentence = tr("From the store of this console, at %1:").arg(m_context.time.textWithZone(m_failedNs, TimeStyle::Second));
        state.verbatim = m_feed.error();
        action(tr("Read again"), "insights.reload");
        return state;
    case InsightsFeed::State::Loading:
        state.icon = QStringLiteral("clock");
        state.headline = tr("Reading insights from the store");
        state.actionText = tr("Cancel");
        state.action = [this] { const_cast<InsightsPage *>(this)->m_feed.cancel(); };
        return state;
    case InsightsFeed::State::Idle:
        state.headline = tr("Reading was cancelled");
        action(tr("Read again"), "insights.reload");
        return state;
    case InsightsFeed::State::Ready: break;
    }
    if (m_model.total() == 0)
        return nothingFound();
    state.headline = tr("No insight matches the filter");
    state.sentence = tr("%n insight(s) of this time range are filtered out.", nullptr, static_cast<int>(m_model.total()));
    action(tr("Clear the filter"), "insights.clear");
    return state;
}

/// Nobody looks, or who looks found nothing: never the one for the other.
StateText InsightsPage::nothingFound() const
{
    const Correlating agents = correlatingOf(m_context.session, m_context.shell.scopeNode());
    if (agents.agents == 0)
        return firstStartState(m_context.session.link(), m_context.setup);
    StateText state;
    state.icon = QStringLiteral("no-data");
    const TimeRange range = m_context.session.range();
    const QString when = range.kind == TimeRange::Kind::Live ? tr("the last 24 h") : rangeText(range, m_context.time.zone());
    if (agents.connected == 0) {
        state.headline = tr("No data: no agent is connected");
        state.sentence =
            tr("None of the known agents told of an insight in this time range (%1), and none is connected to find one now.").arg(when);
        state.actionText = tr("Show the connections");
        state.action = [this] { m_context.shell.openPage(PageId::Connections); };
        return state;
    }
    if (agents.active == 0) {
        state.headline = tr("No data: no connected agent correlates");
        state.sentence =
            agents.refused.empty()
                ? tr("Insights are found by rules in the agents. They are off there (enabled in [correlation] of agent.toml), or the "
                     "agents are older.")
                : tr("The rules that find insights are not running, since:");
        state.verbatim = QString::fromStdString(agents.refused);
        state.actionText = tr("Show the connections");
        state.action = [this] { m_context.shell.openPage(PageId::Connections); };
        return state;
    }
    state.icon = QStringLiteral("check");
    state.headline = tr("No insight in this time range");
    state.sentence = tr("%1 of %2 connected agents correlate, and their rules found nothing to tell (%3).")
                         .arg(agents.active)
                         .arg(agents.connected)
                         .arg(when);
    if (range.kind != TimeRange::Kind::Live && range.kind != TimeRange::Kind::Last24Hours) {
        state.actionText = tr("Show the last 24 h");
        state.action = [this] { m_context.actions.trigger(QStringLiteral("range.last-24h")); };
    }
    return state;
}

QString InsightsPage::footText() const
{
    QStringList parts;
    const std::size_t shown = static_cast<std::size_t>(m_model.rowCount()) + m_model.underShut();
    if (m_feed.state() == InsightsFeed::State::Failed && shown > 0)
        parts << tr("stale: %1").arg(m_feed.error());
    if (m_feed.state() == InsightsFeed::State::Ready) {
        if (shown < m_model.wanted())
            parts << tr("The first %1 of %2 insights: narrow the filter or the time range")
                         .arg(exactCount(shown), exactCount(m_model.wanted()));
        else if (shown < m_model.total())
            parts << tr("%1 of %2 insights").arg(exactCount(shown), exactCount(m_model.total()));
        else
            parts << tr("%n insight(s)", nullptr, static_cast<int>(shown));
        if (m_model.underShut() > 0)
            parts << tr("%1 of them under their cause").arg(exactCount(m_model.underShut()));
        if (m_feed.cutOff())
            parts << tr("only the newest of more that were told: narrow the time range");
        parts << tr("%1 open").arg(exactCount(m_model.open()));
        if (m_context.session.range().kind == TimeRange::Kind::Live)
            parts << tr("of the last 24 h");
        const Correlating agents = correlatingOf(m_context.session, m_context.shell.scopeNode());
        parts << tr("%1 of %2 connected agents correlate").arg(agents.active).arg(agents.connected);
    }
    if (!m_feed.followError().isEmpty())
        parts << tr("stale, what is new cannot be read: %1").arg(m_feed.followError());
    if (!m_feed.verdictError().isEmpty())
        parts << tr("verdicts cannot be read: %1").arg(m_feed.verdictError());
    return parts.join(QStringLiteral(" \u00b7 "));
}

void InsightsPage::refreshFoot()
{
    const bool isLossy = m_feed.state() == InsightsFeed::State::Ready && m_feed.lostEvents() > 0;
    m_foot->setText(footText(), isLossy ? tr("%1 lost").arg(exactCount(m_feed.lostEvents())) : QString(),
                    isLossy ? tr("events on the way in this range, of whatever kind: insights may be missing") : QString());
}

void InsightsPage::giveVerdict(VerdictKind kind, const QString &reason)
{
    const int row = m_current ? m_model.rowOf(*m_current) : -1;
    if (row < 0)
        return;
    const InsightView &view = m_model.rowAt(row).view;
    Verdict verdict;
    verdict.node = view.node;
    verdict.insight = view.insight.id;
    verdict.rule = view.insight.rule;
    verdict.kind = kind;
    verdict.reason = reason.toStdString();
    const std::size_t known = m_feed.verdicts().history(view.key()).size();
    if (const Status status = m_context.session.giveVerdict(verdict); !status) {
        m_context.shell.notify(tr("Not stored: %1").arg(QString::fromStdString(status.error().context())));
        return;
    }
    m_waiting = Waiting{view.key(), known};
    m_detail->verdictBar().accepted();
    m_context.shell.notify(kind == VerdictKind::Confirmed  ? tr("Confirmed")
                           : kind == VerdictKind::Rejected ? tr("Rejected")
                                                           : tr("Verdict withdrawn"));
    m_list->setFocus(Qt::OtherFocusReason);
    showCurrent();
}

void InsightsPage::showProof()
{
    if (const std::optional<InsightRow> &row = m_detail->insight())
        m_detail->setProof(proofOf(m_context.session.overview(), row->view.insight.rule));
}

void InsightsPage::copyAs(InsightFormat format) const
{
    const int row = m_current ? m_model.rowOf(*m_current) : -1;
    if (row < 0)
        return;
    QGuiApplication::clipboard()->setText(
        insightReport(m_model.rowAt(row), m_feed.verdicts().history(*m_current),
                      proofOf(m_context.session.overview(), m_model.rowAt(row).view.insight.rule).frequency, m_context.time, format));
    m_context.shell.notify(format == InsightFormat::Markdown ? tr("The insight was copied as Markdown")
                                                             : tr("The insight was copied as text"));
}

void InsightsPage::askExport()
{
    if (m_model.rowCount() == 0)
        return;
    const QString jsonLines = tr("JSON lines (*.jsonl)"), csv = tr("CSV (*.csv)");
    QString chosen = jsonLines;
    const QString file = QFileDialog::getSaveFileName(window(), tr("Export these insights"), QStringLiteral("insights.jsonl"),
                                                      jsonLines + QStringLiteral(";;") + csv, &chosen);
    if (!file.isEmpty())
        save(file, file.endsWith(QLatin1String(".csv")) || (chosen == csv && !file.endsWith(QLatin1String(".jsonl"))));
}

void InsightsPage::save(const QString &path, bool asCsv)
{
    std::vector<InsightToWrite> insights;
    for (InsightRow &row : m_model.wantedRows())
        insights.emplace_back(std::move(row.view), row.life);
    // The pool ends before the page does: what it posts to it is dropped with it.
    m_writers.start([this, path, asCsv, insights = std::move(insights), verdicts = m_feed.verdicts()] {
        const Status written = writeInsights(path, asCsv ? InsightFileFormat::Csv : InsightFileFormat::JsonLines, insights, verdicts);
        QMetaObject::invokeMethod(
            this,
            [this, path, written, count = insights.size()] {
                if (written)
                    m_context.session.recordAction(QStringLiteral("export"), tr("%1 insights").arg(count));
                m_context.shell.notify(written
                                           ? tr("%1 insights written to %2").arg(count).arg(QFileInfo(path).fileName())
                                           : tr("Export to %1 failed: %2").arg(path, QString::fromStdString(written.error().context())));
            },
            Qt::QueuedConnection);
    });
}

void InsightsPage::restyle()
{
    const Theme &t = m_context.themes.theme();
    layout()->setContentsMargins(t.px(12), t.px(12), t.px(12), t.px(4));
    layout()->setSpacing(t.px(8));
    m_splitter->setHandleWidth(t.px(8));
    m_list->setMinimumWidth(t.px(260));
    m_splitter->setSizes({t.px(t.compact() ? 320 : 400), t.px(2000)});
    refresh();
}

} // namespace tapio::console
