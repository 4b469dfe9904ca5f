// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>

namespace tapio {

/// For before a text of anybody is parsed by toml++ 3.3, which takes some things for granted: a debug build ends there, and another one may do
/// anything (TOML_ASSERT_ASSUME in parse_key and parse_value of its impl/parser.inl). What is found here is no TOML either way.
struct TomlHazard {
    unsigned line = 0; ///< from 1
    const char *reason = "";
};
/// The first one. Pure, any thread.
std::optional<TomlHazard> tomlHazard(std::string_view text);

} // namespace tapio
