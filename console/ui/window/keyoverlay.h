// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointer>

#include "console/ui/actions/actionregistry.h"
#include "console/ui/window/keydispatcher.h"
#include "console/ui/window/overlaypanel.h"

namespace tapio::console {

/// F1 or "?": the keys that work on this page, by group. Esc closes it. Nothing is cut off: where the window has too little room the
/// whole is drawn smaller.
class KeyOverlay : public OverlayPanel {
    Q_OBJECT
public:
    KeyOverlay(Look look, ActionRegistry &actions, QWidget *window);
    void open();
    void place();

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;

private:
    struct Line {
        QString keys, text;
        bool heading = false;
    };
    struct Column {
        std::vector<Line> lines;
        qreal keys = 0, width = 0; ///< of the widest keys; of the whole
    };
    std::vector<Column> columns() const;
    void measure(Column &column) const;
    QSizeF naturalSize(const std::vector<Column> &columns) const;
    QSizeF room() const;
    void paintHead(QPainter &painter, qreal width) const;
    void paintColumn(QPainter &painter, const Column &column, QPointF at) const;
    /// The picture in words, for those who do not see it.
    QString description() const;
    ActionRegistry &m_actions;
};

/// What may follow "g": a small list at the foot of the window while the dispatcher waits.
class KeyHint : public OverlayPanel {
    Q_OBJECT
public:
    KeyHint(Look look, const KeyDispatcher &keys, QWidget *window);
    void refresh();

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    const KeyDispatcher &m_keys;
    QList<KeyDispatcher::Choice> m_choices;
};

} // namespace tapio::console
