// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/keyoverlay.h"

#include <QAccessible>
#include <QPainter>

#include <map>

namespace tapio::console {

namespace {

constexpr int columnWidth = 300, lineHeight = 24, keyWidth = 108;

void drawKey(QPainter &painter, const Theme &t, const QRectF &at, const QString &key)
{
    painter.setFont(t.font(FontRole::Mono));
    const qreal width = QFontMetricsF(painter.font()).horizontalAdvance(key) + t.px(10);
    const QRectF box(at.left(), at.center().y() - t.px(9), width, t.px(18));
    painter.setPen(QPen(t.border.standard, 1));
    painter.setBrush(t.surface.panel);
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), t.px(4), t.px(4));
    painter.setPen(t.text.primary);
    painter.drawText(box, Qt::AlignCenter, key);
}

} // namespace

KeyOverlay::KeyOverlay(Look look, ActionRegistry &actions, QWidget *window) : OverlayPanel(look, window), m_actions(actions)
{
    setAccessibleName(tr("Keys of this page"));
}

std::vector<std::vector<KeyOverlay::Line>> KeyOverlay::columns() const
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
    std::vector<std::vector<Line>> result(1);
    for (auto &[group, lines] : groups) {
        if (!result.back().empty() && result.back().size() + lines.size() > perColumn && result.size() < 3)
            result.emplace_back();
        result.back().push_back({{}, actionGroupName(group), true});
        result.back().insert(result.back().end(), lines.begin(), lines.end());
    }
    return result;
}

QString KeyOverlay::description() const
{
    QStringList lines;
    for (const auto &column : columns())
        for (const Line &line : column)
            lines << (line.heading ? line.text : tr("%1: %2").arg(line.keys, line.text));
    return lines.join(QLatin1Char('\n'));
}

void KeyOverlay::place()
{
    setAccessibleDescription(description());
    const Theme &t = look().theme();
    const auto all = columns();
    std::size_t longest = 0;
    for (const auto &column : all)
        longest = std::max(longest, column.size());
    const int width = static_cast<int>(all.size()) * t.px(columnWidth) + t.px(32) + 2 * shadow();
    const int height = static_cast<int>(longest) * t.px(lineHeight) + t.px(76) + 2 * shadow();
    resize(std::min(width, parentWidget()->width()), std::min(height, parentWidget()->height()));
    move((parentWidget()->width() - this->width()) / 2, std::max(0, (parentWidget()->height() - this->height()) / 2));
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

void KeyOverlay::paintEvent(QPaintEvent *event)
{
    OverlayPanel::paintEvent(event);
    const Theme &t = look().theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const int left = shadow() + t.px(24);
    painter.setPen(t.text.primary);
    painter.setFont(t.font(FontRole::PageTitle));
    painter.drawText(QRectF(left, shadow() + t.px(12), width(), t.px(28)), Qt::AlignLeft | Qt::AlignVCenter, tr("Keys of this page"));
    painter.setFont(t.font(FontRole::Label));
    painter.setPen(t.text.tertiary);
    painter.drawText(QRectF(left, shadow() + t.px(12), width() - left - shadow() - t.px(24), t.px(28)), Qt::AlignRight | Qt::AlignVCenter,
                     tr("Esc closes \u00b7 Settings, Keyboard changes them"));
    qreal x = left;
    for (const auto &column : columns()) {
        qreal y = shadow() + t.px(48);
        for (const Line &line : column) {
            const QRectF row(x, y, t.px(columnWidth) - t.px(16), t.px(lineHeight));
            if (line.heading) {
                painter.setFont(t.font(FontRole::Label, QFont::DemiBold));
                painter.setPen(t.text.tertiary);
                painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, line.text.toUpper());
            } else {
                drawKey(painter, t, row, line.keys);
                painter.setFont(t.font(FontRole::Body));
                painter.setPen(t.text.primary);
                const QRectF text = row.adjusted(t.px(keyWidth), 0, 0, 0);
                painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter,
                                 QFontMetricsF(painter.font()).elidedText(line.text, Qt::ElideRight, text.width()));
            }
            y += t.px(lineHeight);
        }
        x += t.px(columnWidth);
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
