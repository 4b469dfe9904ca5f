// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>

namespace tapio::correlation {

/// A text that is kept by the hundred thousand and never changes: one pointer, and behind it its length and its bytes. What is longer than 64 KiB is cut.
class SmallText {
public:
    SmallText() = default;
    explicit SmallText(std::string_view text, std::string_view more = {})
    {
        constexpr std::size_t most = std::numeric_limits<Length>::max();
        text = text.substr(0, most);
        more = more.substr(0, most - text.size());
        const auto length = static_cast<Length>(text.size() + more.size());
        if (length == 0)
            return;
        m_bytes = std::make_unique<char[]>(sizeof(length) + length);
        std::memcpy(m_bytes.get(), &length, sizeof(length));
        std::copy(more.begin(), more.end(), std::copy(text.begin(), text.end(), m_bytes.get() + sizeof(length)));
    }
    SmallText(const SmallText &other) : SmallText(other.view()) {}
    SmallText(SmallText &&) noexcept = default;
    SmallText &operator=(const SmallText &other) { return *this = SmallText(other); }
    SmallText &operator=(SmallText &&) noexcept = default;
    ~SmallText() = default;

    std::string_view view() const noexcept
    {
        if (!m_bytes)
            return {};
        Length length = 0;
        std::memcpy(&length, m_bytes.get(), sizeof(length));
        return {m_bytes.get() + sizeof(length), length};
    }

private:
    using Length = std::uint16_t;
    std::unique_ptr<char[]> m_bytes;
};

} // namespace tapio::correlation
