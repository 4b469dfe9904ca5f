// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointer>
#include <QSortFilterProxyModel>
#include <QTimer>

#include "console/ui/models/rulesmodel.h"
#include "console/ui/pages/page.h"
#include "console/ui/widgets/statemessage.h"

class QHBoxLayout;
class QLabel;
class QLineEdit;
class QStackedLayout;

namespace tapio::console {

class BarButton;
class DetailView;
class PanelFrame;
class TableView;

/// How the rules of correlation fare within the range that is shown, and how right they were: all rules of all engines, one row each.
class RulesPage : public Page {
    Q_OBJECT
public:
    explicit RulesPage(UiContext context, QWidget *parent = nullptr);

    QString title() const override { return tr("Correlation"); }
    QWidget *filterField() const override;
    void timeChanged() override;
    void open(const QString &argument) override; ///< "rule=ID"
    bool settled() const override { return m_isRead || !m_error.isEmpty(); }

    /// The rows shown, as CSV. Errors: Io, with the file's own words.
    Status exportRows(const QString &file) const;
    const QAbstractItemModel &rows() const { return m_rows; }
    QString summary() const;
    QString suiteSummary() const;

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void build();
    QLayout *makeHead();
    void connectAll();
    void addActions();
    void read();
    void take(const RuleBoard &board);
    void refresh();
    StateText stateText() const;
    void showDetails(bool openDrawer);
    void openInsights();
    QString currentRule() const;
    void askExport();
    void openMenu(const QPoint &at);
    void restyle();

    UiContext m_context;
    RulesModel m_model;
    QSortFilterProxyModel m_rows;
    PanelFrame *m_frame;
    QLabel *m_title, *m_count, *m_summary, *m_suite;
    QLineEdit *m_filter;
    BarButton *m_export;
    QHBoxLayout *m_head;
    QStackedLayout *m_stack;
    TableView *m_table;
    StateMessage *m_message;
    QPointer<DetailView> m_details;
    QString m_detailedRule, m_copyText;
    QString m_error; ///< of the last reading; empty = it was read
    QString m_asked; ///< a rule to be shown once there are rows
    bool m_isRead = false, m_isReading = false;
    QTimer m_tick;
};

} // namespace tapio::console
