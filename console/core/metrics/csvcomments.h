// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "console/core/metrics/export.h"

/// What stands above the rows of an exported panel, and words that the exports share; private to console/core/metrics.
namespace tapio::console {

/// Shortest decimals that read back as the same number; empty for what was not sampled.
std::string decimal(double value);
/// Quoted where RFC 4180 asks for it; a leading sign of a formula is kept harmless for spreadsheets.
std::string csvCell(std::string text);
/// A comment stays one line whatever is in it.
std::string oneLine(std::string text);
std::string_view stateName(PanelState state);
std::string_view reasonName(NoDataReason reason);

/// Panel, range, state with its reason, headline, facts, thresholds, losses, and what is no series: estimates, nodes, pods,
/// groups.
void writeComments(std::ostream &out, const PanelSnapshot &panel, const CsvOptions &options);

} // namespace tapio::console
