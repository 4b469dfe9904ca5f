// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/verdictbook.h"

namespace tapio::console {

VerdictBook::VerdictBook(const std::vector<Verdict> &verdicts)
{
    for (const Verdict &verdict : verdicts)
        m_byKey[{verdict.node, verdict.insight}].push_back(verdict);
}

const Verdict *VerdictBook::inForce(const InsightKey &key) const
{
    const auto found = m_byKey.find(key);
    if (found == m_byKey.end() || found->second.back().kind == VerdictKind::Withdrawn)
        return nullptr;
    return &found->second.back();
}

VerdictBook::Count VerdictBook::count(std::int64_t fromNs, std::int64_t toNs) const
{
    Count all;
    for (const auto &[rule, count] : countByRule(fromNs, toNs)) {
        all.confirmed += count.confirmed;
        all.rejected += count.rejected;
    }
    return all;
}

std::map<std::string, VerdictBook::Count> VerdictBook::countByRule(std::int64_t fromNs, std::int64_t toNs) const
{
    std::map<std::string, Count> all;
    for (const auto &[key, given] : m_byKey) {
        const Verdict &last = given.back();
        if (last.timeNs <= fromNs || last.timeNs > toNs)
            continue;
        Count &count = all[last.rule];
        count.confirmed += last.kind == VerdictKind::Confirmed ? 1 : 0;
        count.rejected += last.kind == VerdictKind::Rejected ? 1 : 0;
    }
    return all;
}

std::vector<Verdict> VerdictBook::history(const InsightKey &key) const
{
    const auto found = m_byKey.find(key);
    return found == m_byKey.end() ? std::vector<Verdict>() : found->second;
}

} // namespace tapio::console
