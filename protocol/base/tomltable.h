// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/base/textproblem.h"

/// TOML that people write, read so that every problem of a file is found at once, with its line. Any thread; for files of ours alone: who includes this
/// sees toml++.
namespace tapio {

/// "a, b, c".
std::string joinedWords(const std::vector<std::string> &words);

/// What words stand for.
template <typename T> using TomlWords = std::map<std::string, T>;

template <typename T> std::string joinedWords(const TomlWords<T> &words)
{
    std::vector<std::string> names;
    for (const auto &[name, value] : words)
        names.push_back(name);
    return joinedWords(names);
}

/// Reads a text of anybody. Nothing: there is a problem more.
std::optional<toml::table> readToml(std::string_view text, const std::string &file, std::vector<TextProblem> &problems);

/// A table whose keys are taken one by one; what nobody took is refused. The toml::table and the problems outlive it.
class TomlTable {
public:
    TomlTable(const toml::table &table, std::string file, std::vector<TextProblem> &problems)
        : m_table(table), m_file(std::move(file)), m_problems(problems)
    {}

    const toml::node *node(const char *key);
    bool has(const char *key) const { return m_table.contains(key); }
    /// `at` null: the table as a whole.
    void refuse(const toml::node *at, std::string reason);
    std::size_t line() const { return m_table.source().begin.line; }
    const std::string &file() const { return m_file; }
    /// Of 1 to `most` bytes; else empty.
    std::string text(const char *key, bool isNeeded = true, std::size_t most = 400);
    std::int64_t integer(const char *key, std::int64_t otherwise, std::int64_t least, std::int64_t most);
    /// Finite; a whole number will do.
    std::optional<double> number(const char *key, bool isNeeded);
    bool flag(const char *key, bool otherwise);
    template <typename T> std::optional<T> word(const char *key, const TomlWords<T> &words, bool isNeeded)
    {
        const std::string value = text(key, isNeeded);
        const auto known = words.find(value);
        if (known != words.end())
            return known->second;
        if (!value.empty())
            refuse(node(key), '\'' + value + "' is none of " + joinedWords(words));
        return std::nullopt;
    }
    /// A list of texts, each of 1 to `most` bytes.
    std::vector<std::string> texts(const char *key, std::size_t most = 400);
    /// The tables of an array of tables.
    std::vector<const toml::table *> tables(const char *key);
    /// Refuses what nobody took.
    void end();

private:
    const toml::table &m_table;
    std::string m_file;
    std::vector<TextProblem> &m_problems;
    std::set<std::string> m_taken;
};

} // namespace tapio
