// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTemporaryDir>

#include <optional>

namespace tapio::console {

/// XDG_RUNTIME_DIR, which Qt asks for and complains about when it is unset (a service, a container, su): a folder of our own
/// that nobody else may read and that goes away with this. Made before the application; while there are no other threads.
class RuntimeFolder {
public:
    RuntimeFolder();
    ~RuntimeFolder();
    RuntimeFolder(const RuntimeFolder &) = delete;
    RuntimeFolder &operator=(const RuntimeFolder &) = delete;

private:
    std::optional<QTemporaryDir> m_own; ///< 0700; empty = the desktop's is used
};

} // namespace tapio::console
