// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "agent/collect/smallfile.h"
#include "protocol/base/clock.h"
#include "protocol/base/result.h"
#include "protocol/wire/report.h"

namespace tapio::agent {

/// What a container runtime wrote down about a container. Empty = it does not say.
struct RuntimeFacts {
    std::string podUid, namespaceName, podName, containerName;
    std::string image, imageId;
    bool isSandbox = false; ///< holds a pod's namespaces, and is none of its containers

    bool operator==(const RuntimeFacts &) const = default;
};

/// A bundle's config.json (OCI runtime specification), with the annotations of containerd's CRI plugin or of CRI-O. Pure, any bytes. Errors:
/// Malformed.
Result<RuntimeFacts> parseBundle(std::string_view json);
/// Docker's config.v2.json; the labels are those of cri-dockerd and dockershim. Pure, any bytes. Errors: Malformed.
Result<RuntimeFacts> parseDockerContainer(std::string_view json);

/// Where runtimes keep their state; empty = not looked at.
struct RuntimeFolders {
    std::filesystem::path containerd = "/run/containerd";
    std::filesystem::path crio = "/run/containers/storage";
    std::filesystem::path docker = "/var/lib/docker";
};

/// Names of containers from what their runtime wrote down on this node: no API, no socket of the runtime. A file is read once per container,
/// and so many in a second at most; what was found is kept, bounded. Below a runtime's folder no symbolic link is followed. One thread;
/// `clock` outlives it.
class RuntimeState {
public:
    static constexpr std::size_t mostKnown = 2048;
    static constexpr unsigned mostReadsPerSecond = 64;
    static constexpr unsigned mostTries = 3; ///< a second apart: a file may come a moment after its cgroup

    RuntimeState(RuntimeFolders folders, const Clock &clock) : m_folders(std::move(folders)), m_clock(clock) {}

    /// Null: nothing is known (yet). `containerId` has 64 hexadecimal digits. Valid until the next call.
    const RuntimeFacts *find(const std::string &containerId);
    /// Of something that was asked for the file may still come; since the last call.
    bool takeRetry() noexcept { return std::exchange(m_retry, false); }
    wire::Hook hook() const;
    std::size_t known() const noexcept { return m_known.size(); }

private:
    struct Known {
        std::string containerId;
        std::optional<RuntimeFacts> facts;
        unsigned tries = 0;
        std::int64_t triedBootNs = 0;
    };
    bool mayRead();
    std::optional<RuntimeFacts> read(const std::string &containerId);

    RuntimeFolders m_folders;
    const Clock &m_clock;
    SmallFileReader m_reader{1u << 20};
    std::list<Known> m_order;                                                 ///< the one asked for last comes first
    std::unordered_map<std::string_view, std::list<Known>::iterator> m_known; ///< keys lie in m_order
    std::int64_t m_secondBootNs = 0;
    unsigned m_readsThisSecond = 0;
    bool m_retry = false;
    wire::HookState m_state = wire::HookState::Unknown;
    std::string m_reason;
};

} // namespace tapio::agent
