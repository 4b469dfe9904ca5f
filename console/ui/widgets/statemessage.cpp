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

/// Whether the words of one fit into the widgets of the other.
bool sameParts(const StateText &a, const StateText &b)
{
    return a.icon == b.icon && a.problem == b.problem && a.commands == b.commands && a.sentence.isEmpty() == b.sentence.isEmpty()
           && a.verbatim.isEmpty() == b.verbatim.isEmpty() && a.actionText.isEmpty() == b.actionText.isEmpty();
}

/// Setting a text drops what is selected in it.
void setWords(QLabel *label, const QString &text)
{
    if (label && label->text() != text)
        label->setText(text);
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
    const bool fits = m_body && sameParts(m_state, state);
    m_state = state; // its action too, which cannot be compared
    if (fits)
        fill();
    else
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
    text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
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

QWidget *StateMessage::makeBody()
{
    const Theme &t = m_look.theme();
    auto *body = new QWidget;
    body->setFixedWidth(t.px(m_state.commands.isEmpty() ? 520 : 680));
    auto *row = new QHBoxLayout(body);
    row->setContentsMargins(t.px(12), t.px(12), t.px(12), t.px(12));
    row->setSpacing(t.px(12));
    auto *icon = new QLabel;
    icon->setPixmap(m_look.icons.pixmap(m_state.icon, t.px(20), m_state.problem ? t.meaning.p1 : t.text.tertiary, devicePixelRatioF()));
    row->addWidget(icon, 0, Qt::AlignTop);
    auto *column = new QVBoxLayout;
    column->setSpacing(t.px(8));
    row->addLayout(column, 1);
    m_headline = plainLabel(m_state.headline, t.font(FontRole::PageTitle), t.text.primary);
    column->addWidget(m_headline);
    m_sentence = m_state.sentence.isEmpty() ? nullptr : plainLabel(m_state.sentence, t.font(FontRole::Body), t.text.secondary);
    if (m_sentence)
        column->addWidget(m_sentence);
    m_verbatim = m_state.verbatim.isEmpty() ? nullptr : plainLabel(m_state.verbatim, t.font(FontRole::Mono), t.text.primary);
    if (m_verbatim) {
        m_verbatim->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        column->addWidget(m_verbatim);
    }
    for (int i = 0; i < m_state.commands.size(); ++i)
        addCommand(*column, i + 1, m_state.commands[i]);
    m_button = nullptr;
    if (!m_state.actionText.isEmpty()) {
        m_button = new QPushButton(m_state.actionText);
        m_button->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
        connect(m_button, &QPushButton::clicked, this, [this] {
            if (const auto action = m_state.action) // it may bring the next state
                action();
        });
        column->addWidget(m_button, 0, Qt::AlignLeft); // without an alignment the words would be no wider than it
    }
    return body;
}

void StateMessage::rebuild()
{
    const bool focused = m_button && m_button->hasFocus();
    if (m_body) {
        m_body->hide();
        m_body->deleteLater(); // its button may be the one that asked
    }
    m_body = makeBody();
    static_cast<QVBoxLayout *>(layout())->insertWidget(1, m_body, 0, Qt::AlignHCenter);
    fill();
    if (focused && m_button)
        m_button->setFocus(Qt::OtherFocusReason);
}

void StateMessage::fill()
{
    setWords(m_headline, m_state.headline);
    setWords(m_sentence, m_state.sentence);
    setWords(m_verbatim, m_state.verbatim);
    if (m_button && m_button->text() != m_state.actionText)
        m_button->setText(m_state.actionText);
    setAccessibleName(m_state.headline);
    setAccessibleDescription(m_state.sentence);
    // Wrapping labels have no height of their own before the width is known.
    m_body->layout()->activate();                                          // the inner layout still has the height of the words before
    const int wrapped = m_body->layout()->heightForWidth(m_body->width()); // -1 while there are no words
    const int height = wrapped >= 0 ? wrapped : m_body->layout()->sizeHint().height();
    if (m_body->height() != height)
        m_body->setFixedHeight(height);
}

} // namespace tapio::console
