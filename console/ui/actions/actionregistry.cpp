// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/actions/actionregistry.h"

#include <QCoreApplication>
#include <QSettings>

#include <algorithm>

namespace tapio::console {

namespace {

QString settingsKey(const QString &id) { return QStringLiteral("keys/") + id; }

QString listText(const QList<QKeySequence> &keys) { return QKeySequence::listToString(keys, QKeySequence::PortableText); }

/// One is the other, or the beginning of the other: the shorter one would have to wait for what may follow. Only a page's own
/// key may begin a key of the window ("t" of a panel, "t 1" of the time range).
bool collide(const QKeySequence &a, bool aScoped, const QKeySequence &b, bool bScoped)
{
    const int common = std::min(a.count(), b.count());
    for (int i = 0; i < common; ++i)
        if (a[static_cast<uint>(i)] != b[static_cast<uint>(i)])
            return false;
    const bool waits = (a.count() < b.count() && aScoped && !bScoped) || (b.count() < a.count() && bScoped && !aScoped);
    return common > 0 && !waits;
}

} // namespace

QString actionGroupName(ActionGroup group)
{
    const auto tr = [](const char *text) { return QCoreApplication::translate("tapio::console", text); };
    switch (group) {
    case ActionGroup::Pages: return tr("Pages");
    case ActionGroup::Time: return tr("Time");
    case ActionGroup::View: return tr("View");
    case ActionGroup::List: return tr("List");
    case ActionGroup::Panel: return tr("Panel");
    case ActionGroup::General: break;
    }
    return tr("General");
}

ActionRegistry::ActionRegistry(QSettings &settings, QObject *parent) : QObject(parent), m_settings(settings) {}

void ActionRegistry::add(Action action)
{
    action.scoped = !action.scope.isNull();
    const auto same =
        std::find_if(m_actions.begin(), m_actions.end(), [&](const Action &a) { return a.id == action.id && a.scope == action.scope; });
    if (same != m_actions.end())
        *same = std::move(action);
    else
        m_actions.push_back(std::move(action));
    emit changed();
}

const Action *ActionRegistry::find(const QString &id) const
{
    const Action *found = nullptr;
    for (const Action &action : m_actions)
        if (action.id == id && (!found || available(action)))
            found = &action;
    return found;
}

bool ActionRegistry::available(const Action &action)
{
    if (action.scoped && (action.scope.isNull() || !action.scope->isVisible()))
        return false;
    return !action.enabled || action.enabled();
}

bool ActionRegistry::trigger(const QString &id) const
{
    const Action *action = find(id);
    if (!action || !available(*action))
        return false;
    const auto run = action->run; // the action may change the registry
    run();
    return true;
}

QList<QKeySequence> ActionRegistry::keys(const QString &id) const
{
    const QVariant stored = m_settings.value(settingsKey(id));
    if (stored.isValid())
        return QKeySequence::listFromString(stored.toString(), QKeySequence::PortableText);
    const Action *action = find(id);
    return action ? action->keys : QList<QKeySequence>();
}

QString ActionRegistry::keyText(const QString &id) const
{
    const QList<QKeySequence> all = keys(id);
    return all.isEmpty() ? QString() : all.front().toString(QKeySequence::NativeText).replace(QLatin1String(", "), QLatin1String(" "));
}

Status ActionRegistry::setKeys(const QString &id, const QList<QKeySequence> &wanted)
{
    const Action *target = find(id);
    if (!target)
        return fail(Errc::NotFound, id.toStdString());
    for (const Action &other : m_actions) {
        if (other.id == id || (other.scoped && target->scoped && other.scope != target->scope))
            continue;
        for (const QKeySequence &theirs : keys(other.id))
            for (const QKeySequence &ours : wanted)
                if (collide(theirs, other.scoped, ours, target->scoped))
                    return fail(Errc::AlreadyExists, other.text.toStdString());
    }
    m_settings.setValue(settingsKey(id), listText(wanted));
    emit changed();
    return {};
}

void ActionRegistry::resetKeys(const QString &id)
{
    m_settings.remove(settingsKey(id));
    emit changed();
}

bool ActionRegistry::isRemapped(const QString &id) const { return m_settings.contains(settingsKey(id)); }

} // namespace tapio::console
