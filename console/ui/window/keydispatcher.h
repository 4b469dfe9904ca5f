// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QKeySequence>
#include <QObject>
#include <QTimer>

#include <chrono>

#include "console/ui/actions/actionregistry.h"

class QKeyEvent;

namespace tapio::console {

/// Turns key presses in one window into actions. Letters act only outside of text fields; Space and Enter stay with a focused
/// button; a key that begins a longer one ("g") waits a second and says what may follow. Where that key alone has an action too
/// ("t" of a panel beside "t 1"), it runs when the second is over, at Enter, or at a key that goes on with none of the longer ones.
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
    /// Forgets what is pending and runs nothing.
    void cancel();
    /// How long a beginning waits for its next key; a second unless told otherwise.
    void setWait(std::chrono::milliseconds wait) { m_timeout.setInterval(wait); }

    bool eventFilter(QObject *object, QEvent *event) override;

signals:
    void pendingChanged();

private:
    struct Found {
        const Action *exact = nullptr; ///< the visible page's before the window's
        bool longer = false;
    };
    Found find(const QList<QKeyCombination> &typed) const;
    bool handle(const QKeyEvent &event, const QWidget *focus);
    static bool belongsToFocus(QKeyCombination key, const QWidget *focus);
    void setPending(const QList<QKeyCombination> &keys);
    bool runPending();

    QWidget &m_window;
    ActionRegistry &m_actions;
    QList<QKeyCombination> m_pending;
    QTimer m_timeout;
};

/// The combination as key sequences spell it: no Shift where it only makes the character ("?"), no keypad flag.
QKeyCombination normalized(const QKeyEvent &event);

} // namespace tapio::console
