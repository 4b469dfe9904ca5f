// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "agent/collect/smallfile.h"
#include "protocol/base/clock.h"
#include "protocol/base/result.h"

namespace tapio::agent {

/// A bearer token that somebody else keeps fresh: the kubelet writes a new one of a service account long before the old one ends. Read again when
/// the file changed, and after a minute in any case. One thread; `clock` outlives it.
class TokenFile {
public:
    /// An empty path: there is none, and it is the empty text.
    TokenFile(std::filesystem::path path, const Clock &clock) : m_path(std::move(path)), m_clock(clock) {}

    /// Errors: those of reading it (errcFromErrno); Malformed when it is no token (RFC 6750 section 2.1).
    Result<std::string> current();
    /// The server does not take it. True: the file has another one by now.
    bool refused();

    const std::filesystem::path &path() const noexcept { return m_path; }
    std::uint64_t timesRead() const noexcept { return m_timesRead; }

private:
    Status read();

    std::filesystem::path m_path;
    const Clock &m_clock;
    SmallFileReader m_reader{64u << 10};
    std::string m_token;
    std::int64_t m_modifiedNs = 0;
    std::int64_t m_readBootNs = 0; ///< 0 = never
    std::uint64_t m_timesRead = 0;
};

} // namespace tapio::agent
