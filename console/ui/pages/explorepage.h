// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QSortFilterProxyModel>
#include <QTimer>

#include <memory>
#include <optional>

#include "console/ui/models/queryexporter.h"
#include "console/ui/models/queryseriesmodel.h"
#include "console/ui/pages/page.h"
#include "console/ui/widgets/statemessage.h"

class QBoxLayout;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSplitter;
class QStackedLayout;

namespace tapio::console {

class AnnotationLayer;
class BarButton;
class FootLine;
class ProgressLine;
class QueryEditor;
class QueryPlotView;
class TableView;

/// A query in PromQL of the store or of a server: over the range of the window as a graph and a table, or at its end as a table. While the range moves, it is
/// asked again as it moves.
class ExplorePage : public Page {
    Q_OBJECT
public:
    explicit ExplorePage(UiContext context, QWidget *parent = nullptr);

    QString title() const override { return tr("Explore"); }
    QWidget *filterField() const override;
    void timeChanged() override;
    void open(const QString &argument) override; ///< "query=..." runs that; after "source=NAME&" of that one, else of the store
    bool closeTopmost() override;                ///< stops asking, else what is pinned in the graph
    bool settled() const override { return !m_asked; }

    const QuerySeriesModel &model() const { return m_model; }
    const QAbstractItemModel &rows() const { return m_rows; } ///< as shown
    QueryPlotView &graph() const { return *m_graph; }
    QString problem() const; ///< what is wrong with the query or its step; empty = nothing
    void run();              ///< as a person does

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    /// What is asked, or was.
    struct Asked {
        QueryTarget target;
        Question question;
    };

    void build();
    QBoxLayout *makeHead();
    void connectAll();
    void addActions();
    void restyle();
    std::optional<Asked> question();
    std::optional<std::int64_t> stepMs(std::int64_t lengthMs) const;
    void ask(bool isByPerson);
    void askAgain();
    void askAgainAfter(std::int64_t ms);
    void stop();
    void take(const std::shared_ptr<const AnsweredQuery> &answer);
    void takeFailure(const Unanswered &why);
    void showProblem(const QString &text);
    void refresh();
    QString footText() const;
    QString drawnText() const;
    QString flawText() const;
    QString flawReason() const;
    StateText stateText() const;
    QueryTarget target() const;
    bool isRange() const;
    void openHistory();
    void openMenu(const QPoint &at);
    void copyText(const QString &text, const QString &said);
    void askExport();

    UiContext m_context;
    QuerySeriesModel m_model;
    QueryExporter m_exporter;
    QSortFilterProxyModel m_rows;
    QLabel *m_title, *m_problem;
    QComboBox *m_target, *m_mode;
    QLineEdit *m_step;
    BarButton *m_history, *m_copy, *m_export;
    QueryEditor *m_editor;
    QPushButton *m_run;
    ProgressLine *m_progress;
    QueryPlotView *m_graph;
    AnnotationLayer *m_annotations;
    TableView *m_table;
    QSplitter *m_split;
    StateMessage *m_message;
    FootLine *m_foot;
    QBoxLayout *m_head = nullptr, *m_query = nullptr;
    QStackedLayout *m_stack = nullptr;

    QString m_ran;                ///< the query that a person ran last
    std::optional<Asked> m_asked; ///< waits for its answer
    quint64 m_id = 0;
    bool m_isByPerson = false;      ///< m_asked is
    std::optional<Asked> m_shown;   ///< what the answer that is shown is of
    std::optional<Error> m_failure; ///< of the newest question, where that had none
    TimeRange m_range;              ///< of the newest question
    QElapsedTimer m_since;
    std::int64_t m_tookMs = 0;
    QTimer m_again; ///< while the range moves
};

} // namespace tapio::console
