// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace tapio::console {

/// Who runs this program, as the machine's user database has it; "uid 1000" when it has none. Any thread.
std::string localUserName();

} // namespace tapio::console
