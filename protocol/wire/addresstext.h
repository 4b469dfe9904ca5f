// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/wire/details.h"

namespace tapio::wire {

/// As toString() gives it, without taking memory: for what is done with each event. Any thread.
class AddressText {
public:
    explicit AddressText(const SocketAddress &address) noexcept;
    std::string_view view() const noexcept { return {m_chars.data(), m_size}; }

private:
    void add(std::string_view text) noexcept;
    void add(std::uint16_t number) noexcept;
    void addOctet(std::uint8_t number) noexcept;

    std::array<char, std::string_view("[0000:0000:0000:0000:0000:ffff:255.255.255.255]:65535").size() + 1> m_chars{};
    std::size_t m_size = 0;
};

/// Without its port: "10.0.0.1", "[::1]". Any thread.
inline std::string hostText(const SocketAddress &address)
{
    std::string text = toString(address);
    text.resize(text.rfind(':'));
    return text;
}

} // namespace tapio::wire
