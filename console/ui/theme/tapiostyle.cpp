// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/theme/tapiostyle.h"

#include <QPainter>
#include <QStyleFactory>
#include <QStyleOption>

namespace tapio::console {

TapioStyle::TapioStyle(const ThemeStore &themes) : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))), m_themes(themes) {}

int TapioStyle::pixelMetric(PixelMetric metric, const QStyleOption *option, const QWidget *widget) const
{
    const Theme &t = m_themes.theme();
    switch (metric) {
    case PM_IndicatorWidth:
    case PM_IndicatorHeight:
    case PM_ExclusiveIndicatorWidth:
    case PM_ExclusiveIndicatorHeight: return t.px(16);
    case PM_CheckBoxLabelSpacing:
    case PM_RadioButtonLabelSpacing: return t.px(8);
    case PM_SmallIconSize:
    case PM_ButtonIconSize: return t.px(16);
    case PM_LayoutHorizontalSpacing:
    case PM_LayoutVerticalSpacing: return t.px(8);
    case PM_LayoutLeftMargin:
    case PM_LayoutRightMargin:
    case PM_LayoutTopMargin:
    case PM_LayoutBottomMargin: return t.px(12);
    case PM_ButtonShiftHorizontal:
    case PM_ButtonShiftVertical:
    case PM_ScrollView_ScrollBarSpacing: return 0;
    default: return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int TapioStyle::styleHint(StyleHint hint, const QStyleOption *option, const QWidget *widget, QStyleHintReturn *returnData) const
{
    switch (hint) {
    case SH_UnderlineShortcut:
    case SH_ItemView_ActivateItemOnSingleClick:
    case SH_EtchDisabledText:
    case SH_DitherDisabledText:
    case SH_ComboBox_Popup:
    case SH_ScrollBar_Transient: return 0;
    case SH_ToolTip_WakeUpDelay: return 400;
    case SH_Table_GridLineColor: return static_cast<int>(m_themes.theme().border.subtle.rgba());
    case SH_Widget_Animation_Duration: return m_themes.motionMs(120);
    default: return QProxyStyle::styleHint(hint, option, widget, returnData);
    }
}

void TapioStyle::drawPrimitive(PrimitiveElement element, const QStyleOption *option, QPainter *painter, const QWidget *widget) const
{
    switch (element) {
    case PE_FrameFocusRect: // FocusRing draws the one ring of the window
        return;
    case PE_IndicatorCheckBox:
    case PE_IndicatorItemViewItemCheck: drawCheck(*option, *painter, false); return;
    case PE_IndicatorRadioButton: drawCheck(*option, *painter, true); return;
    case PE_Frame:
    case PE_FrameGroupBox: // hairlines are the layout's business
        return;
    default: QProxyStyle::drawPrimitive(element, option, painter, widget);
    }
}

void TapioStyle::drawCheck(const QStyleOption &option, QPainter &painter, bool round) const
{
    const Theme &t = m_themes.theme();
    const bool on = option.state & State_On;
    const bool partly = option.state & State_NoChange;
    const QRectF box = QRectF(option.rect).adjusted(1.5, 1.5, -1.5, -1.5);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    if (!(option.state & State_Enabled))
        painter.setOpacity(0.6);
    painter.setPen(QPen(on || partly ? t.accent.fill : option.state & State_MouseOver ? t.text.tertiary : t.border.strong, 1.25));
    painter.setBrush(on || partly ? t.accent.fill : t.surface.raised);
    const qreal radius = round ? box.width() / 2 : t.px(4);
    painter.drawRoundedRect(box, radius, radius);
    painter.setPen(QPen(t.text.onFill, 1.75, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(t.text.onFill);
    const QPointF c = box.center();
    const qreal unit = box.width() / 12;
    if (on && round)
        painter.drawEllipse(c, 1.5 * unit, 1.5 * unit);
    else if (on)
        painter.drawPolyline(QPolygonF({c + QPointF(-3, 0) * unit, c + QPointF(-1, 2.25) * unit, c + QPointF(3.25, -2.5) * unit}));
    else if (partly)
        painter.drawLine(c + QPointF(-3, 0) * unit, c + QPointF(3, 0) * unit);
    painter.restore();
}

} // namespace tapio::console
