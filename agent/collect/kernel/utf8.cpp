// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/utf8.h"

#include <cstddef>
#include <cstdint>

namespace tapio::agent {

namespace {

struct Lead {
    std::size_t length;
    std::uint32_t bits;
    std::uint32_t smallest; ///< smaller values in this many bytes are overlong
};

Lead leadOf(unsigned char byte) noexcept
{
    if (byte < 0x80)
        return {1, byte, 0};
    if ((byte & 0xe0) == 0xc0)
        return {2, byte & 0x1fu, 0x80};
    if ((byte & 0xf0) == 0xe0)
        return {3, byte & 0x0fu, 0x800};
    if ((byte & 0xf8) == 0xf0)
        return {4, byte & 0x07u, 0x10000};
    return {0, 0, 0};
}

/// Length of the valid character at the start of `bytes`, 0 when there is none.
std::size_t characterLength(std::string_view bytes) noexcept
{
    const Lead lead = leadOf(static_cast<unsigned char>(bytes.front()));
    if (lead.length == 0 || lead.length > bytes.size())
        return 0;
    std::uint32_t value = lead.bits;
    for (std::size_t i = 1; i < lead.length; ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        if ((byte & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (byte & 0x3fu);
    }
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    return value < lead.smallest || value > 0x10ffff || surrogate ? 0 : lead.length;
}

} // namespace

std::string toUtf8(std::string_view bytes)
{
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const std::size_t length = characterLength(bytes);
        if (length == 0)
            text += "\xef\xbf\xbd";
        else
            text += bytes.substr(0, length);
        bytes.remove_prefix(length == 0 ? 1 : length);
    }
    return text;
}

} // namespace tapio::agent
