// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/clock.h"
#include "protocol/wire/message.h"

/// The doctor behind `tapio check`: each check answers one question in one sentence, with a hint when the answer is bad.
namespace tapio::console {

enum class CheckState : std::uint8_t {
    Ok,
    Warning, ///< works, but a person should know; does not make the machine unhealthy
    Failed,
    Skipped, ///< could not be judged, and why
};
std::string_view checkStateName(CheckState state) noexcept;

struct Check {
    std::string name; ///< stable: "kernel", "btf", "capabilities" ...
    CheckState state = CheckState::Skipped;
    std::string message; ///< one plain sentence
    std::string hint;    ///< what to do; empty when nothing need be done
};

struct LocalAgent;

/// Where the checks look; tests point them elsewhere.
struct CheckRoots {
    std::filesystem::path proc = "/proc";
    std::filesystem::path sys = "/sys";
    std::filesystem::path etc = "/etc";
};

/// 5.8 or newer: BPF ring buffers (kernel commit 457f44363a88) and CAP_BPF (a17b53c4a4b5).
Check checkKernel(const CheckRoots &roots);
Check checkBtf(const CheckRoots &roots);
/// Of the running agent when `agentPid` is known, else of this process.
Check checkCapabilities(const CheckRoots &roots, std::optional<std::uint32_t> agentPid);
Check checkCgroups(const CheckRoots &roots);
/// The kernel's own view of clock discipline (adjtimex(2)).
Check checkClock();
Check checkDisk(const std::filesystem::path &folder);
/// Those of the authority in this folder, the newest of each role and name.
Check checkCertificates(const std::filesystem::path &pkiFolder, const Clock &clock);
/// The one that the agent of this machine runs with.
Check checkNodeCertificate(const LocalAgent &agent, const Clock &clock);
/// From what the server says of its agents: `node` is this machine's name.
Check checkAgents(const std::vector<wire::AgentState> &agents, const std::string &node);
Check checkHooks(const std::vector<wire::HookReport> &reports, const std::string &node);

/// True when nothing failed.
bool healthy(const std::vector<Check> &checks) noexcept;

} // namespace tapio::console
