// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/insightcause.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <numeric>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "protocol/wire/evidence.h"

namespace tapio::console {

namespace {

/// Which belong together (union-find, by halving paths).
class Groups {
public:
    explicit Groups(std::size_t size) : m_parent(size) { std::iota(m_parent.begin(), m_parent.end(), std::size_t(0)); }
    std::size_t of(std::size_t one)
    {
        for (; m_parent[one] != one; one = m_parent[one])
            m_parent[one] = m_parent[m_parent[one]];
        return one;
    }
    void unite(std::size_t a, std::size_t b) { m_parent[of(a)] = of(b); }

private:
    std::vector<std::size_t> m_parent;
};

struct Span {
    std::int64_t fromNs = 0, toNs = 0;
    std::size_t index = 0;
};

Span spanOf(const InsightView &view, std::size_t index)
{
    const std::int64_t fromNs = std::clamp<std::int64_t>(view.insight.fromNs, 0, latestInsightNs);
    return {fromNs, std::clamp<std::int64_t>(view.insight.toNs, fromNs, latestInsightNs), index};
}

/// Who is about an entity, and who reaches it.
struct Meeting {
    std::vector<Span> about, reach;
};

bool begins(std::string_view name, std::initializer_list<std::string_view> with)
{
    return std::any_of(with.begin(), with.end(), [name](std::string_view one) { return name.starts_with(one); });
}

/// "pod shop/a", as insights name what they affect; with the node where another one may have an entity of that name. Empty: even another pod of the node may.
std::string keyOf(const InsightView &view, std::string_view entity)
{
    const std::size_t blank = entity.find(' ');
    if (blank == std::string_view::npos)
        return {};
    const std::string_view name = entity.substr(blank + 1);
    switch (wire::entityKindFromName(entity.substr(0, blank))) {
    case wire::EntityKind::Process: return view.node + '\n' + std::string(entity);
    case wire::EntityKind::Container: // of a path or a number, where it is no pod's
        return (begins(name, {"/", "cgroup "}) ? view.node + '\n' : std::string()) + std::string(entity);
    case wire::EntityKind::Destination:
    case wire::EntityKind::Connection:
    case wire::EntityKind::Address:
        if (begins(name, {"127.", "[::1]", "::1"}))
            return {};
        return (begins(name, {"169.254.", "[fe80:", "fe80:"}) ? view.node + '\n' : std::string()) + std::string(entity);
    default: return std::string(entity);
    }
}

/// By keyOf.
std::map<std::string, Meeting, std::less<>> meetingsOf(const std::vector<const InsightView *> &views)
{
    std::map<std::string, Meeting, std::less<>> meetings;
    const std::string workload = std::string(wire::entityKindName(wire::EntityKind::Workload)) + ' ';
    for (std::size_t i = 0; i < views.size(); ++i) {
        const wire::Insight &insight = views[i]->insight;
        if (insight.fromNs <= 0) // when it was is not known
            continue;
        const Span span = spanOf(*views[i], i);
        const std::string root = std::string(wire::entityKindName(insight.rootKind)) + ' ' + insight.root;
        const std::string key = insight.root.empty() ? std::string() : keyOf(*views[i], root);
        if (!key.empty())
            meetings[key].about.push_back(span);
        for (const std::string &affected : insight.affected) {
            if (const std::string reached = keyOf(*views[i], affected); !reached.empty())
                meetings[reached].reach.push_back(span);
        }
        for (const std::string &owner : insight.owners) {
            const std::size_t name = owner.find(' '); // "Deployment shop/web"
            if (name != std::string::npos)
                meetings[workload + owner.substr(name + 1)].reach.push_back(span);
        }
    }
    return meetings;
}

/// Times in which without a gap something is about the entity, one after the other. All of one are united.
std::vector<Span> runsOf(std::vector<Span> &about, std::int64_t gapNs, Groups &groups)
{
    std::sort(about.begin(), about.end(),
              [](const Span &a, const Span &b) { return std::tie(a.fromNs, a.index) < std::tie(b.fromNs, b.index); });
    std::vector<Span> runs;
    for (const Span &one : about) {
        if (runs.empty() || one.fromNs - runs.back().toNs > gapNs) {
            runs.push_back(one);
            continue;
        }
        groups.unite(one.index, runs.back().index);
        runs.back().toNs = std::max(runs.back().toNs, one.toNs);
    }
    return runs;
}

void uniteThoseOf(Meeting &meeting, std::int64_t gapNs, Groups &groups)
{
    const std::vector<Span> runs = runsOf(meeting.about, gapNs, groups);
    Groups united(runs.size()); // neighbours, each two of them once
    std::vector<std::size_t> last(runs.size());
    std::iota(last.begin(), last.end(), std::size_t(0));
    for (const Span &one : meeting.reach) {
        const auto first = std::partition_point(runs.begin(), runs.end(), [&](const Span &run) { return one.fromNs - run.toNs > gapNs; });
        if (first == runs.end() || first->fromNs - one.toNs > gapNs)
            continue;
        groups.unite(one.index, first->index);
        auto at = last[united.of(static_cast<std::size_t>(first - runs.begin()))];
        for (; at + 1 < runs.size() && runs[at + 1].fromNs - one.toNs <= gapNs; at = last[united.of(at)]) {
            const std::size_t end = last[united.of(at + 1)];
            groups.unite(runs[at].index, runs[at + 1].index);
            united.unite(at, at + 1);
            last[united.of(at)] = end;
        }
    }
}

void uniteThoseOfOneEvent(const std::vector<const InsightView *> &views, Groups &groups)
{
    std::unordered_map<std::string_view, std::size_t> firstOf;
    for (std::size_t i = 0; i < views.size(); ++i) {
        for (const std::string &line : views[i]->insight.evidence) {
            const std::string_view event = wire::evidenceEvent(line);
            if (!event.empty())
                groups.unite(i, firstOf.try_emplace(event, i).first->second);
        }
    }
}

} // namespace

std::vector<std::size_t> groupByCause(const std::vector<const InsightView *> &views, std::int64_t gapNs)
{
    Groups groups(views.size());
    auto meetings = meetingsOf(views);
    for (auto &[entity, meeting] : meetings)
        uniteThoseOf(meeting, gapNs, groups);
    uniteThoseOfOneEvent(views, groups);
    const auto rank = [&views](std::size_t i) {
        const InsightView &v = *views[i];
        const std::int64_t fromNs = v.insight.fromNs > 0 ? v.insight.fromNs : latestInsightNs; // none that is known begins later
        return std::tuple(fromNs, -static_cast<int>(v.severity), std::string_view(v.node), v.insight.id);
    };
    std::vector<std::size_t> head(views.size()), headOf(views.size());
    std::iota(head.begin(), head.end(), std::size_t(0));
    for (std::size_t i = 0; i < views.size(); ++i) {
        std::size_t &first = head[groups.of(i)];
        first = rank(i) < rank(first) ? i : first;
    }
    for (std::size_t i = 0; i < views.size(); ++i)
        headOf[i] = head[groups.of(i)];
    return headOf;
}

std::vector<std::size_t> groupByCause(const std::vector<InsightView> &views, std::int64_t gapNs)
{
    std::vector<const InsightView *> pointers;
    for (const InsightView &view : views)
        pointers.push_back(&view);
    return groupByCause(pointers, gapNs);
}

} // namespace tapio::console
