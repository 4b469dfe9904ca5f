// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/callmapview.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <cmath>

#include "console/ui/models/callsmodel.h"
#include "console/ui/widgets/format.h"
#include "console/ui/widgets/glyphs.h"

namespace tapio::console {

namespace {
constexpr int boxHeight = 38, boxWidth = 240, leastBox = 112, columnGap = 76, rowGap = 12, edgeSpace = 12, arrow = 7;
constexpr double leastWidth = 1, mostWidth = 3;
} // namespace

CallMapView::CallMapView(Look look, QWidget *parent) : QWidget(parent), m_look(look)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&look.themes, &ThemeStore::themeChanged, this, [this] {
        updateGeometry();
        update();
    });
}

void CallMapView::setMap(const CallGraph &graph, const CallMap &map)
{
    m_graph = graph;
    m_map = map;
    m_current = m_hovered = -1;
    setAccessibleName(tr("Map of calls: %n part(s); the table below has its calls. Arrow keys go from part to part, Enter shows its events",
                         nullptr, static_cast<int>(map.nodes.size())));
    updateGeometry();
    update();
}

QSize CallMapView::sizeHint() const
{
    const Theme &t = m_look.theme();
    const int columns = std::max(m_map.columns, 1), rows = std::max(m_map.rows, 1);
    return {2 * t.px(edgeSpace) + columns * t.px(leastBox) + (columns - 1) * t.px(columnGap),
            2 * t.px(edgeSpace) + rows * t.px(boxHeight) + (rows - 1) * t.px(rowGap)};
}

QRectF CallMapView::boxOf(std::size_t node) const
{
    const Theme &t = m_look.theme();
    const CallMapNode &place = m_map.nodes[node];
    const int columns = std::max(m_map.columns, 1);
    const double gaps = (columns - 1) * t.px(columnGap);
    const double wide = std::clamp<double>((width() - 2 * t.px(edgeSpace) - gaps) / columns, t.px(leastBox), t.px(boxWidth));
    const double left = std::max<double>(t.px(edgeSpace), (width() - columns * wide - gaps) / 2);
    // A column with fewer stands in the middle.
    const auto inColumn =
        std::count_if(m_map.nodes.begin(), m_map.nodes.end(), [&](const CallMapNode &one) { return one.column == place.column; });
    const double step = t.px(boxHeight) + t.px(rowGap);
    const double top = t.px(edgeSpace) + (m_map.rows - static_cast<double>(inColumn)) * step / 2;
    return {left + place.column * (wide + t.px(columnGap)), top + place.row * step, wide, static_cast<double>(t.px(boxHeight))};
}

std::size_t CallMapView::nodeOf(std::size_t party) const
{
    const auto found =
        std::find_if(m_map.nodes.begin(), m_map.nodes.end(), [party](const CallMapNode &node) { return node.party == party; });
    return static_cast<std::size_t>(found - m_map.nodes.begin());
}

/// From the caller's side that faces the callee; within a column around its right side.
QPainterPath CallMapView::pathOf(std::size_t i) const
{
    const Theme &t = m_look.theme();
    const QRectF from = boxOf(nodeOf(edge(i).caller)), to = boxOf(nodeOf(edge(i).callee));
    const bool isSameColumn = std::abs(from.left() - to.left()) < 1;
    const bool isForward = from.left() < to.left();
    const QPointF begin(isForward || isSameColumn ? from.right() : from.left(), from.center().y() + (isForward ? 0 : t.px(5)));
    const QPointF end(isForward ? to.left() : to.right(), to.center().y() + (isForward ? 0 : t.px(5)));
    const double reach = isSameColumn ? t.px(columnGap) / 2.0 : std::abs(end.x() - begin.x()) / 2;
    const double out = isForward || isSameColumn ? reach : -reach;
    QPainterPath path(begin);
    path.cubicTo(begin + QPointF(out, 0), end + QPointF(isForward ? -reach : reach, 0), end);
    return path;
}

int CallMapView::nodeAt(const QPointF &at) const
{
    for (std::size_t i = 0; i < m_map.nodes.size(); ++i) {
        if (boxOf(i).contains(at))
            return static_cast<int>(i);
    }
    return -1;
}

int CallMapView::edgeAt(const QPointF &at) const
{
    constexpr int steps = 24;
    int nearest = -1;
    double least = m_look.theme().px(6);
    for (std::size_t i = 0; i < m_map.edges.size(); ++i) {
        const QPainterPath path = pathOf(i);
        for (int step = 0; step <= steps; ++step) {
            const QPointF apart = path.pointAtPercent(static_cast<double>(step) / steps) - at;
            const double length = std::hypot(apart.x(), apart.y());
            if (length < least) {
                least = length;
                nearest = static_cast<int>(i);
            }
        }
    }
    return nearest;
}

QString CallMapView::nodeText(std::size_t node) const
{
    const CallMapNode &place = m_map.nodes[node];
    const CallParty &party = m_graph.parties[place.party];
    std::uint64_t in = 0, failedIn = 0, out = 0, failedOut = 0;
    for (const CallEdge &one : m_graph.edges) {
        in += one.callee == place.party ? one.calls : 0;
        failedIn += one.callee == place.party ? one.errors : 0;
        out += one.caller == place.party ? one.calls : 0;
        failedOut += one.caller == place.party ? one.errors : 0;
    }
    QStringList lines{tr("%1 (%2)").arg(partyName(party), partyKind(party))};
    if (place.isRoot)
        lines << tr("the root of the insight");
    if (place.isAffected)
        lines << tr("the insight says that it is affected");
    lines << tr("called %1 times, %2 failed").arg(exactCount(in), exactCount(failedIn))
          << tr("calls %1 times, %2 failed").arg(exactCount(out), exactCount(failedOut));
    return lines.join(QLatin1Char('\n'));
}

QString CallMapView::edgeText(std::size_t i) const
{
    const CallEdge &one = edge(i);
    QStringList lines{tr("%1 calls %2").arg(partyName(m_graph.parties[one.caller]), partyName(m_graph.parties[one.callee])),
                      one.isRequests ? tr("%1 requests, %2").arg(exactCount(one.calls), failedText(one))
                                     : tr("%1 connections, %2").arg(exactCount(one.calls), failedText(one))};
    if (const QString latency = latencyText(one); !latency.isEmpty())
        lines << (one.isRequests ? latency : tr("to come about: %1").arg(latency));
    if (!one.isToldByCaller)
        lines << tr("told by the one that is called alone");
    return lines.join(QLatin1Char('\n'));
}

void CallMapView::paintEdge(QPainter &painter, std::size_t i) const
{
    const Theme &t = m_look.theme();
    const CallEdge &one = edge(i);
    const bool isChosen = m_current >= 0
                          && (m_map.nodes[static_cast<std::size_t>(m_current)].party == one.caller
                              || m_map.nodes[static_cast<std::size_t>(m_current)].party == one.callee);
    const QColor color = one.errors > 0 ? t.meaning.p2 : isChosen ? t.accent.base : t.border.strong;
    const double wide =
        std::clamp(leastWidth + std::log10(static_cast<double>(std::max<std::uint64_t>(one.calls, 1))) / 2, leastWidth, mostWidth);
    const QPainterPath path = pathOf(i);
    QPen pen(color, wide);
    if (!one.isToldByCaller)
        pen.setDashPattern({4, 3});
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(path);
    const QPointF tip = path.pointAtPercent(1);
    const double size = t.px(arrow);
    const bool pointsRight = path.pointAtPercent(0.97).x() <= tip.x();
    const double back = pointsRight ? -size : size;
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawPolygon(QPolygonF{tip, tip + QPointF(back, -size / 2), tip + QPointF(back, size / 2)});
}

/// What failed, between the boxes.
void CallMapView::paintWords(QPainter &painter, std::size_t i) const
{
    const Theme &t = m_look.theme();
    const CallEdge &one = edge(i);
    if (one.errors == 0)
        return;
    const double share = 100 * static_cast<double>(one.errors) / static_cast<double>(std::max<std::uint64_t>(one.calls, 1));
    const QString words = tr("%1 % failed").arg(share, 0, 'f', share < 10 ? 1 : 0);
    painter.setFont(t.font(FontRole::Label, QFont::Medium));
    const QFontMetricsF metrics(painter.font());
    const QPointF middle = pathOf(i).pointAtPercent(0.5);
    QRectF place(0, 0, metrics.horizontalAdvance(words) + t.px(6), metrics.height());
    place.moveCenter(middle);
    painter.fillRect(place, t.surface.panel);
    painter.setPen(t.text.primary);
    painter.drawText(place, Qt::AlignCenter, words);
}

void CallMapView::paintNode(QPainter &painter, std::size_t i) const
{
    const Theme &t = m_look.theme();
    const CallMapNode &node = m_map.nodes[i];
    const CallParty &party = m_graph.parties[node.party];
    const QRectF box = boxOf(i).adjusted(0.5, 0.5, -0.5, -0.5);
    const bool isMarked = static_cast<int>(i) == m_hovered;
    const QColor line = node.isRoot ? t.accent.base : node.isAffected ? t.meaning.p2 : t.border.standard;
    painter.setPen(QPen(line, node.isRoot || node.isAffected ? 2 : 1));
    painter.setBrush(isMarked ? t.surface.hover : t.surface.raised);
    painter.drawRoundedRect(box, t.px(4), t.px(4));
    if (static_cast<int>(i) == m_current && hasFocus()) {
        painter.setPen(QPen(t.accent.base, 1, Qt::DotLine));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(box.adjusted(-3, -3, 3, 3), t.px(6), t.px(6));
    }
    const Glyph glyph = node.isRoot ? Glyph::Diamond : node.isAffected ? Glyph::Triangle : Glyph::None;
    const double sign = glyph == Glyph::None ? 0 : t.px(10);
    const QRectF inner = box.adjusted(t.px(8), t.px(3), -t.px(8), -t.px(3));
    if (glyph != Glyph::None)
        drawGlyph(painter, QRectF(inner.left(), inner.center().y() - sign / 2, sign, sign), glyph, line);
    const QRectF words = inner.adjusted(sign + (sign > 0 ? t.px(6) : 0), 0, 0, 0);
    const auto put = [&](const QString &text, FontRole role, const QColor &color, int alignment) {
        painter.setFont(t.font(role, QFont::Medium));
        painter.setPen(color);
        painter.drawText(words, alignment | Qt::AlignLeft,
                         QFontMetricsF(painter.font()).elidedText(text, Qt::ElideLeft, words.width() + 1));
    };
    put(partyName(party), FontRole::Body, t.text.primary, Qt::AlignTop);
    const bool isMarkedOut = node.isRoot || node.isAffected;
    put(node.isRoot && node.isAffected ? tr("root, affected")
        : node.isRoot                  ? tr("root")
        : node.isAffected              ? tr("affected")
                                       : partyKind(party),
        FontRole::Label, isMarkedOut ? t.text.primary : t.text.tertiary, Qt::AlignBottom);
}

void CallMapView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    for (std::size_t i = 0; i < m_map.edges.size(); ++i)
        paintEdge(painter, i);
    for (std::size_t i = 0; i < m_map.edges.size(); ++i)
        paintWords(painter, i);
    for (std::size_t i = 0; i < m_map.nodes.size(); ++i)
        paintNode(painter, i);
}

void CallMapView::setCurrent(int node)
{
    m_current = node;
    update();
}

/// The nearest box so many columns on, or rows on in its own column; where there is none the same.
int CallMapView::neighbour(int columns, int rows) const
{
    const auto &from = m_map.nodes[static_cast<std::size_t>(m_current)];
    int best = m_current;
    double least = 1e9;
    for (std::size_t i = 0; i < m_map.nodes.size(); ++i) {
        const CallMapNode &node = m_map.nodes[i];
        if (node.column != from.column + columns || (columns == 0 && (node.row - from.row) * rows <= 0))
            continue;
        const double apart = std::abs(boxOf(i).center().y() - boxOf(static_cast<std::size_t>(m_current)).center().y());
        if (apart < least) {
            least = apart;
            best = static_cast<int>(i);
        }
    }
    return best;
}

void CallMapView::keyPressEvent(QKeyEvent *event)
{
    if (m_map.nodes.empty())
        return QWidget::keyPressEvent(event);
    if (m_current < 0)
        m_current = 0;
    switch (event->key()) {
    case Qt::Key_Left: return setCurrent(neighbour(-1, 0));
    case Qt::Key_Right: return setCurrent(neighbour(1, 0));
    case Qt::Key_Up: return setCurrent(neighbour(0, -1));
    case Qt::Key_Down: return setCurrent(neighbour(0, 1));
    case Qt::Key_Return:
    case Qt::Key_Enter: emit chosen(m_graph.parties[m_map.nodes[static_cast<std::size_t>(m_current)].party]); return;
    default: QWidget::keyPressEvent(event);
    }
}

void CallMapView::focusInEvent(QFocusEvent *event)
{
    if (m_current < 0 && !m_map.nodes.empty())
        m_current = 0;
    update();
    QWidget::focusInEvent(event);
}

void CallMapView::focusOutEvent(QFocusEvent *event)
{
    update();
    QWidget::focusOutEvent(event);
}

void CallMapView::mouseMoveEvent(QMouseEvent *event)
{
    const int at = nodeAt(event->position());
    if (at == m_hovered)
        return;
    m_hovered = at;
    setCursor(at >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
    update();
}

void CallMapView::mousePressEvent(QMouseEvent *event)
{
    const int at = nodeAt(event->position());
    if (at < 0 || event->button() != Qt::LeftButton)
        return;
    setCurrent(at);
    emit chosen(m_graph.parties[m_map.nodes[static_cast<std::size_t>(at)].party]);
}

void CallMapView::leaveEvent(QEvent *)
{
    m_hovered = -1;
    update();
}

bool CallMapView::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const int node = nodeAt(help->pos()), edge = node < 0 ? edgeAt(help->pos()) : -1;
    if (node < 0 && edge < 0) {
        QToolTip::hideText();
        return true;
    }
    const QString words = node >= 0 ? nodeText(static_cast<std::size_t>(node)) : edgeText(static_cast<std::size_t>(edge));
    QToolTip::showText(help->globalPos(), words.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>")), this);
    return true;
}

} // namespace tapio::console
