// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/plottooltip.h"

#include <QPainter>

#include <algorithm>
#include <cmath>
#include <optional>

#include "console/ui/charts/decimate.h"
#include "console/ui/charts/plotmarks.h"
#include "console/ui/charts/plotpainter.h"
#include "console/ui/charts/plotscale.h"
#include "console/ui/widgets/format.h"
#include "console/ui/widgets/glyphs.h"
#include "console/ui/widgets/paneltext.h"
#include "console/ui/widgets/tabular.h"

namespace tapio::console {

namespace {

constexpr int aside = 30; ///< so that the point itself is never covered
constexpr int mostMarkWidth = 420;

std::int64_t bucketOf(const PanelSnapshot &panel)
{
    const auto *bars = std::get_if<BarsView>(&panel.view);
    return std::max<std::int64_t>(1, bars && bars->bucketNs > 0 ? bars->bucketNs : panel.bucketNs);
}

bool hasColumns(const PanelSnapshot &panel)
{
    return std::holds_alternative<BarsView>(panel.view) || std::holds_alternative<HeatView>(panel.view);
}

struct Valued {
    double value;
    TooltipContent::Row row;
};

/// In the unit of the axis; where that is a share of something, the amount in parentheses.
QString valueText(double value, Unit unit, const std::optional<Fact> &whole)
{
    if (!whole || unit != Unit::Percent)
        return exactQuantity(value, unit).text();
    double amount = value * whole->value / 100;
    if (whole->unit == Unit::Bytes)
        amount = std::round(amount); // they were whole before they became a share
    return QStringLiteral("%1 (%2)").arg(quantity(value, Unit::Percent).text(), exactQuantity(amount, whole->unit).text());
}

std::vector<Valued> seriesRows(const PanelSnapshot &panel, const std::vector<SeriesLook> &looks, const Theme &theme, std::int64_t timeNs)
{
    const std::int64_t bucket = bucketOf(panel);
    const auto whole = wholeOf(panel, timeNs, bucket / 2);
    std::vector<Valued> rows;
    double sum = 0;
    std::size_t summed = 0;
    for (std::size_t i = 0; i < panel.series.size(); ++i) {
        const PlotSeries &series = panel.series[i];
        const PlotPoint *sample = sampleAt(series.points, hasColumns(panel) ? timeNs - bucket / 2 : timeNs, bucket / 2);
        if (!sample || (isQuietLoss(series) && sample->value <= 0))
            continue;
        if (hasColumns(panel) && sample->value == 0)
            continue;
        const SeriesLook look = i < looks.size() ? looks[i] : SeriesLook{};
        QString name = PanelText::series(series);
        if (series.below)
            name = TooltipContent::tr("%1 sent").arg(name);
        rows.push_back({sample->value, {colorOf(look, theme), look.dashed(), name, valueText(sample->value, series.unit, whole)}});
        if (series.stacked) {
            sum += sample->value;
            ++summed;
        }
    }
    std::ranges::stable_sort(rows, std::greater<>(), &Valued::value);
    if (summed > 1)
        rows.insert(rows.begin(), {sum, {QColor(), false, TooltipContent::tr("All together"), valueText(sum, plotUnit(panel), whole)}});
    return rows;
}

std::vector<Valued> heatRows(const PanelSnapshot &panel, const HeatView &heat, const Theme &theme, std::int64_t timeNs)
{
    std::vector<Valued> rows;
    std::uint64_t most = 1;
    for (const HeatColumn &column : heat.columns)
        for (const std::uint64_t count : column.counts)
            most = std::max(most, count);
    for (const HeatColumn &column : heat.columns) {
        if (timeNs < column.timeNs || timeNs >= column.timeNs + panel.bucketNs)
            continue;
        for (std::size_t i = 0; i < std::min(column.counts.size(), heat.boundsNs.size() - 1); ++i) {
            if (column.counts[i] == 0)
                continue;
            const QString bounds = TooltipContent::tr("%1 to %2")
                                       .arg(durationText(static_cast<std::int64_t>(heat.boundsNs[i])),
                                            durationText(static_cast<std::int64_t>(heat.boundsNs[i + 1])));
            const double share = std::log1p(static_cast<double>(column.counts[i])) / std::log1p(static_cast<double>(most));
            rows.push_back({static_cast<double>(column.counts[i]), {heatColor(share, theme), false, bounds, exactCount(column.counts[i])}});
        }
    }
    std::ranges::stable_sort(rows, std::greater<>(), &Valued::value);
    return rows;
}

} // namespace

std::int64_t snapped(const PanelSnapshot &panel, std::int64_t timeNs)
{
    const std::int64_t bucket = bucketOf(panel);
    if (hasColumns(panel)) {
        const std::int64_t start = panel.fromNs + (timeNs - panel.fromNs) / bucket * bucket;
        return start + bucket / 2;
    }
    const PlotPoint *nearest = nullptr;
    for (const PlotSeries &series : panel.series) {
        const PlotPoint *sample = sampleAt(series.points, timeNs, bucket);
        if (sample && (!nearest || std::abs(sample->timeNs - timeNs) < std::abs(nearest->timeNs - timeNs)))
            nearest = sample;
    }
    if (nearest)
        return nearest->timeNs;
    return panel.fromNs + (timeNs - panel.fromNs + bucket / 2) / bucket * bucket;
}

TooltipContent TooltipContent::at(const PanelSnapshot &panel, const std::vector<SeriesLook> &looks, const Theme &theme, std::int64_t timeNs,
                                  const QTimeZone &zone)
{
    TooltipContent content;
    const std::int64_t bucket = bucketOf(panel);
    const std::int64_t start = hasColumns(panel) ? timeNs - bucket / 2 : timeNs;
    const bool days = spansDays(panel.fromNs, panel.toNs, zone);
    const auto styled = [days](TimeStyle style) { return days ? withDate(style) : style; };
    content.time = timeText(start, styled(bucket < nsPerSecond ? TimeStyle::Millisecond : TimeStyle::Second), zone) + QLatin1Char(' ')
                   + zoneText(start, zone);
    content.bucket = tr("%1 bucket").arg(durationText(bucket));
    const auto *heat = std::get_if<HeatView>(&panel.view);
    const std::vector<Valued> rows = heat ? heatRows(panel, *heat, theme, timeNs) : seriesRows(panel, looks, theme, timeNs);
    for (std::size_t i = 0; i < std::min(rows.size(), maxRows); ++i)
        content.rows.push_back(rows[i].row);
    if (rows.size() > maxRows)
        content.more = tr("+ %1 more").arg(rows.size() - maxRows);
    if (rows.empty()) {
        const QString nothing = hasColumns(panel) ? tr("none in this bucket") : tr("no sample");
        content.rows.push_back({QColor(), false, nothing, {}});
    }
    for (const LossBand &band : panel.losses) {
        if (band.toNs <= start || band.fromNs >= start + bucket)
            continue;
        const QString count =
            band.of > 0 ? tr("%1 of %2 lost").arg(exactCount(band.lost), exactCount(band.of)) : tr("%1 lost").arg(exactCount(band.lost));
        const QString where = QStringLiteral("%1 %2").arg(QString::fromStdString(band.node), PanelText::lossCause(band.cause));
        const TimeStyle bounds = styled(TimeStyle::Second);
        const QString when = tr("%1 to %2").arg(timeText(band.fromNs, bounds, zone), timeText(band.toNs, bounds, zone));
        content.losses.push_back({count, where.trimmed().isEmpty() ? when : tr("%1, %2").arg(when, where.trimmed())});
    }
    if (content.losses.size() > maxLosses) {
        const std::size_t more = content.losses.size() - maxLosses;
        content.losses.resize(maxLosses);
        content.losses.push_back({tr("+ %1 more losses").arg(more), {}});
    }
    return content;
}

void TooltipContent::addMarks(const std::vector<Annotation> &annotations, std::int64_t momentNs, std::int64_t slackNs, const Theme &theme,
                              const QTimeZone &zone)
{
    const std::vector<const Annotation *> found = annotationsAt(annotations, momentNs, slackNs);
    for (std::size_t i = 0; i < std::min(found.size(), maxMarks); ++i) {
        const Annotation &one = *found[i];
        const TimeStyle style = spansDays(one.fromNs, one.toNs, zone) ? TimeStyle::DateSecond : TimeStyle::Second;
        const QString from = timeText(one.fromNs, style, zone), to = timeText(one.toNs, style, zone);
        QString when = from == to ? from : tr("%1 to %2").arg(from, to);
        if (one.isOpen)
            when = tr("%1, no end seen").arg(when);
        const Sign sign = annotationSign(one.kind, one.severity, theme);
        marks.push_back({sign, annotationText(one), QStringLiteral("%1 \u00b7 %2").arg(sign.word, when)});
    }
    if (found.size() > maxMarks)
        marks.push_back({{}, tr("+ %1 more").arg(found.size() - maxMarks), {}});
}

PlotTooltip::PlotTooltip(Look look, QWidget *window) : QWidget(window), m_look(look)
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setFocusPolicy(Qt::NoFocus);
    hide();
}

QSize PlotTooltip::contentSize() const
{
    const Theme &theme = m_look.theme();
    const QFontMetricsF label(theme.font(FontRole::Label));
    const QFontMetricsF bold(theme.font(FontRole::Label, QFont::DemiBold));
    double width = tabularWidth(bold, m_content.time) + theme.px(24) + tabularWidth(label, m_content.bucket);
    for (const TooltipContent::Row &row : m_content.rows)
        width = std::max(width, theme.px(16) + std::min<double>(tabularWidth(label, row.name), theme.px(220)) + theme.px(20)
                                    + tabularWidth(bold, row.value));
    auto lines = static_cast<double>(1 + m_content.rows.size()) + (m_content.more.isEmpty() ? 0 : 1);
    for (const TooltipContent::Loss &loss : m_content.losses) {
        width = std::max(width, theme.px(16) + std::max(tabularWidth(bold, loss.count), tabularWidth(label, loss.where)));
        lines += loss.where.isEmpty() ? 1 : 2;
    }
    for (const TooltipContent::Mark &mark : m_content.marks) {
        const double what = std::min<double>(tabularWidth(label, mark.what), theme.px(mostMarkWidth));
        width = std::max(width, theme.px(16) + std::max(what, tabularWidth(label, mark.when)));
        lines += mark.when.isEmpty() ? 1 : 2;
    }
    return QSizeF(std::ceil(width) + theme.px(24), lines * theme.px(18) + theme.px(18)).toSize();
}

void PlotTooltip::show(const TooltipContent &content, const QPoint &at)
{
    m_content = content;
    const QSize size = contentSize();
    const QRect room = parentWidget()->rect().adjusted(4, 4, -4, -4);
    const int gap = m_look.theme().px(aside);
    QPoint place(at.x() + gap, at.y() - size.height() / 3);
    if (place.x() + size.width() > room.right())
        place.setX(at.x() - gap - size.width());
    place.setX(std::max(place.x(), room.left()));
    place.setY(std::clamp(place.y(), room.top(), std::max(room.top(), room.bottom() - size.height())));
    setGeometry(QRect(place, size));
    setVisible(true);
    raise();
    update();
}

void PlotTooltip::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_look.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.border.standard, 1));
    painter.setBrush(theme.surface.raised);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
    const QFont label = theme.font(FontRole::Label);
    const QFont bold = theme.font(FontRole::Label, QFont::DemiBold);
    const double step = theme.px(18);
    const double left = theme.px(12);
    const double inner = width() - theme.px(24);
    const auto put = [&](const QRectF &row, Qt::Alignment alignment, const QString &text, const QFont &font, const QColor &color) {
        painter.setFont(font);
        painter.setPen(color);
        drawTabular(painter, row, alignment | Qt::AlignVCenter, text);
    };
    QRectF row(left, theme.px(8), inner, step);
    put(row, Qt::AlignLeft, m_content.time, bold, theme.text.primary);
    put(row, Qt::AlignRight, m_content.bucket, label, theme.text.tertiary);
    row.translate(0, step + theme.px(2));
    for (const TooltipContent::Row &each : m_content.rows) {
        if (each.color.isValid()) {
            QPen swatch(each.color, 3, each.dashed ? Qt::DotLine : Qt::SolidLine, Qt::RoundCap);
            painter.setPen(swatch);
            painter.drawLine(QPointF(left + 1, row.center().y()), QPointF(left + theme.px(8), row.center().y()));
        }
        const double valueWidth = tabularWidth(QFontMetricsF(bold), each.value);
        const QRectF name = row.adjusted(theme.px(16), 0, -valueWidth - theme.px(10), 0);
        put(name, Qt::AlignLeft, QFontMetricsF(label).elidedText(each.name, Qt::ElideMiddle, name.width() + 1), label,
            theme.text.secondary);
        put(row, Qt::AlignRight, each.value, bold, theme.text.primary);
        row.translate(0, step);
    }
    if (!m_content.more.isEmpty()) {
        put(row.adjusted(theme.px(16), 0, 0, 0), Qt::AlignLeft, m_content.more, label, theme.text.tertiary);
        row.translate(0, step);
    }
    for (const TooltipContent::Loss &loss : m_content.losses) {
        drawHatch(painter, QRectF(left, row.center().y() - theme.px(4), theme.px(8), theme.px(8)), theme.lossFill, theme.lossLine);
        put(row.adjusted(theme.px(16), 0, 0, 0), Qt::AlignLeft, loss.count, bold, theme.meaning.p1);
        row.translate(0, step);
        if (loss.where.isEmpty())
            continue;
        put(row.adjusted(theme.px(16), 0, 0, 0), Qt::AlignLeft, loss.where, label, theme.text.secondary);
        row.translate(0, step);
    }
    for (const TooltipContent::Mark &mark : m_content.marks) {
        const double size = theme.px(8);
        drawGlyph(painter, QRectF(left, row.center().y() - size / 2, size, size), mark.sign.glyph, mark.sign.color);
        const QRectF text = row.adjusted(theme.px(16), 0, 0, 0);
        put(text, Qt::AlignLeft, QFontMetricsF(label).elidedText(mark.what, Qt::ElideRight, text.width() + 1), label, theme.text.primary);
        row.translate(0, step);
        if (mark.when.isEmpty())
            continue;
        put(text.translated(0, step), Qt::AlignLeft, mark.when, label, theme.text.secondary);
        row.translate(0, step);
    }
}

} // namespace tapio::console
