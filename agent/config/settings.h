// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "protocol/base/result.h"

namespace tapio::agent {

/// One setting that is in force, and why.
struct Setting {
    std::string name;   ///< "server.address"
    std::string value;  ///< as TOML
    std::string origin; ///< "default", "/etc/tapio/agent.toml, line 7", "--server"

    bool operator==(const Setting &) const = default;
};

/// All settings, those of a table together.
using Settings = std::vector<Setting>;

/// SHA-256 of names and values, whatever they come from: two nodes with the same settings have the same one. Errors: those of sha256Hex.
Result<std::string> hashOf(const Settings &settings);

/// A configuration file that sets all of it, each value with where it comes from, and the hash on top. Errors: those of hashOf.
Status printSettings(std::ostream &out, const Settings &settings);

} // namespace tapio::agent
