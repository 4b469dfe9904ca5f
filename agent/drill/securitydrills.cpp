// SPDX-License-Identifier: GPL-3.0-or-later
#include <cerrno>

#include <fcntl.h>
#include <grp.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "agent/drill/drill.h"
#include "agent/drill/network.h"
#include "agent/drill/system.h"

namespace tapio::drill {

namespace {

using namespace std::chrono_literals;

constexpr uid_t nobody = 65534;

/// A user without rights runs a program that is setuid root, and asks for what only root may. The program is a copy of id(1), and with
/// the drill's capabilities root can do nothing with it.
class PrivilegeEscalation final : public Drill {
public:
    std::string_view name() const override { return "privilege-escalation"; }
    std::string_view summary() const override { return "a user without rights becomes root by a setuid program, and tries to mount"; }
    std::vector<std::string> needs() const override { return {"root", "cgroup memory", "cgroup cpu", "cgroup pids", "id(1)"}; }
    Limits limits() const override
    {
        Limits limits;
        limits.gainsPrivileges = true;
        limits.capabilities = 1ull << 6 | 1ull << 7; // CAP_SETGID, CAP_SETUID: to become nobody
        return limits;
    }
    Status probe(const Place &) const override
    {
        return findProgram("id").empty() ? fail(Errc::NotFound, "there is no id(1) to copy") : Status();
    }
    Status prepare(Workplace &work) const override
    {
        // Its own file system: where the scratch folder is, setuid may be switched off.
        if (::mount("tapio-drill", work.folder.c_str(), "tmpfs", MS_NODEV, "size=4m,mode=0755") != 0)
            return failErrno("mounting a file system on " + work.folder.native(), errno);
        std::error_code error;
        std::filesystem::copy_file(findProgram("id"), work.folder / "id", error);
        if (error)
            return failErrno("copying id(1)", error.value());
        if (::chmod((work.folder / "id").c_str(), 04755) != 0)
            return failErrno("making a program setuid", errno);
        // The folders above are root's alone: nobody gets there by being there already.
        if (::chdir(work.folder.c_str()) != 0)
            return failErrno("entering " + work.folder.native(), errno);
        return {};
    }
    Result<std::string> run(Workplace &work) const override
    {
        do {
            const pid_t pid = forkInto([&] {
                if (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0)
                    return 1;
                if (::mount("none", ".", "tmpfs", 0, nullptr) == 0 || errno != EPERM)
                    return 2;
                const auto end = runProgram({"./id", "-u"});
                return end && end->code == 0 && end->output == "0\n" ? 0 : 3;
            });
            if (pid < 0)
                return failErrno("starting a process", errno);
            if (const int status = waitFor(pid); WIFEXITED(status) && WEXITSTATUS(status) == 0)
                work.count();
        } while (pause(500ms, work.untilBootNs));
        return std::to_string(*work.effects) + " times root by a setuid program, each mount refused";
    }
};

/// One file in the folder of one machine is enough: which is read, the agent decides.
bool holdsJournal(const std::filesystem::path &folder)
{
    std::error_code error;
    for (const auto &machine : std::filesystem::directory_iterator(folder, error)) {
        if (::access((machine.path() / "system.journal").c_str(), R_OK) == 0)
            return true;
    }
    return false;
}

/// Real attempts at the node's own sshd, as a user that cannot exist: no account can be locked by them.
class BruteForce final : public Drill {
public:
    std::string_view name() const override { return "brute-force-logins"; }
    std::string_view summary() const override { return "logins by SSH from this node to itself, of a user that does not exist"; }
    std::vector<std::string> needs() const override
    {
        return {"root", "cgroup memory", "cgroup cpu", "cgroup pids", "ssh", "sshd on 127.0.0.1:22", "a journal, auth.log or secure"};
    }
    Limits limits() const override
    {
        Limits limits;
        limits.hostNetwork = true; // the drill has none of the node's capabilities there
        return limits;
    }
    Status probe(const Place &place) const override
    {
        if (findProgram("ssh").empty())
            return fail(Errc::NotFound, "ssh is not installed");
        const auto isThere = [](const std::filesystem::path &path) { return ::access(path.c_str(), R_OK) == 0; };
        if (!isThere(place.logs / "auth.log") && !isThere(place.logs / "secure") && !holdsJournal(place.logs / "journal")
            && !holdsJournal("/run/log/journal"))
            return fail(Errc::NotFound,
                        "there is no journal, auth.log or secure in " + place.logs.native() + " in which logins would be seen");
        const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const sockaddr_in address = loopback(22);
        if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) != 0)
            return fail(Errc::NotFound, "nothing listens on 127.0.0.1:22", errno);
        return {};
    }
    Result<std::string> run(Workplace &work) const override
    {
        const std::string ssh = findProgram("ssh").native();
        do {
            const auto end = runProgram({ssh, "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o",
                                         "UserKnownHostsFile=/dev/null", "-o", "IdentityFile=none", "-o", "IdentityAgent=none", "-o",
                                         "ConnectTimeout=2", "tapio-drill@127.0.0.1", "true"});
            if (!end)
                return fail(end.error());
            if (end->output.find("Permission denied") != std::string::npos) // and not that it could not connect
                work.count();
        } while (pause(200ms, work.untilBootNs));
        return std::to_string(*work.effects) + " logins refused";
    }
};

} // namespace

void addSecurityDrills(DrillList &list)
{
    list.push_back(std::make_unique<PrivilegeEscalation>());
    list.push_back(std::make_unique<BruteForce>());
}

} // namespace tapio::drill
