// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/readers/pressurefile.h"

#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "agent/collect/procparse.h"

namespace tapio::agent {

namespace {

// kernel/sched/psi.c, WINDOW_MIN_US and WINDOW_MAX_US
constexpr std::uint64_t leastWindowUs = 500'000;
constexpr std::uint64_t mostWindowUs = 10'000'000;

class KernelPressureFile final : public PressureFile {
public:
    KernelPressureFile(int fd, int triggerErrno) : m_fd(fd), m_triggerErrno(triggerErrno) {}
    ~KernelPressureFile() override { ::close(m_fd); }
    KernelPressureFile(const KernelPressureFile &) = delete;
    KernelPressureFile &operator=(const KernelPressureFile &) = delete;

    Told told() override
    {
        pollfd one{m_fd, POLLPRI, 0};
        if (m_triggerErrno != 0 || ::poll(&one, 1, 0) <= 0)
            return Told::Nothing;
        if ((one.revents & POLLERR) != 0)
            return Told::Gone;
        return (one.revents & POLLPRI) != 0 ? Told::Stall : Told::Nothing;
    }
    FileText read() override
    {
        const ssize_t got = ::pread(m_fd, m_text.data(), m_text.size(), 0);
        if (got < 0)
            return {{}, errno};
        return {std::string_view(m_text.data(), static_cast<std::size_t>(got)), 0};
    }
    int triggerErrno() const noexcept override { return m_triggerErrno; }

private:
    int m_fd;
    int m_triggerErrno;
    std::array<char, 512> m_text; ///< two lines of at most a hundred bytes
};

/// A setting may point elsewhere, and what is written to a plain file stays there.
bool isOfTheKernel(int fd)
{
    struct statfs facts {};
    return ::fstatfs(fd, &facts) == 0 && (facts.f_type == PROC_SUPER_MAGIC || facts.f_type == CGROUP2_SUPER_MAGIC);
}

/// 0, or errno.
int setTrigger(int fd, const PressureRule &rule)
{
    if (!isOfTheKernel(fd))
        return EOPNOTSUPP;
    const std::string text = toString(rule);
    // The kernel wants the NUL: it takes the last byte for one.
    return ::write(fd, text.c_str(), text.size() + 1) < 0 ? errno : 0;
}

} // namespace

Result<PressureRule> parsePressureRule(std::string_view text)
{
    const std::string whole(text);
    const auto refuse = [&](const char *why) { return fail(Errc::InvalidArgument, "\"" + whole + "\" is no trigger of pressure: " + why); };
    const std::string_view kind = nextWord(text);
    const auto threshold = parseUnsigned(nextWord(text));
    const auto window = parseUnsigned(nextWord(text));
    if ((kind != "some" && kind != "full") || !threshold || !window || !nextWord(text).empty())
        return refuse("it must be like \"some 300000 2000000\": some or full, stall time and window in microseconds");
    if (*window < leastWindowUs || *window > mostWindowUs)
        return refuse("the window must be from 500000 to 10000000");
    if (*threshold == 0 || *threshold > *window)
        return refuse("the stall time must be from 1 to the window");
    return PressureRule{kind == "full", *threshold, *window};
}

std::string toString(const PressureRule &rule)
{
    return std::string(rule.full ? "full " : "some ") + std::to_string(rule.thresholdUs) + ' ' + std::to_string(rule.windowUs);
}

Result<std::unique_ptr<PressureFile>> openPressureFile(const std::filesystem::path &path, const PressureRule &rule)
{
    constexpr int flags = O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    int fd = ::open(path.c_str(), O_RDWR | flags);
    int refused = fd < 0 ? errno : setTrigger(fd, rule);
    if (fd < 0)
        fd = ::open(path.c_str(), O_RDONLY | flags);
    if (fd < 0)
        return failErrno("opening " + path.native(), errno);
    return std::make_unique<KernelPressureFile>(fd, refused);
}

} // namespace tapio::agent
