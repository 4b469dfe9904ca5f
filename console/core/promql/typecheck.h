// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/core/promql/expression.h"

namespace tapio::promql {

/// Whether what is in the expression fits: arguments, operators, labels. Of its own node only; those below were checked when they were read.
/// Private to console/core/promql.
Parsed<void> checkCall(const Call &call, Span at);
Parsed<void> checkAggregate(const Aggregate &aggregate, Span at);
Parsed<void> checkBinary(const Binary &binary, Span at);

} // namespace tapio::promql
