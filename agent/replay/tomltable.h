// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocol/base/result.h"

/// What label files and suites have in common. Private to agent/replay.
namespace tapio::replay {

/// A table whose keys are taken one by one; what nobody took is refused. The first thing that is wrong is kept. One thread.
class TomlTable {
public:
    TomlTable(const toml::table &table, std::string file) : m_table(table), m_file(std::move(file)) {}

    std::string text(const char *key, bool isNeeded = true);
    bool flag(const char *key);
    std::vector<std::string> texts(const char *key, bool isNeeded = false);
    std::optional<std::int64_t> integer(const char *key);
    /// With a zone, as UTC ns.
    std::int64_t moment(const char *key);
    /// "10s", "5m"; `otherwise` when it is not there.
    std::int64_t duration(const char *key, std::int64_t otherwise);
    /// Each table of an array of tables.
    void each(const char *key, const std::function<Status(const toml::table &)> &take);

    void refuse(const toml::node *at, const std::string &reason);
    /// Errors: Malformed, with file and line; also for keys that nobody took.
    Status finish();

private:
    const toml::node *take(const char *key);

    const toml::table &m_table;
    std::string m_file;
    std::set<std::string> m_taken;
    std::optional<Error> m_error;
};

/// Errors: NotFound, PermissionDenied, Io, Malformed (file and line).
Result<toml::table> readToml(const std::filesystem::path &file);
/// The same of a text.
Result<toml::table> parseToml(std::string_view text, const std::string &file);

} // namespace tapio::replay
