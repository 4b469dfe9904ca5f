// SPDX-License-Identifier: GPL-3.0-or-later
// Where fields of the kernel's structures are is read from its BTF, not built in: where one is moved there, programs look for it there.
#include <QTest>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <tapio_collectors.skel.h>

#include <QTemporaryFile>

#include <memory>
#include <string_view>
#include <vector>

#include "tests/bpf/kernelfixture.h"

using namespace tapio;
using namespace tapio::test;

class tst_KernelLayout : public QObject {
    Q_OBJECT

private slots:
    void fieldsAreWhereTheKernelSays_data();
    void fieldsAreWhereTheKernelSays();
};

namespace {

constexpr std::uint32_t movedBytes = 8;

/// This kernel's BTF with one field further behind; empty: it knows no such field.
QByteArray btfWithMoved(const char *structure, std::string_view field)
{
    const std::unique_ptr<btf, decltype(&btf__free)> kernel(btf__load_vmlinux_btf(), btf__free);
    const int id = kernel ? btf__find_by_name_kind(kernel.get(), structure, BTF_KIND_STRUCT) : -1;
    if (id < 0)
        return {};
    auto *type = const_cast<btf_type *>(btf__type_by_id(kernel.get(), static_cast<std::uint32_t>(id)));
    btf_member *members = btf_members(type);
    bool isMoved = false;
    for (std::uint32_t i = 0; i < btf_vlen(type); ++i) {
        if (btf__name_by_offset(kernel.get(), members[i].name_off) != field)
            continue;
        members[i].offset += movedBytes * 8; // in the bytes below: nothing was added to it
        isMoved = true;
    }
    std::uint32_t size = 0;
    const void *bytes = btf__raw_data(kernel.get(), &size);
    return isMoved ? QByteArray(static_cast<const char *>(bytes), static_cast<qsizetype>(size)) : QByteArray();
}

/// The instructions of one program as the kernel was given them. `btf`: a file, or empty for the kernel's own.
std::vector<bpf_insn> loaded(const QByteArray &btf, const char *program)
{
    bpf_object_open_opts options{};
    options.sz = sizeof(options);
    options.btf_custom_path = btf.isEmpty() ? nullptr : btf.constData();
    const std::unique_ptr<tapio_collectors, decltype(&tapio_collectors__destroy)> skeleton(tapio_collectors__open_opts(&options),
                                                                                           tapio_collectors__destroy);
    if (!skeleton)
        return {};
    bpf_program *one = nullptr;
    bpf_object__for_each_program(one, skeleton->obj) bpf_program__set_autoload(one, std::string_view(bpf_program__name(one)) == program);
    if (tapio_collectors__load(skeleton.get()) != 0)
        return {};
    const bpf_program *wanted = bpf_object__find_program_by_name(skeleton->obj, program);
    const bpf_insn *first = wanted != nullptr ? bpf_program__insns(wanted) : nullptr;
    return first == nullptr ? std::vector<bpf_insn>() : std::vector<bpf_insn>(first, first + bpf_program__insn_cnt(wanted));
}

/// By how much it looks elsewhere; maps and calls have other numbers each time.
int movedBy(const bpf_insn &was, const bpf_insn &is)
{
    const int kind = BPF_CLASS(was.code);
    const bool isOfNumbers = kind == BPF_ALU64 || kind == BPF_LDX || kind == BPF_ST;
    return !isOfNumbers ? 0 : kind == BPF_LDX ? is.off - was.off : is.imm - was.imm;
}

} // namespace

void tst_KernelLayout::fieldsAreWhereTheKernelSays_data()
{
    QTest::addColumn<QString>("structure");
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("program");
    QTest::newRow("of a tracepoint") << "trace_event_raw_mark_victim"
                                     << "pid"
                                     << "oom_tp";
    QTest::newRow("of the kernel") << "task_struct"
                                   << "exit_code"
                                   << "exit_raw";
}

void tst_KernelLayout::fieldsAreWhereTheKernelSays()
{
    TAPIO_NEEDS_KERNEL();
    QFETCH(QString, structure);
    QFETCH(QString, field);
    QFETCH(QString, program);
    const QByteArray moved = btfWithMoved(structure.toUtf8().constData(), field.toStdString());
    if (moved.isEmpty())
        QSKIP("this kernel's BTF has no such field");
    QTemporaryFile file;
    QVERIFY(file.open() && file.write(moved) == moved.size() && file.flush());
    const auto was = loaded({}, program.toUtf8().constData());
    const auto is = loaded(file.fileName().toUtf8(), program.toUtf8().constData());
    QVERIFY(!was.empty());
    QCOMPARE(is.size(), was.size());
    int places = 0;
    for (std::size_t i = 0; i < was.size(); ++i) {
        const int by = movedBy(was[i], is[i]);
        QVERIFY2(by == 0 || by == static_cast<int>(movedBytes), qPrintable(QString("instruction %1 moved by %2").arg(i).arg(by)));
        places += by != 0 ? 1 : 0;
    }
    QVERIFY(places >= 1);
}

QTEST_GUILESS_MAIN(tst_KernelLayout)
#include "tst_kernellayout.moc"
