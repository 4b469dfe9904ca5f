// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace tapio::console {

/// A completion script made from the commands as they are, so that it can never be out of date. `shell`: "bash", "zsh" or "fish".
std::string completionScript(const CLI::App &app, std::string_view shell);

} // namespace tapio::console
