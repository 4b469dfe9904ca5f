// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <vector>

#include "console/core/store/store.h"
#include "protocol/base/result.h"

namespace tapio::console {

/// The filter bar as it was typed.
struct EventFilterInput {
    std::vector<wire::EventType> types;
    wire::Severity minSeverity = wire::Severity::Debug;
    QString node, namespaceName, pod, pid, text;
    bool newestFirst = true;

    bool isEmpty() const
    {
        return types.empty() && minSeverity == wire::Severity::Debug && node.isEmpty() && namespaceName.isEmpty() && pod.isEmpty()
               && pid.isEmpty() && text.isEmpty();
    }
    bool operator==(const EventFilterInput &) const = default;
};

/// Without the range. Errors: InvalidArgument; the sentence says what is wrong with which field.
Result<EventQuery> toQuery(const EventFilterInput &input);

} // namespace tapio::console
