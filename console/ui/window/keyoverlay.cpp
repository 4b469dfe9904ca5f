// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/keyoverlay.h"

#include <QAccessible>
#include <QPainter>

#include <map>

namespace tapio::console {

namespace {

constexpr int lineHeight = 24, leastKeys = 64, keyGap = 12, columnGap = 24, margin = 24, headHeight = 48, footHeight = 28;

qreal keyWidth(const Theme &t, const QString &key) { return QFontMetricsF(t.font(FontRole::Mono)).horizontalAdvance(key) + t.px(10); }

void drawKey(QPainter &painter, const Theme &t, const QRectF &at, const QString &key)
{
    painter.setFont(t.font(FontRole::Mono));
    const QRectF box(at.left(), at.center().y() - t.px(9), keyWidth(t, key), t.px(18));
    painter.setPen(QPen(t.border.standard, 1));
    painter.setBrush(t.surface.panel);
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), t.px(4), t.px(4));
    painter.setPen(t.text.primary);
    painter.drawText(box, Qt::AlignCenter, key);
}

QString headText() { return KeyOverlay::tr("Keys of this page"); }
QString hintText() { return KeyOverlay::tr("Esc closes \u00b7 Settings, Keyboard changes them"); }

} // namespace

KeyOverlay::KeyOverlay(Look look, ActionRegistry &actions, QWidget *window) : OverlayPanel(look, window), m_actions(actions)
{
    setAccessibleName(tr("Keys of this page"));
}

std::vector<KeyOverlay::Column> KeyOverlay::columns() const
{
    std::map<ActionGroup, std::vector<Line>> groups;
    for (const Action &action : m_actions.actions()) {
        const bool here = !action.scoped || (action.scope && action.scope->isVisible());
        const QString keys = m_actions.keyText(action.id);
        if (here && !keys.isEmpty())
            groups[action.group].push_back({keys, action.text, false});
    }
    std::size_t total = 0;
    for (const auto &[group, lines] : groups)
        total += lines.size() + 2;
    const std::size_t perColumn = total / 3 + 3;
    std::vector<Column> result(1);
    for (auto &[group, lines] : groups) {
        const std::size_t before = result.back().lines.size();
        if (before > 0 && before + lines.size() > perColumn && result.size() < 3)
            result.emplace_back();
        std::vector<Line> &column = result.back().lines;
        column.push_back({{}, actionGroupName(group), true});
        column.insert(column.end(), lines.begin(), lines.end());
    }
    for (Column &column : result)
        measure(column);
    return result;
}

QString KeyOverlay::description() const
{
    QStringList lines;
    for (const Column &column : columns())
        for (const Line &line : column.lines)
            lines << (line.heading ? line.text : tr("%1: %2").arg(line.keys, line.text));
    return lines.join(QLatin1Char('\n'));
}

void KeyOverlay::measure(Column &column) const
{
    const Theme &t = look().theme();
    const QFontMetricsF body(t.font(FontRole::Body)), heading(t.font(FontRole::Label, QFont::DemiBold));
    qreal text = 0;
    qreal headings = 0;
    column.keys = t.px(leastKeys);
    for (const Line &line : column.lines) {
        if (line.heading) {
            headings = std::max(headings, heading.horizontalAdvance(line.text.toUpper()));
            continue;
        }
        column.keys = std::max(column.keys, keyWidth(t, line.keys));
        text = std::max(text, body.horizontalAdvance(line.text));
    }
    column.width = std::ceil(std::max(column.keys + t.px(keyGap) + text, headings)) + 1;
}

QSizeF KeyOverlay::naturalSize(const std::vector<Column> &columns) const
{
    const Theme &t = look().theme();
    std::size_t longest = 0;
    qreal width = static_cast<qreal>(columns.size() - 1) * t.px(columnGap);
    for (const Column &column : columns) {
        longest = std::max(longest, column.lines.size());
        width += column.width;
    }
    const qreal head = QFontMetricsF(t.font(FontRole::PageTitle)).horizontalAdvance(headText()) + t.px(columnGap)
                       + QFontMetricsF(t.font(FontRole::Label)).horizontalAdvance(hintText());
    return {std::ceil(std::max(width, head)) + 2 * t.px(margin),
            static_cast<qreal>(longest) * t.px(lineHeight) + t.px(headHeight) + t.px(footHeight)};
}

QSizeF KeyOverlay::room() const { return parentWidget()->size() - 2 * QSize(shadow(), shadow()); }

void KeyOverlay::place()
{
    setAccessibleDescription(description());
    const QSizeF natural = naturalSize(columns()), space = room();
    const QSizeF card = natural * std::min({1., space.width() / natural.width(), space.height() / natural.height()});
    resize(card.toSize() + 2 * QSize(shadow(), shadow()));
    move((parentWidget()->width() - width()) / 2, (parentWidget()->height() - height()) / 2);
}

void KeyOverlay::open()
{
    place();
    show();
    raise();
    QAccessibleEvent opened(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&opened);
}

void KeyOverlay::mousePressEvent(QMouseEvent *) { hide(); }

void KeyOverlay::paintHead(QPainter &painter, qreal width) const
{
    const Theme &t = look().theme();
    const QRectF line(t.px(margin), t.px(12), width - 2 * t.px(margin), t.px(28));
    painter.setPen(t.text.primary);
    painter.setFont(t.font(FontRole::PageTitle));
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, headText());
    painter.setFont(t.font(FontRole::Label));
    painter.setPen(t.text.tertiary);
    painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, hintText());
}

void KeyOverlay::paintColumn(QPainter &painter, const Column &column, QPointF at) const
{
    const Theme &t = look().theme();
    for (const Line &line : column.lines) {
        const QRectF row(at, QSizeF(column.width, t.px(lineHeight)));
        if (line.heading) {
            painter.setFont(t.font(FontRole::Label, QFont::DemiBold));
            painter.setPen(t.text.tertiary);
            painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, line.text.toUpper());
        } else {
            drawKey(painter, t, row, line.keys);
            painter.setFont(t.font(FontRole::Body));
            painter.setPen(t.text.primary);
            painter.drawText(row.adjusted(column.keys + t.px(keyGap), 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, line.text);
        }
        at.ry() += t.px(lineHeight);
    }
}

void KeyOverlay::paintEvent(QPaintEvent *event)
{
    OverlayPanel::paintEvent(event);
    const Theme &t = look().theme();
    const std::vector<Column> all = columns();
    const QSizeF natural = naturalSize(all);
    const QSizeF card = size() - 2 * QSize(shadow(), shadow());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(shadow(), shadow());
    const qreal factor = std::min({1., card.width() / natural.width(), card.height() / natural.height()});
    painter.scale(factor, factor);
    paintHead(painter, natural.width());
    QPointF at(t.px(margin), t.px(headHeight));
    for (const Column &column : all) {
        paintColumn(painter, column, at);
        at.rx() += column.width + t.px(columnGap);
    }
}

KeyHint::KeyHint(Look look, const KeyDispatcher &keys, QWidget *window) : OverlayPanel(look, window), m_keys(keys)
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setAccessibleName(tr("What may follow"));
}

void KeyHint::refresh()
{
    m_choices = m_keys.choices();
    QStringList words;
    for (const KeyDispatcher::Choice &choice : m_choices)
        words << tr("%1: %2").arg(choice.key, choice.text);
    setAccessibleDescription(words.join(QLatin1Char('\n')));
    setVisible(!m_choices.isEmpty());
    if (m_choices.isEmpty())
        return;
    const Theme &t = look().theme();
    resize(t.px(280) + 2 * shadow(), static_cast<int>(m_choices.size()) * t.px(lineHeight) + t.px(16) + 2 * shadow());
    move((parentWidget()->width() - width()) / 2, parentWidget()->height() - height() - t.px(32));
    raise();
    update();
}

void KeyHint::paintEvent(QPaintEvent *event)
{
    OverlayPanel::paintEvent(event);
    const Theme &t = look().theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    qreal y = shadow() + t.px(8);
    for (const KeyDispatcher::Choice &choice : m_choices) {
        const QRectF row(shadow() + t.px(16), y, width() - 2 * shadow() - t.px(32), t.px(lineHeight));
        drawKey(painter, t, row, choice.key);
        painter.setFont(t.font(FontRole::Body));
        painter.setPen(t.text.primary);
        painter.drawText(row.adjusted(t.px(48), 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, choice.text);
        y += t.px(lineHeight);
    }
}

} // namespace tapio::console
