// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/annotation.h"

#include <algorithm>
#include <string_view>
#include <variant>

#include "protocol/wire/message.h"
#include "protocol/wire/text.h"

namespace tapio::console {

namespace {

constexpr std::string_view phaseBegin = "begin";

/// A node may say what it likes: what is no time is none here.
std::int64_t kept(std::int64_t timeNs) noexcept { return std::clamp<std::int64_t>(timeNs, 0, latestInsightNs); }

bool isChange(wire::KubernetesFactKind kind) noexcept
{
    using Kind = wire::KubernetesFactKind;
    return kind == Kind::VolumeChanged || kind == Kind::NodeNotReady || kind == Kind::NodeReady || kind == Kind::NodeRemoved;
}

/// "shop/web-7d9f8", or what there is of it.
std::string podOf(const wire::Origin &origin)
{
    if (origin.podName.empty() || origin.namespaceName.empty())
        return origin.podName;
    return origin.namespaceName + '/' + origin.podName;
}

Annotation annotationOf(const InsightView &view)
{
    Annotation one;
    one.kind = AnnotationKind::Insight;
    one.severity = view.severity;
    one.fromNs = kept(view.insight.fromNs);
    one.toNs = std::max(kept(std::max(view.toldNs, view.insight.toNs)), one.fromNs);
    one.isOpen = view.isOpen();
    one.node = view.node;
    one.text = wire::toLine(view.insight.text.empty() ? view.insight.rule : view.insight.text, wire::Insight::lineBytes);
    one.event = view.event;
    one.insight = view.insight.id;
    return one;
}

} // namespace

std::vector<wire::EventType> AnnotationFold::types()
{
    return {wire::EventType::Insight, wire::EventType::DrillLabel, wire::EventType::KubernetesFact};
}

void AnnotationFold::add(const StoredEvent &stored)
{
    if (const auto *label = std::get_if<wire::DrillLabel>(&stored.event.detail))
        addDrill(stored, *label);
    else if (const auto *fact = std::get_if<wire::Boxed<wire::KubernetesFact>>(&stored.event.detail))
        addChange(stored, **fact);
    else
        addInsight(stored);
}

void AnnotationFold::addInsight(const StoredEvent &stored)
{
    m_insights.add(stored);
    const wire::Insight *insight = wire::insightOf(stored.event.detail);
    if (insight != nullptr && !stored.origin.namespaceName.empty())
        m_namespaces.insert_or_assign({stored.node, insight->id}, stored.origin.namespaceName);
}

bool isWithin(const Annotation &one, const Scope &scope)
{
    const bool isOfAll = one.ofNode.empty() && one.node.starts_with(wire::serverNodePrefix);
    const bool isOfNode = scope.node.empty() || isOfAll || one.node == scope.node || one.ofNode == scope.node;
    return isOfNode && (scope.namespaceName.empty() || one.namespaceName.empty() || one.namespaceName == scope.namespaceName);
}

/// A run is told of when it begins and when it is over; either may be missing.
void AnnotationFold::addDrill(const StoredEvent &stored, const wire::DrillLabel &label)
{
    const auto [at, isNew] = m_drills.try_emplace({stored.node, label.runId});
    Annotation &drill = at->second;
    const std::int64_t timeNs = kept(stored.event.timeNs);
    const bool isBegin = label.phase == phaseBegin;
    const std::int64_t fromNs = label.fromNs > 0 ? kept(label.fromNs) : timeNs;
    const std::int64_t toNs = isBegin ? timeNs : label.toNs > 0 ? kept(label.toNs) : timeNs;
    drill.kind = AnnotationKind::Drill;
    drill.severity = wire::Severity::Info;
    drill.isOpen = isNew ? isBegin : drill.isOpen && isBegin;
    drill.fromNs = isNew ? fromNs : std::min(drill.fromNs, fromNs);
    drill.toNs = std::max({isNew ? toNs : std::max(drill.toNs, toNs), drill.fromNs});
    drill.node = stored.node;
    drill.namespaceName = stored.origin.namespaceName;
    drill.text = wire::toLine(label.drill, wire::DrillLabel::drillBytes);
    drill.target = wire::toLine(label.target, wire::DrillLabel::targetBytes);
    if (isNew || drill.event < stored.id)
        drill.event = stored.id;
}

void AnnotationFold::addChange(const StoredEvent &stored, const wire::KubernetesFact &fact)
{
    if (!isChange(fact.kind))
        return;
    Annotation change;
    change.severity = stored.event.severity;
    change.fromNs = change.toNs = kept(stored.event.timeNs);
    change.node = stored.node;
    change.text = wire::summary(stored.event);
    change.target = podOf(stored.origin);
    change.ofNode = fact.node;
    change.namespaceName = stored.origin.namespaceName;
    change.event = stored.id;
    m_changes.insert_or_assign(stored.id, std::move(change));
}

std::vector<Annotation> AnnotationFold::annotations(std::size_t most, std::int64_t untilNs) const
{
    std::vector<Annotation> all;
    all.reserve(size());
    for (const InsightView &view : m_insights.views()) {
        all.push_back(annotationOf(view));
        if (const auto known = m_namespaces.find(view.key()); known != m_namespaces.end())
            all.back().namespaceName = known->second;
    }
    for (const auto &[run, drill] : m_drills) {
        all.push_back(drill);
        if (drill.isOpen)
            all.back().toNs = std::max(drill.toNs, std::min(untilNs, drill.fromNs + mostDrillNs));
    }
    for (const auto &[id, change] : m_changes)
        all.push_back(change);
    std::stable_sort(all.begin(), all.end(), [](const Annotation &a, const Annotation &b) { return a.fromNs < b.fromNs; });
    if (all.size() > most)
        all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(most));
    return all;
}

} // namespace tapio::console
