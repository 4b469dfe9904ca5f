// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include "console/core/metrics/insightlife.h"
#include "console/core/metrics/verdictbook.h"

namespace tapio::console {

/// What of the insights is listed. A value; pure.
struct InsightFilter {
    enum class State { Any, Open, Over };
    State state = State::Any;
    wire::Severity minSeverity = wire::Severity::Debug;
    QString rule;                              ///< exact, or several with commas; empty = all
    QString text;                              ///< substring of sentence, root, rule, affected, owners, id and evidence, of any case
    VerdictFilter judged = VerdictFilter::Any; ///< by the verdict in force

    /// `verdict`: the one in force, or null.
    bool wants(const InsightView &view, InsightLife life, const Verdict *verdict) const;
    bool isEmpty() const { return *this == InsightFilter(); }
    bool operator==(const InsightFilter &) const = default;
};

enum class InsightOrder { Newest, Told, Severity, Evidence };

} // namespace tapio::console
