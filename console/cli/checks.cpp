// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/checks.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "console/cli/output.h"
#include "protocol/transport/pki.h"

namespace tapio::console {

namespace {

std::optional<std::string> readFile(const std::filesystem::path &path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return std::nullopt;
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

/// Value of "KEY:\tVALUE" in /proc/PID/status.
std::optional<std::string> statusField(const std::string &status, std::string_view key)
{
    std::istringstream lines(status);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ':') {
            const auto begin = line.find_first_not_of(" \t", key.size() + 1);
            return begin == std::string::npos ? std::string() : line.substr(begin);
        }
    }
    return std::nullopt;
}

struct Capability {
    const char *name;
    unsigned bit; ///< linux/capability.h
};

/// What tapio-agent needs; CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON, and CAP_SYSLOG (capabilities(7)).
constexpr unsigned capSysAdmin = 21;
constexpr std::array<Capability, 3> agentCapabilities{{{"CAP_BPF", 39}, {"CAP_PERFMON", 38}, {"CAP_DAC_READ_SEARCH", 2}}};

/// What it does without, and then lacks something.
struct OptionalCapability {
    Capability capability;
    const char *without;
};
constexpr std::array<OptionalCapability, 3> optionalCapabilities{{
    {{"CAP_NET_ADMIN", 12}, "neither DNS nor HTTP"},
    {{"CAP_SYSLOG", 34}, "no kernel log"},
    {{"CAP_SYS_PTRACE", 19}, "no network figures and ports of containers"},
}};

bool hasCapability(std::uint64_t bits, const Capability &capability)
{
    const bool covered = capability.bit >= 32 && ((bits >> capSysAdmin) & 1) != 0;
    return covered || ((bits >> capability.bit) & 1) != 0;
}

/// "CAP_X (what is missing without), ..."
std::string lackedByAgent(std::uint64_t bits)
{
    std::string text;
    for (const OptionalCapability &optional : optionalCapabilities) {
        if (!hasCapability(bits, optional.capability))
            text += (text.empty() ? "" : ", ") + std::string(optional.capability.name) + " (" + optional.without + ")";
    }
    return text;
}

} // namespace

std::string_view checkStateName(CheckState state) noexcept
{
    switch (state) {
    case CheckState::Ok: return "ok";
    case CheckState::Warning: return "warning";
    case CheckState::Failed: return "failed";
    case CheckState::Skipped: break;
    }
    return "skipped";
}

Check checkKernel(const CheckRoots &roots)
{
    Check check{"kernel", CheckState::Failed, {}, {}};
    const auto release = readFile(roots.proc / "sys/kernel/osrelease");
    int major = 0;
    int minor = 0;
    if (!release || std::sscanf(release->c_str(), "%d.%d", &major, &minor) != 2) { // NOLINT(cert-err34-c)
        check.message = "the kernel's release cannot be read from " + (roots.proc / "sys/kernel/osrelease").string();
        return check;
    }
    const std::string name = release->substr(0, release->find('\n'));
    if (major < 5 || (major == 5 && minor < 8)) {
        check.message = "Linux " + name + " is too old";
        check.hint = "the agent needs 5.8 or newer, for BPF ring buffers";
        return check;
    }
    check.state = CheckState::Ok;
    check.message = "Linux " + name;
    const auto lockdown = readFile(roots.sys / "kernel/security/lockdown");
    if (lockdown && lockdown->find("[confidentiality]") != std::string::npos) {
        check.state = CheckState::Failed;
        check.message += ", locked down to confidentiality: programs may not read kernel memory";
        check.hint = "boot with lockdown=integrity or none";
    }
    return check;
}

Check checkBtf(const CheckRoots &roots)
{
    const auto path = roots.sys / "kernel/btf/vmlinux";
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error)
        return {"btf", CheckState::Failed, "no type information at " + path.string(),
                "use a kernel built with CONFIG_DEBUG_INFO_BTF=y, as Debian 12's is"};
    return {"btf", CheckState::Ok, "type information at " + path.string() + ", " + bytesText(static_cast<std::int64_t>(size)), {}};
}

Check checkCapabilities(const CheckRoots &roots, std::optional<std::uint32_t> agentPid)
{
    const std::string who = agentPid ? "tapio-agent (pid " + std::to_string(*agentPid) + ")" : "this user";
    Check check{"capabilities", CheckState::Skipped, {}, {}};
    const auto status = readFile(roots.proc / (agentPid ? std::to_string(*agentPid) : std::string("self")) / "status");
    const auto effective = status ? statusField(*status, "CapEff") : std::nullopt;
    if (!effective) {
        check.message = "the capabilities of " + who + " cannot be read";
        return check;
    }
    const std::uint64_t bits = std::strtoull(effective->c_str(), nullptr, 16);
    std::string missing;
    for (const Capability &capability : agentCapabilities) {
        if (!hasCapability(bits, capability))
            missing += (missing.empty() ? "" : ", ") + std::string(capability.name);
    }
    if (missing.empty()) {
        const std::string lacked = lackedByAgent(bits);
        if (lacked.empty())
            return {"capabilities", CheckState::Ok, who + " may load kernel programs", {}};
        return {"capabilities", CheckState::Warning, who + " may load kernel programs, but lacks " + lacked,
                "give it these capabilities too, as the systemd unit does"};
    }
    check.message = who + " lacks " + missing;
    // Without an agent, an ordinary user lacking them is no fault of the machine.
    check.state = agentPid ? CheckState::Failed : CheckState::Warning;
    check.hint = "start tapio-agent as root, or give it these capabilities";
    return check;
}

Check checkCgroups(const CheckRoots &roots)
{
    const auto mounts = readFile(roots.proc / "self/mounts");
    if (!mounts)
        return {"cgroups", CheckState::Failed, "the mount table cannot be read from " + (roots.proc / "self/mounts").string(), {}};
    const bool v1 = mounts->find(" cgroup ") != std::string::npos;
    const bool v2 = mounts->find(" cgroup2 ") != std::string::npos;
    if (!v1 && !v2)
        return {"cgroups", CheckState::Failed, "no cgroup hierarchy is mounted, so nothing can be told apart by container",
                "mount cgroup2 on /sys/fs/cgroup"};
    return {"cgroups", CheckState::Ok, v1 && v2 ? "hybrid: version 1 and 2" : v2 ? "version 2" : "version 1", {}};
}

Check checkClock()
{
    timex state{};
    const int result = adjtimex(&state);
    if (result < 0)
        return {"clock", CheckState::Skipped, "the kernel's clock state cannot be read", {}};
    if (result == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
        return {"clock", CheckState::Warning, "the clock is not disciplined by a time service",
                "run chrony, ntpd or systemd-timesyncd; offsets to the server are measured and shown all the same"};
    }
    return {"clock", CheckState::Ok, "the clock is synchronised, estimated error " + durationText(state.esterror * nsPerUs), {}};
}

Check checkDisk(const std::filesystem::path &folder)
{
    std::filesystem::path existing = folder;
    std::error_code error;
    while (!existing.empty() && existing != existing.root_path() && !std::filesystem::exists(existing, error))
        existing = existing.parent_path();
    struct statvfs fs {};
    if (statvfs(existing.c_str(), &fs) != 0)
        return {"disk", CheckState::Failed, "the file system of " + folder.string() + " cannot be read", {}};
    const auto available = static_cast<std::int64_t>(fs.f_bavail) * static_cast<std::int64_t>(fs.f_frsize);
    const double share = fs.f_blocks == 0 ? 0.0 : 100.0 * static_cast<double>(fs.f_bavail) / static_cast<double>(fs.f_blocks);
    const std::string text = bytesText(available) + " free (" + std::to_string(static_cast<int>(share)) + " %) for " + folder.string();
    if ((fs.f_flag & ST_RDONLY) != 0 || (access(existing.c_str(), W_OK) != 0))
        return {"disk", CheckState::Failed, existing.string() + " cannot be written",
                "choose another folder with [store] file in console.toml"};
    if (available < (256LL << 20))
        return {"disk", CheckState::Failed, text, "free some space: below 256 MiB nothing more may get stored"};
    if (share < 15.0) // the runbook's alert: disk usage above 85 %
        return {"disk", CheckState::Warning, text, "more than 85 % of the disk is used"};
    return {"disk", CheckState::Ok, text, {}};
}

Check checkCertificates(const std::filesystem::path &pkiFolder, const Clock &clock)
{
    const auto authority = transport::CertificateAuthority::open(pkiFolder);
    if (!authority) {
        if (authority.error().code() == Errc::NotFound)
            return {"certificates", CheckState::Skipped, "no certificate authority in " + pkiFolder.string(), "'tapio pki init' makes one"};
        return {"certificates", CheckState::Failed, authority.error().message(), {}};
    }
    const auto all = authority->list(clock);
    if (!all)
        return {"certificates", CheckState::Failed, all.error().message(), {}};
    std::string expired;
    std::string soon;
    int valid = 0;
    constexpr std::int64_t soonNs = 72LL * 3600 * nsPerSecond;
    for (const transport::IssuedCertificate &certificate : *all) {
        if (certificate.files.certificate.empty())
            continue; // only on record: it was renewed since
        const std::string name = std::string(roleName(certificate.identity.role)) + ' ' + certificate.identity.name;
        if (certificate.state == transport::CertificateState::Expired)
            expired += (expired.empty() ? "" : ", ") + name;
        if (certificate.state != transport::CertificateState::Valid)
            continue;
        ++valid;
        if (certificate.notAfterNs - clock.utcNs() <= soonNs)
            soon += (soon.empty() ? "" : ", ") + name;
    }
    if (!expired.empty())
        return {"certificates", CheckState::Failed, "expired: " + expired, "'tapio pki renew ROLE NAME' replaces one"};
    if (!soon.empty())
        return {"certificates", CheckState::Warning, "expiring within 72 h: " + soon, "'tapio pki renew ROLE NAME' replaces one"};
    return {"certificates", CheckState::Ok, std::to_string(valid) + " valid in " + pkiFolder.string(), {}};
}

Check checkAgents(const std::vector<wire::AgentState> &agents, const std::string &node)
{
    const auto connected =
        std::count_if(agents.begin(), agents.end(), [](const wire::AgentState &a) { return a.state == wire::LinkState::Connected; });
    const std::string text = std::to_string(connected) + " of " + std::to_string(agents.size()) + " agents connected";
    const auto own = std::find_if(agents.begin(), agents.end(), [&](const wire::AgentState &a) { return a.node == node; });
    if (own == agents.end())
        return {"agent", CheckState::Failed, text + ", none of this machine (" + node + ")",
                "start tapio-agent, for example with installers/run"};
    if (own->state != wire::LinkState::Connected)
        return {"agent", CheckState::Failed, text + "; this machine's is silent since " + utcText(own->lastHeartbeatNs),
                "see the agent's log"};
    if (connected != static_cast<std::ptrdiff_t>(agents.size()))
        return {"agent", CheckState::Warning, text, "'tapio agents' shows which are silent"};
    return {"agent", CheckState::Ok, text, {}};
}

Check checkHooks(const std::vector<wire::HookReport> &reports, const std::string &node)
{
    std::size_t active = 0;
    std::size_t wanted = 0;
    std::string missing;
    for (const wire::HookReport &report : reports) {
        for (const wire::Hook &hook : report.hooks) {
            if (!hook.wanted())
                continue;
            ++wanted;
            if (hook.state == wire::HookState::Active)
                ++active;
            else
                missing += (missing.empty() ? "" : "; ") + hook.collector + '/' + hook.name + ' '
                           + std::string(wire::hookStateName(hook.state)) + (hook.reason.empty() ? "" : ": " + hook.reason);
        }
    }
    if (wanted == 0)
        return {"hooks", CheckState::Skipped, "no report of hooks from " + node, {}};
    const std::string text = std::to_string(active) + " of " + std::to_string(wanted) + " hooks active";
    if (active == 0)
        return {"hooks", CheckState::Failed, text + ": " + missing, "the reasons say what is missing"};
    if (!missing.empty())
        return {"hooks", CheckState::Warning, text + ": " + missing, {}};
    return {"hooks", CheckState::Ok, text, {}};
}

bool healthy(const std::vector<Check> &checks) noexcept
{
    return std::none_of(checks.begin(), checks.end(), [](const Check &c) { return c.state == CheckState::Failed; });
}

} // namespace tapio::console
