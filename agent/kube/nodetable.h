// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "protocol/wire/kubernetesfact.h"

namespace tapio::agent {

/// Whether the nodes of a cluster are Ready, by name, and what changed. Bounded. Any thread may look and take; one thread changes it.
class NodeTable {
public:
    struct Limits {
        std::size_t nodes = 10'000; ///< twice what Kubernetes is made for
        std::size_t changes = 20'000;
    };
    NodeTable() : NodeTable(Limits()) {}
    explicit NodeTable(Limits limits) : m_limits(limits) {}

    /// These exist and no others. Returns how many there was no room for.
    std::uint64_t replaceAll(std::vector<wire::KubernetesFact> &&nodes);
    /// False: there is no room for one more.
    bool put(wire::KubernetesFact &&node);
    void remove(const std::string &node);

    /// See ClusterNodes.
    std::vector<wire::KubernetesFact> take();
    std::optional<wire::KubernetesFact> find(const std::string &node) const;
    std::size_t nodes() const;
    /// Changes that nobody took before there were too many of them: the oldest went.
    std::uint64_t untaken() const;

private:
    bool putLocked(wire::KubernetesFact &&node, bool isNewsAtFirst);
    void tellLocked(wire::KubernetesFact fact);

    const Limits m_limits;
    mutable std::mutex m_mutex; ///< guards what follows
    std::map<std::string, wire::KubernetesFact> m_nodes;
    std::deque<wire::KubernetesFact> m_changes;
    std::uint64_t m_untaken = 0;
    bool m_hasAll = false; ///< replaceAll() has been called
};

} // namespace tapio::agent
