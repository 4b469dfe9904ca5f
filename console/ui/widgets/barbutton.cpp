// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/barbutton.h"

#include <QEvent>
#include <QFontMetricsF>
#include <QPainter>

#include "console/ui/widgets/tabular.h"

namespace tapio::console {

BarButton::BarButton(Look look, QWidget *parent) : QAbstractButton(parent), m_look(look)
{
    setFocusPolicy(Qt::TabFocus);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setCursor(Qt::ArrowCursor);
    connect(&look.themes, &ThemeStore::themeChanged, this, [this] {
        updateGeometry();
        update();
    });
}

void BarButton::setIconName(const QString &name)
{
    m_icon = name;
    updateGeometry();
    update();
}

void BarButton::setChevron(bool shown)
{
    m_chevron = shown;
    updateGeometry();
}

void BarButton::setFlat(bool flat)
{
    m_flat = flat;
    update();
}

void BarButton::setBorderColor(std::optional<QColor> color)
{
    m_border = color;
    update();
}

void BarButton::setActive(bool active)
{
    m_active = active;
    update();
}

void BarButton::setTrailing(const QString &text)
{
    m_trailing = text;
    updateGeometry();
    update();
}

void BarButton::setQuiet(bool quiet)
{
    m_quiet = quiet;
    updateGeometry();
    update();
}

void BarButton::setMaximumTextWidth(int pixels)
{
    m_maxText = pixels;
    updateGeometry();
}

QFont BarButton::textFont() const { return m_look.theme().font(FontRole::Body, m_quiet ? QFont::Normal : QFont::Medium); }

int BarButton::textWidth() const
{
    const int full = static_cast<int>(std::ceil(tabularWidth(QFontMetricsF(textFont()), text())));
    return m_maxText > 0 ? std::min(full, m_look.theme().px(m_maxText)) : full;
}

QSize BarButton::sizeHint() const
{
    const Theme &t = m_look.theme();
    const int height = t.px(28);
    if (text().isEmpty() && !m_chevron && m_trailing.isEmpty())
        return {height, height};
    int width = 2 * t.px(10);
    if (!m_icon.isEmpty())
        width += t.px(16) + (text().isEmpty() ? 0 : t.px(6));
    width += textWidth();
    if (m_chevron)
        width += t.px(14) + t.px(4);
    if (!m_trailing.isEmpty())
        width += t.px(16) + QFontMetrics(t.font(FontRole::Label)).horizontalAdvance(m_trailing);
    return {width, height};
}

bool BarButton::isElided() const { return m_maxText > 0 && tabularWidth(QFontMetricsF(textFont()), text()) > m_look.theme().px(m_maxText); }

bool BarButton::event(QEvent *event)
{
    if (event->type() == QEvent::HoverEnter || event->type() == QEvent::HoverLeave || event->type() == QEvent::EnabledChange)
        update();
    if (event->type() == QEvent::Polish)
        setAttribute(Qt::WA_Hover);
    return QAbstractButton::event(event);
}

QString BarButton::shownText(qreal available) const
{
    const QFontMetricsF metrics(textFont());
    return tabularWidth(metrics, text()) <= available + 1 ? text() : metrics.elidedText(text(), Qt::ElideMiddle, available);
}

void BarButton::paintGround(QPainter &painter) const
{
    const Theme &t = m_look.theme();
    const QColor ground = isDown()                      ? t.surface.selected
                          : underMouse() && isEnabled() ? t.surface.hover
                          : m_active                    ? t.accent.subtle
                                                        : t.surface.raised;
    if (m_flat && !underMouse() && !isDown() && !isChecked())
        return;
    painter.setPen(m_flat ? QPen(Qt::NoPen) : QPen(m_border.value_or(m_active ? t.accent.base : t.border.standard), 1));
    painter.setBrush(isChecked() ? t.surface.selected : ground);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), t.px(6), t.px(6));
}

void BarButton::paintEvent(QPaintEvent *)
{
    const Theme &t = m_look.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (!isEnabled())
        painter.setOpacity(0.6);
    paintGround(painter);
    const QColor ink = m_active ? t.accent.base : m_quiet ? t.text.secondary : t.text.primary;
    const QColor iconInk = m_active ? t.accent.base : t.text.secondary;
    const auto icon = [&](const QString &name, qreal x, int size) {
        painter.drawPixmap(QPointF(x, (height() - size) / 2.0), m_look.icons.pixmap(name, size, iconInk, devicePixelRatioF()));
    };
    if (text().isEmpty() && !m_chevron && m_trailing.isEmpty()) {
        icon(m_icon, (width() - t.px(16)) / 2.0, t.px(16));
        return;
    }
    qreal left = t.px(10), right = width() - t.px(10);
    if (!m_icon.isEmpty()) {
        icon(m_icon, left, t.px(16));
        left += t.px(16) + t.px(6);
    }
    if (m_chevron) {
        icon(QStringLiteral("chevron-down"), right - t.px(14) + t.px(2), t.px(14));
        right -= t.px(14) + t.px(4);
    }
    if (!m_trailing.isEmpty()) {
        painter.setFont(t.font(FontRole::Label));
        painter.setPen(t.text.tertiary);
        painter.drawText(QRectF(left, 0, right - left, height()), Qt::AlignRight | Qt::AlignVCenter, m_trailing);
        right -= QFontMetrics(painter.font()).horizontalAdvance(m_trailing) + t.px(8);
    }
    painter.setFont(textFont());
    painter.setPen(ink);
    drawTabular(painter, QRectF(left, 0, right - left, height()), Qt::AlignLeft | Qt::AlignVCenter, shownText(right - left));
}

} // namespace tapio::console
