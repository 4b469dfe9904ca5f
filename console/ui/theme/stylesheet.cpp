// SPDX-License-Identifier: GPL-3.0-or-later
#include <QStringList>

#include "console/ui/theme/themeapplier.h"

namespace tapio::console {

namespace {

/// @name@ stands for a token, @12px@ for a scaled length.
constexpr const char *sheet = R"(
QToolTip { background: @raised@; color: @text1@; border: 1px solid @standard@; padding: @4px@ @8px@; }
QMenu { background: @raised@; border: 1px solid @standard@; padding: @4px@; }
QMenu::item { padding: @6px@ @24px@ @6px@ @12px@; border-radius: @4px@; color: @text1@; }
QMenu::item:selected { background: @hover@; }
QMenu::item:disabled { color: @disabled@; }
QMenu::separator { height: 1px; background: @subtle@; margin: @4px@ @8px@; }
QMenu::indicator { width: @12px@; height: @12px@; left: @4px@; }
QMenu::item:checked { color: @accent@; }

QLineEdit { background: @raised@; color: @text1@; border: 1px solid @standard@; border-radius: @6px@; padding: 0 @8px@;
            min-height: @26px@; selection-background-color: @fill@; selection-color: @onFill@; }
QLineEdit:hover { border-color: @strong@; }
QLineEdit:focus { border-color: @accent@; }
QLineEdit:read-only { background: @panel@; }
QLineEdit:disabled { color: @disabled@; }
QLineEdit[problem="true"] { border-color: @p1@; }
QLineEdit[kind="bare"] { background: transparent; border: none; padding: 0; }

QPlainTextEdit { background: @raised@; color: @text1@; border: 1px solid @standard@; border-radius: @6px@; padding: @4px@;
                 selection-background-color: @fill@; selection-color: @onFill@; }
QPlainTextEdit:hover { border-color: @strong@; }
QPlainTextEdit:focus { border-color: @accent@; }

QPushButton { background: @raised@; color: @text1@; border: 1px solid @standard@; border-radius: @6px@; padding: 0 @12px@;
              min-height: @28px@; font-weight: 500; }
QPushButton:hover { background: @hover@; }
QPushButton:pressed { background: @selected@; }
QPushButton:checked { background: @accentSubtle@; color: @accent@; border-color: @accent@; }
QPushButton:disabled { color: @disabled@; }
QPushButton[kind="primary"] { background: @fill@; color: @onFill@; border-color: @fill@; }
QPushButton[kind="primary"]:hover { background: @fillHover@; }
QPushButton[kind="primary"]:disabled { background: @raised@; color: @disabled@; border-color: @standard@; }
QPushButton[kind="danger"] { background: @p1Chip@; color: @p1@; border-color: @p1@; }
QPushButton[kind="side"] { background: transparent; border-color: transparent; color: @text2@; text-align: left; }
QPushButton[kind="side"]:hover { background: @hover@; color: @text1@; }
QPushButton[kind="side"]:checked { background: @selected@; color: @text1@; border-color: transparent; }
QPushButton[kind="flat"] { background: transparent; border-color: transparent; color: @text2@; }
QPushButton[kind="flat"]:hover { background: @hover@; color: @text1@; }
QPushButton[kind="flat"]:checked { background: @selected@; color: @text1@; border-color: transparent; }

QComboBox { background: @raised@; color: @text1@; border: 1px solid @standard@; border-radius: @6px@; padding: 0 @8px@; min-height: @26px@; }
QComboBox:hover { border-color: @strong@; }
QComboBox:disabled { color: @disabled@; }
QComboBox::drop-down { border: none; width: @24px@; }
QComboBox::down-arrow { image: url(:/tapio/icons/@down@.svg); width: @14px@; height: @14px@; }
QComboBox QAbstractItemView { background: @raised@; color: @text1@; border: 1px solid @standard@; padding: @4px@; outline: 0;
                              selection-background-color: @hover@; selection-color: @text1@; }

QScrollBar:vertical { background: transparent; width: @8px@; margin: 0; border: none; }
QScrollBar:horizontal { background: transparent; height: @8px@; margin: 0; border: none; }
QScrollBar::handle { background: @standard@; border-radius: @scrollRadius@; }
QScrollBar::handle:hover { background: @strong@; }
QScrollBar::handle:vertical { min-height: @32px@; margin: @1px@; }
QScrollBar::handle:horizontal { min-width: @32px@; margin: @1px@; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none; background: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: none; }
QAbstractScrollArea::corner { background: transparent; border: none; }

QHeaderView { background: @panel@; border: none; }
QHeaderView::section { background: @panel@; color: @text2@; border: none; border-bottom: 1px solid @subtle@; padding: 0 @8px@;
                       font-weight: 500; height: @26px@; }
QHeaderView::section:hover { color: @text1@; }
QHeaderView::down-arrow { image: url(:/tapio/icons/@up@.svg); width: @12px@; height: @12px@; subcontrol-position: right center; }
QHeaderView::up-arrow { image: url(:/tapio/icons/@down@.svg); width: @12px@; height: @12px@; subcontrol-position: right center; }
QTableCornerButton::section { background: @panel@; border: none; border-bottom: 1px solid @subtle@; }

QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: @accent@; }

QTabBar { qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: @text2@; border: none; border-bottom: 2px solid transparent; padding: @6px@ @12px@; font-weight: 500; }
QTabBar::tab:hover { color: @text1@; }
QTabBar::tab:selected { color: @text1@; border-bottom-color: @accent@; }
)";

QString lengthOrToken(const Theme &t, const QString &name)
{
    if (name.endsWith(QLatin1String("px")))
        return QString::number(std::max(1, t.px(name.chopped(2).toDouble()))) + QStringLiteral("px");
    const std::pair<QLatin1String, QString> tokens[] = {
        {QLatin1String("panel"), t.surface.panel.name()},
        {QLatin1String("raised"), t.surface.raised.name()},
        {QLatin1String("hover"), t.surface.hover.name()},
        {QLatin1String("selected"), t.surface.selected.name()},
        {QLatin1String("subtle"), t.border.subtle.name()},
        {QLatin1String("standard"), t.border.standard.name()},
        {QLatin1String("strong"), t.border.strong.name()},
        {QLatin1String("text1"), t.text.primary.name()},
        {QLatin1String("text2"), t.text.secondary.name()},
        {QLatin1String("onFill"), t.text.onFill.name()},
        {QLatin1String("accent"), t.accent.base.name()},
        {QLatin1String("fill"), t.accent.fill.name()},
        {QLatin1String("fillHover"), mixed(t.text.onFill, t.accent.fill, t.dark ? 0.06 : 0.1).name()},
        {QLatin1String("accentSubtle"), t.accent.subtle.name()},
        {QLatin1String("disabled"), mixed(t.text.tertiary, t.surface.panel, 0.6).name()},
        {QLatin1String("p1"), t.meaning.p1.name()},
        {QLatin1String("p1Chip"), t.chipFill(t.meaning.p1).name()},
        {QLatin1String("down"), t.dark ? QStringLiteral("control/chevron-down-dark") : QStringLiteral("control/chevron-down-light")},
        {QLatin1String("up"), t.dark ? QStringLiteral("control/chevron-up-dark") : QStringLiteral("control/chevron-up-light")},
        {QLatin1String("scrollRadius"), QStringLiteral("%1px").arg(std::max(1, (t.px(8) - 2 * t.px(1)) / 2 - (t.px(8) % 2)))},
    };
    for (const auto &[token, value] : tokens)
        if (token == name)
            return value;
    return name;
}

} // namespace

QString styleSheetOf(const Theme &theme)
{
    // Every odd part of a split by @ is a name.
    QStringList parts = QString::fromUtf8(sheet).split(QLatin1Char('@'));
    for (qsizetype i = 1; i < parts.size(); i += 2)
        parts[i] = lengthOrToken(theme, parts[i]);
    return parts.join(QString());
}

} // namespace tapio::console
