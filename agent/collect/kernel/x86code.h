// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// Machine code of x86-64 as far as small functions use it, to find instructions at which a probe costs least: those that the kernel
/// carries out itself (arch/x86/kernel/uprobes.c) instead of stepping over the original, which takes a second trap. What is not known here
/// ends the reading: no place is then better than a wrong one. Pure; trusts nothing.
namespace tapio::agent {

enum class X86Kind : std::uint8_t {
    Plain,
    Push,   ///< of a register
    Nop,    ///< 0x90
    Jump,   ///< with a target, as the next two
    Branch, ///< a conditional jump
    Call,
    Indirect, ///< a jump or call to where a register or memory says
    Return,
    Trap, ///< ud2: nothing comes after it
};

struct X86Instruction {
    std::size_t at = 0; ///< from the beginning of the code
    std::size_t size = 0;
    X86Kind kind = X86Kind::Plain;
    bool emulated = false;    ///< the kernel carries it out itself
    std::uint32_t writes = 0; ///< bit N: register N, as they are numbered in code (0 rax, 1 rcx, 2 rdx, 6 rsi, 7 rdi)
    std::int64_t target = 0;  ///< of Jump, Branch and Call; may lie outside of the code
};

/// The instruction at `at`. Nothing: it is cut, or of a kind that is not known here.
std::optional<X86Instruction> decodeX86(std::span<const std::byte> code, std::size_t at);

/// Where a function can be watched. Offsets from its beginning.
struct X86Places {
    /// Emulated, on every way through the function, and its first four arguments are where they were.
    std::optional<std::size_t> enter;
    /// Emulated, passed once by every call that returns, and what is returned is in eax already.
    std::optional<std::size_t> leave;
    /// The only function that it calls, with its own first four arguments.
    std::optional<std::int64_t> worker;
    std::vector<std::int64_t> calls; ///< targets of all calls that were read
};

/// `code`: the whole function and nothing else.
X86Places findX86Places(std::span<const std::byte> code);

} // namespace tapio::agent
