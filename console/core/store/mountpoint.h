// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace tapio::console {

/// Where the file system of a file or folder is mounted: what a person frees space on. Of what does not exist, that of the
/// nearest folder above it that does; the path itself when nothing can be found out. Any thread.
std::filesystem::path mountPointOf(const std::filesystem::path &path);

} // namespace tapio::console
