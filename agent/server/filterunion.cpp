// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/filterunion.h"

#include <algorithm>
#include <utility>

#include "protocol/wire/filter.h"

namespace tapio::server {

bool FilterUnion::update(std::vector<wire::EventFilter> wanted, bool everything)
{
    std::vector<wire::EventFilter> any;
    for (auto &filter : wanted) {
        everything = everything || wire::wantsEverything(filter);
        if (std::find(any.begin(), any.end(), filter) == any.end())
            any.push_back(std::move(filter));
    }
    if (everything || any.size() > maxFilters) {
        std::erase_if(any, [](const wire::EventFilter &filter) { return !filter.detail; });
        if (any.size() > maxFilters)
            any.assign(1, {{}, wire::Severity::Debug, {}, {}, {}, true});
        if (!any.empty())
            any.emplace_back(); // all the rest
    }
    // Consoles come and go in any order: the same set in another order is no change.
    if (std::is_permutation(any.begin(), any.end(), m_current.any.begin(), m_current.any.end()))
        return false;
    m_current.any = std::move(any);
    ++m_current.epoch;
    return true;
}

} // namespace tapio::server
