// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractListModel>

#include <map>
#include <optional>
#include <vector>

#include "console/ui/models/insightfilter.h"
#include "console/ui/widgets/timedisplay.h"

namespace tapio::console {

/// One insight as it is listed.
struct InsightRow {
    InsightView view;
    std::optional<Verdict> verdict; ///< in force
    InsightLife life = InsightLife::Unknown;
    bool isUnder = false; ///< stands under the earliest of its cause, the nearest row above that does not
    int under = 0;        ///< how many stand under this one, listed or not
    bool isShut = false;  ///< those under it are not listed
    bool operator==(const InsightRow &) const = default;
};

/// Insights, filtered, in order, those of one cause together. At most `maxRows`. Rows that stay keep their place in the view: what changed is
/// told as such, unless the order itself turned. GUI thread.
class InsightsModel : public QAbstractListModel {
    Q_OBJECT
public:
    static constexpr std::size_t maxRows = 2000;
    static constexpr int mostUnder = 3;          ///< of one cause; more are listed only where asked for
    static constexpr int rowRole = Qt::UserRole; ///< const InsightRow * as quintptr, for the delegate

    explicit InsightsModel(const TimeDisplay &time, QObject *parent = nullptr);

    void setInsights(std::vector<InsightView> views, const NodeStreams &streams, std::int64_t nowNs);
    void setVerdicts(const VerdictBook &verdicts);
    void setFilter(const InsightFilter &filter);
    void setOrder(InsightOrder order);
    /// Lists those under a row, or no longer. Without a word, what is not too much.
    void setShut(int row, bool shut);
    /// One that stays listed whatever is filtered, and is not shut away by itself, from the next change on: somebody judges it.
    void setKept(const std::optional<InsightKey> &kept) { m_kept = kept; }
    const InsightFilter &filter() const { return m_filter; }
    InsightOrder order() const { return m_order; }
    const VerdictBook &verdicts() const { return m_verdicts; }

    const InsightRow &rowAt(int row) const { return m_rows[static_cast<std::size_t>(row)]; }
    int rowOf(const InsightKey &key) const; ///< -1 = not listed
    /// Its own row, or that of the shut one that it stands under; -1 = neither.
    int rowFor(const InsightKey &key) const;
    std::int64_t nowNs() const { return m_nowNs; }       ///< as of which the states are
    std::size_t total() const { return m_views.size(); } ///< listed or not
    std::size_t wanted() const { return m_wanted; }      ///< that the filter lets through: more than the rows, where those are too many
    /// All that the filter lets through, in order, listed or not.
    std::vector<InsightRow> wantedRows() const;
    std::size_t underShut() const { return m_underShut; } ///< wanted, and not listed since they stand under one that is shut
    std::size_t open() const;                             ///< of all, listed or not
    std::vector<std::string> rules() const;               ///< of all, in order

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;

private:
    /// A row that is not copied yet: most of them are as they are shown already, or are not shown at all.
    struct Wanted {
        const InsightView *view = nullptr;
        const Verdict *verdict = nullptr; ///< null: none is in force
        InsightLife life = InsightLife::Unknown;
        bool isUnder = false;
        int under = 0;
        bool isShut = false;
        InsightKey key() const { return view->key(); }
        InsightRow row() const;
        bool isAs(const InsightRow &row) const;
    };
    std::vector<Wanted> wantedOnes() const;
    void rebuild();
    std::optional<InsightKey> headOfKept(const std::vector<Wanted> &rows) const;
    void hideShut(std::vector<Wanted> &rows);
    void show(const std::vector<Wanted> &rows);
    bool keepsOrder(const std::vector<Wanted> &rows) const;
    void update(const std::vector<Wanted> &rows);

    const TimeDisplay &m_time;
    std::vector<InsightView> m_views;
    NodeStreams m_streams;
    std::int64_t m_nowNs = 0;
    VerdictBook m_verdicts;
    InsightFilter m_filter;
    InsightOrder m_order = InsightOrder::Newest;
    std::vector<InsightRow> m_rows;
    std::size_t m_wanted = 0, m_underShut = 0;
    std::map<InsightKey, bool> m_shut; ///< what was asked for
    std::optional<InsightKey> m_kept;
    std::map<InsightKey, InsightKey> m_headOfHidden;
};

} // namespace tapio::console
