// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QKeySequence>
#include <QObject>
#include <QTimer>

#include "console/ui/actions/actionregistry.h"

class QKeyEvent;

namespace tapio::console {

/// Turns key presses in one window into actions. Letters act only outside of text fields; Space and Enter stay with a focused
/// button; a key that begins a longer one ("g") waits a second and says what may follow. When it is an action of its own
/// too ("t" beside "t 1"), that one runs when nothing followed, or as soon as another key did.
class KeyDispatcher : public QObject {
    Q_OBJECT
public:
    KeyDispatcher(QWidget &window, ActionRegistry &actions, QObject *parent = nullptr);

    struct Choice {
        QString key;
        QString text;
    };
    /// What may follow the keys pressed so far; empty = nothing is pending.
    QList<Choice> choices() const;
    bool isPending() const { return !m_pending.isEmpty(); }
    void cancel();

    bool eventFilter(QObject *object, QEvent *event) override;

signals:
    void pendingChanged();

private:
    /// What the keys typed so far lead to.
    struct Match {
        const Action *action = nullptr;   ///< they are its keys; one of the page goes before one of the window
        bool longer = false;              ///< they begin the keys of others
    };
    Match match(const QList<QKeyCombination> &typed) const;
    bool handle(const QKeyEvent &event, const QWidget *focus);
    static bool belongsToFocus(QKeyCombination key, const QWidget *focus);
    void setPending(const QList<QKeyCombination> &keys);
    /// Nothing followed: runs what the pending keys are by themselves.
    void settle();

    QWidget &m_window;
    ActionRegistry &m_actions;
    QList<QKeyCombination> m_pending;
    QTimer m_timeout;
};

/// The combination as key sequences spell it: no Shift where it only makes the character ("?"), no keypad flag.
QKeyCombination normalized(const QKeyEvent &event);

} // namespace tapio::console
