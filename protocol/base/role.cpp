// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/base/role.h"

namespace tapio {

std::string_view roleName(Role role) noexcept
{
    switch (role) {
    case Role::Node: return "node";
    case Role::Console: return "console";
    case Role::Server: return "server";
    case Role::Unknown: break;
    }
    return "unknown";
}

Role roleFromName(std::string_view name) noexcept
{
    for (const Role role : {Role::Node, Role::Console, Role::Server}) {
        if (name == roleName(role))
            return role;
    }
    return Role::Unknown;
}

} // namespace tapio
