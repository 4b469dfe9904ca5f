// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/insightviews.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "console/cli/output.h"
#include "protocol/wire/evidence.h"

namespace tapio::console {

namespace {

nlohmann::json evidenceJson(const std::vector<std::string> &lines)
{
    nlohmann::json all = nlohmann::json::array();
    for (const std::string &line : lines) {
        const auto ref = wire::parseEvidence(line);
        if (!ref) {
            all.push_back({{"line", line}});
            continue;
        }
        nlohmann::json one{{"step", ref->step}, {"time", utcText(ref->timeNs)}, {"timeNs", ref->timeNs}, {"text", ref->text}};
        if (ref->uncertaintyNs != 0)
            one["uncertaintyNs"] = ref->uncertaintyNs;
        if (ref->seq != 0)
            one["event"] = {{"node", ref->node}, {"stream", insightIdText(ref->streamId)}, {"seq", ref->seq}};
        all.push_back(std::move(one));
    }
    return all;
}

} // namespace

void InsightFold::add(const StoredEvent &stored)
{
    const wire::Insight *insight = wire::insightOf(stored.event.detail);
    if (insight == nullptr)
        return;
    InsightView &view = m_views[{stored.node, insight->id}];
    ++view.times;
    if (view.times > 1 && std::pair(stored.event.timeNs, stored.seq) < std::pair(view.toldNs, view.seq))
        return;
    view.node = stored.node;
    view.insight = *insight;
    view.severity = stored.event.severity;
    view.toldNs = stored.event.timeNs;
    view.seq = stored.seq;
}

std::vector<InsightView> InsightFold::take()
{
    std::vector<InsightView> all;
    for (auto &[key, view] : m_views)
        all.push_back(std::move(view));
    m_views.clear();
    std::stable_sort(all.begin(), all.end(), [](const InsightView &a, const InsightView &b) { return a.toldNs > b.toldNs; });
    return all;
}

std::string insightIdText(std::uint64_t id)
{
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016" PRIx64, id);
    return text.data();
}

nlohmann::json insightJson(const InsightView &view)
{
    const wire::Insight &insight = view.insight;
    return {{"id", insightIdText(insight.id)},
            {"node", view.node},
            {"rule", insight.rule},
            {"state", wire::insightStateName(insight.state)},
            {"severity", wire::severityName(view.severity)},
            {"root", {{"kind", wire::entityKindName(insight.rootKind)}, {"name", insight.root}}},
            {"text", insight.text},
            {"from", utcText(insight.fromNs)},
            {"to", utcText(insight.toNs)},
            {"told", utcText(view.toldNs)},
            {"rule_score_percent", insight.score},
            {"evidence_count", insight.evidenceCount},
            {"evidence", evidenceJson(insight.evidence)},
            {"contradicting", evidenceJson(insight.contradicting)},
            {"affected", insight.affected},
            {"settle", insight.settle},
            {"runbook", insight.runbook}};
}

} // namespace tapio::console
