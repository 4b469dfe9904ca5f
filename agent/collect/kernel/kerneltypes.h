// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

struct btf;

namespace tapio::agent {

/// What the running kernel says of its tracepoints: their argument lists changed over time, and a program must know which
/// it meets. One thread.
class KernelTypes {
public:
    /// From the file with the kernel's BTF that the configuration names, or, empty, from where the kernel shows it.
    explicit KernelTypes(const std::string &btfPath = {});

    /// False when the kernel shows no types at all: then nothing is known to be missing.
    bool known() const noexcept { return m_types != nullptr; }
    bool hasTracepoint(std::string_view name) const;
    /// 0 for a tracepoint that there is not.
    unsigned argumentCount(std::string_view name) const;
    bool firstArgumentIsPointer(std::string_view name) const;
    /// Value -> name of an enumeration of 32 bits; empty when there is none of this name.
    std::map<std::uint32_t, std::string> enumNames(const char *name) const;

    /// From now on nothing is known.
    void forget() noexcept { m_types.reset(); }

private:
    struct Deleter {
        void operator()(btf *types) const noexcept;
    };
    /// Type id of the function that a program for this tracepoint stands for; below 0 when there is none.
    int prototype(std::string_view name) const;

    std::unique_ptr<btf, Deleter> m_types;
};

} // namespace tapio::agent
