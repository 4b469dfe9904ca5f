// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "agent/correlation/clusternodes.h"
#include "agent/kube/kubewatch.h"
#include "agent/kube/nodetable.h"

namespace tapio::agent {

/// All nodes of the cluster, into a table. One thread; the table outlives it.
class NodeObjects final : public FollowedObjects {
public:
    explicit NodeObjects(NodeTable &table) : m_table(table) {}

    std::string_view plural() const noexcept override { return "nodes"; }
    std::string fieldSelector() const override { return {}; }
    std::string described() const override { return "the cluster's nodes"; }
    bool isOfMany() const noexcept override { return false; } // of one server; and what comes of any version comes in no pages
    void beginList() override { m_listed.clear(); }
    Result<ListPage> takePage(std::string_view body) override;
    std::uint64_t endList(std::int64_t nowBootNs) override;
    Result<Heard> takeLine(std::string_view line, std::int64_t nowBootNs) override;

private:
    NodeTable &m_table;
    std::vector<wire::KubernetesFact> m_listed;
};

/// Whether nodes are Ready as the API server tells it, kept up to date. All calls from any thread.
class NodeSource final : public correlation::ClusterNodes {
public:
    /// `clock` and `log` outlive it. The endpoint is an API server; without one nobody is asked, and hook() says why.
    NodeSource(KubeChoice choice, const Clock &clock, spdlog::logger &log, KubePace pace = {}, KubeLimits limits = {})
        : m_nodes(m_table), m_watch(std::move(choice), m_nodes, clock, log, pace, limits)
    {}

    bool isAsked() const noexcept { return m_watch.isAsked(); }
    std::vector<wire::KubernetesFact> take() override { return m_table.take(); }
    std::optional<wire::KubernetesFact> find(const std::string &node) const override { return m_table.find(node); }
    std::int64_t knownUtcNs() const override { return m_watch.figures().knownUtcNs; }
    wire::Hook hook() const override { return m_watch.hook(); }
    KubeFigures figures() const { return m_watch.figures(); }
    std::size_t nodes() const { return m_table.nodes(); }
    std::uint64_t untaken() const { return m_table.untaken(); }

private:
    NodeTable m_table;
    NodeObjects m_nodes;
    KubeWatch m_watch; ///< last: its thread ends before what it uses
};

} // namespace tapio::agent
