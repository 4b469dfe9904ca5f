// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>

#include "protocol/base/result.h"
#include "protocol/transport/files.h"

namespace tapio::transport {

/// A folder of mode 0700 for one endpoint's Unix socket, removed with this object. Folders left by processes that were
/// killed are removed when the next one is made. Internal to the transport.
class IpcFolder {
public:
    /// In $XDG_RUNTIME_DIR when that is this user's, else in the folder for temporary files ($TMPDIR unless others could replace what is in
    /// it, else /tmp).
    /// Errors: PermissionDenied, ReadOnly, NoSpace, InvalidArgument (the path is too long for a Unix socket).
    static Result<std::unique_ptr<IpcFolder>> make();
    ~IpcFolder();
    IpcFolder(const IpcFolder &) = delete;
    IpcFolder &operator=(const IpcFolder &) = delete;

    std::filesystem::path socketPath() const { return m_path / "zmq"; }

private:
    IpcFolder(std::filesystem::path path, FileDescriptor lock) : m_path(std::move(path)), m_lock(std::move(lock)) {}
    std::filesystem::path m_path;
    FileDescriptor m_lock; ///< held while we live: how others know
};

} // namespace tapio::transport
