// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace tapio::correlation {

/// FNV-1a, 64 bits (draft-eastlake-fnv): the same on every machine, which an insight's id has to be. `salt` makes another one of it.
class Fnv {
public:
    explicit Fnv(std::uint64_t salt = 0) noexcept : m_value(14695981039346656037ull ^ salt) {}

    void add(std::string_view bytes) noexcept
    {
        for (const char byte : bytes)
            step(static_cast<std::uint8_t>(byte));
        step(0);
    }
    void add(std::uint64_t number) noexcept
    {
        for (int i = 0; i < 64; i += 8)
            step(static_cast<std::uint8_t>(number >> i));
    }
    std::uint64_t value() const noexcept { return m_value; }

private:
    void step(std::uint8_t byte) noexcept { m_value = (m_value ^ byte) * 1099511628211ull; }

    std::uint64_t m_value;
};

} // namespace tapio::correlation
