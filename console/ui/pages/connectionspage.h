// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointer>
#include <QSortFilterProxyModel>
#include <QTimer>

#include "console/ui/models/agentsmodel.h"
#include "console/ui/models/noticesmodel.h"
#include "console/ui/pages/page.h"

class QLabel;
class QLineEdit;
class QSplitter;
class QStackedLayout;

namespace tapio::console {

class BarButton;
class DetailView;
class StateMessage;
class TableView;

/// Who is connected, and who was refused and why.
class ConnectionsPage : public Page {
    Q_OBJECT
public:
    explicit ConnectionsPage(UiContext context, QWidget *parent = nullptr);

    QString title() const override { return tr("Connections"); }
    QWidget *filterField() const override;
    bool usesNodeScope() const override { return true; }
    bool usesTimeRange() const override { return false; }
    void scopeChanged() override;
    void open(const QString &argument) override; ///< "node=NAME", "state=silent", "refused"

    enum class List { Agents, Notices };
    /// The rows shown, as CSV. Errors: Io, with the file's own words.
    Status exportRows(List list, const QString &file) const;

    const QAbstractItemModel &agents() const { return m_agentRows; }
    const QAbstractItemModel &notices() const { return m_noticeRows; }

protected:
    void showEvent(QShowEvent *event) override;

private:
    struct Block {
        QWidget *frame = nullptr;
        QLabel *title = nullptr, *count = nullptr;
        QLineEdit *filter = nullptr;
        QStackedLayout *stack = nullptr;
        BarButton *exporting = nullptr;
        TableView *table = nullptr;
        StateMessage *message = nullptr;
    };
    Block makeBlock(const QString &title, const QString &placeholder, TableView *table, QSortFilterProxyModel &rows);
    void addActions();
    void refresh();
    void applyFilter(QSortFilterProxyModel &rows, const Block &block);
    void showAgent(bool open);
    void showNotice(bool open);
    void showDetails(const QString &title, std::vector<struct DetailSection> sections);
    void updateDetails(const std::vector<wire::AgentState> &agents, std::int64_t nowNs);
    void restyle();
    void askExport(List list);
    const Block &block(List list) const { return list == List::Agents ? m_agentBlock : m_noticeBlock; }
    void openMenu(TableView *table, const QPoint &at);

    UiContext m_context;
    AgentsModel m_agents;
    NoticesModel m_notices;
    QSortFilterProxyModel m_agentRows, m_noticeRows;
    QSplitter *m_splitter;
    Block m_agentBlock, m_noticeBlock;
    QPointer<DetailView> m_details;
    QString m_copyText;
    std::string m_detailedNode; ///< whose agent the details are of; empty = they are of a notice, which does not change
    QTimer m_tick;
};

} // namespace tapio::console
