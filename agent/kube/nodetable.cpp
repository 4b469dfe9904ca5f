// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/nodetable.h"

#include <iterator>
#include <set>
#include <utility>

namespace tapio::agent {

using wire::KubernetesFact;
using wire::KubernetesFactKind;

namespace {

KubernetesFact removed(const std::string &node)
{
    KubernetesFact fact;
    fact.kind = KubernetesFactKind::NodeRemoved;
    fact.node = node;
    return fact;
}

} // namespace

std::uint64_t NodeTable::replaceAll(std::vector<KubernetesFact> &&nodes)
{
    const std::lock_guard lock(m_mutex);
    std::set<std::string> there;
    for (const KubernetesFact &node : nodes)
        there.insert(node.node);
    for (auto at = m_nodes.begin(); at != m_nodes.end();) {
        if (there.contains(at->first)) {
            ++at;
            continue;
        }
        tellLocked(removed(at->first));
        at = m_nodes.erase(at);
    }
    std::uint64_t refused = 0;
    for (KubernetesFact &node : nodes)
        refused += putLocked(std::move(node), !m_hasAll) ? 0 : 1;
    m_hasAll = true;
    return refused;
}

bool NodeTable::put(KubernetesFact &&node)
{
    const std::lock_guard lock(m_mutex);
    return putLocked(std::move(node), false);
}

bool NodeTable::putLocked(KubernetesFact &&node, bool isNewsAtFirst)
{
    const auto known = m_nodes.find(node.node);
    if (known == m_nodes.end() && m_nodes.size() >= m_limits.nodes)
        return false;
    if (known == m_nodes.end()) {
        if (isNewsAtFirst && node.kind == KubernetesFactKind::NodeNotReady)
            tellLocked(node);
        m_nodes.emplace(node.node, std::move(node));
        return true;
    }
    const KubernetesFactKind before = known->second.kind;
    if (node.kind == KubernetesFactKind::Unknown) // it says nothing of it now: what was said stays
        return true;
    if (before != KubernetesFactKind::Unknown && before != node.kind)
        tellLocked(node);
    known->second = std::move(node);
    return true;
}

void NodeTable::remove(const std::string &node)
{
    const std::lock_guard lock(m_mutex);
    if (m_nodes.erase(node) > 0)
        tellLocked(removed(node));
}

void NodeTable::tellLocked(KubernetesFact fact)
{
    if (m_changes.size() >= m_limits.changes) {
        m_changes.pop_front();
        ++m_untaken;
    }
    m_changes.push_back(std::move(fact));
}

std::vector<KubernetesFact> NodeTable::take()
{
    const std::lock_guard lock(m_mutex);
    std::vector<KubernetesFact> all(std::make_move_iterator(m_changes.begin()), std::make_move_iterator(m_changes.end()));
    m_changes.clear();
    return all;
}

std::optional<KubernetesFact> NodeTable::find(const std::string &node) const
{
    const std::lock_guard lock(m_mutex);
    const auto known = m_nodes.find(node);
    if (known == m_nodes.end() || known->second.kind == KubernetesFactKind::Unknown)
        return std::nullopt;
    return known->second;
}

std::size_t NodeTable::nodes() const
{
    const std::lock_guard lock(m_mutex);
    return m_nodes.size();
}

std::uint64_t NodeTable::untaken() const
{
    const std::lock_guard lock(m_mutex);
    return m_untaken;
}

} // namespace tapio::agent
