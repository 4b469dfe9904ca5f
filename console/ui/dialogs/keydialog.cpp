// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/dialogs/keydialog.h"

#include <QDialogButtonBox>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace tapio::console {

KeyDialog::KeyDialog(UiContext context, const QString &actionId, QWidget *parent)
    : QDialog(parent), m_context(context), m_id(actionId), m_edit(new QKeySequenceEdit), m_problem(new QLabel)
{
    const Theme &t = context.themes.theme();
    setWindowTitle(tr("Change a key"));
    setMinimumWidth(t.px(380));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(t.px(16), t.px(16), t.px(16), t.px(16));
    const Action *action = context.actions.find(actionId);
    auto *text = new QLabel(tr("Press the keys for \u201c%1\u201d.").arg(action ? action->text : actionId));
    text->setTextFormat(Qt::PlainText);
    text->setWordWrap(true);
    column->addWidget(text);
    column->addWidget(m_edit);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->setMinimumHeight(t.px(32));
    QPalette palette = m_problem->palette();
    palette.setColor(QPalette::WindowText, t.meaning.p1);
    m_problem->setPalette(palette);
    column->addWidget(m_problem);
    auto *buttons = new QDialogButtonBox;
    auto *use = buttons->addButton(tr("Use"), QDialogButtonBox::AcceptRole);
    use->setProperty("kind", "primary");
    buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &KeyDialog::apply);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    m_edit->setFocus();
}

void KeyDialog::apply()
{
    const QKeySequence keys = m_edit->keySequence();
    const Status status = m_context.actions.setKeys(m_id, keys.isEmpty() ? QList<QKeySequence>() : QList{keys});
    if (status)
        accept();
    else
        m_problem->setText(
            tr("\u201c%1\u201d has this key, or one that begins with it.").arg(QString::fromStdString(status.error().context())));
}

} // namespace tapio::console
