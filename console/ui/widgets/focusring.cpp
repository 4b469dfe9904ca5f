// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/focusring.h"

#include <QApplication>
#include <QEvent>
#include <QFocusEvent>
#include <QPainter>

namespace tapio::console {

FocusRing::FocusRing(QWidget *window, Look look) : QWidget(window), m_look(look)
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setFocusPolicy(Qt::NoFocus);
    hide();
    qApp->installEventFilter(this);
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget *, QWidget *now) { follow(now); });
    connect(&look.themes, &ThemeStore::themeChanged, this, [this] {
        place();
        update();
    });
}

bool FocusRing::eventFilter(QObject *object, QEvent *event)
{
    switch (event->type()) {
    case QEvent::KeyPress:
        if (!m_keyboard) {
            m_keyboard = true;
            follow(QApplication::focusWidget());
        }
        break;
    case QEvent::MouseButtonPress:
        m_keyboard = false;
        hide();
        break;
    case QEvent::Move:
    case QEvent::Resize:
    case QEvent::Show:
    case QEvent::Hide:
    case QEvent::ZOrderChange:
        if (m_target && object->isWidgetType()
            && (object == m_target || static_cast<QWidget *>(object)->isAncestorOf(m_target) || mayCover(object)))
            place();
        break;
    default: break;
    }
    return QWidget::eventFilter(object, event);
}

void FocusRing::follow(QWidget *widget)
{
    const bool ours = widget && widget->window() == window() && !widget->property(ownFocusProperty).toBool();
    m_target = ours ? widget : nullptr;
    place();
}

void FocusRing::place()
{
    if (!m_target || !m_keyboard || !m_target->isVisible()) {
        hide();
        return;
    }
    const Theme &t = m_look.theme();
    const int outside = m_target->property(insideProperty).toBool() ? -t.px(1) : t.px(3) + 2;
    const QRect rect(m_target->mapTo(window(), QPoint(0, 0)), m_target->size());
    setGeometry(rect.adjusted(-outside, -outside, outside, outside));
    show();
    raise();
    setMask(uncovered());
}

bool FocusRing::mayCover(const QObject *object) const
{
    const auto *parent = static_cast<const QWidget *>(object)->parentWidget();
    return object != this && parent && parent->isAncestorOf(m_target);
}

QRegion FocusRing::uncovered() const
{
    QRegion region(rect());
    for (const QWidget *below = m_target; below != window() && below->parentWidget(); below = below->parentWidget()) {
        const QWidget *parent = below->parentWidget();
        bool above = false; // children are in the order in which they are painted
        for (const QObject *child : parent->children()) {
            const auto *widget = qobject_cast<const QWidget *>(child);
            const bool overlay = widget && above && widget != this && !widget->isWindow() && widget->isVisible();
            if (overlay && widget->geometry().intersects(below->geometry())) // a mere neighbour lies beside it
                region -= QRect(mapFrom(window(), parent->mapTo(window(), widget->pos())), widget->size());
            above |= child == below;
        }
    }
    return region;
}

void FocusRing::paintEvent(QPaintEvent *)
{
    const Theme &t = m_look.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(t.accent.base, 2));
    const qreal radius = t.px(6) + 2;
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), radius, radius);
}

} // namespace tapio::console
