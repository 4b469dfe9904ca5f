// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QListView>
#include <QStyledItemDelegate>

#include "console/ui/models/insightsmodel.h"
#include "console/ui/widgets/look.h"

namespace tapio::console {

/// Paints an insight as a card: severity, state and verdict as signs with their words, the sentence, rule and root, when, and how much evidence.
class InsightCard : public QStyledItemDelegate {
    Q_OBJECT
public:
    InsightCard(Look look, const InsightsModel &model, const TimeDisplay &time, QObject *parent)
        : QStyledItemDelegate(parent), m_look(look), m_model(model), m_time(time)
    {}
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    void paintSigns(QPainter &painter, const QRectF &line, const InsightRow &row) const;
    void paintSentence(QPainter &painter, const QRectF &box, const InsightRow &row) const;
    void paintFoot(QPainter &painter, const QRectF &line, const InsightRow &row, bool isSelected) const;

    Look m_look;
    const InsightsModel &m_model;
    const TimeDisplay &m_time;
};

/// The list of insights: one is chosen at a time. GUI thread; `model` outlives it.
class InsightList : public QListView {
    Q_OBJECT
public:
    InsightList(Look look, InsightsModel &model, const TimeDisplay &time, QWidget *parent = nullptr);

signals:
    void currentMoved();
    void menuRequested(const QPoint &globalPos);
    void shutWanted(int row, bool shut); ///< those under the row, by Left, Right, Enter or a double click

protected:
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    void restyle();
    void keepPlace(int first, int last);
    Look m_look;
    InsightsModel &m_insights;
};

} // namespace tapio::console
