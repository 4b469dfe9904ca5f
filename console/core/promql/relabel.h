// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "console/core/promql/value.h"

/// Functions that change labels; private to console/core/promql.
namespace tapio::promql {

/// label_replace(): texts are destination, replacement, source and expression. Errors: InvalidArgument (a name that is none, an expression that is none).
Status replaceLabel(Rows &rows, const std::vector<std::string> &texts);
/// label_join(): texts are destination, separator, sources. Errors: InvalidArgument (a name that is none).
Status joinLabels(Rows &rows, const std::vector<std::string> &texts);

} // namespace tapio::promql
