// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/x86code.h"

#include <algorithm>
#include <cstring>

namespace tapio::agent {

namespace {

constexpr std::uint32_t bit(unsigned number) { return 1u << number; }
constexpr unsigned rax = 0, rcx = 1, rdx = 2, rsp = 4, rbp = 5, rsi = 6, rdi = 7;
constexpr std::uint32_t arguments = bit(rdi) | bit(rsi) | bit(rdx) | bit(rcx);
/// What a called function may change (System V AMD64 ABI section 3.2.1).
constexpr std::uint32_t callerSaved = arguments | bit(rax) | bit(8) | bit(9) | bit(10) | bit(11);
constexpr std::size_t longestInstruction = 15;

/// One instruction, read from left to right. A read beyond the end gives 0 and leaves `failed`.
class Decoder {
public:
    Decoder(std::span<const std::byte> code, std::size_t at) : m_code(code.subspan(std::min(at, code.size()))) { m_result.at = at; }

    std::optional<X86Instruction> decode()
    {
        prefixes();
        const std::uint8_t opcode = byte();
        const bool known = opcode == 0x0f ? twoBytes(byte()) : oneByte(opcode);
        if (!known || m_failed || m_next > longestInstruction)
            return std::nullopt;
        m_result.size = m_next;
        m_result.target += static_cast<std::int64_t>(m_result.at + m_next);
        // Prefixes make the kernel, or a version of it, look at a jump differently.
        m_result.emulated = m_result.emulated && !m_wide16 && !m_repeat && !m_segment;
        return m_result;
    }

private:
    std::uint8_t byte()
    {
        if (m_next >= m_code.size()) {
            m_failed = true;
            return 0;
        }
        return std::to_integer<std::uint8_t>(m_code[m_next++]);
    }
    void skip(std::size_t bytes)
    {
        m_failed = m_failed || bytes > m_code.size() - m_next;
        m_next += m_failed ? 0 : bytes;
    }
    void prefixes()
    {
        std::uint8_t next = byte();
        for (int i = 0; i < 4; ++i, next = byte()) {
            if (next == 0x66)
                m_wide16 = true;
            else if (next == 0x64 || next == 0x65 || next == 0x2e)
                m_segment = true;
            else if (next == 0xf2 || next == 0xf3)
                m_repeat = next;
            else
                break;
        }
        if ((next & 0xf0) == 0x40) {
            m_rex = next;
            return;
        }
        if (!m_failed)
            --m_next;
    }
    bool wide() const { return (m_rex & 8) != 0; }
    std::size_t immediate() const { return m_wide16 ? 2 : 4; }
    unsigned extended(unsigned low, unsigned rexBit) const { return low | (m_rex & rexBit ? 8u : 0u); }
    void write(unsigned number, bool byteWide = false)
    {
        m_result.writes |= bit(number) | (byteWide ? bit(number & 3) : 0); // ah, ch, dh, bh go by the numbers 4 to 7
    }
    void modRm()
    {
        const std::uint8_t value = byte();
        m_mod = value >> 6;
        m_regLow = value >> 3 & 7;
        m_rm = value & 7;
        if (m_mod == 3)
            return;
        const bool sib = m_rm == 4;
        const unsigned base = sib ? byte() & 7u : m_rm;
        if (m_mod == 2 || (m_mod == 0 && base == 5))
            skip(4);
        else if (m_mod == 1)
            skip(1);
    }
    void writeReg(bool byteWide = false) { write(extended(m_regLow, 4), byteWide); }
    void writeRm(bool byteWide = false)
    {
        if (m_mod == 3)
            write(extended(m_rm, 1), byteWide);
    }
    bool jumpBy(X86Kind kind, std::size_t bytes)
    {
        std::int64_t by = 0;
        if (bytes == 1) {
            by = static_cast<std::int8_t>(byte()); // NOLINT(bugprone-signed-char-misuse): a distance has a sign
        } else {
            std::uint32_t value = 0;
            for (unsigned i = 0; i < 4; ++i)
                value |= static_cast<std::uint32_t>(byte()) << 8 * i;
            by = static_cast<std::int32_t>(value);
        }
        m_result.kind = kind;
        m_result.target = by;
        m_result.emulated = true;
        m_result.writes = kind == X86Kind::Call ? callerSaved : 0;
        return true;
    }

    /// add, or, adc, sbb, and, sub, xor, cmp
    bool arithmetic(std::uint8_t opcode)
    {
        const bool compares = opcode >= 0x38, byteWide = (opcode & 1) == 0;
        const unsigned form = opcode & 7;
        if (form >= 6)
            return false;
        if (form >= 4) {
            skip(byteWide ? 1 : immediate());
            m_result.writes |= compares ? 0 : bit(rax);
            return true;
        }
        modRm();
        if (!compares && form < 2)
            writeRm(byteWide);
        else if (!compares)
            writeReg(byteWide);
        return true;
    }
    bool arithmeticImmediate(std::uint8_t opcode)
    {
        modRm();
        skip(opcode == 0x81 ? immediate() : 1);
        if (m_regLow != 7)
            writeRm(opcode == 0x80);
        return opcode != 0x82;
    }
    bool move(std::uint8_t opcode)
    {
        modRm();
        if (opcode == 0x88 || opcode == 0x89)
            writeRm(opcode == 0x88);
        else
            writeReg(opcode == 0x8a);
        return true;
    }
    bool moveImmediate(std::uint8_t opcode)
    {
        const bool byteWide = opcode < 0xb8;
        skip(byteWide ? 1 : wide() ? 8 : immediate());
        write(extended(opcode & 7, 1), byteWide);
        return true;
    }
    bool shift(std::uint8_t opcode)
    {
        modRm();
        skip(opcode < 0xd0 ? 1 : 0);
        writeRm((opcode & 1) == 0);
        return true;
    }
    bool unary(std::uint8_t opcode) // test, not, neg, mul, imul, div, idiv
    {
        modRm();
        if (m_regLow < 2)
            skip(opcode == 0xf6 ? 1 : immediate());
        else if (m_regLow < 4)
            writeRm(opcode == 0xf6);
        else
            m_result.writes |= bit(rax) | bit(rdx);
        return true;
    }
    bool increment(std::uint8_t opcode) // and calls and jumps by way of a register or memory
    {
        modRm();
        if (m_regLow < 2) {
            writeRm(opcode == 0xfe);
            return true;
        }
        if (opcode == 0xff && (m_regLow == 2 || m_regLow == 4)) {
            m_result.kind = X86Kind::Indirect;
            m_result.writes = callerSaved;
            return true;
        }
        return opcode == 0xff && m_regLow == 6;
    }
    bool ends(X86Kind kind)
    {
        m_result.kind = kind;
        return true;
    }

    bool oneByte(std::uint8_t opcode)
    {
        if (m_repeat && opcode != 0xc3)
            return false;
        if (opcode < 0x40)
            return arithmetic(opcode);
        if (opcode >= 0x50 && opcode < 0x58) {
            m_result.kind = X86Kind::Push;
            return m_result.emulated = true;
        }
        if (opcode >= 0x70 && opcode < 0x80)
            return jumpBy(X86Kind::Branch, 1);
        if (opcode >= 0xb0 && opcode < 0xc0)
            return moveImmediate(opcode);
        return rarer(opcode);
    }
    bool rarer(std::uint8_t opcode)
    {
        switch (opcode) {
        case 0x58:
        case 0x59:
        case 0x5a:
        case 0x5b:
        case 0x5c:
        case 0x5d:
        case 0x5e:
        case 0x5f: // pop
            write(extended(opcode & 7, 1));
            return true;
        case 0x63:
        case 0x8d:
            modRm();
            writeReg();
            return true; // movslq, lea
        case 0x68: skip(immediate()); return true;
        case 0x6a: skip(1); return true;
        case 0x80:
        case 0x81:
        case 0x83: return arithmeticImmediate(opcode);
        case 0x84:
        case 0x85: modRm(); return true; // test
        case 0x88:
        case 0x89:
        case 0x8a:
        case 0x8b: return move(opcode);
        case 0x90:
            m_result.kind = m_rex ? X86Kind::Plain : X86Kind::Nop;
            m_result.emulated = !m_rex;
            return !(m_rex & 1);                            // xchg with r8
        case 0x98: m_result.writes = bit(rax); return true; // cltq
        case 0x99: m_result.writes = bit(rdx); return true; // cqto
        case 0xa8: skip(1); return true;                    // test
        case 0xa9: skip(immediate()); return true;
        case 0xc0:
        case 0xc1:
        case 0xd0:
        case 0xd1:
        case 0xd2:
        case 0xd3: return shift(opcode);
        case 0xc3: return ends(X86Kind::Return);
        case 0xc6:
        case 0xc7:
            modRm();
            skip(opcode == 0xc6 ? 1 : immediate());
            writeRm(opcode == 0xc6);
            return m_regLow == 0;
        case 0xc9: m_result.writes = bit(rsp) | bit(rbp); return true; // leave
        case 0xe8: return jumpBy(X86Kind::Call, 4);
        case 0xe9: return jumpBy(X86Kind::Jump, 4);
        case 0xeb: return jumpBy(X86Kind::Jump, 1);
        case 0xf6:
        case 0xf7: return unary(opcode);
        case 0xfe:
        case 0xff: return increment(opcode);
        default: return false;
        }
    }
    bool twoBytes(std::uint8_t opcode)
    {
        if (opcode >= 0x80 && opcode < 0x90)
            return !m_repeat && jumpBy(X86Kind::Branch, 4);
        if (opcode == 0x0b)
            return ends(X86Kind::Trap);
        const bool isMove = (opcode >= 0x40 && opcode < 0x50) || opcode == 0xaf || opcode == 0xb6 || opcode == 0xb7 || opcode == 0xbe
                            || opcode == 0xbf; // cmov, imul, movzx, movsx
        const bool isSet = opcode >= 0x90 && opcode < 0xa0;
        const bool isHint = opcode >= 0x18 && opcode < 0x20; // nop of several bytes, endbr64
        const bool isVector = opcode == 0x10 || opcode == 0x11 || opcode == 0x28 || opcode == 0x29 || opcode == 0x57 || opcode == 0x6e
                              || opcode == 0x6f || opcode == 0x7f || opcode == 0xd6 || opcode == 0xef;
        if (!isMove && !isSet && !isHint && !isVector)
            return false;
        modRm();
        if (isMove)
            writeReg();
        else if (isSet)
            writeRm(true);
        return true;
    }

    std::span<const std::byte> m_code;
    std::size_t m_next = 0;
    bool m_failed = false;
    bool m_wide16 = false, m_segment = false;
    std::uint8_t m_repeat = 0, m_rex = 0;
    unsigned m_mod = 0, m_regLow = 0, m_rm = 0;
    X86Instruction m_result;
};

bool jumps(const X86Instruction &one) { return one.kind == X86Kind::Jump || one.kind == X86Kind::Branch; }

/// The whole function; `isWhole` when nothing in it was unknown.
struct Listing {
    std::vector<X86Instruction> all;
    bool isWhole = false;

    explicit Listing(std::span<const std::byte> code)
    {
        std::size_t at = 0;
        while (at < code.size()) {
            const auto one = decodeX86(code, at);
            if (!one)
                return;
            all.push_back(*one);
            at += one->size;
        }
        isWhole = true;
    }
    /// Does any jump but `but` go to (after, last]?
    bool jumpsInto(std::size_t after, std::size_t last, const X86Instruction *but) const
    {
        return std::any_of(all.begin(), all.end(), [&](const X86Instruction &one) {
            return &one != but && jumps(one) && one.target > static_cast<std::int64_t>(after)
                   && one.target <= static_cast<std::int64_t>(last);
        });
    }
    /// All jumps stay within, and hit the beginning of an instruction.
    bool isClosed() const
    {
        return std::all_of(all.begin(), all.end(), [&](const X86Instruction &one) {
            return one.kind != X86Kind::Indirect && (!jumps(one) || std::any_of(all.begin(), all.end(), [&](const X86Instruction &other) {
                       return one.target == static_cast<std::int64_t>(other.at);
                   }));
        });
    }
    /// Where the compiler has a broken stack reported: a call with nothing behind it does not return.
    bool isEnd(std::int64_t target) const { return all.back().kind == X86Kind::Call && target == static_cast<std::int64_t>(all.back().at); }
};

std::optional<std::size_t> findEnter(const Listing &listing)
{
    for (const X86Instruction &one : listing.all) {
        if (one.emulated)
            return listing.jumpsInto(0, one.at, nullptr) ? std::nullopt : std::optional(one.at);
        if (one.kind != X86Kind::Plain || (one.writes & arguments) != 0)
            break;
    }
    return std::nullopt;
}

/// Back from the only return, as long as that is certain to be passed and eax stays as it is.
std::optional<std::size_t> findLeave(const Listing &listing)
{
    const auto returns = [](const X86Instruction &one) { return one.kind == X86Kind::Return; };
    if (!listing.isWhole || !listing.isClosed() || std::count_if(listing.all.begin(), listing.all.end(), returns) != 1)
        return std::nullopt;
    const auto end = std::find_if(listing.all.begin(), listing.all.end(), returns);
    for (auto one = end; one != listing.all.begin();) {
        --one;
        if (listing.jumpsInto(one->at, end->at, &*one))
            return std::nullopt;
        if (one->kind == X86Kind::Nop || (one->kind == X86Kind::Branch && one->emulated && listing.isEnd(one->target)))
            return one->at;
        if (one->kind != X86Kind::Plain || (one->writes & bit(rax)) != 0)
            return std::nullopt;
    }
    return std::nullopt;
}

} // namespace

std::optional<X86Instruction> decodeX86(std::span<const std::byte> code, std::size_t at) { return Decoder(code, at).decode(); }

X86Places findX86Places(std::span<const std::byte> code)
{
    const Listing listing(code);
    X86Places places;
    places.enter = findEnter(listing);
    places.leave = findLeave(listing);
    bool onlyDirect = true;
    for (const X86Instruction &one : listing.all) {
        if (one.kind == X86Kind::Call)
            places.calls.push_back(one.target);
        onlyDirect = onlyDirect && one.kind != X86Kind::Indirect && !(jumps(one) && one.target >= static_cast<std::int64_t>(code.size()));
    }
    const auto first = std::find_if(listing.all.begin(), listing.all.end(),
                                    [&](const X86Instruction &one) { return places.enter && one.at == *places.enter; });
    if (listing.isWhole && onlyDirect && listing.isClosed() && first != listing.all.end() && first->kind == X86Kind::Call
        && places.calls.size() == 1)
        places.worker = first->target;
    return places;
}

} // namespace tapio::agent
