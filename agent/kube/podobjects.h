// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/kube/followedobjects.h"
#include "agent/kube/kubeendpoint.h"
#include "agent/kube/podtable.h"

namespace tapio::agent {

/// The pods of one node, into a table. One thread; the table outlives it.
class PodObjects final : public FollowedObjects {
public:
    PodObjects(std::string node, KubeSourceKind source, PodTable &table) : m_node(std::move(node)), m_source(source), m_table(table) {}

    std::string_view plural() const noexcept override { return "pods"; }
    std::string fieldSelector() const override { return "spec.nodeName=" + m_node; }
    std::string described() const override { return "pods of node " + m_node; }
    bool isOfMany() const noexcept override { return true; } // of each node
    void beginList() override { m_listed.clear(); }
    Result<ListPage> takePage(std::string_view body) override;
    std::uint64_t endList(std::int64_t nowBootNs) override;
    Result<Heard> takeLine(std::string_view line, std::int64_t nowBootNs) override;

private:
    bool isOurs(const PodFacts &pod) const;

    const std::string m_node;
    const KubeSourceKind m_source;
    PodTable &m_table;
    std::vector<PodFacts> m_listed;
};

} // namespace tapio::agent
