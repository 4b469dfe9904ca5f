// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <utility>
#include <vector>

#include "console/core/metrics/insightlife.h"
#include "console/core/metrics/verdictbook.h"

namespace tapio::console {

enum class InsightFileFormat { Csv, JsonLines };

/// An insight, and what became of it.
using InsightToWrite = std::pair<InsightView, InsightLife>;

/// Writes the file whole or not at all. Blocks for the disk; any thread. Errors: Io, with the system's words.
Status writeInsights(const QString &path, InsightFileFormat format, const std::vector<InsightToWrite> &insights,
                     const VerdictBook &verdicts);

} // namespace tapio::console
