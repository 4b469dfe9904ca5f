// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel's verifier makes of the programs: it must accept them with room to spare, on other kernels too.
#include <QTest>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "tests/bpf/kernelfixture.h"

using namespace tapio;
using namespace tapio::test;

class tst_Verifier : public QObject {
    Q_OBJECT

private slots:
    void programs_leaveTheVerifierRoom();
};

namespace {

struct Verified {
    std::string program; ///< the first 15 characters of its name
    std::uint32_t instructions = 0;
};

/// How many instructions the verifier looked at; of all programs that this process has a descriptor of.
std::vector<Verified> verifiedInstructions()
{
    std::vector<Verified> all;
    std::error_code error;
    for (const auto &entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
        if (std::filesystem::read_symlink(entry.path(), error) != "anon_inode:bpf-prog")
            continue;
        bpf_prog_info info{};
        std::uint32_t size = sizeof(info);
        if (bpf_obj_get_info_by_fd(std::atoi(entry.path().filename().c_str()), &info, &size) == 0)
            all.push_back({info.name, info.verified_insns});
    }
    return all;
}

} // namespace

/// The kernel allows a million (BPF_COMPLEXITY_LIMIT_INSNS of linux/bpf_verifier.h). What one kernel prunes another may not, and loading
/// takes as long as the verifier looks: so a twentieth of it.
void tst_Verifier::programs_leaveTheVerifierRoom()
{
    TAPIO_NEEDS_KERNEL();
    constexpr std::uint32_t most = 50'000;
    NullSink sink;
    const auto kernel = agent::KernelCollectors::open({}, sink); // none is disabled
    QVERIFY2(kernel.has_value(), kernel ? "" : kernel.error().message().c_str());
    const auto all = verifiedInstructions();
    QVERIFY2(all.size() > 30, qPrintable(QString("only %1 programs were found").arg(all.size())));
    std::uint64_t sum = 0;
    for (const auto &[name, count] : all) {
        QVERIFY2(count <= most, qPrintable(QString("%1 took %2 instructions").arg(name.c_str()).arg(count)));
        sum += count;
    }
    if (sum == 0)
        QSKIP("this kernel does not tell (it is older than 5.16)");
}

QTEST_GUILESS_MAIN(tst_Verifier)
#include "tst_verifier.moc"
