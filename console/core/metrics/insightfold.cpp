// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/insightfold.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <tuple>

namespace tapio::console {

bool InsightFold::add(const StoredEvent &stored)
{
    const wire::Insight *insight = wire::insightOf(stored.event.detail);
    if (insight == nullptr)
        return false;
    InsightView &view = m_views[{stored.node, insight->id}];
    ++view.times;
    if (view.times > 1 && std::tuple(stored.id, stored.event.timeNs, stored.seq) <= std::tuple(view.event, view.toldNs, view.seq))
        return false;
    view.node = stored.node;
    view.insight = *insight;
    view.severity = stored.event.severity;
    view.toldNs = stored.event.timeNs;
    view.streamId = stored.streamId;
    view.seq = stored.seq;
    view.event = stored.id;
    return true;
}

void InsightFold::dropToldBefore(std::int64_t timeNs)
{
    std::erase_if(m_views, [timeNs](const auto &entry) { return entry.second.toldNs < timeNs; });
}

void InsightFold::keepNewest(std::size_t most)
{
    if (m_views.size() <= most)
        return;
    std::vector<std::pair<std::int64_t, InsightKey>> byTime;
    for (const auto &[key, view] : m_views)
        byTime.emplace_back(view.toldNs, key);
    const auto first = byTime.begin() + static_cast<std::ptrdiff_t>(byTime.size() - most);
    std::nth_element(byTime.begin(), first, byTime.end());
    for (auto old = byTime.begin(); old != first; ++old)
        m_views.erase(old->second);
}

std::vector<InsightView> InsightFold::views() const
{
    std::vector<InsightView> all;
    for (const auto &[key, view] : m_views)
        all.push_back(view);
    std::stable_sort(all.begin(), all.end(), [](const InsightView &a, const InsightView &b) { return a.toldNs > b.toldNs; });
    return all;
}

std::vector<InsightView> InsightFold::take()
{
    std::vector<InsightView> all = views();
    m_views.clear();
    return all;
}

std::string insightIdText(std::uint64_t id)
{
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016" PRIx64, id);
    return text.data();
}

} // namespace tapio::console
