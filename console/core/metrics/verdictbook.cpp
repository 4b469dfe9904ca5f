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

std::vector<Verdict> VerdictBook::history(const InsightKey &key) const
{
    const auto found = m_byKey.find(key);
    return found == m_byKey.end() ? std::vector<Verdict>() : found->second;
}

} // namespace tapio::console
