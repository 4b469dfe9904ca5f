// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/pages/chainview.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

#include "console/ui/charts/ticks.h"
#include "console/ui/widgets/glyphs.h"

namespace tapio::console {

namespace {
constexpr int laneHeight = 24, tickHeight = 20, edge = 12, mostGutter = 190, markSize = 9, leastLabel = 40;
} // namespace

ChainView::ChainView(Look look, const TimeDisplay &time, QWidget *parent) : QWidget(parent), m_look(look), m_time(time)
{
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&look.themes, &ThemeStore::themeChanged, this, [this] {
        updateGeometry();
        update();
    });
    connect(&time, &TimeDisplay::changed, this, qOverload<>(&QWidget::update));
}

void ChainView::setChain(const EvidenceChain &chain)
{
    m_chain = chain;
    m_hovered = m_current = -1;
    setAccessibleName(
        tr("Chain of evidence on a time line: %n event(s); the table below has them", nullptr, static_cast<int>(chain.points.size())));
    updateGeometry();
    update();
}

void ChainView::setCurrent(int point)
{
    m_current = point;
    update();
}

QSize ChainView::sizeHint() const
{
    const Theme &t = m_look.theme();
    return {t.px(400), t.px(tickHeight) + static_cast<int>(m_chain.lanes.size()) * t.px(laneHeight) + t.px(8)};
}

QRectF ChainView::plotArea() const
{
    const Theme &t = m_look.theme();
    const QFontMetricsF metrics(t.font(FontRole::Label, QFont::Medium));
    double gutter = 0;
    for (const QString &lane : m_chain.lanes)
        gutter = std::max(gutter, metrics.horizontalAdvance(lane));
    gutter = std::min<double>({gutter, static_cast<double>(t.px(mostGutter)), width() * 0.3}) + t.px(edge);
    return QRectF(rect()).adjusted(t.px(edge) + gutter, t.px(tickHeight), -t.px(edge), -t.px(8));
}

double ChainView::xOf(std::int64_t timeNs) const
{
    const QRectF area = plotArea();
    const auto span = static_cast<double>(std::max<std::int64_t>(m_chain.toNs - m_chain.fromNs, 1));
    return area.left() + area.width() * static_cast<double>(timeNs - m_chain.fromNs) / span;
}

double ChainView::yOf(int lane) const
{
    const Theme &t = m_look.theme();
    return t.px(tickHeight) + (lane + 0.5) * t.px(laneHeight);
}

QPointF ChainView::placeOf(std::size_t point) const
{
    const ChainPoint &p = m_chain.points[point];
    return {xOf(p.ref.timeNs), yOf(p.lane)};
}

int ChainView::pointAt(const QPointF &at) const
{
    int nearest = -1;
    double least = m_look.theme().px(10);
    for (std::size_t i = 0; i < m_chain.points.size(); ++i) {
        const QPointF distance = placeOf(i) - at;
        const double length = std::hypot(distance.x(), distance.y());
        if (length < least) {
            least = length;
            nearest = static_cast<int>(i);
        }
    }
    return nearest;
}

void ChainView::paintTicks(QPainter &painter) const
{
    const Theme &t = m_look.theme();
    const QRectF area = plotArea();
    painter.setFont(t.font(FontRole::Axis));
    for (const TimeTick &tick : timeTicks(m_chain.fromNs, m_chain.toNs, area.width(), t.px(110), m_time.zone())) {
        const double x = std::round(xOf(tick.timeNs)) + 0.5;
        painter.setPen(QPen(t.border.subtle, 1));
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
        const double textWidth = QFontMetricsF(painter.font()).horizontalAdvance(tick.label);
        const double left = std::clamp(x - textWidth / 2, area.left(), area.right() - textWidth);
        painter.setPen(t.text.tertiary);
        painter.drawText(QRectF(left, 0, textWidth + 2, t.px(tickHeight)), Qt::AlignLeft | Qt::AlignVCenter, tick.label);
    }
}

void ChainView::paintLanes(QPainter &painter) const
{
    const Theme &t = m_look.theme();
    const QRectF area = plotArea();
    painter.setFont(t.font(FontRole::Label, QFont::Medium));
    const QFontMetricsF metrics(painter.font());
    for (int lane = 0; lane < static_cast<int>(m_chain.lanes.size()); ++lane) {
        const double y = yOf(lane);
        painter.setPen(QPen(t.border.subtle, 1));
        painter.drawLine(QPointF(area.left(), std::round(y + t.px(laneHeight) / 2.0) + 0.5),
                         QPointF(area.right(), std::round(y + t.px(laneHeight) / 2.0) + 0.5));
        const QRectF name(t.px(edge), y - t.px(laneHeight) / 2.0, area.left() - 2 * t.px(edge), t.px(laneHeight));
        painter.setPen(t.text.primary);
        painter.drawText(name, Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(m_chain.lanes[static_cast<std::size_t>(lane)], Qt::ElideMiddle, name.width() + 1));
    }
}

void ChainView::paintLinks(QPainter &painter) const
{
    const Theme &t = m_look.theme();
    for (const ChainLink &link : m_chain.links) {
        QPen pen(t.border.strong, 1);
        if (!link.isAsserted)
            pen.setDashPattern({4, 3});
        painter.setPen(pen);
        painter.drawLine(placeOf(link.from), placeOf(link.to));
    }
}

void ChainView::paintPoint(QPainter &painter, std::size_t i) const
{
    const Theme &t = m_look.theme();
    const ChainPoint &point = m_chain.points[i];
    const QColor color = point.isAgainst ? t.meaning.p2 : t.series[static_cast<std::size_t>(point.lane) % 6];
    const QPointF at = placeOf(i);
    if (point.ref.uncertaintyNs != 0) {
        const auto unsure = static_cast<std::int64_t>(std::min<std::uint64_t>(point.ref.uncertaintyNs, INT64_MAX / 4));
        const double left = std::max(xOf(point.ref.timeNs - unsure), plotArea().left());
        const double right = std::min(xOf(point.ref.timeNs + unsure), plotArea().right());
        const QRectF bar(left, at.y() - t.px(4), right - left, t.px(8));
        QColor fill = color;
        fill.setAlphaF(0.28F);
        painter.fillRect(bar, fill);
        painter.setPen(QPen(color, 1));
        painter.drawLine(bar.topLeft(), bar.bottomLeft());
        painter.drawLine(bar.topRight(), bar.bottomRight());
    }
    const bool marked = static_cast<int>(i) == m_current || static_cast<int>(i) == m_hovered;
    const double size = t.px(marked ? markSize + 3 : markSize);
    const QRectF mark(at.x() - size / 2, at.y() - size / 2, size, size);
    // On its own ground, so that links and bars do not run through it.
    drawGlyph(painter, mark.adjusted(-1.5, -1.5, 1.5, 1.5), Glyph::Disc, t.surface.panel);
    drawGlyph(painter, mark, point.isAgainst ? Glyph::Diamond : Glyph::Disc, color);
    if (static_cast<int>(i) == m_current)
        drawGlyph(painter, mark.adjusted(-3, -3, 3, 3), Glyph::Ring, t.accent.base);
}

/// From the mark to the next one of its lane, or to the edge: how much room its words have to its right, or to its left when that is negative.
double ChainView::roomBeside(std::size_t i, double wanted) const
{
    const Theme &t = m_look.theme();
    const ChainPoint &point = m_chain.points[i];
    const double x = placeOf(i).x();
    double right = plotArea().right() - x, left = x - plotArea().left();
    for (std::size_t k = 0; k < m_chain.points.size(); ++k) {
        if (k == i || m_chain.points[k].lane != point.lane)
            continue;
        // Points are in order of time: of one moment the later one has the words.
        const double distance = placeOf(k).x() - x;
        if (k > i)
            right = std::min(right, distance - t.px(10));
        else
            left = std::min(left, -distance - t.px(10));
    }
    return right >= wanted || right >= left ? right - t.px(10) : t.px(10) - left;
}

/// What happened, on the side that has room for it.
void ChainView::paintLabel(QPainter &painter, std::size_t i) const
{
    const Theme &t = m_look.theme();
    painter.setFont(t.font(FontRole::Label));
    const QFontMetricsF metrics(painter.font());
    const QString words = QString::fromStdString(m_chain.points[i].ref.text);
    const double room = roomBeside(i, metrics.horizontalAdvance(words) + t.px(16));
    if (std::abs(room) < t.px(leastLabel))
        return;
    const QString text = metrics.elidedText(words, Qt::ElideRight, std::abs(room) - t.px(6));
    const double width = metrics.horizontalAdvance(text) + t.px(4);
    const QPointF at = placeOf(i);
    const double left = room > 0 ? at.x() + t.px(10) : at.x() - t.px(10) - width;
    painter.fillRect(QRectF(left, at.y() - t.px(8), width, t.px(16)), t.surface.panel);
    painter.setPen(t.text.secondary);
    painter.drawText(QRectF(left + t.px(2), at.y() - t.px(8), width, t.px(16)), Qt::AlignLeft | Qt::AlignVCenter, text);
}

void ChainView::paintEvent(QPaintEvent *)
{
    if (m_chain.points.empty())
        return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    paintTicks(painter);
    paintLanes(painter);
    paintLinks(painter);
    for (std::size_t i = 0; i < m_chain.points.size(); ++i)
        paintLabel(painter, i);
    for (std::size_t i = 0; i < m_chain.points.size(); ++i)
        paintPoint(painter, i);
}

void ChainView::mouseMoveEvent(QMouseEvent *event)
{
    const int at = pointAt(event->position());
    if (at == m_hovered)
        return;
    m_hovered = at;
    setCursor(at >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
    update();
}

void ChainView::mousePressEvent(QMouseEvent *event)
{
    const int at = pointAt(event->position());
    if (at >= 0 && event->button() == Qt::LeftButton)
        emit chosen(at);
}

void ChainView::leaveEvent(QEvent *)
{
    m_hovered = -1;
    update();
}

bool ChainView::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const int at = pointAt(help->pos());
    if (at < 0) {
        QToolTip::hideText();
        return true;
    }
    const wire::EvidenceRef &ref = m_chain.points[static_cast<std::size_t>(at)].ref;
    QString words = m_time.text(ref.timeNs, TimeStyle::Full);
    if (ref.uncertaintyNs != 0)
        words += QLatin1Char(' ') + uncertaintyText(static_cast<std::int64_t>(ref.uncertaintyNs));
    words += QLatin1Char('\n') + QString::fromStdString(ref.node + ": " + ref.text);
    QToolTip::showText(help->globalPos(), words.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>")), this);
    return true;
}

} // namespace tapio::console
