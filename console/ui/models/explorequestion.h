// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include <cstdint>

#include "console/core/session/session.h"

/// What a question is made of, and how it is passed on. Pure.
namespace tapio::console {

/// The next step of round length that gives at most so many values: 1 s, 2 s, 5 s, ... 1 d, then whole days.
std::int64_t roundStepMs(std::int64_t lengthMs, std::int64_t mostValues);
/// "15s", "1m30s", "2h".
QString stepText(std::int64_t stepMs);

/// For a message to others: the query, where it was asked, of which times.
QString questionAsText(const Question &question, const QueryTarget &target);
/// The same question in a terminal: "tapio query 'up' --start ...".
QString questionAsCommand(const Question &question, const QueryTarget &target);

/// Whether the same question may be answered a while later. What is refused is not asked again and again: a password would be tried each time.
bool isPassing(Errc why) noexcept;

/// Of what a console measures, to begin with; the last one lists what there is.
QStringList exampleQueries();

} // namespace tapio::console
