// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/dnsquestion.h"

#include <array>
#include <string_view>

namespace tapio::agent {

namespace {

constexpr std::size_t mostWireBytes = 255; ///< RFC 1035 section 2.3.4
constexpr std::size_t mostLabelBytes = 63;
constexpr std::size_t typeAndClassBytes = 4;

/// One byte of a label as it is written.
std::string written(unsigned char byte)
{
    if (byte == '.' || byte == '\\')
        return {'\\', static_cast<char>(byte)};
    if (byte > 0x20 && byte < 0x7f)
        return {static_cast<char>(byte)};
    return {'\\', static_cast<char>('0' + byte / 100), static_cast<char>('0' + byte / 10 % 10), static_cast<char>('0' + byte % 10)};
}

/// Appends as long as whole characters fit.
class BoundedName {
public:
    void add(std::string_view character)
    {
        m_full = m_full || m_text.size() + character.size() > DnsQuestion::mostNameBytes;
        if (!m_full)
            m_text += character;
    }
    std::string take() { return m_text.empty() ? "." : std::move(m_text); }

private:
    std::string m_text;
    bool m_full = false;
};

} // namespace

Result<DnsQuestion> decodeDnsQuestion(std::span<const std::byte> bytes)
{
    BoundedName name;
    std::size_t at = 0;
    for (;;) {
        if (at >= bytes.size() || at >= mostWireBytes)
            return fail(Errc::Malformed, "a question whose name does not end");
        const auto label = std::to_integer<std::size_t>(bytes[at++]);
        if (label == 0)
            break;
        if (label > mostLabelBytes || label > bytes.size() - at)
            return fail(Errc::Malformed, "a question with a label of " + std::to_string(label) + " bytes");
        if (at > 1)
            name.add(".");
        for (const std::byte byte : bytes.subspan(at, label))
            name.add(written(std::to_integer<unsigned char>(byte)));
        at += label;
    }
    if (bytes.size() - at != typeAndClassBytes)
        return fail(Errc::Malformed, "a question with " + std::to_string(bytes.size() - at) + " bytes after its name");
    const auto high = std::to_integer<unsigned>(bytes[at]);
    const auto low = std::to_integer<unsigned>(bytes[at + 1]);
    return DnsQuestion{name.take(), static_cast<std::uint16_t>(high << 8 | low)};
}

} // namespace tapio::agent
