// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/panelmessage.h"

#include <QPainter>
#include <QPushButton>

#include <algorithm>

#include "console/ui/widgets/tabular.h"

namespace tapio::console {

PanelMessage::PanelMessage(Look look, QWidget *parent) : QWidget(parent), m_look(look), m_button(new QPushButton(this))
{
    connect(m_button, &QPushButton::clicked, this, [this] { emit remedyRequested(m_reason.remedy); });
    connect(&look.themes, &ThemeStore::themeChanged, this, &PanelMessage::place);
    m_button->hide();
}

void PanelMessage::setPanel(const PanelSnapshot &panel)
{
    m_reason = PanelText::noData(panel);
    if (panel.state == PanelState::Loading) // the head says that it is read: here stands how far
        m_reason = {m_reason.missing, {}, m_reason.remedy, m_reason.action};
    m_state = panel.state;
    m_progress = panel.state == PanelState::Loading && panel.need > 0 ? std::clamp(panel.have / panel.need, 0., 1.) : -1;
    m_button->setText(m_reason.action);
    place();
}

void PanelMessage::setButtonInTabOrder(bool on) { m_button->setFocusPolicy(on ? Qt::StrongFocus : Qt::NoFocus); }

void PanelMessage::place()
{
    const Theme &theme = m_look.theme();
    const double line = QFontMetricsF(theme.font(FontRole::Body)).height();
    const double lines = m_progress >= 0              ? 2 * line + theme.px(8)
                         : m_reason.missing.isEmpty() ? line
                                                      : 2 * line; // the bar of the progress too
    const int buttonHeight = theme.px(theme.compact() ? 24 : 30);
    const bool room = height() >= lines + buttonHeight + theme.px(6);
    m_button->setVisible(m_reason.remedy != Remedy::None && room);
    m_button->setFont(theme.font(FontRole::Label, QFont::DemiBold));
    m_button->setFixedHeight(buttonHeight);
    m_button->resize(m_button->sizeHint().width(), buttonHeight);
    m_button->move(qRound(textArea().left()), qRound(textArea().top() + lines + theme.px(6)));
    update();
}

QRectF PanelMessage::textArea() const
{
    const Theme &theme = m_look.theme();
    const double icon = theme.px(20);
    const double line = QFontMetricsF(theme.font(FontRole::Body)).height();
    double needed = (m_reason.missing.isEmpty() ? 1 : 2) * line;
    if (m_reason.remedy != Remedy::None)
        needed += theme.px(theme.compact() ? 24 : 30) + theme.px(6);
    const double top = std::max(0., (height() - needed) * (theme.compact() ? 0.35 : 0.4));
    return QRectF(icon, top, width() - icon, height() - top);
}

void PanelMessage::resizeEvent(QResizeEvent *) { place(); }

void PanelMessage::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_look.theme();
    QPainter painter(this);
    const QRectF area = textArea();
    const bool failed = m_state == PanelState::Failed;
    const int side = theme.px(14);
    const QFont strong = theme.font(FontRole::Body, QFont::DemiBold);
    const QFont small = theme.font(failed ? FontRole::Mono : FontRole::Label);
    const double line = QFontMetricsF(strong).height();
    const auto put = [&](double top, const QString &text, const QFont &font, const QColor &color) {
        const QFontMetricsF metrics(font);
        const QString shown = metrics.elidedText(text, Qt::ElideRight, area.width() - theme.px(4));
        QColor ground = theme.surface.panel; // grid lines behind the words would make them hard to read
        ground.setAlphaF(0.9F);
        painter.fillRect(QRectF(area.left() - theme.px(4), top, tabularWidth(metrics, shown) + theme.px(10), line), ground);
        painter.setFont(font);
        painter.setPen(color);
        drawTabular(painter, QRectF(area.left(), top, area.width(), line), Qt::AlignLeft | Qt::AlignVCenter, shown);
    };
    const QString icon = failed                           ? QStringLiteral("error")
                         : m_state == PanelState::Loading ? QStringLiteral("clock")
                                                          : QStringLiteral("no-data");
    painter.fillRect(QRectF(0, area.top(), side, line), theme.surface.panel);
    painter.drawPixmap(QPointF(0, area.top() + (line - side) / 2),
                       m_look.icons.pixmap(icon, side, failed ? theme.meaning.p1 : theme.text.tertiary, devicePixelRatioF()));
    put(area.top(), m_reason.sentence, strong, theme.text.primary);
    if (!m_reason.missing.isEmpty())
        put(area.top() + line, m_reason.missing, small, theme.text.secondary);
    if (m_progress >= 0) {
        const QRectF track(area.left(), area.top() + 2 * line + theme.px(4), area.width() * 0.8, theme.px(4));
        painter.fillRect(track, theme.surface.hover);
        painter.fillRect(QRectF(track.left(), track.top(), track.width() * m_progress, track.height()), theme.accent.base);
    }
}

} // namespace tapio::console
