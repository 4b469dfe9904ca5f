// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tapio::agent {

/// Lines of a stream that comes in pieces. A value.
class LineSplitter {
public:
    explicit LineSplitter(std::size_t mostBytes) : m_mostBytes(mostBytes) {}

    /// Calls `take(std::string_view)` for each line that is complete now, without its end; empty ones are left out. False when take() says so,
    /// or when a line is longer than the bound; nothing may follow then.
    template <typename Take> bool feed(std::string_view bytes, Take take)
    {
        while (!bytes.empty()) {
            const auto end = bytes.find('\n');
            const std::string_view piece = bytes.substr(0, end);
            if (m_begun.size() + piece.size() > m_mostBytes)
                return false;
            if (end == std::string_view::npos) {
                m_begun.append(piece);
                return true;
            }
            bytes.remove_prefix(end + 1);
            const std::string_view line = m_begun.empty() ? piece : std::string_view(m_begun.append(piece));
            const bool goesOn = line.empty() || take(line);
            m_begun.clear();
            if (!goesOn)
                return false;
        }
        return true;
    }
    /// Of a line that has not ended.
    std::size_t begun() const noexcept { return m_begun.size(); }

private:
    std::size_t m_mostBytes;
    std::string m_begun;
};

} // namespace tapio::agent
