// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/tokenfile.h"

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>

namespace tapio::agent {

namespace {

constexpr std::int64_t readAfterNs = 60 * nsPerSecond;

bool isTokenCharacter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
           || std::string_view("-._~+/=").find(c) != std::string_view::npos;
}

} // namespace

Status TokenFile::read()
{
    struct stat status {};
    m_modifiedNs = stat(m_path.c_str(), &status) == 0 ? status.st_mtim.tv_sec * nsPerSecond + status.st_mtim.tv_nsec : 0;
    m_readBootNs = 0;
    const FileText file = m_reader.read(m_path);
    if (!file)
        return failErrno("cannot read the token " + m_path.native(), file.errnum);
    std::string_view text = file.text;
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.remove_suffix(1);
    // It goes into a header line: nothing may follow it there.
    if (text.empty() || !std::all_of(text.begin(), text.end(), isTokenCharacter))
        return fail(Errc::Malformed, m_path.native() + " holds no bearer token");
    m_token = text;
    m_readBootNs = std::max<std::int64_t>(m_clock.bootNs(), 1);
    ++m_timesRead;
    return {};
}

Result<std::string> TokenFile::current()
{
    if (m_path.empty())
        return std::string();
    struct stat status {};
    const bool changed = stat(m_path.c_str(), &status) != 0 || status.st_mtim.tv_sec * nsPerSecond + status.st_mtim.tv_nsec != m_modifiedNs;
    if (m_readBootNs == 0 || changed || m_clock.bootNs() - m_readBootNs >= readAfterNs) {
        if (const Status done = read(); !done)
            return fail(done.error());
    }
    return m_token;
}

bool TokenFile::refused()
{
    const std::string before = m_token;
    return !m_path.empty() && read() && m_token != before;
}

} // namespace tapio::agent
