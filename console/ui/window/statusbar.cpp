// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/statusbar.h"

#include <QAbstractButton>
#include <QAccessible>
#include <QPainter>

#include <algorithm>
#include <numeric>

#include "console/ui/widgets/focusring.h"
#include "console/ui/widgets/tabular.h"

namespace tapio::console {

class StatusButton : public QAbstractButton {
public:
    StatusButton(Look look, QWidget *parent) : QAbstractButton(parent), m_look(look)
    {
        setFocusPolicy(Qt::TabFocus);
        setAttribute(Qt::WA_Hover);
        setProperty(FocusRing::insideProperty, true);
    }
    void setItem(const StatusItem &item)
    {
        m_item = item;
        setAccessibleName(item.label + QLatin1Char(' ') + item.value);
        setToolTip(item.toolTip);
        update();
    }
    const StatusItem &item() const { return m_item; }
    QSize sizeHint() const override
    {
        const Theme &t = m_look.theme();
        const qreal label = tabularWidth(QFontMetricsF(t.font(FontRole::Label)), m_item.label);
        const qreal value = tabularWidth(QFontMetricsF(t.font(FontRole::Label, QFont::DemiBold)), m_item.value);
        return {static_cast<int>(std::ceil(2 * t.px(9) + signWidth() + label + (m_item.label.isEmpty() ? 0 : t.px(4)) + value)), t.px(24)};
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        const Theme &t = m_look.theme();
        QPainter painter(this);
        painter.fillRect(rect(), underMouse() ? t.surface.hover : t.surface.rail);
        painter.fillRect(QRect(width() - 1, t.px(6), 1, height() - 2 * t.px(6)), t.border.standard);
        qreal x = t.px(9);
        if (m_item.glyph != Glyph::None)
            drawGlyph(painter, QRectF(x, (height() - t.px(7)) / 2.0, t.px(7), t.px(7)), m_item.glyph, m_item.color);
        x += signWidth();
        painter.setFont(t.font(FontRole::Label));
        painter.setPen(t.text.tertiary);
        const QRectF whole(x, 0, width() - x, height());
        drawTabular(painter, whole, Qt::AlignLeft | Qt::AlignVCenter, m_item.label);
        x += tabularWidth(QFontMetricsF(painter.font()), m_item.label) + (m_item.label.isEmpty() ? 0 : t.px(4));
        painter.setFont(t.font(FontRole::Label, QFont::DemiBold));
        painter.setPen(m_item.alarming ? m_item.color : t.text.secondary);
        drawTabular(painter, QRectF(x, 0, width() - x, height()), Qt::AlignLeft | Qt::AlignVCenter, m_item.value);
    }

private:
    qreal signWidth() const { return m_item.glyph == Glyph::None ? 0 : m_look.theme().px(7) + m_look.theme().px(5); }
    Look m_look;
    StatusItem m_item;
};

StatusBar::StatusBar(UiContext context, QWidget *parent) : QWidget(parent), m_context(context)
{
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Status"));
    m_tick.setInterval(1000);
    connect(&m_tick, &QTimer::timeout, this, &StatusBar::refresh);
    m_noticeEnd.setSingleShot(true);
    connect(&m_noticeEnd, &QTimer::timeout, this, [this] {
        m_notice.clear();
        setAccessibleDescription({});
        arrange();
    });
    connect(&context.themes, &ThemeStore::themeChanged, this, &StatusBar::refresh);
    connect(&context.time, &TimeDisplay::changed, this, &StatusBar::refresh);
    connect(&context.session, &Session::linkChanged, this, &StatusBar::refresh);
    refresh();
}

void StatusBar::showEvent(QShowEvent *) { m_tick.start(); }

void StatusBar::notify(const QString &sentence)
{
    m_notice = sentence;
    m_noticeEnd.start(6000);
    setAccessibleDescription(sentence);
    QAccessibleEvent said(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&said);
    arrange();
}

void StatusBar::refresh()
{
    setFixedHeight(m_context.themes.theme().px(24));
    m_items = statusItems(m_context.session, m_context.themes.theme(), m_context.nowNs());
    while (m_buttons.size() < m_items.size()) {
        auto *button = new StatusButton({m_context.themes, m_context.icons}, this);
        connect(button, &QAbstractButton::clicked, this, [this, button] { emit activated(button->item().page, button->item().argument); });
        m_buttons.push_back(button);
    }
    for (std::size_t i = 0; i < m_items.size(); ++i)
        m_buttons[i]->setItem(m_items[i]);
    arrange();
}

int StatusBar::clockWidth() const
{
    const QString clock = m_context.time.textWithZone(m_context.nowNs(), TimeStyle::Second);
    return QFontMetrics(m_context.themes.theme().font(FontRole::Mono)).horizontalAdvance(clock) + m_context.themes.theme().px(28);
}

int StatusBar::noticeWidth() const
{
    const Theme &t = m_context.themes.theme();
    return m_notice.isEmpty() ? 0 : QFontMetrics(t.font(FontRole::Label, QFont::Medium)).horizontalAdvance(m_notice) + t.px(20);
}

std::vector<std::size_t> StatusBar::byImportance() const
{
    std::vector<std::size_t> order(m_items.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    // Beside a sentence there is less room: what is wrong stays in sight.
    const auto rank = [this](std::size_t i) { return std::pair(!m_notice.isEmpty() && m_items[i].alarming, m_items[i].importance); };
    std::ranges::stable_sort(order, std::ranges::greater(), rank);
    return order;
}

void StatusBar::arrange()
{
    const int room = width() - clockWidth();
    const int forNotice = std::min(noticeWidth(), room / 2);
    std::vector<bool> shown(m_buttons.size(), false);
    int used = 0;
    for (const std::size_t i : byImportance()) {
        const int width = m_buttons[i]->sizeHint().width();
        if (used + width + (m_items[i].alarming ? 0 : forNotice) > room)
            break;
        used += width;
        shown[i] = true;
    }
    int x = m_context.themes.theme().px(4);
    for (std::size_t i = 0; i < m_buttons.size(); ++i) {
        m_buttons[i]->setVisible(shown[i]);
        if (!shown[i])
            continue;
        m_buttons[i]->setGeometry(x, 1, m_buttons[i]->sizeHint().width(), height() - 1);
        x += m_buttons[i]->width();
    }
    m_itemsEnd = x;
    update();
}

QStringList StatusBar::shownKeys() const
{
    QStringList keys;
    for (const StatusButton *button : m_buttons)
        if (!button->isHidden())
            keys.append(button->item().key);
    return keys;
}

void StatusBar::resizeEvent(QResizeEvent *) { arrange(); }

void StatusBar::paintEvent(QPaintEvent *)
{
    const Theme &t = m_context.themes.theme();
    QPainter painter(this);
    painter.fillRect(rect(), t.surface.rail);
    painter.fillRect(QRect(0, 0, width(), 1), t.border.subtle);
    painter.setFont(t.font(FontRole::Mono));
    painter.setPen(t.text.secondary);
    const QRect area = rect().adjusted(t.px(14), 0, -t.px(14), 0);
    painter.drawText(area, Qt::AlignRight | Qt::AlignVCenter, m_context.time.textWithZone(m_context.nowNs(), TimeStyle::Second));
    if (m_notice.isEmpty())
        return;
    painter.setFont(t.font(FontRole::Label, QFont::Medium));
    painter.setPen(t.text.primary);
    const QRect rest = QRect(m_itemsEnd + t.px(10), 0, width() - clockWidth() - m_itemsEnd - t.px(16), height());
    painter.drawText(rest, Qt::AlignLeft | Qt::AlignVCenter, painter.fontMetrics().elidedText(m_notice, Qt::ElideMiddle, rest.width()));
}

} // namespace tapio::console
