// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "protocol/base/result.h"

/// What counts as a configuration file when it cannot be opened because it is not there: the collector "file" tells no other files that are
/// missing, since programs look for those all the time.
namespace tapio::agent {

inline constexpr std::size_t mostFilePrefixes = 8;
inline constexpr std::size_t mostFileSuffixes = 16;
inline constexpr std::size_t filePrefixBytes = 32;
inline constexpr std::size_t fileSuffixBytes = 16;

/// How a path begins, or how it ends; either is enough. Plain bytes, no wildcards: they are compared in the kernel, for each file that is missing.
struct FilePatterns {
    std::set<std::string> prefixes{"/etc/"};
    /// Not .json: package managers and loaders probe for package.json and its like by the hundred.
    std::set<std::string> suffixes{".cfg", ".cnf", ".conf", ".ini", ".properties", ".toml", ".yaml", ".yml"};

    bool operator==(const FilePatterns &) const = default;
};

namespace detail {

inline Status checkPatterns(const std::set<std::string> &patterns, const char *what, std::size_t most, std::size_t mostBytes)
{
    if (patterns.size() > most)
        return fail(Errc::InvalidArgument, "at most " + std::to_string(most) + " " + what + " of configuration files can be told, not "
                                               + std::to_string(patterns.size()));
    for (const std::string &pattern : patterns) {
        if (pattern.empty() || pattern.size() > mostBytes || pattern.find('\0') != std::string::npos)
            return fail(Errc::InvalidArgument, "\"" + pattern + "\" among the " + what + " of configuration files must have 1 to "
                                                   + std::to_string(mostBytes) + " bytes");
    }
    return {};
}

} // namespace detail

/// Errors: InvalidArgument, naming what is empty, too long or too many.
inline Status check(const FilePatterns &patterns)
{
    if (const Status status = detail::checkPatterns(patterns.prefixes, "prefixes", mostFilePrefixes, filePrefixBytes); !status)
        return status;
    return detail::checkPatterns(patterns.suffixes, "suffixes", mostFileSuffixes, fileSuffixBytes);
}

} // namespace tapio::agent
