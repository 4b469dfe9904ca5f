// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "protocol/base/result.h"

namespace tapio::console {

/// Where a person's secrets are kept, by name.
class Keyring {
public:
    virtual ~Keyring() = default;
    /// Errors of all three: NotFound (there is none of that name), PermissionDenied (it is locked and stays so), Unsupported (this session has no key ring),
    /// TimedOut (nobody unlocked it), Io (in its own words).
    virtual Result<std::string> read(const std::string &name) = 0;
    virtual Status write(const std::string &name, const std::string &secret) = 0;
    virtual Status remove(const std::string &name) = 0;
};

} // namespace tapio::console
