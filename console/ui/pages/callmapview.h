// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "console/ui/models/callmap.h"
#include "console/ui/widgets/look.h"

class QPainterPath;

namespace tapio::console {

/// Who calls whom around an insight: a box per party, callers left, an arrow per edge, what failed in words on it. The root and what is affected are marked by
/// a sign, a word and a colour. Pointing shows exact figures; arrow keys go from box to box, Enter and a click ask for its events. The table beside it is
/// its text. GUI thread.
class CallMapView : public QWidget {
    Q_OBJECT
public:
    explicit CallMapView(Look look, QWidget *parent = nullptr);

    void setMap(const CallGraph &graph, const CallMap &map);
    const CallMap &map() const { return m_map; }
    /// Where a node is drawn, in the widget's coordinates.
    QRectF boxOf(std::size_t node) const;
    int current() const { return m_current; }
    /// What the tool tips say.
    QString nodeText(std::size_t node) const;
    QString edgeText(std::size_t edge) const; ///< into CallMap::edges
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

signals:
    void chosen(const tapio::console::CallParty &party);

protected:
    void paintEvent(QPaintEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;
    bool event(QEvent *event) override;

private:
    const CallEdge &edge(std::size_t i) const { return m_graph.edges[m_map.edges[i]]; }
    std::size_t nodeOf(std::size_t party) const;
    QPainterPath pathOf(std::size_t edge) const;
    int nodeAt(const QPointF &at) const;
    int edgeAt(const QPointF &at) const;
    int neighbour(int columns, int rows) const;
    void setCurrent(int node);
    void paintEdge(QPainter &painter, std::size_t i) const;
    void paintWords(QPainter &painter, std::size_t i) const;
    void paintNode(QPainter &painter, std::size_t i) const;

    Look m_look;
    CallGraph m_graph;
    CallMap m_map;
    int m_current = -1, m_hovered = -1;
};

} // namespace tapio::console
