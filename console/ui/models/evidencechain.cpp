// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/evidencechain.h"

#include <algorithm>
#include <optional>
#include <set>

#include "console/core/metrics/insightfold.h"

namespace tapio::console {

namespace {

/// Anybody may have written it: a time line that ends at the last of all numbers would have no end, and two such uncertainties no sum.
std::optional<wire::EvidenceRef> readEvidence(const std::string &line)
{
    auto ref = wire::parseEvidence(line);
    if (!ref || ref->timeNs < 0 || ref->timeNs > latestInsightNs)
        return std::nullopt;
    ref->uncertaintyNs = std::min(ref->uncertaintyNs, static_cast<std::uint64_t>(latestInsightNs));
    return *ref;
}

std::vector<ChainPoint> pointsOf(const std::vector<std::string> &lines, bool isAgainst, std::size_t &unread)
{
    std::vector<ChainPoint> points;
    for (const std::string &line : lines) {
        if (auto ref = readEvidence(line))
            points.push_back({std::move(*ref), isAgainst, 0});
        else
            ++unread;
    }
    std::stable_sort(points.begin(), points.end(), [](const ChainPoint &a, const ChainPoint &b) { return a.ref.timeNs < b.ref.timeNs; });
    return points;
}

/// Within one node the order is the kernel's; between two it holds beyond what both clocks are unsure of.
bool isOrderKnown(const wire::EvidenceRef &a, const wire::EvidenceRef &b)
{
    if (a.node == b.node)
        return a.timeNs != b.timeNs;
    return b.timeNs - a.timeNs > static_cast<std::int64_t>(a.uncertaintyNs + b.uncertaintyNs);
}

void setLanes(EvidenceChain &chain)
{
    std::set<std::string> nodes;
    for (const ChainPoint &point : chain.points)
        nodes.insert(point.ref.node);
    for (const bool against : {false, true}) {
        const std::size_t begin = chain.lanes.size();
        for (ChainPoint &point : chain.points) {
            if (point.isAgainst != against)
                continue;
            QString name = QString::fromStdString(point.ref.step);
            if (nodes.size() > 1)
                name += QStringLiteral(" \u00b7 ") + QString::fromStdString(point.ref.node);
            const auto known = std::find(chain.lanes.begin() + static_cast<std::ptrdiff_t>(begin), chain.lanes.end(), name);
            point.lane = static_cast<int>(known - chain.lanes.begin());
            if (known == chain.lanes.end())
                chain.lanes.push_back(name);
        }
    }
}

void setLinks(EvidenceChain &chain)
{
    std::optional<std::size_t> last;
    for (std::size_t i = 0; i < chain.points.size(); ++i) {
        if (chain.points[i].isAgainst)
            continue;
        if (last)
            chain.links.push_back({*last, i, isOrderKnown(chain.points[*last].ref, chain.points[i].ref)});
        last = i;
    }
}

void setSpan(EvidenceChain &chain)
{
    if (chain.points.empty())
        return;
    std::int64_t fromNs = INT64_MAX, toNs = INT64_MIN;
    for (const ChainPoint &point : chain.points) {
        // What is not believable must not squeeze all else into one pixel.
        const auto unsure = static_cast<std::int64_t>(std::min<std::uint64_t>(point.ref.uncertaintyNs, 3'600'000'000'000));
        fromNs = std::min(fromNs, point.ref.timeNs - unsure);
        toNs = std::max(toNs, point.ref.timeNs + unsure);
    }
    const std::int64_t span = std::max(toNs - fromNs + (toNs - fromNs) / 6, EvidenceChain::leastSpanNs);
    const std::int64_t middle = fromNs + (toNs - fromNs) / 2;
    chain.fromNs = middle - span / 2;
    chain.toNs = chain.fromNs + span;
}

} // namespace

EvidenceChain evidenceChain(const wire::Insight &insight)
{
    EvidenceChain chain;
    chain.points = pointsOf(insight.evidence, false, chain.unread);
    std::vector<ChainPoint> against = pointsOf(insight.contradicting, true, chain.unread);
    chain.points.insert(chain.points.end(), std::make_move_iterator(against.begin()), std::make_move_iterator(against.end()));
    std::stable_sort(chain.points.begin(), chain.points.end(),
                     [](const ChainPoint &a, const ChainPoint &b) { return a.ref.timeNs < b.ref.timeNs; });
    setLanes(chain);
    setLinks(chain);
    setSpan(chain);
    return chain;
}

} // namespace tapio::console
