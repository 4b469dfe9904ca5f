// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/recording/format.h"

namespace tapio::replay {

/// What of a stream goes into a recording. Empty lists: all.
struct Selection {
    std::vector<std::string> nodes;
    /// Beginnings of paths of cgroups, of one node where "NODE:" stands before it: events of these only, and what agents say of themselves and of drills. No insights: what an agent found may be of others
    /// as well. Samples of these, and of the node itself what has no label but "/": devices, mounts and ports are nobody's business. What was sent before it was known whose it is counts as it was sent.
    /// What is known of links stays, and what a server heard of nodes from Kubernetes.
    std::vector<std::string> cgroups;
    std::vector<std::string> namespaces = {};    ///< of Kubernetes; likewise, and as well as what is of `cgroups`
    std::vector<wire::EventType> hostTypes = {}; ///< beside those: events of these types that are of no cgroup but the node
    std::vector<std::string> hostLabels = {};    ///< and the node's samples with these labels, or with such and more words

    bool isOfSome() const noexcept { return !cgroups.empty() || !namespaces.empty(); } ///< not of all that runs on the nodes
};

/// "/path", or "NODE:/path", in its parts; views of `text`. Nothing: it is neither.
struct CgroupPrefix {
    std::string_view node, path; ///< no node: on each
};
std::optional<CgroupPrefix> cgroupPrefixOf(std::string_view text) noexcept;

struct Selected {
    std::optional<recording::Received> received; ///< none: there is nothing in it
    std::uint64_t leftOut = 0;                   ///< events
};

/// Numbers of events stay as they are. Of neither events nor samples nor counters: nothing. Of an agent's state what its link is, and nothing of its
/// machine. Pure.
Selected select(const Selection &selection, recording::Received received);

} // namespace tapio::replay
