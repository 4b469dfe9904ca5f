// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "console/core/metrics/insightfold.h"

namespace tapio::console {

/// What operators said of insights, put together: what holds of each, and all that was said before. A value; one thread (any).
class VerdictBook {
public:
    VerdictBook() = default;
    /// In the order in which they were stored.
    explicit VerdictBook(const std::vector<Verdict> &verdicts);

    /// The last one; null: none was given, or the last one was withdrawn.
    const Verdict *inForce(const InsightKey &key) const;
    /// All of one insight, oldest first; withdrawals too.
    std::vector<Verdict> history(const InsightKey &key) const;
    /// Insights that are judged, by the verdict that holds and was given in (fromNs, toNs].
    struct Count {
        std::uint64_t confirmed = 0, rejected = 0;
    };
    Count count(std::int64_t fromNs, std::int64_t toNs) const;
    std::map<std::string, Count> countByRule(std::int64_t fromNs, std::int64_t toNs) const; ///< the same, of each rule
    bool operator==(const VerdictBook &) const = default;

private:
    std::map<InsightKey, std::vector<Verdict>> m_byKey;
};

} // namespace tapio::console
