// SPDX-License-Identifier: GPL-3.0-or-later
// How long programs run, as the kernel tells: asked for now and then only.
#include <QElapsedTimer>
#include <QTest>

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "agent/collect/kernelcollectors.h"
#include "tests/bpf/kernelfixture.h"

using namespace tapio;
using namespace tapio::test;

namespace {

constexpr std::chrono::milliseconds longWait{100'000}; ///< each half second is measured with one chance in ten

struct Descriptor {
    explicit Descriptor(int number) : fd(number) {}
    ~Descriptor()
    {
        if (fd >= 0)
            ::close(fd);
    }
    Q_DISABLE_COPY(Descriptor)
    int fd;
};

/// Whether the kernel measures the run time of BPF programs now, whoever asked for it: a program of ours is run and looked at.
/// The sysctl kernel.bpf_stats_enabled does not tell of those who asked by bpf_enable_stats().
bool statisticsAreOn()
{
    const bpf_insn code[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    const Descriptor program(bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "tapio_probe", "GPL", code, 2, nullptr));
    const char packet[64] = {};
    bpf_test_run_opts run{};
    run.sz = sizeof(run);
    run.data_in = packet;
    run.data_size_in = sizeof(packet);
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);
    if (bpf_prog_test_run_opts(program.fd, &run) != 0 || bpf_obj_get_info_by_fd(program.fd, &info, &size) != 0)
        qFatal("cannot run a program to see whether runs are counted: %s", strerror(errno));
    return info.run_cnt > 0;
}

} // namespace

class tst_RunTimeHooks : public QObject {
    Q_OBJECT

private slots:
    void runTime_isMeasuredOnRequest();
    void runTime_isNotMeasuredAllTheTime();
};

void tst_RunTimeHooks::runTime_isMeasuredOnRequest()
{
    TAPIO_NEEDS_KERNEL();
    NullSink sink;
    agent::KernelOptions options;
    options.runTimeStatistics = true;
    const auto opened = agent::KernelCollectors::open(options, sink);
    QVERIFY(opened.has_value());
    QVERIFY(statisticsAreOn());
    Child::run([] { return 0; }).wait();
    for (const wire::Hook &hook : (*opened)->hooks()) {
        if (hook.name != "sched_process_exit")
            continue;
        QVERIFY(hook.runCount >= 1);
        QVERIFY(hook.runTimeNs > 0);
    }
}

/// Which would cost each run of a program of the node two readings of the clock.
void tst_RunTimeHooks::runTime_isNotMeasuredAllTheTime()
{
    TAPIO_NEEDS_KERNEL();
    NullSink sink;
    const auto opened = agent::KernelCollectors::open({}, sink);
    QVERIFY(opened.has_value());
    const auto becomes = [&](bool on) {
        QElapsedTimer timer;
        timer.start();
        while (timer.elapsed() < longWait.count()) {
            if (statisticsAreOn() == on)
                return true;
            if (!(*opened)->poll(std::chrono::milliseconds(20)))
                return false;
        }
        return false;
    };
    QVERIFY(statisticsAreOn());
    if (!becomes(false))
        QSKIP("another program of this machine has the kernel measure run times");
    QVERIFY(becomes(true));
    QVERIFY(becomes(false));
}

QTEST_GUILESS_MAIN(tst_RunTimeHooks)
#include "tst_runtimehooks.moc"
