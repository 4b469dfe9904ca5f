// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bpf/loopdisk.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace tapio::test {

namespace {

constexpr std::uint64_t mib = 1u << 20;
constexpr std::uint64_t blockBytes = 4096;
constexpr std::uint64_t fillerBytes = 256 << 10;
using Requests = std::array<iocb, LoopDisk::writesAtOnce>;

std::string queueFile(const std::string &disk, const char *file) { return "/sys/block/" + disk + "/queue/" + file; }

bool put(const std::string &path, const std::string &text)
{
    std::ofstream file(path);
    file << text << std::flush;
    return file.good();
}

/// "none" of "[none] mq-deadline".
std::string schedulerOf(const std::string &disk)
{
    std::ifstream file(queueFile(disk, "scheduler"));
    std::string word;
    while (file >> word) {
        if (word.size() > 2 && word.front() == '[')
            return word.substr(1, word.size() - 2);
    }
    return {};
}

Requests requests(int fd, const void *data)
{
    Requests all{};
    std::size_t count = 0;
    const auto add = [&](std::uint64_t offset, std::uint64_t bytes) {
        iocb &one = all[count++];
        one.aio_lio_opcode = IOCB_CMD_PWRITE;
        one.aio_fildes = static_cast<std::uint32_t>(fd);
        one.aio_buf = reinterpret_cast<std::uintptr_t>(data);
        one.aio_offset = static_cast<std::int64_t>(offset);
        one.aio_nbytes = bytes;
    };
    for (std::uint64_t i = 0; i < LoopDisk::fillers; ++i)
        add(16 * mib + i * mib, fillerBytes);
    for (std::uint64_t i = 0; i < LoopDisk::gaps; ++i)
        add(2 * i * blockBytes, blockBytes);
    for (std::uint64_t i = 0; i < LoopDisk::gaps; ++i)
        add((2 * i + 1) * blockBytes, blockBytes);
    return all;
}

/// All at once, and waits for all; io_submit(2) without libaio.
bool submitAndWait(Requests &all)
{
    aio_context_t context = 0;
    if (::syscall(SYS_io_setup, all.size(), &context) != 0)
        return false;
    std::array<iocb *, LoopDisk::writesAtOnce> list{};
    std::transform(all.begin(), all.end(), list.begin(), [](iocb &one) { return &one; });
    std::size_t submitted = 0, done = 0;
    bool fine = true;
    while (fine && submitted < list.size()) {
        const long now = ::syscall(SYS_io_submit, context, list.size() - submitted, list.data() + submitted);
        fine = now > 0;
        submitted += fine ? static_cast<std::size_t>(now) : 0;
    }
    std::array<io_event, LoopDisk::writesAtOnce> events{};
    while (fine && done < submitted) {
        const long now = ::syscall(SYS_io_getevents, context, 1L, submitted - done, events.data(), nullptr);
        fine = now > 0;
        for (long i = 0; i < now; ++i)
            fine = fine && events[static_cast<std::size_t>(i)].res > 0;
        done += fine ? static_cast<std::size_t>(now) : 0;
    }
    ::syscall(SYS_io_destroy, context);
    return fine;
}

} // namespace

LoopDisk::LoopDisk(const std::string &file)
{
    attach(file);
    if (!m_problem.empty())
        return;
    m_scheduler = schedulerOf(m_name);
    if (!put(queueFile(m_name, "scheduler"), "mq-deadline") || schedulerOf(m_name) != "mq-deadline")
        m_problem = "this kernel has no mq-deadline scheduler for " + m_name;
}

void LoopDisk::attach(const std::string &file)
{
    const int backing = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const int control = ::open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    bool attached = false;
    if (backing >= 0 && control >= 0 && ::ftruncate(backing, static_cast<off_t>(256 * mib)) == 0) {
        // Another process may take the free one before we do.
        for (int attempt = 0; attempt < 8 && !attached; ++attempt) {
            m_name = "loop" + std::to_string(::ioctl(control, LOOP_CTL_GET_FREE));
            m_device = ::open(("/dev/" + m_name).c_str(), O_RDWR | O_DIRECT | O_CLOEXEC);
            loop_config config{};
            config.fd = static_cast<std::uint32_t>(backing);
            config.info.lo_flags = LO_FLAGS_AUTOCLEAR; // ends with the last descriptor, also of a test that died
            attached = m_device >= 0 && ::ioctl(m_device, LOOP_CONFIGURE, &config) == 0;
            if (!attached && m_device >= 0)
                ::close(std::exchange(m_device, -1));
        }
    }
    if (!attached)
        m_problem = std::string("no loop device can be had: ") + std::strerror(errno);
    ::close(control);
    ::close(backing);
}

LoopDisk::~LoopDisk()
{
    if (!m_scheduler.empty())
        put(queueFile(m_name, "scheduler"), m_scheduler);
    if (m_device >= 0)
        ::close(m_device);
}

LoopDisk::Writes LoopDisk::writes() const
{
    std::ifstream file("/sys/block/" + m_name + "/stat");
    std::array<std::uint64_t, 6> fields{};
    for (std::uint64_t &field : fields)
        file >> field;
    return {fields[4], fields[5]};
}

bool LoopDisk::writeWhatMerges() const
{
    void *data = ::mmap(nullptr, fillerBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED)
        return false;
    // Ahead of everybody else: while we wait for a CPU, the disk would catch up, and nothing would wait there. Where it is
    // refused, it may take one more call.
    const sched_param first{1};
    static_cast<void>(::sched_setscheduler(0, SCHED_FIFO, &first));
    auto all = requests(m_device, data);
    const bool fine = submitAndWait(all);
    ::munmap(data, fillerBytes);
    return fine;
}

} // namespace tapio::test
