// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Reading and writing the store's own bytes. Any thread; no state. Integers are little-endian or LEB128.
namespace tapio::console {

using Blob = std::vector<std::uint8_t>;
using BlobView = std::span<const std::uint8_t>;

inline std::uint64_t zigzag(std::int64_t value) noexcept
{
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
inline std::int64_t unzigzag(std::uint64_t value) noexcept { return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1)); }

/// Appends to a Blob that the caller owns.
class ByteWriter {
public:
    explicit ByteWriter(Blob &out) : m_out(out) {}

    void byte(std::uint8_t value) { m_out.push_back(value); }
    void varint(std::uint64_t value)
    {
        while (value >= 0x80) {
            m_out.push_back(static_cast<std::uint8_t>(value | 0x80));
            value >>= 7;
        }
        m_out.push_back(static_cast<std::uint8_t>(value));
    }
    void signedVarint(std::int64_t value) { varint(zigzag(value)); }
    void bytes(BlobView data) { m_out.insert(m_out.end(), data.begin(), data.end()); }
    void text(std::string_view value)
    {
        varint(value.size());
        m_out.insert(m_out.end(), value.begin(), value.end());
    }

private:
    Blob &m_out;
};

/// Reads bytes that may be damaged: past the end everything is 0 and failed() is true.
class ByteReader {
public:
    explicit ByteReader(BlobView data) noexcept : m_data(data) {}

    bool failed() const noexcept { return m_failed; }
    std::size_t left() const noexcept { return m_data.size() - m_at; }
    std::size_t position() const noexcept { return m_at; }

    std::uint8_t byte() noexcept
    {
        if (left() < 1)
            return fail();
        return m_data[m_at++];
    }
    std::uint64_t varint() noexcept
    {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const std::uint8_t part = byte();
            value |= static_cast<std::uint64_t>(part & 0x7f) << shift;
            if ((part & 0x80) == 0)
                return value;
        }
        return fail();
    }
    std::int64_t signedVarint() noexcept { return unzigzag(varint()); }
    BlobView bytes(std::uint64_t count) noexcept
    {
        if (m_failed || count > left()) {
            fail();
            return {};
        }
        const BlobView part = m_data.subspan(m_at, count);
        m_at += count;
        return part;
    }
    std::string text()
    {
        const BlobView part = bytes(varint());
        return std::string(part.begin(), part.end());
    }

private:
    std::uint8_t fail() noexcept
    {
        m_failed = true;
        m_at = m_data.size();
        return 0;
    }

    BlobView m_data;
    std::size_t m_at = 0;
    bool m_failed = false;
};

} // namespace tapio::console
