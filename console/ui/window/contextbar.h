// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "console/ui/pages/page.h"
#include "console/ui/window/statepill.h"

class QLabel;

namespace tapio::console {

class BarButton;
class RangeControl;

/// The 44 px bar above the page: title, scope, time range, state, search.
class ContextBar : public QWidget {
    Q_OBJECT
public:
    explicit ContextBar(UiContext context, QWidget *parent = nullptr);

    void setPage(const Page &page);
    RangeControl &range() { return *m_range; }
    QString node() const { return m_node; }
    QString namespaceName() const { return m_namespace; }
    void setNode(const QString &node) { setScope(node, m_namespace); }
    void setNamespace(const QString &name) { setScope(m_node, name); }
    void setScope(const QString &node, const QString &namespaceName);
    void pickNode();
    void pickNamespace();
    void refreshState();
    void addSeenNamespace(const QString &name);

signals:
    void scopeChanged();
    void searchRequested();
    void stateClicked();
    void drawerRequested();

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void refreshScope();
    void fit();

    UiContext m_context;
    QLabel *m_title;
    BarButton *m_nodeField, *m_namespaceField, *m_search, *m_drawer;
    RangeControl *m_range;
    StatePill *m_pill;
    QString m_node, m_namespace;
    QStringList m_namespaces;
};

} // namespace tapio::console
