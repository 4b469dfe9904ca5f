// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/mountpoint.h"

#include <optional>

#include <sys/stat.h>

namespace tapio::console {

namespace {

std::optional<dev_t> deviceOf(const std::filesystem::path &path)
{
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? std::optional(info.st_dev) : std::nullopt;
}

} // namespace

std::filesystem::path mountPointOf(const std::filesystem::path &path)
{
    std::error_code problem;
    std::filesystem::path at = std::filesystem::weakly_canonical(path, problem);
    if (problem)
        return path;
    while (!deviceOf(at) && at.has_relative_path())
        at = at.parent_path();
    const auto device = deviceOf(at);
    // The folder above belongs to another file system where this one is mounted.
    while (device && at.has_relative_path() && deviceOf(at.parent_path()) == device)
        at = at.parent_path();
    return device ? at : path;
}

} // namespace tapio::console
