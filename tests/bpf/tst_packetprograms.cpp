// SPDX-License-Identifier: GPL-3.0-or-later
// What the collectors of packets need of a kernel, and of each other.
#include <QTest>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <tapio_collectors.skel.h>

#include <memory>
#include <set>

#include "tests/bpf/kernelfixture.h"

using namespace tapio;
using namespace tapio::test;

class tst_PacketPrograms : public QObject {
    Q_OBJECT

private slots:
    void packets_areSeenBothWaysOrNotAtAll_data();
    void packets_areSeenBothWaysOrNotAtAll();
    void packetPrograms_callWhatOlderKernelsAllow();
};

void tst_PacketPrograms::packets_areSeenBothWaysOrNotAtAll_data()
{
    QTest::addColumn<QStringList>("kinds");
    QTest::addColumn<QString>("root");
    QTest::addColumn<QString>("state");
    QTest::addColumn<QString>("says");
    QTest::newRow("no cgroup of version 2") << QStringList{"tp_btf", "cgroup", "run"} << "/nowhere"
                                            << "unsupported"
                                            << "/nowhere";
    QTest::newRow("attaching to cgroups is switched off") << QStringList{"tp_btf", "run"} << "/sys/fs/cgroup"
                                                          << "disabled"
                                                          << "disabled by configuration";
    QTest::newRow("typed tracepoints are switched off") // of no use without: HTTP's end of a connection
        << QStringList{"cgroup", "run"} << "/sys/fs/cgroup"
        << "disabled"
        << "disabled by configuration";
}

/// Half of a collector of packets tells what is not true: with the answers unseen, every connection ends with requests unanswered.
void tst_PacketPrograms::packets_areSeenBothWaysOrNotAtAll()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(QStringList, kinds);
    QFETCH(QString, root);
    QFETCH(QString, state);
    QFETCH(QString, says);
    NullSink sink;
    agent::KernelOptions options;
    options.attachKinds.clear();
    for (const QString &kind : kinds)
        options.attachKinds.push_back(kind.toStdString());
    options.cgroupRoot = root.toStdString();
    const auto opened = agent::KernelCollectors::open(options, sink);
    QVERIFY2(opened.has_value(), opened ? "" : opened.error().message().c_str());
    for (const wire::Hook &hook : (*opened)->hooks()) {
        if (hook.collector == "dns" && !kinds.contains("tp_btf")) { // it needs none of them
            QVERIFY2(hook.state == wire::HookState::Active, (hook.name + ": " + hook.reason).c_str());
        } else if (hook.collector == "dns" || hook.collector == "http") {
            QVERIFY2(hook.state == (state == "disabled" ? wire::HookState::Disabled : wire::HookState::Unsupported),
                     (hook.name + ": " + hook.reason).c_str());
            QVERIFY2(hook.reason.find(says.toStdString()) != std::string::npos, hook.reason.c_str());
        }
    }
}

/// What kernels of the 5.x series let a program for packets call; a helper that was allowed later would be refused there.
void tst_PacketPrograms::packetPrograms_callWhatOlderKernelsAllow()
{
    TAPIO_NEEDS_KERNEL();
    // net/core/filter.c of 5.11: cg_skb_func_proto, sk_filter_func_proto, bpf_sk_base_func_proto; kernel/bpf/helpers.c: bpf_base_func_proto
    const std::set<int> allowed{BPF_FUNC_map_lookup_elem,      BPF_FUNC_map_update_elem,       BPF_FUNC_map_delete_elem,
                                BPF_FUNC_get_smp_processor_id, BPF_FUNC_ktime_get_ns,          BPF_FUNC_ktime_get_boot_ns,
                                BPF_FUNC_skb_load_bytes,       BPF_FUNC_get_socket_cookie,     BPF_FUNC_sk_fullsock,
                                BPF_FUNC_sk_storage_get,       BPF_FUNC_skc_to_tcp_sock,       BPF_FUNC_get_current_task,
                                BPF_FUNC_probe_read_kernel,    BPF_FUNC_probe_read_kernel_str, BPF_FUNC_ringbuf_reserve,
                                BPF_FUNC_ringbuf_submit,       BPF_FUNC_ringbuf_discard,       BPF_FUNC_ringbuf_query};
    const std::unique_ptr<tapio_collectors, void (*)(tapio_collectors *)> skeleton(tapio_collectors__open(), tapio_collectors__destroy);
    QVERIFY(skeleton != nullptr);
    bpf_program *program = nullptr;
    bpf_object__for_each_program(program, skeleton->obj)
        bpf_program__set_autoload(program, bpf_program__type(program) == BPF_PROG_TYPE_CGROUP_SKB);
    QCOMPARE(tapio_collectors__load(skeleton.get()), 0);
    int programs = 0;
    bpf_object__for_each_program(program, skeleton->obj)
    {
        if (!bpf_program__autoload(program))
            continue;
        ++programs;
        const bpf_insn *code = bpf_program__insns(program);
        for (std::size_t i = 0; i < bpf_program__insn_cnt(program); ++i) {
            const bool isHelper = code[i].code == (BPF_JMP | BPF_CALL) && code[i].src_reg == 0;
            QVERIFY2(!isHelper || allowed.contains(code[i].imm),
                     qPrintable(QString("%1 calls helper %2").arg(bpf_program__name(program)).arg(code[i].imm)));
        }
    }
    QVERIFY(programs >= 4);
}

QTEST_GUILESS_MAIN(tst_PacketPrograms)
#include "tst_packetprograms.moc"
