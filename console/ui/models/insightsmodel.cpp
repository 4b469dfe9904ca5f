// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/insightsmodel.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

#include "console/core/metrics/insightcause.h"
#include "console/ui/models/insighttext.h"

namespace tapio::console {

namespace {

/// What the order goes by; the larger comes first.
std::int64_t rankOf(const InsightView &view, InsightOrder order)
{
    switch (order) {
    case InsightOrder::Newest: return view.insight.fromNs;
    case InsightOrder::Told: return view.toldNs;
    case InsightOrder::Severity: return static_cast<std::int64_t>(view.severity);
    case InsightOrder::Evidence: break;
    }
    return static_cast<std::int64_t>(std::min<std::uint64_t>(view.insight.evidenceCount, INT64_MAX));
}

} // namespace

InsightsModel::InsightsModel(const TimeDisplay &time, QObject *parent) : QAbstractListModel(parent), m_time(time)
{
    connect(&time, &TimeDisplay::changed, this, [this] {
        if (rowCount() > 0)
            emit dataChanged(index(0), index(rowCount() - 1));
    });
}

void InsightsModel::setInsights(std::vector<InsightView> views, const NodeStreams &streams, std::int64_t nowNs)
{
    m_views = std::move(views);
    m_streams = streams;
    m_nowNs = nowNs;
    rebuild();
}

void InsightsModel::setVerdicts(const VerdictBook &verdicts)
{
    if (m_verdicts == verdicts)
        return;
    m_verdicts = verdicts;
    rebuild();
}

void InsightsModel::setFilter(const InsightFilter &filter)
{
    if (m_filter == filter)
        return;
    m_filter = filter;
    rebuild();
}

void InsightsModel::setOrder(InsightOrder order)
{
    if (m_order == order)
        return;
    m_order = order;
    rebuild();
}

int InsightsModel::rowOf(const InsightKey &key) const
{
    const auto at = std::find_if(m_rows.begin(), m_rows.end(), [&key](const InsightRow &row) { return row.view.key() == key; });
    return at == m_rows.end() ? -1 : static_cast<int>(at - m_rows.begin());
}

int InsightsModel::rowFor(const InsightKey &key) const
{
    const auto hidden = m_headOfHidden.find(key);
    return rowOf(hidden == m_headOfHidden.end() ? key : hidden->second);
}

std::size_t InsightsModel::open() const
{
    return static_cast<std::size_t>(std::count_if(
        m_views.begin(), m_views.end(), [this](const InsightView &view) { return lifeOf(view, m_streams, m_nowNs) == InsightLife::Open; }));
}

std::vector<std::string> InsightsModel::rules() const
{
    std::set<std::string> names;
    for (const InsightView &view : m_views)
        names.insert(view.insight.rule);
    return {names.begin(), names.end()};
}

InsightRow InsightsModel::Wanted::row() const
{
    return {*view, verdict ? std::optional(*verdict) : std::nullopt, life, isUnder, under, isShut};
}

bool InsightsModel::Wanted::isAs(const InsightRow &row) const
{
    const bool isJudgedSo = verdict ? row.verdict == *verdict : !row.verdict;
    return isJudgedSo && life == row.life && isUnder == row.isUnder && under == row.under && isShut == row.isShut && *view == row.view;
}

std::vector<InsightRow> InsightsModel::wantedRows() const
{
    std::vector<InsightRow> rows;
    for (const Wanted &one : wantedOnes())
        rows.push_back(one.row());
    return rows;
}

std::vector<InsightsModel::Wanted> InsightsModel::wantedOnes() const
{
    using Key = std::pair<std::string_view, std::uint64_t>; // as InsightKey, of views that stay
    const auto keyOf = [](const InsightView &view) { return Key(view.node, view.insight.id); };
    std::vector<const InsightView *> views;
    std::vector<Wanted> rows;
    for (const InsightView &view : m_views) {
        const InsightLife life = lifeOf(view, m_streams, m_nowNs);
        const Verdict *verdict = m_verdicts.inForce(view.key());
        if (!m_filter.wants(view, life, verdict) && m_kept != view.key())
            continue;
        views.push_back(&view);
        rows.push_back({&view, verdict, life});
    }
    const std::vector<std::size_t> headOf = groupByCause(views);
    struct Place {
        std::int64_t group; ///< the best of its group
        std::int64_t headFromNs;
        Key head;
        bool isUnder;
        std::int64_t fromNs;
        Key key;
    };
    std::vector<std::int64_t> best(rows.size(), INT64_MIN);
    for (std::size_t i = 0; i < rows.size(); ++i)
        best[headOf[i]] = std::max(best[headOf[i]], rankOf(*views[i], m_order));
    std::vector<std::pair<Place, std::size_t>> places;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::size_t head = headOf[i];
        rows[i].isUnder = head != i;
        rows[head].under += head != i ? 1 : 0;
        places.push_back(
            {{best[head], views[head]->insight.fromNs, keyOf(*views[head]), head != i, views[i]->insight.fromNs, keyOf(*views[i])}, i});
    }
    std::sort(places.begin(), places.end(), [](const auto &one, const auto &two) {
        const Place &a = one.first, &b = two.first;
        return std::tie(b.group, b.headFromNs, a.head, a.isUnder, a.fromNs, a.key)
               < std::tie(a.group, a.headFromNs, b.head, b.isUnder, b.fromNs, b.key);
    });
    std::vector<Wanted> sorted;
    for (const auto &[place, i] : places)
        sorted.push_back(rows[i]);
    return sorted;
}

void InsightsModel::setShut(int row, bool shut)
{
    if (row < 0 || row >= rowCount() || rowAt(row).under == 0 || rowAt(row).isShut == shut)
        return;
    m_shut[rowAt(row).view.key()] = shut;
    rebuild();
}

/// The first of the cause of what is kept, if there is such.
std::optional<InsightKey> InsightsModel::headOfKept(const std::vector<Wanted> &rows) const
{
    std::optional<InsightKey> head;
    for (const Wanted &row : rows) {
        if (!row.isUnder)
            head = row.key();
        if (m_kept == row.key())
            return head;
    }
    return std::nullopt;
}

/// A storm is one line until somebody wants to read all of it.
void InsightsModel::hideShut(std::vector<Wanted> &rows)
{
    bool isShut = false;
    InsightKey head;
    const std::optional<InsightKey> keptHead = headOfKept(rows);
    m_headOfHidden.clear();
    for (Wanted &row : rows) {
        if (!row.isUnder) {
            const auto asked = m_shut.find(row.key());
            isShut = row.under > 0 && (asked != m_shut.end() ? asked->second : row.under > mostUnder && row.key() != keptHead);
        }
        row.isShut = isShut;
        if (!row.isUnder)
            head = row.key();
        else if (isShut)
            m_headOfHidden[row.key()] = head;
    }
    m_underShut = std::erase_if(rows, [](const Wanted &row) { return row.isUnder && row.isShut; });
}

void InsightsModel::rebuild()
{
    std::vector<Wanted> rows = wantedOnes();
    m_wanted = rows.size();
    hideShut(rows);
    if (rows.size() > maxRows)
        rows.resize(maxRows);
    show(rows);
}

/// Whether the rows that stay are in the order that they have.
bool InsightsModel::keepsOrder(const std::vector<Wanted> &rows) const
{
    std::map<InsightKey, std::size_t> places;
    for (std::size_t i = 0; i < rows.size(); ++i)
        places[rows[i].key()] = i;
    std::optional<std::size_t> last;
    for (const InsightRow &row : m_rows) {
        const auto place = places.find(row.view.key());
        if (place == places.end())
            continue;
        if (last && place->second < *last)
            return false;
        last = place->second;
    }
    return true;
}

void InsightsModel::show(const std::vector<Wanted> &rows)
{
    if (keepsOrder(rows)) {
        update(rows);
        return;
    }
    beginResetModel();
    m_rows.clear();
    std::transform(rows.begin(), rows.end(), std::back_inserter(m_rows), [](const Wanted &row) { return row.row(); });
    endResetModel();
}

void InsightsModel::update(const std::vector<Wanted> &rows)
{
    std::set<InsightKey> staying;
    for (const Wanted &row : rows)
        staying.insert(row.key());
    // Those next to each other at once: the rest would be moved for each.
    for (int end = rowCount(); end > 0; --end) {
        int first = end;
        while (first > 0 && !staying.contains(rowAt(first - 1).view.key()))
            --first;
        if (first < end) {
            beginRemoveRows({}, first, end - 1);
            m_rows.erase(m_rows.begin() + first, m_rows.begin() + end);
            endRemoveRows();
        }
        end = first;
    }
    for (int i = 0; i < static_cast<int>(rows.size()); ++i) {
        const Wanted &row = rows[static_cast<std::size_t>(i)];
        if (i < rowCount() && rowAt(i).view.key() == row.key()) {
            if (row.isAs(rowAt(i)))
                continue;
            m_rows[static_cast<std::size_t>(i)] = row.row();
            emit dataChanged(index(i), index(i));
            continue;
        }
        int end = i + 1; // up to the next that was there before
        while (end < static_cast<int>(rows.size()) && (i >= rowCount() || rows[static_cast<std::size_t>(end)].key() != rowAt(i).view.key()))
            ++end;
        beginInsertRows({}, i, end - 1);
        std::vector<InsightRow> made;
        std::transform(rows.begin() + i, rows.begin() + end, std::back_inserter(made), [](const Wanted &one) { return one.row(); });
        m_rows.insert(m_rows.begin() + i, std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()));
        endInsertRows();
        i = end - 1;
    }
}

int InsightsModel::rowCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : static_cast<int>(m_rows.size()); }

QVariant InsightsModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const InsightRow &row = rowAt(index.row());
    switch (role) {
    case Qt::DisplayRole: return QString::fromStdString(row.view.insight.text);
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole: return insightLine(row, m_time);
    case rowRole: return QVariant::fromValue(reinterpret_cast<quintptr>(&row));
    default: return {};
    }
}

} // namespace tapio::console
