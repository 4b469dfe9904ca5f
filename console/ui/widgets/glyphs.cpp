// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/glyphs.h"

#include <QCoreApplication>
#include <QPainter>
#include <QPainterPath>

namespace tapio::console {

namespace {

QString tr(const char *text) { return QCoreApplication::translate("tapio::console", text); }

void drawStroked(QPainter &painter, const QRectF &r, Glyph glyph, const QColor &color)
{
    const qreal stroke = std::max(1.25, r.width() / 6);
    const QRectF inner = r.adjusted(stroke / 2, stroke / 2, -stroke / 2, -stroke / 2);
    QPen pen(color, stroke, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
    if (glyph == Glyph::DottedRing) {
        pen.setDashPattern({0.9, 1.5});
        pen.setCapStyle(Qt::FlatCap);
    }
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    switch (glyph) {
    case Glyph::Check:
        painter.drawPolyline(QPolygonF({{inner.left(), inner.center().y()},
                                        {inner.left() + inner.width() * 0.38, inner.bottom() - inner.height() * 0.12},
                                        {inner.right(), inner.top() + inner.height() * 0.15}}));
        break;
    case Glyph::BarredCircle: {
        painter.drawEllipse(inner);
        const qreal d = inner.width() / 2 * 0.7071;
        painter.drawLine(inner.center() + QPointF(-d, d), inner.center() + QPointF(d, -d));
        break;
    }
    default: painter.drawEllipse(inner); break;
    }
}

} // namespace

void drawGlyph(QPainter &painter, const QRectF &rect, Glyph glyph, const QColor &color)
{
    const qreal side = std::min(rect.width(), rect.height());
    const QRectF r(rect.center().x() - side / 2, rect.center().y() - side / 2, side, side);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    switch (glyph) {
    case Glyph::None: break;
    case Glyph::Disc: painter.drawEllipse(r); break;
    case Glyph::Square: painter.drawRoundedRect(r, 1, 1); break;
    case Glyph::Triangle:
        painter.drawPolygon(QPolygonF({{r.center().x(), r.top()}, {r.right(), r.bottom() - 0.5}, {r.left(), r.bottom() - 0.5}}));
        break;
    case Glyph::Diamond:
        painter.drawPolygon(
            QPolygonF({{r.center().x(), r.top()}, {r.right(), r.center().y()}, {r.center().x(), r.bottom()}, {r.left(), r.center().y()}}));
        break;
    case Glyph::QuarterDisc:
        painter.drawPie(r, 0, 90 * 16);
        drawStroked(painter, r, Glyph::Ring, color);
        break;
    case Glyph::DimDiscWithRing: {
        QColor dim = color;
        dim.setAlphaF(0.35F);
        painter.setBrush(dim);
        painter.drawEllipse(r);
        drawStroked(painter, r, Glyph::Ring, color);
        break;
    }
    case Glyph::Check:
    case Glyph::BarredCircle:
    case Glyph::Ring:
    case Glyph::DottedRing: drawStroked(painter, r, glyph, color); break;
    }
    painter.restore();
}

Sign attributionSign(wire::Attribution attribution, const Theme &theme)
{
    switch (attribution) {
    case wire::Attribution::Live: return {Glyph::Disc, theme.meaning.ok, tr("live")};
    case wire::Attribution::Cached: return {Glyph::DimDiscWithRing, theme.meaning.p4, tr("cached")};
    case wire::Attribution::Inferred: return {Glyph::Ring, theme.meaning.p3, tr("inferred")};
    case wire::Attribution::Unknown: break;
    }
    return {Glyph::DottedRing, theme.text.tertiary, tr("unknown")};
}

Sign linkSign(wire::LinkState state, const Theme &theme)
{
    switch (state) {
    case wire::LinkState::Connected: return {Glyph::Disc, theme.meaning.ok, tr("connected")};
    case wire::LinkState::Silent: return {Glyph::QuarterDisc, theme.meaning.pending, tr("silent")};
    case wire::LinkState::Gone: return {Glyph::BarredCircle, theme.meaning.muted, tr("gone")};
    case wire::LinkState::Unknown: break;
    }
    return {Glyph::DottedRing, theme.text.tertiary, tr("unknown")};
}

Sign hookSign(wire::HookState state, const Theme &theme)
{
    switch (state) {
    case wire::HookState::Active: return {Glyph::Disc, theme.meaning.ok, tr("active")};
    case wire::HookState::Unsupported: return {Glyph::BarredCircle, theme.meaning.muted, tr("unsupported")};
    case wire::HookState::Denied: return {Glyph::Triangle, theme.meaning.p2, tr("denied")};
    case wire::HookState::Failed: return {Glyph::Triangle, theme.meaning.p1, tr("failed")};
    case wire::HookState::Disabled: return {Glyph::Ring, theme.text.tertiary, tr("disabled")};
    case wire::HookState::Unknown: break;
    }
    return {Glyph::DottedRing, theme.text.tertiary, tr("unknown")};
}

Sign severitySign(wire::Severity severity, const Theme &theme)
{
    switch (severity) {
    case wire::Severity::Debug: return {Glyph::Ring, theme.text.tertiary, tr("debug")};
    case wire::Severity::Info: return {Glyph::Ring, theme.text.secondary, tr("info")};
    case wire::Severity::Notice: return {Glyph::Disc, theme.meaning.p4, tr("notice")};
    case wire::Severity::Warning: return {Glyph::Diamond, theme.meaning.p3, tr("warning")};
    case wire::Severity::Error: return {Glyph::Triangle, theme.meaning.p2, tr("error")};
    case wire::Severity::Critical: break;
    }
    return {Glyph::Triangle, theme.meaning.p1, tr("critical")};
}

void drawHatch(QPainter &painter, const QRectF &rect, const QColor &fill, const QColor &line)
{
    painter.save();
    painter.fillRect(rect, fill);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(line, 1));
    constexpr qreal step = 6 * 1.41421356; // 6 px between lines, measured across them
    // Lines x + y = sum, anchored to the coordinate origin so that neighbouring bands join; cut by arithmetic, since
    // clipping costs more and vector exports lose it.
    const qreal first = std::ceil((rect.left() + rect.top()) / step) * step;
    for (qreal sum = first; sum < rect.right() + rect.bottom(); sum += step) {
        const qreal left = std::max(rect.left(), sum - rect.bottom());
        const qreal right = std::min(rect.right(), sum - rect.top());
        painter.drawLine(QPointF(left, sum - left), QPointF(right, sum - right));
    }
    painter.restore();
}

} // namespace tapio::console
