// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/filter/filterkeeper.h"

#include <algorithm>
#include <set>
#include <utility>

#include "protocol/transport/digest.h"

namespace tapio::agent {

namespace {

constexpr std::int64_t lookEveryNs = 5 * nsPerSecond;
constexpr std::int64_t cleanEveryNs = 60 * nsPerSecond; ///< a look also takes out buckets that nobody needs any more
constexpr CgroupVerdict unsure{{}, 255};                ///< that of no cgroup: what the kernel has is not known
constexpr std::uint64_t rootCgroup = 1;                 // of each kernfs hierarchy

std::int64_t ns(std::chrono::seconds duration) { return std::chrono::nanoseconds(duration).count(); }

template <typename List, typename ToText> std::string joined(const List &list, ToText toText)
{
    std::string text;
    for (const auto &item : list)
        text += (text.empty() ? "" : " ") + toText(item);
    return text;
}

std::string listed(const std::vector<CgroupSelector> &selectors)
{
    return joined(selectors, [](const CgroupSelector &selector) { return selector.text(); });
}

std::string listed(const std::vector<PortRange> &ranges)
{
    return joined(ranges, [](const PortRange &range) { return toString(range); });
}

std::string canonicalText(const CollectorRules &rules)
{
    return "allow " + listed(rules.allow) + "; deny " + listed(rules.deny) + "; ports " + listed(rules.ports) + "; exclude "
           + listed(rules.excludePorts) + "; floor " + std::to_string(rules.floor.count()) + "; rate " + std::to_string(rules.rate)
           + "; burst " + std::to_string(rules.burst) + "; detail " + std::to_string(rules.detail);
}

std::string canonicalText(const wire::EventFilter &filter)
{
    const auto plain = [](const std::string &name) { return name; };
    return "types " + joined(filter.types, [](wire::EventType type) { return wire::eventTypeName(type); }) + "; severity "
           + std::string(wire::severityName(filter.minSeverity)) + "; nodes " + joined(filter.nodes, plain) + "; namespaces "
           + joined(filter.namespaces, plain) + "; pods " + joined(filter.pods, plain);
}

/// What differs from the defaults; empty = nothing.
std::string describe(const CollectorRules &rules, std::uint32_t usualDetail)
{
    std::string text;
    const auto add = [&text](const std::string &part) { text += (text.empty() ? "" : ", ") + part; };
    if (!rules.allow.empty())
        add("only of " + listed(rules.allow));
    if (!rules.deny.empty())
        add("not of " + listed(rules.deny));
    if (!rules.ports.empty())
        add("only ports " + listed(rules.ports));
    if (!rules.excludePorts.empty())
        add("not ports " + listed(rules.excludePorts));
    if (rules.floor.count() > 0)
        add("from " + std::to_string(rules.floor.count()) + " ms on");
    if (rules.rate == 0)
        add("any number");
    else if (rules.rate != CollectorRules::defaultRate || rules.burst != CollectorRules::defaultBurst)
        add(std::to_string(rules.rate) + "/s of a cgroup, " + std::to_string(rules.burst) + " at once");
    if (rules.detail != usualDetail)
        add(rules.detail == 0 ? "one by one" : std::to_string(rules.detail) + "/s of a cgroup one by one");
    return text;
}

} // namespace

std::string canonicalText(const FilterRules &rules, const wire::Filter &subscribed)
{
    std::string text;
    for (std::size_t i = 0; i < filteredCount; ++i)
        text += std::string(filteredNames[i]) + ": " + canonicalText(rules.collectors[i]) + '\n';
    std::vector<std::string> filters;
    for (const wire::EventFilter &filter : subscribed.any)
        filters.push_back(canonicalText(filter));
    std::sort(filters.begin(), filters.end());
    for (const std::string &filter : filters)
        text += "subscribed: " + filter + '\n';
    return text;
}

std::string describe(const FilterRules &rules, const wire::Filter &subscribed)
{
    std::string text;
    const auto add = [&text](const std::string &part) { text += (text.empty() ? "" : "; ") + part; };
    for (std::size_t i = 0; i < filteredCount; ++i) {
        if (const std::string part = describe(rules.collectors[i], FilterRules::defaultRules()[i].detail); !part.empty())
            add(std::string(filteredNames[i]) + ' ' + part);
    }
    if (!subscribed.any.empty())
        add("what none of " + std::to_string(subscribed.any.size()) + " subscriptions asks for");
    return text.empty() ? "the defaults" : text;
}

void FilterKeeper::setRules(FilterRules rules)
{
    if (std::exchange(m_rules, std::move(rules)) != m_rules)
        m_isDirty = true;
}

void FilterKeeper::setSubscription(const wire::Filter &filter)
{
    if (filter.any == m_asked.any)
        return;
    m_asked = filter;
    m_settlesNs.reset();
    if (!filter.any.empty())
        m_settlesNs = m_clock.bootNs() + ns(subscriptionSettles);
    if (!m_subscribed.any.empty())
        m_isDirty = true;
    m_subscribed = {};
    m_subscription = {};
}

KernelFilter FilterKeeper::compile() const
{
    KernelFilter filter = kernelFilterOf(m_rules);
    m_subscription.applyTo(filter);
    return filter;
}

bool FilterKeeper::asksForCgroups() const
{
    return std::any_of(m_inForce.rules.begin(), m_inForce.rules.end(), [](const KernelRule &rule) { return rule.byCgroup; });
}

CgroupVerdict FilterKeeper::verdictOn(const wire::Origin &origin) const
{
    CgroupVerdict verdict;
    verdict.rank = static_cast<std::uint8_t>(specificity(origin));
    for (std::size_t i = 0; i < filteredCount; ++i)
        verdict.denied[i] =
            agent::deniesOrigin(m_rules.collectors[i], origin) || m_subscription.deniesOrigin(static_cast<Filtered>(i), origin);
    return verdict;
}

std::map<CgroupKey, CgroupVerdict> FilterKeeper::verdicts(OriginResolver &resolver) const
{
    std::map<CgroupKey, CgroupVerdict> all;
    all.emplace(CgroupKey{rootCgroup, CgroupHierarchy::V2}, verdictOn(*resolver.host()));
    resolver.forEach([&](const CgroupNode &node, const OriginPtr &origin) {
        const CgroupVerdict verdict = verdictOn(*origin);
        if (node.v2Id != 0)
            all.emplace(CgroupKey{node.v2Id, CgroupHierarchy::V2}, verdict);
        if (node.memoryId != 0)
            all.emplace(CgroupKey{node.memoryId, CgroupHierarchy::Memory}, verdict);
    });
    return all;
}

bool FilterKeeper::turn(KernelCollectors &kernel, OriginResolver &resolver)
{
    if (m_settlesNs && m_clock.bootNs() >= *m_settlesNs && m_rules.followSubscriptions) {
        m_settlesNs.reset();
        m_subscribed = m_asked;
        m_subscription = Subscription(m_subscribed, m_node);
        m_isDirty = true;
    }
    if (!m_rules.followSubscriptions && !m_subscribed.any.empty()) {
        m_settlesNs = m_clock.bootNs(); // should it be switched on again
        m_subscribed = {};
        m_subscription = {};
        m_isDirty = true;
    }
    if (m_isDirty)
        return putInForce(kernel, resolver);
    if (asksForCgroups() && resolver.changes() != m_resolverChanges)
        changeVerdicts(kernel, resolver);
    return false;
}

bool FilterKeeper::putInForce(KernelCollectors &kernel, OriginResolver &resolver)
{
    std::string text = canonicalText(m_rules, m_subscribed);
    if (m_state.generation > 0 && text == m_textInForce) {
        m_isDirty = false;
        m_rulesInForce = m_rules;
        return false;
    }
    const KernelFilter filter = compile();
    std::map<CgroupKey, CgroupVerdict> known;
    if (std::any_of(filter.rules.begin(), filter.rules.end(), [](const KernelRule &rule) { return rule.byCgroup; }))
        known = verdicts(resolver);
    const auto hash = transport::sha256Hex(text);
    const auto withoutRoom =
        hash ? kernel.setFilter(filter, m_state.generation + 1, {known.begin(), known.end()}) : Result<CgroupKeys>(fail(hash.error()));
    if (!withoutRoom) {
        noteProblem(withoutRoom.error());
        return false; // the next turn tries again
    }
    m_isDirty = false;
    m_state = {m_state.generation + 1, *hash, m_clock.utcNs(), 0, 0, {}};
    m_rulesInForce = m_rules;
    m_textInForce = std::move(text);
    m_inForce = filter;
    noteVerdicts(std::move(known), *withoutRoom, resolver.changes());
    return true;
}

void FilterKeeper::noteVerdicts(std::map<CgroupKey, CgroupVerdict> &&known, const CgroupKeys &withoutRoom, std::uint64_t changes)
{
    m_verdicts = std::move(known);
    for (const CgroupKey &key : withoutRoom)
        m_verdicts.erase(key); // as new ones they are tried again whenever cgroups come or go
    m_state.cgroups = m_verdicts.size();
    m_state.cgroupsWithoutRoom = withoutRoom.size();
    m_resolverChanges = changes;
}

void FilterKeeper::changeVerdicts(KernelCollectors &kernel, OriginResolver &resolver)
{
    std::map<CgroupKey, CgroupVerdict> known = verdicts(resolver);
    CgroupVerdicts changed;
    CgroupKeys gone;
    for (const auto &[key, verdict] : known) {
        const auto before = m_verdicts.find(key);
        if (before == m_verdicts.end() || before->second != verdict)
            changed.emplace_back(key, verdict);
    }
    for (const auto &[key, verdict] : m_verdicts) {
        if (!known.contains(key))
            gone.push_back(key);
    }
    const auto withoutRoom = kernel.changeVerdicts(changed, gone);
    if (!withoutRoom) {
        noteProblem(withoutRoom.error());
        for (const auto &[key, verdict] : changed)
            m_verdicts[key] = unsure; // written again with the next turn, and taken out should its cgroup be gone by then
        return;
    }
    m_state.problem.clear();
    noteVerdicts(std::move(known), *withoutRoom, resolver.changes());
}

bool FilterKeeper::isLookDue(std::uint64_t byTokens, bool all)
{
    const std::int64_t now = m_clock.bootNs();
    const bool isNews = std::exchange(m_byTokens, byTokens) != byTokens || m_untold;
    m_untold = isNews;
    if (!all && (now < m_nextLookNs || (!isNews && now < m_nextCleanNs)))
        return false;
    m_nextLookNs = now + lookEveryNs;
    m_nextCleanNs = now + cleanEveryNs;
    return true;
}

std::vector<LeftOutNews> FilterKeeper::takeLeftOut(KernelCollectors &kernel, std::uint64_t byTokens, bool all)
{
    std::vector<LeftOutNews> news;
    if (!isLookDue(byTokens, all))
        return news;
    const auto leftOut = kernel.leftOut();
    if (!leftOut) {
        noteProblem(leftOut.error());
        return news;
    }
    noteLeftOut(*leftOut);
    const std::int64_t now = m_clock.bootNs();
    m_untold = false;
    for (auto &[cgroup, told] : m_told) {
        if (told.untold == 0)
            continue;
        if ((!all && now < told.againNs) || news.size() >= mostLeftOutNews) {
            m_untold = true;
            continue;
        }
        const auto &[collector, cgroupId, memoryCgroupId, hierarchy] = cgroup;
        news.push_back({collector, cgroupId, memoryCgroupId, hierarchy, told.untold, m_inForce.of(collector).rate});
        told = {0, now + ns(leftOutEvery)};
    }
    return news;
}

/// Bucket by bucket: each of a cgroup's is let go by itself, and begins anew at nothing.
void FilterKeeper::noteLeftOut(const std::vector<LeftOut> &leftOut)
{
    std::map<Bucket, std::uint64_t> counts;
    std::set<Cgroup> known;
    for (const LeftOut &one : leftOut) {
        const Cgroup cgroup{one.collector, one.cgroupId, one.memoryCgroupId, one.hierarchy};
        const Bucket bucket{cgroup, one.failed};
        const auto before = m_counts.find(bucket);
        const std::uint64_t told = before == m_counts.end() || one.records < before->second ? 0 : before->second;
        m_told[cgroup].untold += one.records - told;
        counts[bucket] = one.records;
        known.insert(cgroup);
    }
    m_counts = std::move(counts);
    std::erase_if(m_told, [&](const auto &told) { return told.second.untold == 0 && !known.contains(told.first); });
}

} // namespace tapio::agent
