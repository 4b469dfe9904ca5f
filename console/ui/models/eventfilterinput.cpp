// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/eventfilterinput.h"

#include <QCoreApplication>

namespace tapio::console {

namespace {

/// PID_MAX_LIMIT of a 64-bit kernel (include/linux/threads.h).
constexpr uint maxPid = 4'194'304;
constexpr qsizetype maxText = 256;

QString tr(const char *text) { return QCoreApplication::translate("tapio::console", text); }

} // namespace

Result<EventQuery> toQuery(const EventFilterInput &input)
{
    EventQuery query;
    query.newestFirst = input.newestFirst;
    query.filter.types = input.types;
    query.filter.minSeverity = input.minSeverity;
    const auto only = [](std::vector<std::string> &list, const QString &name) {
        if (!name.trimmed().isEmpty())
            list.push_back(name.trimmed().toStdString());
    };
    only(query.filter.nodes, input.node);
    only(query.filter.namespaces, input.namespaceName);
    only(query.filter.pods, input.pod);
    if (input.text.size() > maxText)
        return fail(Errc::InvalidArgument, tr("Text: at most %1 characters").arg(maxText).toStdString());
    query.text = input.text.trimmed().toStdString();
    if (const QString pid = input.pid.trimmed(); !pid.isEmpty()) {
        bool isNumber = false;
        const uint value = pid.toUInt(&isNumber);
        if (!isNumber || value == 0 || value > maxPid)
            return fail(Errc::InvalidArgument, tr("pid: '%1' is no whole number from 1 to %2").arg(pid).arg(maxPid).toStdString());
        query.pid = value;
    }
    return query;
}

} // namespace tapio::console
