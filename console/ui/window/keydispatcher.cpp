// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/keydispatcher.h"

#include <QAbstractButton>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTextEdit>

#include <utility>

namespace tapio::console {

namespace {

constexpr std::chrono::milliseconds standardWait{1000};

bool isTextField(const QWidget *widget)
{
    if (const auto *line = qobject_cast<const QLineEdit *>(widget))
        return !line->isReadOnly();
    if (const auto *plain = qobject_cast<const QPlainTextEdit *>(widget))
        return !plain->isReadOnly();
    if (const auto *rich = qobject_cast<const QTextEdit *>(widget))
        return !rich->isReadOnly();
    if (const auto *combo = qobject_cast<const QComboBox *>(widget))
        return combo->isEditable();
    return qobject_cast<const QAbstractSpinBox *>(widget) != nullptr;
}

bool isModifier(int key)
{
    return key == Qt::Key_Shift || key == Qt::Key_Control || key == Qt::Key_Alt || key == Qt::Key_Meta || key == Qt::Key_AltGr
           || key == Qt::Key_unknown;
}

bool beginsWith(const QKeySequence &sequence, const QList<QKeyCombination> &typed)
{
    if (sequence.count() < typed.size())
        return false;
    for (int i = 0; i < typed.size(); ++i)
        if (sequence[static_cast<uint>(i)] != typed[i])
            return false;
    return true;
}

} // namespace

QKeyCombination normalized(const QKeyEvent &event)
{
    Qt::KeyboardModifiers modifiers = event.modifiers() & ~Qt::KeypadModifier;
    const int key = event.key();
    const bool symbol = key > Qt::Key_Space && key < Qt::Key_ydiaeresis && !(key >= Qt::Key_A && key <= Qt::Key_Z);
    if (symbol)
        modifiers &= ~Qt::ShiftModifier;
    return QKeyCombination(modifiers, static_cast<Qt::Key>(key));
}

KeyDispatcher::KeyDispatcher(QWidget &window, ActionRegistry &actions, QObject *parent)
    : QObject(parent), m_window(window), m_actions(actions)
{
    m_timeout.setSingleShot(true);
    m_timeout.setInterval(standardWait);
    connect(&m_timeout, &QTimer::timeout, this, &KeyDispatcher::runPending);
    qApp->installEventFilter(this);
}

bool KeyDispatcher::eventFilter(QObject *object, QEvent *event)
{
    if (event->type() == QEvent::MouseButtonPress && isPending())
        cancel();
    if (event->type() != QEvent::KeyPress || !object->isWidgetType())
        return QObject::eventFilter(object, event);
    const auto *widget = static_cast<const QWidget *>(object);
    const QWidget *focus = QApplication::focusWidget();
    // Only the first receiver counts: an ignored key press wanders up through the parents.
    if (widget->window() != &m_window || (focus && focus->window() == &m_window && widget != focus) || QApplication::activeModalWidget()
        || QApplication::activePopupWidget())
        return QObject::eventFilter(object, event);
    return handle(*static_cast<const QKeyEvent *>(event), focus) || QObject::eventFilter(object, event);
}

bool KeyDispatcher::belongsToFocus(QKeyCombination key, const QWidget *focus)
{
    const bool command = key.keyboardModifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier);
    const bool function = (key.key() >= Qt::Key_F1 && key.key() <= Qt::Key_F35) || key.key() == Qt::Key_Escape;
    if (command || function)
        return false;
    if (isTextField(focus))
        return true;
    const bool press = key.key() == Qt::Key_Space || key.key() == Qt::Key_Return || key.key() == Qt::Key_Enter;
    return press && (qobject_cast<const QAbstractButton *>(focus) || qobject_cast<const QComboBox *>(focus));
}

KeyDispatcher::Found KeyDispatcher::find(const QList<QKeyCombination> &typed) const
{
    Found found;
    const Action *scoped = nullptr, *global = nullptr;
    for (const Action &action : m_actions.actions()) {
        if (!ActionRegistry::available(action))
            continue;
        for (const QKeySequence &sequence : m_actions.keys(action.id)) {
            if (!beginsWith(sequence, typed))
                continue;
            if (sequence.count() > typed.size())
                found.longer = true;
            else
                (action.scoped ? scoped : global) = &action;
        }
    }
    found.exact = scoped ? scoped : global;
    return found;
}

bool KeyDispatcher::handle(const QKeyEvent &event, const QWidget *focus)
{
    if (isModifier(event.key()))
        return false;
    const QKeyCombination key = normalized(event);
    if (key.key() == Qt::Key_Escape && isPending()) {
        cancel();
        return true;
    }
    if (m_pending.isEmpty() && belongsToFocus(key, focus))
        return false;
    QList<QKeyCombination> typed = m_pending;
    typed.append(key);
    const Found found = find(typed);
    if (found.longer) { // what these keys alone do waits for the next one
        setPending(typed);
        return true;
    }
    if (found.exact) {
        setPending({});
        const auto run = found.exact->run;
        run();
        return true;
    }
    if (!isPending())
        return false;
    if (!runPending())
        return true;
    if (key.key() == Qt::Key_Return || key.key() == Qt::Key_Enter)
        return true;
    // The key goes on with nothing that was typed, so it begins anew; the focus may have moved by what ran.
    return handle(event, QApplication::focusWidget());
}

/// Ends what is pending with the action of exactly these keys; false = they have none.
bool KeyDispatcher::runPending()
{
    const Found found = find(std::exchange(m_pending, {}));
    m_timeout.stop();
    emit pendingChanged();
    if (!found.exact)
        return false;
    const auto run = found.exact->run; // the action may change the registry
    run();
    return true;
}

void KeyDispatcher::setPending(const QList<QKeyCombination> &keys)
{
    if (m_pending.isEmpty() && keys.isEmpty())
        return;
    m_pending = keys;
    if (keys.isEmpty())
        m_timeout.stop();
    else
        m_timeout.start();
    emit pendingChanged();
}

void KeyDispatcher::cancel() { setPending({}); }

QList<KeyDispatcher::Choice> KeyDispatcher::choices() const
{
    QList<Choice> list;
    if (m_pending.isEmpty())
        return list;
    if (const Action *alone = find(m_pending).exact)
        list.append({QKeySequence(Qt::Key_Enter).toString(QKeySequence::NativeText).toLower(), alone->text});
    for (const Action &action : m_actions.actions()) {
        if (!ActionRegistry::available(action))
            continue;
        for (const QKeySequence &sequence : m_actions.keys(action.id))
            if (sequence.count() > m_pending.size() && beginsWith(sequence, m_pending))
                list.append({QKeySequence(sequence[static_cast<uint>(m_pending.size())]).toString(QKeySequence::NativeText).toLower(),
                             action.text});
    }
    return list;
}

} // namespace tapio::console
