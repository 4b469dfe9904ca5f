// SPDX-License-Identifier: GPL-3.0-or-later
// Instructions of x86-64, and where functions made of them can be watched.
#include <QTest>

#include <span>

#include "agent/collect/kernel/x86code.h"

using namespace tapio;
using namespace tapio::agent;

class tst_X86Code : public QObject {
    Q_OBJECT

private slots:
    void instruction_data();
    void instruction();
    void unknown_data();
    void unknown();
    void everyCut_isNoInstruction();
    void places_data();
    void places();
};

namespace {

QByteArray bytes(const char *hex) { return QByteArray::fromHex(hex); }
std::span<const std::byte> view(const QByteArray &code)
{
    return std::as_bytes(std::span(code.constData(), static_cast<std::size_t>(code.size())));
}

// Debian 12's libssl3 3.0.19-1~deb12u2, amd64
constexpr const char *debianWrite = "4883ec18 64488b042528000000 4889442408 31c0 85d2 782f 4889e1 4863d2 e8fdfbffff 85c0 7e03 8b0424 "
                                    "488b542408 64482b142528000000 7544 4883c418"
                                    "31d2 31c9 31f6 31ff c3 e8f499feff 488d1525cf0400 be46080000 488d3d12c70400 e8dca0feff 31c0 31d2 "
                                    "be0f010000 bf14000000 e8f99efeff b8ffffffff ebac e8edabfeff";
constexpr const char *debianWriteEx = "4883ec08 e887fbffff 31d2 85c0 0f48c2 4883c408 31d2 31c9 31f6 31ff c3";

constexpr int none = -1;

} // namespace

void tst_X86Code::instruction_data()
{
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<int>("size");
    QTest::addColumn<X86Kind>("kind");
    QTest::addColumn<bool>("emulated");
    QTest::addColumn<quint32>("writes");
    QTest::addColumn<qint64>("target");
    const auto plain = [](const char *name, const char *hex, quint32 writes) {
        const QByteArray code = bytes(hex);
        QTest::newRow(name) << code << int(code.size()) << X86Kind::Plain << false << writes << qint64(code.size());
    };
    plain("endbr64", "f30f1efa", 0);
    plain("sub $0x18,%rsp", "4883ec18", 1u << 4);
    plain("sub $0x200,%rsp", "4881ec00020000", 1u << 4);
    plain("mov %fs:0x28,%rax", "64488b042528000000", 1u << 0);
    plain("mov %rax,0x8(%rsp)", "4889442408", 0);
    plain("sub %fs:0x28,%rdx", "64482b142528000000", 1u << 2);
    plain("xor %eax,%eax", "31c0", 1u << 0);
    plain("test %edx,%edx", "85d2", 0);
    plain("cmp $0x0,0x30(%rdi)", "48837f3000", 0);
    plain("testb $0x2,0x44(%rdi)", "f6474402", 0);
    plain("mov %rdi,%rbx", "4889fb", 1u << 3);
    plain("mov %rsi,%r12", "4989f4", 1u << 12);
    plain("mov %r12,%rdi", "4c89e7", 1u << 7);
    plain("movslq %edx,%rdx", "4863d2", 1u << 2);
    plain("lea 0x4cf25(%rip),%rdx", "488d1525cf0400", 1u << 2);
    plain("lea 0x10(%rsp,%rcx,8),%rax", "488d44cc10", 1u << 0);
    plain("mov $0x846,%esi", "be46080000", 1u << 6);
    plain("mov $imm64,%rax", "48b80102030405060708", 1u << 0);
    plain("mov $0x1,%r8d", "41b801000000", 1u << 8);
    plain("mov $0x12,%ax", "66b81200", 1u << 0);
    plain("movl $0x1,0x8(%rdi)", "c7470801000000", 0);
    plain("cmovs %edx,%eax", "0f48c2", 1u << 0);
    plain("movzbl %al,%eax", "0fb6c0", 1u << 0);
    plain("sete %al", "0f94c0", 1u << 0);
    plain("sete %ah, which is no %sp", "0f94c4", 1u << 4 | 1u << 0);
    plain("shr $0x4,%rax", "48c1e804", 1u << 0);
    plain("neg %eax", "f7d8", 1u << 0);
    plain("mul %rcx", "48f7e1", 1u << 0 | 1u << 2);
    plain("pop %rbp", "5d", 1u << 5);
    plain("nop of several bytes", "660f1f440000", 0);
    plain("nop of many bytes", "66662e0f1f840000000000", 0);
    plain("movups %xmm0,(%rsp)", "0f110424", 0);
    plain("push $0x10", "6a10", 0);
    plain("cltq", "4898", 1u << 0);
    const auto other = [](const char *name, const char *hex, X86Kind kind, bool emulated, qint64 target, quint32 writes = 0) {
        const QByteArray code = bytes(hex);
        QTest::newRow(name) << code << int(code.size()) << kind << emulated << writes << target;
    };
    constexpr quint32 callWrites = 1u << 0 | 1u << 1 | 1u << 2 | 1u << 6 | 1u << 7 | 0xf00u;
    other("push %rbp", "55", X86Kind::Push, true, 1);
    other("push %r13", "4155", X86Kind::Push, true, 2);
    other("nop", "90", X86Kind::Nop, true, 1);
    other("js +0x2f", "782f", X86Kind::Branch, true, 0x31);
    other("je back", "74fe", X86Kind::Branch, true, 0);
    other("je near", "0f8497030000", X86Kind::Branch, true, 0x39d);
    other("jmp short", "ebac", X86Kind::Jump, true, -82);
    other("jmp near", "e9fbffffff", X86Kind::Jump, true, 0);
    other("call", "e8fdfbffff", X86Kind::Call, true, -1022, callWrites);
    other("bnd-like prefix on a jump", "66e900000000", X86Kind::Jump, false, 6);
    other("notrack jmp *%rax", "ffe0", X86Kind::Indirect, false, 2, callWrites);
    other("call *0x10(%rax)", "ff5010", X86Kind::Indirect, false, 3, callWrites);
    other("ret", "c3", X86Kind::Return, false, 1);
    other("rep ret", "f3c3", X86Kind::Return, false, 2);
    other("ud2", "0f0b", X86Kind::Trap, false, 2);
}

void tst_X86Code::instruction()
{
    QFETCH(QByteArray, code);
    const auto one = decodeX86(view(code), 0);
    QVERIFY(one.has_value());
    QTEST(int(one->size), "size");
    QTEST(one->kind, "kind");
    QTEST(one->emulated, "emulated");
    QTEST(quint32(one->writes), "writes");
    QTEST(qint64(one->target), "target");
}

void tst_X86Code::unknown_data()
{
    QTest::addColumn<QByteArray>("code");
    for (const char *hex : {"", "f0480fc187e0090000", "c5f877", "cc", "f4", "0f05", "0fa2", "cd80", "62", "67488b00", "06", "82c001",
                            "d9c0", "a4", "f3a4", "f2ff25c0000000", "6666666666660f1f00", "4190"})
        QTest::newRow(hex) << bytes(hex);
}

void tst_X86Code::unknown()
{
    QFETCH(QByteArray, code);
    QVERIFY(!decodeX86(view(code), 0));
}

void tst_X86Code::everyCut_isNoInstruction()
{
    for (const char *hex : {"64488b042528000000", "e8fdfbffff", "48b80102030405060708", "488d44cc10", "0f8497030000", "c7470801000000"}) {
        const QByteArray code = bytes(hex);
        for (qsizetype size = 0; size < code.size(); ++size)
            QVERIFY2(!decodeX86(view(code.left(size)), 0), hex);
        QVERIFY(!decodeX86(view(code), std::size_t(code.size())));
        QVERIFY(!decodeX86(view(code), std::size_t(code.size()) + 7));
    }
}

void tst_X86Code::places_data()
{
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<int>("enter");
    QTest::addColumn<int>("leave");
    QTest::addColumn<qint64>("worker"); // 0 = none
    const auto row = [](const char *name, const QByteArray &code, int enter, int leave, qint64 worker = 0) {
        QTest::newRow(name) << code << enter << leave << worker;
    };
    const QByteArray tail = bytes("488b542408 64482b142528000000 7509 4883c418 31d2 31f6 c3 90 e800000000");
    row("Debian's SSL_write", bytes(debianWrite), 0x16, 0x38);
    row("Debian's SSL_write_ex", bytes(debianWriteEx), 4, none, 9 - 0x479);
    row("the same with endbr64 and a frame", bytes("f30f1efa 55") + bytes(debianWriteEx), 4, none);
    row("nothing", QByteArray(), none, none);
    row("a return alone", bytes("c3"), none, none);
    row("nop before the return", bytes("31c0 90 31d2 c3"), 2, 2);
    row("eax written after the nop", bytes("90 31c0 c3"), 0, none);
    row("eax written by cmov after the nop", bytes("90 0f48c2 c3"), 0, none);
    row("argument written first", bytes("31ff 55 c3"), none, none);
    row("argument pointer written first", bytes("4889fe 55 c3"), none, none);
    row("third argument written first", bytes("4863d2 7800 c3"), none, none);
    row("fourth argument written first", bytes("4889e1 7800 c3"), none, none);
    row("a loop to the beginning", bytes("4883ec08 55 ebfd"), none, none);
    row("jumps past the last place", bytes("55 7403 90 31d2 c3"), 0, none);
    row("two returns", bytes("55 7402 90 c3 90 c3"), 0, none);
    row("leaves by a jump", bytes("55 90 e900100000 c3"), 0, none);
    row("leaves by a register", bytes("55 ffe0 90 c3"), 0, none);
    row("jumps into an instruction", bytes("55 7401 b890909090 90 c3"), 0, none);
    row("a branch that comes back is no end", bytes("31c0 7504 31d2 c3 90 ebfa"), 2, none);
    row("a check of the stack", bytes("55") + tail, 0, none);
    row("unknown in the middle", bytes("55 c5f877 90 c3"), 0, none);
    row("unknown at first", bytes("c5f877 55 90 c3"), none, none);
    row("a call with changed arguments", bytes("31c9 e800000000 c3"), none, none);
    row("two calls", bytes("e800000000 e800000000 c3"), 0, none);
    row("a tail call after the call", bytes("e800000000 e900010000"), 0, none);
}

void tst_X86Code::places()
{
    QFETCH(QByteArray, code);
    QFETCH(qint64, worker);
    const X86Places places = findX86Places(view(code));
    QTEST(places.enter ? int(*places.enter) : none, "enter");
    QTEST(places.leave ? int(*places.leave) : none, "leave");
    QCOMPARE(qint64(places.worker.value_or(0)), worker);
}

QTEST_GUILESS_MAIN(tst_X86Code)
#include "tst_x86code.moc"
