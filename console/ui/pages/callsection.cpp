// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/callsection.h"

#include <QHeaderView>
#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QVBoxLayout>

#include <algorithm>

#include "console/ui/pages/callmapview.h"
#include "console/ui/widgets/format.h"
#include "console/ui/widgets/styledlabel.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

namespace {

constexpr int mostRowsShown = 12;

std::vector<ColumnStyle> callColumns()
{
    using Kind = ColumnStyle::Kind;
    std::vector<ColumnStyle> columns(CallsModel::ColumnCount);
    columns[CallsModel::Caller] = {Kind::Mono, Qt::ElideMiddle, 120, 320, true};
    columns[CallsModel::Callee] = {Kind::Mono, Qt::ElideMiddle, 120, 2000, true};
    columns[CallsModel::What] = {Kind::Text, Qt::ElideRight, 84, 110, false, 2};
    columns[CallsModel::Calls] = {Kind::Number, Qt::ElideRight, 56, 100, false};
    columns[CallsModel::Rate] = {Kind::Number, Qt::ElideRight, 64, 100, false, 3};
    columns[CallsModel::Failed] = {Kind::Text, Qt::ElideRight, 64, 200, false};
    columns[CallsModel::Median] = {Kind::Number, Qt::ElideRight, 60, 100, false};
    columns[CallsModel::Slowest] = {Kind::Number, Qt::ElideRight, 60, 100, false};
    columns[CallsModel::ToldBy] = {Kind::Text, Qt::ElideRight, 64, 110, false, 1};
    return columns;
}

std::vector<std::size_t> rootsIn(const CallGraph &graph, const wire::Insight &insight)
{
    return graph.find({insight.rootKind, insight.root});
}

std::vector<std::size_t> affectedIn(const CallGraph &graph, const wire::Insight &insight)
{
    std::vector<std::size_t> all;
    for (const std::string &entity : insight.affected) {
        if (const auto party = partyOf(entity)) {
            const auto found = graph.find(*party);
            all.insert(all.end(), found.begin(), found.end());
        }
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

} // namespace

CallSection::CallSection(Look look, const TimeDisplay &time, QWidget *parent) : PanelFrame(look, parent), m_look(look), m_time(time)
{
    m_title = new QLabel(tr("Calls around it"));
    m_hint = new QLabel;
    m_message = new QLabel;
    m_message->setWordWrap(true);
    for (QLabel *label : {m_title, m_hint, m_message})
        label->setTextFormat(Qt::PlainText);
    m_view = new CallMapView(look);
    m_scroll = new QScrollArea;
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setWidgetResizable(true);
    m_scroll->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->viewport()->setAutoFillBackground(false);
    m_scroll->setWidget(m_view);
    m_view->setAutoFillBackground(false); // which setWidget() switched on
    m_table = new TableView(look, callColumns());
    m_table->setModel(&m_calls);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setAccessibleName(tr("Calls around the insight"));
    auto *head = new QHBoxLayout;
    head->addWidget(m_title);
    head->addWidget(m_hint, 1);
    m_column = new QVBoxLayout(this);
    m_column->addLayout(head);
    m_column->addWidget(m_message);
    m_column->addWidget(m_scroll);
    m_column->addWidget(m_table);
    connect(m_view, &CallMapView::chosen, this, &CallSection::chosen);
    connect(&time, &TimeDisplay::changed, this, &CallSection::refresh);
    connect(&look.themes, &ThemeStore::themeChanged, this, &CallSection::restyle);
    setLoading();
    restyle();
}

void CallSection::showMessage(const QString &text)
{
    m_hint->clear();
    m_message->setText(text);
    m_message->show();
    m_scroll->hide();
    m_table->hide();
}

void CallSection::setLoading()
{
    m_hasGraph = false;
    showMessage(tr("Reading connections and requests from the store\u2026"));
}

void CallSection::setFailed(const QString &error)
{
    m_hasGraph = false;
    showMessage(tr("Connections and requests could not be read: %1").arg(error));
}

void CallSection::setGraph(const CallGraph &graph, const wire::Insight &insight)
{
    const CallMap map = layoutCalls(graph, rootsIn(graph, insight), affectedIn(graph, insight));
    const bool isSame = m_hasGraph && graph == m_graph && map == m_map;
    m_hasGraph = true;
    if (isSame)
        return;
    m_graph = graph;
    m_map = map;
    m_view->setMap(m_graph, m_map);
    m_calls.setMap(m_graph, m_map);
    m_table->fitColumns();
    refresh();
}

QString CallSection::words() const { return m_message->isHidden() ? m_hint->text() : m_message->text(); }

QString CallSection::nothing(const CallMap &map) const
{
    const QString when =
        tr("%1 to %2").arg(m_time.text(m_graph.fromNs, TimeStyle::Second), m_time.textWithZone(m_graph.toNs, TimeStyle::Second));
    if (m_graph.events == 0)
        return tr("No data: no connection and no request of %1 is in the store. Agents tell of plain ones only some, and add up the rest.")
            .arg(when);
    return tr("No data: none of the %1 connections and requests of %2 are of what this insight is about; %n other part(s) called each "
              "other.",
              nullptr, static_cast<int>(map.unrelated))
        .arg(exactCount(m_graph.events), when);
}

QString CallSection::hint(const CallMap &map) const
{
    QStringList parts{
        tr("%1 to %2").arg(m_time.text(m_graph.fromNs, TimeStyle::Second), m_time.textWithZone(m_graph.toNs, TimeStyle::Second)),
        tr("%1 connections and requests").arg(exactCount(m_graph.events))};
    if (m_graph.isCut)
        parts << tr("the newest, older ones were not read");
    if (map.left > 0)
        parts << tr("%n more part(s) around it", nullptr, static_cast<int>(map.left));
    if (map.unrelated > 0)
        parts << tr("%n without a way to it", nullptr, static_cast<int>(map.unrelated));
    parts << tr("dashed: told by the one that is called alone");
    return parts.join(QStringLiteral(" \u00b7 "));
}

void CallSection::refresh()
{
    if (!m_hasGraph)
        return;
    if (m_map.nodes.empty() || m_calls.rowCount() == 0)
        return showMessage(nothing(m_map));
    m_message->hide();
    m_scroll->show();
    m_table->show();
    m_hint->setText(hint(m_map));
    m_hint->setToolTip(m_hint->text());
    fitTable();
}

/// As high as they are: the page scrolls, not the parts in it.
void CallSection::fitTable()
{
    const Theme &t = m_look.theme();
    const int rows = std::clamp(m_calls.rowCount(), 1, mostRowsShown);
    m_table->setFixedHeight(m_table->horizontalHeader()->sizeHint().height() + rows * t.rowHeight() + 4);
    m_scroll->setFixedHeight(m_view->sizeHint().height() + m_scroll->horizontalScrollBar()->sizeHint().height());
}

void CallSection::restyle()
{
    const Theme &t = m_look.theme();
    m_column->setContentsMargins(t.px(12), t.px(10), t.px(12), t.px(10));
    m_column->setSpacing(t.px(6));
    styleLabel(m_title, t.font(FontRole::PanelTitle, QFont::DemiBold), t.text.primary);
    styleLabel(m_hint, t.font(FontRole::Label), t.text.tertiary);
    styleLabel(m_message, t.font(FontRole::Body), t.text.secondary);
    fitTable();
}

} // namespace tapio::console
