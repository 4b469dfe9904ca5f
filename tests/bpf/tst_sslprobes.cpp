// SPDX-License-Identifier: GPL-3.0-or-later
// Which processes and files are looked at for https, and how often: on what looks like /proc, and with no programs to attach.
#include <QTest>

#include <ctime>
#include <map>

#include "agent/collect/kernel/sslprobes.h"
#include "tests/bpf/fakeproc.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

SslProbes::Programs noPrograms()
{
    SslProbes::Programs programs;
    programs.fill({nullptr, true});
    return programs;
}

SslProbes::Options options(const FakeProc &proc, std::chrono::milliseconds round)
{
    SslProbes::Options options;
    options.procRoot = proc.root();
    options.round = round;
    return options;
}

/// Mappings of other files, as many as a process may have and more.
std::string otherMappings(int count)
{
    std::string maps;
    for (int i = 0; i < count; ++i)
        maps += "7f0a11e00000-7f0a11e5b000 rw-p 0001f000 fe:01 7    /usr/lib/x86_64-linux-gnu/libother.so.3\n";
    return maps;
}

/// Rounds, each step being one where nothing is large.
void steps(SslProbes &probes, int count = 20)
{
    for (int i = 0; i < count; ++i)
        probes.step();
}

} // namespace

class tst_SslProbes : public QObject {
    Q_OBJECT

private slots:
    void startedAgainAndAgain_isLookedAtOnce()
    {
        const FakeProc proc;
        Opens opens(proc.process(7, ""));
        SslProbes probes(noPrograms(), options(proc, 1h));
        probes.step(); // the round
        for (int i = 0; i < 64; ++i)
            probes.sawProgram(7);
        steps(probes, 5);
        QCOMPARE(opens.count(), 1 + 1);
    }

    void started_doNotKeepRoundsFromEnding()
    {
        const FakeProc proc;
        const std::string large = otherMappings(150'000);
        for (std::uint32_t pid = 1; pid <= 3; ++pid)
            proc.process(pid, large);
        Opens opens(proc.process(9, ""));
        SslProbes probes(noPrograms(), options(proc, 0ms));
        for (int i = 0; i < 400 && opens.count() < 2; ++i) {
            for (std::uint32_t pid = 1; pid <= 3; ++pid)
                probes.sawProgram(pid);
            probes.step();
        }
        QCOMPARE(opens.count(), 2);
    }

    void longLook_isPaidBack()
    {
        const FakeProc proc;
        Opens opens(proc.process(1, FakeProc::mapping(proc.file("libssl.so.3", "no library"))));
        SslProbes::Options costly = options(proc, 0ms);
        costly.open = [](const std::string &, std::uint32_t, const SslMapping &) -> Result<OpenFile> {
            const std::clock_t end = std::clock() + CLOCKS_PER_SEC / 10; // the process has no other thread
            while (std::clock() < end) {}
            return fail(Errc::NotFound, "gone");
        };
        SslProbes probes(noPrograms(), costly);
        steps(probes, 9); // of 10 ms each
        QCOMPARE(opens.count(), 1);
        steps(probes, 5);
        QCOMPARE(opens.count(), 2);
    }

    void unwatchable_isOpenedOnce_andNamed()
    {
        const FakeProc proc;
        const std::string file = proc.file("libssl.so.3", "no library");
        Opens opens(file);
        proc.process(1, FakeProc::mapping(file));
        SslProbes probes(noPrograms(), options(proc, 0ms));
        steps(probes);
        QCOMPARE(opens.count(), 1);
        QCOMPARE(probes.hooks().size(), std::size_t(1));
        QCOMPARE(probes.hooks()[0].state, wire::HookState::Unsupported);
        QVERIFY(!probes.isAttached());
    }

    /// Any user can make as many as he likes.
    void unwatchable_takeNoRoomOfOthers()
    {
        const FakeProc proc;
        for (std::uint32_t pid = 1; pid <= 66; ++pid) {
            std::string maps;
            for (int i = 0; i < 16; ++i)
                maps += FakeProc::mapping(proc.file("libssl-" + std::to_string(pid) + '-' + std::to_string(i) + ".so", "no library"));
            proc.process(pid, maps);
        }
        SslProbes probes(noPrograms(), options(proc, 1h));
        steps(probes, 100);
        const auto hooks = probes.hooks();
        QCOMPARE(hooks.size(), std::size_t(33));
        QVERIFY2(hooks.back().reason.find("than the 32 that are named") != std::string::npos, hooks.back().reason.c_str());
        const std::string file = proc.file("libssl.so.3", "no library either");
        Opens opens(file);
        proc.process(100, FakeProc::mapping(file));
        probes.sawProgram(100);
        steps(probes, 100);
        QCOMPARE(opens.count(), 1);
    }

    /// A file is opened in the first round only, but what is left without a name is so for as long as it is in use.
    void unwatchable_withoutANameIsSaidInLaterRoundsToo()
    {
        const FakeProc proc;
        for (std::uint32_t pid = 1; pid <= 40; ++pid)
            proc.process(pid, FakeProc::mapping(proc.file("libssl-" + std::to_string(pid) + ".so", "no library")));
        SslProbes probes(noPrograms(), options(proc, 0ms));
        steps(probes, 100);
        const auto hooks = probes.hooks();
        QCOMPARE(hooks.size(), std::size_t(33));
        QVERIFY2(hooks.back().reason.find("than the 32 that are named") != std::string::npos, hooks.back().reason.c_str());
    }

    /// An upgrade, until the programs are started again.
    void deleted_staysKnown_andIsNotOpened()
    {
        const FakeProc proc;
        const std::string file = proc.file("libssl.so.3", "no library"), later = proc.file("libssl.so.1", "nor this");
        proc.process(1, FakeProc::mapping(file));
        SslProbes probes(noPrograms(), options(proc, 0ms));
        steps(probes);
        Opens opens(later);
        proc.process(1, FakeProc::mapping(file, " (deleted)") + FakeProc::mapping(later, " (deleted)"));
        steps(probes);
        QCOMPARE(probes.hooks().size(), std::size_t(1));
        QVERIFY(probes.hooks()[0].name.find("/libssl.so.3 ") != std::string::npos);
        QCOMPARE(opens.count(), 0);
        proc.process(1, "");
        steps(probes);
        QVERIFY(probes.hooks().empty());
    }

    /// Of btrfs: maps names the files of all subvolumes by one device, and a snapshot's have the inodes of the original's.
    void snapshots_areOtherFiles()
    {
        const FakeProc proc;
        const std::string file = proc.file("libssl.so.3", "no library"), mapping = FakeProc::mapping(file);
        for (std::uint32_t pid = 1; pid <= 6; ++pid)
            proc.process(pid, mapping, "mnt:[" + std::to_string(pid % 3) + ']');
        std::map<std::uint32_t, int> opened; // by mount namespace
        SslProbes::Options facts = options(proc, 0ms);
        facts.open = [&](const std::string &root, std::uint32_t pid, const SslMapping &one) {
            ++opened[pid % 3];
            auto result = openMapped(root, pid, one);
            if (result) {
                result->isAmbiguous = true;
                result->identity.device = pid % 3 == 0 ? "0:30" : "0:31"; // the third has the second's subvolume
            }
            return result;
        };
        SslProbes probes(noPrograms(), facts);
        steps(probes);
        QCOMPARE(probes.hooks().size(), std::size_t(2));
        QCOMPARE(opened, (std::map<std::uint32_t, int>{{0, 1}, {1, 1}, {2, 1}}));
        for (std::uint32_t pid = 1; pid <= 6; ++pid)
            proc.process(pid, pid % 3 == 0 ? FakeProc::mapping(file, " (deleted)") : "");
        steps(probes);
        QCOMPARE(probes.hooks().size(), std::size_t(1));
    }
};

QTEST_GUILESS_MAIN(tst_SslProbes)
#include "tst_sslprobes.moc"
