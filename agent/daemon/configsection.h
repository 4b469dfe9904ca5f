// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/base/result.h"

namespace tapio::daemon {

/// A TOML file of at most 256 KiB. Errors: those of errcFromErrno; Malformed (names the line).
Result<toml::table> readToml(const std::filesystem::path &path);

/// The same of a text that came some other way; `name` stands for the file. Errors: Malformed (names the line).
Result<toml::table> parseToml(std::string_view text, const std::string &name);

/// A setting as a section left it.
struct ConfigValue {
    std::string name;  ///< "server.address"
    std::string toml;  ///< its value, as TOML
    unsigned line = 0; ///< of the file; 0 = the file does not name it
};

/// One table of a file: each key is taken by name into a target that keeps its value where the key is absent. What is wrong, and
/// keys that nobody took, come out of end(), with file and line.
class ConfigSection {
public:
    /// `table` outlives the section; null = the file has none, and every target keeps its value. `prefix`: "server.".
    /// `values`, where given, gets every setting in the order in which it is taken, and outlives the section.
    ConfigSection(const toml::table *table, std::string file, std::string prefix, std::vector<ConfigValue> *values = nullptr)
        : m_table(table), m_file(std::move(file)), m_prefix(std::move(prefix)), m_values(values)
    {}

    void text(const char *key, std::string &target);
    void path(const char *key, std::filesystem::path &target);
    void flag(const char *key, bool &target);
    void texts(const char *key, std::set<std::string> &target);
    /// Texts, or whole numbers as texts, in their order; each must fit. `wanted`: what one must be.
    void list(const char *key, const std::string &wanted, const std::function<bool(const std::string &)> &fits,
              std::vector<std::string> &target);
    void real(const char *key, double &target, double least, double most);
    void milliseconds(const char *key, std::chrono::milliseconds &target, std::int64_t least, std::int64_t most);
    template <typename T> void number(const char *key, T &target, std::int64_t least, std::int64_t most)
    {
        auto value = static_cast<std::int64_t>(target);
        integer(key, value, least, most);
        target = static_cast<T>(value);
    }
    /// One of a few words.
    template <typename T> void choice(const char *key, const std::map<std::string, T> &words, T &target)
    {
        std::string wanted;
        for (const auto &[word, value] : words)
            wanted += (wanted.empty() ? "\"" : ", \"") + word + "\"";
        const auto now = std::find_if(words.begin(), words.end(), [&](const auto &entry) { return entry.second == target; });
        std::string word = now == words.end() ? std::string() : now->first;
        oneOf(
            key, "one of " + wanted, [&](const std::string &given) { return words.contains(given); }, word);
        if (const auto found = words.find(word); found != words.end())
            target = found->second;
    }
    /// What its taker found wrong with a value; end() tells it, with the line where the file has the key.
    void refuse(const char *key, const std::string &reason);
    /// Null: the key is absent.
    const toml::table *table(const char *key);

    /// Errors: Malformed: the first value that does not fit, or a key that is none.
    Status end() const;

private:
    void oneOf(const char *key, const std::string &wanted, const std::function<bool(const std::string &)> &fits, std::string &target);
    void integer(const char *key, std::int64_t &target, std::int64_t least, std::int64_t most);
    template <typename Value> void record(const char *key, const Value &value);
    template <typename Use> void take(const char *key, const std::string &wanted, Use use);
    std::string where(const toml::node &node) const;

    const toml::table *m_table;
    std::string m_file;
    std::string m_prefix;
    std::vector<ConfigValue> *m_values;
    std::set<std::string, std::less<>> m_known;
    std::string m_problem;
};

} // namespace tapio::daemon
