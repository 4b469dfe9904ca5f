// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/rail.h"

#include <QAbstractButton>
#include <QPainter>

#include "console/ui/widgets/chip.h"
#include "console/ui/widgets/focusring.h"

namespace tapio::console {

class RailButton : public QAbstractButton {
public:
    RailButton(Look look, QString icon, const QString &title, QWidget *parent)
        : QAbstractButton(parent), m_look(look), m_icon(std::move(icon))
    {
        setText(title);
        setAccessibleName(title);
        setCheckable(true);
        setFocusPolicy(Qt::TabFocus);
        setAttribute(Qt::WA_Hover);
        setProperty(FocusRing::insideProperty, true);
    }
    void setWide(bool wide)
    {
        m_wide = wide;
        tell();
    }
    void setBadge(std::uint64_t count, const QString &words)
    {
        m_count = count;
        m_words = words;
        setAccessibleName(count == 0 ? text() : text() + QStringLiteral(", ") + words);
        tell();
    }

private:
    void tell()
    {
        setToolTip(m_count > 0 ? text() + QStringLiteral(": ") + m_words : m_wide ? QString() : text());
        update();
    }
    /// Returns how much of the label's place it takes.
    double paintBadge(QPainter &painter, const QRectF &body) const
    {
        const Theme &t = m_look.theme();
        if (m_count == 0)
            return 0;
        if (!m_wide) {
            const QPointF at(width() / 2.0 + t.px(9), height() / 2.0 - t.px(8));
            drawGlyph(painter, QRectF(at.x() - t.px(5), at.y() - t.px(5), t.px(10), t.px(10)), Glyph::Disc,
                      isChecked() ? t.surface.selected : t.surface.rail);
            drawGlyph(painter, QRectF(at.x() - t.px(4), at.y() - t.px(4), t.px(8), t.px(8)), Glyph::Triangle, t.meaning.p1);
            return 0;
        }
        const Chip chip{m_count > 99 ? QStringLiteral("99+") : QString::number(m_count), t.meaning.p1, Glyph::Triangle, false, false};
        const QSizeF size = chipSize(chip, t);
        drawChip(painter, {body.right() - t.px(8) - size.width(), height() / 2.0}, chip, t);
        return size.width() + t.px(8);
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        const Theme &t = m_look.theme();
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        const QRectF body = QRectF(rect()).adjusted(t.px(8), t.px(1), -t.px(8), -t.px(1));
        if (isChecked() || underMouse()) {
            painter.setBrush(isChecked() ? t.surface.selected : t.surface.hover);
            painter.drawRoundedRect(body, t.px(6), t.px(6));
        }
        if (isChecked()) {
            painter.setBrush(t.accent.base);
            painter.drawRect(QRectF(0, body.top() + body.height() * 0.22, 2, body.height() * 0.56));
        }
        const int size = t.px(20);
        const QColor ink = isChecked() ? t.accent.base : t.text.secondary;
        const qreal x = m_wide ? body.left() + t.px(10) : (width() - size) / 2.0;
        painter.drawPixmap(QPointF(x, (height() - size) / 2.0), m_look.icons.pixmap(m_icon, size, ink, devicePixelRatioF()));
        const double badge = paintBadge(painter, body);
        if (!m_wide)
            return;
        painter.setFont(t.font(FontRole::Body, isChecked() ? QFont::DemiBold : QFont::Medium));
        painter.setPen(isChecked() ? t.text.primary : t.text.secondary);
        const QRectF textRect = body.adjusted(t.px(40), 0, -t.px(8) - badge, 0);
        painter.drawText(textRect, Qt::AlignLeft | Qt::AlignVCenter,
                         QFontMetricsF(painter.font()).elidedText(text(), Qt::ElideRight, textRect.width()));
    }

private:
    Look m_look;
    QString m_icon, m_words;
    std::uint64_t m_count = 0;
    bool m_wide = false;
};

QString railGroupName(RailGroup group)
{
    switch (group) {
    case RailGroup::Respond: return Rail::tr("Respond");
    case RailGroup::Investigate: return Rail::tr("Investigate");
    case RailGroup::Operate: return Rail::tr("Operate");
    case RailGroup::Foot: break;
    }
    return {};
}

Rail::Rail(Look look, QWidget *parent) : QWidget(parent), m_look(look)
{
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Pages"));
    connect(&look.themes, &ThemeStore::themeChanged, this, [this] {
        arrange();
        update();
    });
    arrange();
}

void Rail::addPage(PageId page, RailGroup group, const QString &icon, const QString &title)
{
    auto *button = new RailButton(m_look, icon, title, this);
    connect(button, &QAbstractButton::clicked, this, [this, page] {
        setCurrent(page);
        emit chosen(page);
    });
    m_entries.push_back({page, group, button});
    button->show();
    arrange();
}

void Rail::setCurrent(PageId page)
{
    for (const Entry &entry : m_entries)
        entry.button->setChecked(entry.page == page);
}

void Rail::setBadge(PageId page, std::uint64_t count, const QString &words)
{
    for (const Entry &entry : m_entries) {
        if (entry.page == page)
            entry.button->setBadge(count, words);
    }
}

void Rail::setWide(bool wide)
{
    m_wide = wide;
    arrange();
    update();
}

void Rail::arrange()
{
    const Theme &t = m_look.theme();
    setFixedWidth(t.px(m_wide ? 204 : 52));
    m_captions.clear();
    const int rowHeight = t.px(36);
    int y = t.px(m_wide ? 48 : 51);
    RailGroup group = RailGroup::Foot;
    for (const Entry &entry : m_entries) {
        entry.button->setWide(m_wide);
        if (entry.group == RailGroup::Foot) {
            entry.button->setGeometry(0, height() - rowHeight - t.px(8), width(), rowHeight);
            continue;
        }
        if (entry.group != group) {
            group = entry.group;
            m_captions.push_back({group, y, m_captions.empty()});
            y += m_wide ? t.px(28) : m_captions.size() > 1 ? t.px(12) : 0;
        }
        entry.button->setGeometry(0, y, width(), rowHeight);
        y += rowHeight;
        if (m_wide && (&entry == &m_entries.back() || (&entry + 1)->group != group))
            y += t.px(8);
    }
}

void Rail::resizeEvent(QResizeEvent *) { arrange(); }

void Rail::paintEvent(QPaintEvent *)
{
    const Theme &t = m_look.theme();
    QPainter painter(this);
    painter.fillRect(rect(), t.surface.rail);
    painter.fillRect(QRect(width() - 1, 0, 1, height()), t.border.subtle);
    const int mark = t.px(24);
    const int left = m_wide ? t.px(14) : (width() - mark) / 2;
    painter.drawPixmap(QPoint(left, (t.px(44) - mark) / 2),
                       m_look.icons.pixmap(QStringLiteral("tapio"), mark, t.accent.fill, devicePixelRatioF()));
    if (m_wide) {
        painter.setPen(t.text.primary);
        painter.setFont(t.font(FontRole::PageTitle));
        painter.drawText(QRect(left + mark + t.px(10), 0, width(), t.px(44)), Qt::AlignLeft | Qt::AlignVCenter, QStringLiteral("Tapio"));
    }
    painter.setFont(t.font(FontRole::Label, QFont::DemiBold));
    for (const Caption &caption : m_captions) {
        if (m_wide) {
            painter.setPen(t.text.tertiary);
            painter.drawText(QRect(t.px(16), caption.top, width() - t.px(24), t.px(24)), Qt::AlignLeft | Qt::AlignVCenter,
                             railGroupName(caption.group).toUpper());
        } else if (!caption.first) {
            painter.fillRect(QRect(t.px(16), caption.top + t.px(6), width() - t.px(32), 1), t.border.standard);
        }
    }
}

} // namespace tapio::console
