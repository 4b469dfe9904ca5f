// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/widgets/statemessage.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "console/ui/widgets/barbutton.h"
#include "console/ui/widgets/panelframe.h"

namespace tapio::console {

namespace {

QLabel *plainLabel(const QString &text, const QFont &font, const QColor &color)
{
    auto *label = new QLabel(text);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setFont(font);
    QPalette palette = label->palette();
    palette.setColor(QPalette::WindowText, color);
    label->setPalette(palette);
    return label;
}

} // namespace

StateMessage::StateMessage(Look look, QWidget *parent) : QWidget(parent), m_look(look)
{
    auto *outer = new QVBoxLayout(this);
    outer->addStretch(2);
    outer->addStretch(3);
    connect(&look.themes, &ThemeStore::themeChanged, this, &StateMessage::rebuild);
}

void StateMessage::setState(const StateText &state)
{
    m_state = state;
    rebuild();
}

void StateMessage::addCommand(QVBoxLayout &column, int number, const QString &command)
{
    const Theme &t = m_look.theme();
    auto *row = new QHBoxLayout;
    row->setSpacing(t.px(8));
    QLabel *step = plainLabel(QString::number(number), t.font(FontRole::Label, QFont::DemiBold), t.text.tertiary);
    step->setFixedWidth(t.px(12));
    row->addWidget(step, 0, Qt::AlignTop);
    auto *box = new PanelFrame(m_look);
    QLabel *text = plainLabel(command, t.font(FontRole::Mono), t.text.primary);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    text->setAccessibleName(tr("Command"));
    auto *inside = new QHBoxLayout(box);
    inside->setContentsMargins(t.px(10), t.px(6), t.px(10), t.px(6));
    inside->addWidget(text);
    row->addWidget(box, 1);
    auto *copy = new BarButton(m_look);
    copy->setIconName(QStringLiteral("copy"));
    copy->setToolTip(tr("Copy the command"));
    copy->setAccessibleName(tr("Copy the command"));
    connect(copy, &QAbstractButton::clicked, this, [command] { QGuiApplication::clipboard()->setText(command); });
    row->addWidget(copy, 0, Qt::AlignTop);
    column.addLayout(row);
}

void StateMessage::rebuild()
{
    delete m_body;
    const Theme &t = m_look.theme();
    m_body = new QWidget;
    m_body->setFixedWidth(t.px(m_state.commands.isEmpty() ? 520 : 680));
    auto *row = new QHBoxLayout(m_body);
    row->setContentsMargins(t.px(12), t.px(12), t.px(12), t.px(12));
    row->setSpacing(t.px(12));
    auto *icon = new QLabel;
    icon->setPixmap(m_look.icons.pixmap(m_state.icon, t.px(20), m_state.problem ? t.meaning.p1 : t.text.tertiary, devicePixelRatioF()));
    row->addWidget(icon, 0, Qt::AlignTop);
    auto *column = new QVBoxLayout;
    column->setSpacing(t.px(8));
    row->addLayout(column, 1);
    column->addWidget(plainLabel(m_state.headline, t.font(FontRole::PageTitle), t.text.primary));
    if (!m_state.sentence.isEmpty())
        column->addWidget(plainLabel(m_state.sentence, t.font(FontRole::Body), t.text.secondary));
    if (!m_state.verbatim.isEmpty()) {
        QLabel *verbatim = plainLabel(m_state.verbatim, t.font(FontRole::Mono), t.text.primary);
        verbatim->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        column->addWidget(verbatim);
    }
    for (int i = 0; i < m_state.commands.size(); ++i)
        addCommand(*column, i + 1, m_state.commands[i]);
    if (!m_state.actionText.isEmpty()) {
        auto *button = new QPushButton(m_state.actionText);
        button->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
        connect(button, &QPushButton::clicked, this, [this] {
            if (m_state.action)
                m_state.action();
        });
        column->addWidget(button);
    }
    setAccessibleName(m_state.headline);
    setAccessibleDescription(m_state.sentence);
    // Wrapping labels have no height of their own before the width is known.
    m_body->setFixedHeight(row->heightForWidth(m_body->width()));
    static_cast<QVBoxLayout *>(layout())->insertWidget(1, m_body, 0, Qt::AlignHCenter);
}

} // namespace tapio::console
