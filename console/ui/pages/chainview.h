// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "console/ui/models/evidencechain.h"
#include "console/ui/widgets/look.h"
#include "console/ui/widgets/timedisplay.h"

namespace tapio::console {

/// The chain of an insight on a time line: a lane per step, a mark per event with a bar as wide as its clock is unsure, a line from one to the next,
/// dashed where their order is not known. Pointing shows an event's words, a click asks for it. The table beside it is its text. GUI thread.
class ChainView : public QWidget {
    Q_OBJECT
public:
    ChainView(Look look, const TimeDisplay &time, QWidget *parent = nullptr);

    void setChain(const EvidenceChain &chain);
    /// The row of the table that is chosen; -1 = none.
    void setCurrent(int point);
    /// Where a point is drawn, in the widget's coordinates.
    QPointF placeOf(std::size_t point) const;
    /// Where the words of each point stand: beside its mark, on the side with room, never on others; null where there is no room.
    std::vector<QRectF> labelPlaces() const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {200, sizeHint().height()}; }

signals:
    void chosen(int point);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    bool event(QEvent *event) override;

private:
    QRectF plotArea() const;
    double xOf(std::int64_t timeNs) const;
    double yOf(int lane) const;
    double reachOf(std::size_t point) const;
    int pointAt(const QPointF &at) const;
    void paintLanes(QPainter &painter) const;
    void paintTicks(QPainter &painter) const;
    void paintLinks(QPainter &painter) const;
    void paintPoint(QPainter &painter, std::size_t i) const;
    void paintLabels(QPainter &painter) const;

    Look m_look;
    const TimeDisplay &m_time;
    EvidenceChain m_chain;
    int m_current = -1, m_hovered = -1;
};

} // namespace tapio::console
