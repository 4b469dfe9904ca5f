// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QKeySequence>
#include <QObject>
#include <QPointer>
#include <QString>
#include <QWidget>

#include <functional>
#include <vector>

#include "protocol/base/result.h"

class QSettings;

namespace tapio::console {

enum class ActionGroup { Pages, Time, View, List, Panel, General };
QString actionGroupName(ActionGroup group); ///< translated heading of the key list

/// One thing the user can do, by key, by palette or by a button. A command that cannot do anything now says so by `enabled`.
struct Action {
    QString id;   ///< stable, for the settings file: "page.overview"
    QString text; ///< translated verb phrase: "Go to Overview"
    ActionGroup group = ActionGroup::General;
    QList<QKeySequence> keys; ///< the default keys: QKeySequence("G, O"), QKeySequence("Ctrl+K")
    std::function<void()> run;
    std::function<bool()> enabled; ///< empty = always
    QPointer<QWidget> scope;       ///< null = everywhere; else only while this widget is visible
    bool scoped = false;           ///< set by ActionRegistry::add
};

/// Every action of the window, and the keys that the user gave them. GUI thread. The settings outlive it.
class ActionRegistry : public QObject {
    Q_OBJECT
public:
    explicit ActionRegistry(QSettings &settings, QObject *parent = nullptr);

    /// A second action of the same id and scope replaces the first.
    void add(Action action);
    const std::vector<Action> &actions() const { return m_actions; }
    const Action *find(const QString &id) const;
    /// False when it does not exist, is out of scope, or is disabled.
    bool trigger(const QString &id) const;
    static bool available(const Action &action);

    QList<QKeySequence> keys(const QString &id) const;
    QString keyText(const QString &id) const; ///< first key in the platform's spelling, or empty
    /// Errors: NotFound; AlreadyExists, naming the action that has the key (or a key that begins with it).
    Status setKeys(const QString &id, const QList<QKeySequence> &keys);
    void resetKeys(const QString &id);
    bool isRemapped(const QString &id) const;

signals:
    void changed();

private:
    QSettings &m_settings;
    std::vector<Action> m_actions;
};

} // namespace tapio::console
