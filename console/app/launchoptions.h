// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "protocol/base/result.h"

namespace tapio::console {

/// What the command line of tapio-console says; empty = not said.
struct LaunchOptions {
    std::filesystem::path config;
    std::filesystem::path pki;
    std::filesystem::path data; ///< folder of the store file
    std::string server;         ///< HOST:PORT to dial
    std::string listen;         ///< ADDRESS:PORT to listen on
    bool headless = false;
    std::optional<int> seconds;     ///< headless: leave after
    std::filesystem::path snapshot; ///< headless: PNG of the Overview
    int width = 1280, height = 800;
    std::string theme; ///< "dark", "light"
    std::string range; ///< key of rangeFromKey()
};

/// The options; or, when the program has nothing more to do (--help, --version, a wrong argument), its exit code after the text
/// was printed.
std::variant<LaunchOptions, int> parseCommandLine(int argc, const char *const *argv);

} // namespace tapio::console
