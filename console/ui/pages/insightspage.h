// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointer>
#include <QThreadPool>

#include <functional>

#include "console/ui/models/callsfeed.h"
#include "console/ui/models/evidencesearch.h"
#include "console/ui/models/insightsfeed.h"
#include "console/ui/models/insightsmodel.h"
#include "console/ui/models/insighttext.h"
#include "console/ui/pages/page.h"
#include "console/ui/widgets/statemessage.h"

class QSplitter;
class QStackedLayout;

namespace tapio::console {

class BarButton;
class DetailView;
class FootLine;
class InsightDetail;
class InsightFilterBar;
class InsightList;
class ProgressLine;

/// What the agents' rules found in the time range (while it is live: in the last 24 h), with its evidence, and where operators say whether it is right.
/// GUI thread.
class InsightsPage : public Page {
    Q_OBJECT
public:
    explicit InsightsPage(UiContext context, QWidget *parent = nullptr);

    QString title() const override { return tr("Insights"); }
    QWidget *filterField() const override;
    bool usesNodeScope() const override { return true; }
    void scopeChanged() override { reload(); }
    void timeChanged() override;
    /// Parts joined by '&': "state=open", "severity=critical", "rule=oom-kill", "text=...".
    void open(const QString &argument) override;
    bool closeTopmost() override; ///< stops reading
    bool settled() const override { return m_feed.state() != InsightsFeed::State::Loading; }

    const InsightsModel &model() const { return m_model; }
    InsightFilterBar &filterBar() const { return *m_filter; }
    InsightDetail &detail() const { return *m_detail; }
    InsightList &list() const { return *m_list; }
    /// Writes what is listed in the background and tells how it ended.
    void save(const QString &path, bool asCsv);

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void build();
    void addActions();
    void reload();
    void refresh();
    void refreshFoot();
    /// Changes what is listed, and keeps what was chosen.
    void fill(const std::function<void()> &change);
    void choose();
    void showCurrent();
    void showProof();
    StateText emptyState() const;
    StateText nothingFound() const;
    QString footText() const;
    InsightsFeed::Range wantedRange() const;
    void giveVerdict(VerdictKind kind, const QString &reason);
    void copyAs(InsightFormat format) const;
    void askExport();
    void openEvidence(const wire::EvidenceRef &ref);
    void connectEvidence();
    void showStored(const StoredEvent &event);
    void connectCalls();
    void showEventsOf(const CallParty &party);
    void restyle();

    UiContext m_context;
    InsightsModel m_model;
    InsightsFeed m_feed;
    CallsFeed m_calls;
    EvidenceSearch m_evidence;
    InsightFilterBar *m_filter = nullptr;
    BarButton *m_export = nullptr;
    ProgressLine *m_progress = nullptr;
    QWidget *m_content = nullptr;
    QStackedLayout *m_stack = nullptr;
    QSplitter *m_splitter = nullptr;
    InsightList *m_list = nullptr;
    InsightDetail *m_detail = nullptr;
    StateMessage *m_message = nullptr;
    FootLine *m_foot = nullptr;
    QPointer<DetailView> m_eventDetails;
    std::optional<InsightKey> m_current;
    struct Waiting {
        InsightKey key;
        std::size_t known; ///< verdicts on it before this one
    };
    std::optional<Waiting> m_waiting;
    bool m_late = false, m_loaded = false;
    bool m_isFilling = false; ///< the list is being changed: where the view goes meanwhile is nobody's choice
    std::int64_t m_failedNs = 0;
    QThreadPool m_writers; ///< last: waits for its jobs while the page is still there
};

} // namespace tapio::console
