// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/session/username.h"

#include <array>

#include <pwd.h>
#include <unistd.h>

namespace tapio::console {

std::string localUserName()
{
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd *found = nullptr;
    if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
        return found->pw_name;
    return "uid " + std::to_string(geteuid());
}

} // namespace tapio::console
