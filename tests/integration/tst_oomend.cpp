// SPDX-License-Identifier: GPL-3.0-or-later
// A pod that runs out of memory, from the kernel through the agent's own process to the server: whose it was must be right.
#include <QtTest>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/collect/cgroupinventory.h"
#include "tests/agent/agentprocess.h"
#include "tests/bpf/kernelfixture.h"
#include "tests/integration/podcgroup.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::test;

namespace {

constexpr int soon = 20'000;
constexpr std::uint64_t podLimitBytes = 48u << 20;
const QString victimContainer = QString("c0ffee").repeated(10) + "0123";
const QString triggerContainer = QString("decade").repeated(10) + "4567";

/// Takes `bytes` of memory and keeps them.
void take(std::uint64_t bytes)
{
    auto *memory = static_cast<volatile char *>(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (std::uint64_t offset = 0; offset < bytes; offset += 4096)
        memory[offset] = 1;
}

bool put(const std::filesystem::path &file, const std::string &value)
{
    std::ofstream out(file);
    out << value << std::flush;
    return out.good();
}

struct Seen {
    wire::Event event;
    wire::Origin origin;
};

template <typename Detail> std::optional<Seen> find(const DeliveryLog &log, std::uint32_t pid)
{
    std::optional<Seen> found;
    log.eachEvent([&](const wire::Event &event, const wire::Origin &origin) {
        if (event.process.pid == pid && std::holds_alternative<Detail>(event.detail))
            found = Seen{event, origin};
    });
    return found;
}

} // namespace

class TestOomEnd : public QObject {
    Q_OBJECT

    TestPki m_pki;
    SystemClock m_clock;

    /// Big and the first to go, in the one container; the other's process then asks for more than the pod may have.
    static std::pair<std::uint32_t, std::uint32_t> runOutOfMemory(const PodCgroup &victimPod, const PodCgroup &triggerPod)
    {
        int ready[2];
        if (::pipe(ready) != 0)
            return {};
        Child victim = Child::run([&]() -> int {
            const char one = 1;
            if (!put("/proc/self/oom_score_adj", "1000") || !victimPod.add(0))
                return 1;
            take(podLimitBytes * 3 / 4);
            if (::write(ready[1], &one, 1) != 1)
                return 1;
            for (;;)
                ::pause();
        });
        ::close(ready[1]);
        char one = 0;
        const bool isReady = ::read(ready[0], &one, 1) == 1;
        ::close(ready[0]);
        Child trigger = Child::run([&] {
            if (!isReady || !triggerPod.add(0))
                return 1;
            take(podLimitBytes / 2);
            return 0;
        });
        const bool triggerLived = trigger.wait() == 0;
        const int status = isReady && triggerLived ? victim.wait() : 0;
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
            return {};
        return {victim.pid(), trigger.pid()};
    }

private slots:
    void initTestCase() { TAPIO_NEEDS_KERNEL(); }

    void oomKillInAPod_namesTheVictimsContainer()
    {
        const std::filesystem::path memory = agent::CgroupLayout::detect("/sys/fs/cgroup").memory;
        if (memory.empty())
            QSKIP("v1's memory controller is not mounted, and for v2's this test would have to enable it in all folders above");
        const QString uid = QUuid::createUuid().toString(QUuid::WithoutBraces);
        const PodCgroup victimPod(uid, victimContainer);
        const PodCgroup triggerPod(uid, triggerContainer);
        for (const PodCgroup *pod : {&victimPod, &triggerPod})
            QVERIFY2(pod->error().isEmpty(), qPrintable(pod->error()));
        QVERIFY(put(memory / "kubepods/burstable" / ("pod" + uid.toStdString()) / "memory.limit_in_bytes", std::to_string(podLimitBytes)));

        DeliveryLog log;
        server::FanInOptions options;
        options.endpoint.tls = m_pki.server();
        const auto fanIn = server::FanIn::start(options, &log, m_clock);
        QVERIFY(fanIn.has_value());
        AgentProcess agent(m_pki.node(), (*fanIn)->port());
        QVERIFY(QDir().mkpath(agent.folder() + "/pods/payments_checkout-7d9f_" + uid + "/api"));
        QVERIFY(put((agent.folder() + "/agent.toml").toStdString(),
                    "[collect]\npod_logs = \"" + agent.folder().toStdString() + "/pods\"\n" + noBudget));
        agent.arguments << "--config" << agent.folder() + "/agent.toml";
        QVERIFY(agent.start());
        QTRY_VERIFY_WITH_TIMEOUT(agent.output().contains("welcomed"), soon);

        const auto [victim, trigger] = runOutOfMemory(victimPod, triggerPod);
        QVERIFY(victim != 0);
        QTRY_VERIFY_WITH_TIMEOUT(find<wire::OomKill>(log, victim) && find<wire::ProcessExit>(log, victim), soon);
        const Seen kill = *find<wire::OomKill>(log, victim);
        QCOMPARE(kill.event.type, wire::EventType::OomKill);
        QCOMPARE(kill.event.severity, wire::Severity::Error); // a container's and not the host's
        const auto &detail = std::get<wire::OomKill>(kill.event.detail);
        QCOMPARE(detail.triggerPid, trigger);
        QCOMPARE(detail.oomScoreAdj, 1000);
        QVERIFY(detail.anonRssBytes >= podLimitBytes / 2);
        const Seen end = *find<wire::ProcessExit>(log, victim);
        QCOMPARE(std::get<wire::ProcessExit>(end.event.detail).signal, SIGKILL);
        for (const wire::Origin &origin : {kill.origin, end.origin}) {
            QCOMPARE(QString::fromStdString(origin.containerId), victimContainer);
            QCOMPARE(QString::fromStdString(origin.podUid), uid);
            QCOMPARE(origin.podName, std::string("checkout-7d9f"));
            QCOMPARE(origin.namespaceName, std::string("payments"));
        }
        QTRY_VERIFY_WITH_TIMEOUT(find<wire::ProcessExit>(log, trigger), soon);
        QCOMPARE(QString::fromStdString(find<wire::ProcessExit>(log, trigger)->origin.containerId), triggerContainer);
        QVERIFY(!find<wire::OomKill>(log, trigger));
        QVERIFY(agent.terminate() >= 0);
    }
};

QTEST_GUILESS_MAIN(TestOomEnd)
#include "tst_oomend.moc"
