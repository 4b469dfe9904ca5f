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

/// How far a mark with its bar reaches to either side, and some air.
double ChainView::reachOf(std::size_t point) const
{
    const Theme &t = m_look.theme();
    const wire::EvidenceRef &ref = m_chain.points[point].ref;
    const auto unsure = static_cast<std::int64_t>(std::min<std::uint64_t>(ref.uncertaintyNs, INT64_MAX / 4));
    return std::max<double>(t.px(10), xOf(ref.timeNs + unsure) - xOf(ref.timeNs) + t.px(4));
}

std::vector<QRectF> ChainView::labelPlaces() const
{
    const Theme &t = m_look.theme();
    const QFontMetricsF metrics(t.font(FontRole::Label));
    const QRectF area = plotArea();
    std::vector<QRectF> places(m_chain.points.size());
    std::vector<double> taken(m_chain.lanes.size(), area.left()); // by lane, up to where
    for (std::size_t i = 0; i < m_chain.points.size(); ++i) {
        const ChainPoint &point = m_chain.points[i];
        const QPointF at = placeOf(i);
        double end = area.right();
        for (std::size_t k = i + 1; k < m_chain.points.size(); ++k) { // the next of the lane
            if (m_chain.points[k].lane == point.lane) {
                end = std::min(end, placeOf(k).x() - reachOf(k));
                break;
            }
        }
        double &from = taken[static_cast<std::size_t>(point.lane)];
        const double wanted = metrics.horizontalAdvance(QString::fromStdString(point.ref.text)) + t.px(6);
        const double right = end - at.x() - reachOf(i), left = at.x() - reachOf(i) - from;
        const bool isRight = right >= wanted || right >= left;
        const double width = std::min(wanted, isRight ? right : left);
        const double mark = at.x() + reachOf(i);
        if (width >= t.px(leastLabel))
            places[i] = QRectF(isRight ? mark : at.x() - reachOf(i) - width, at.y() - t.px(8), width, t.px(16));
        from = std::max(mark, places[i].isNull() ? mark : places[i].right() + t.px(4));
    }
    return places;
}

void ChainView::paintLabels(QPainter &painter) const
{
    const Theme &t = m_look.theme();
    painter.setFont(t.font(FontRole::Label));
    const std::vector<QRectF> places = labelPlaces();
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (places[i].isNull())
            continue;
        painter.fillRect(places[i], t.surface.panel);
        painter.setPen(t.text.secondary);
        painter.drawText(places[i].adjusted(t.px(2), 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter,
                         QFontMetricsF(painter.font())
                             .elidedText(QString::fromStdString(m_chain.points[i].ref.text), Qt::ElideRight, places[i].width() - t.px(3)));
    }
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
    paintLabels(painter);
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
