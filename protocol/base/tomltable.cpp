// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/base/tomltable.h"

#include <cmath>

#include "protocol/base/tomlguard.h"

namespace tapio {

std::string joinedWords(const std::vector<std::string> &words)
{
    std::string all;
    for (const std::string &word : words)
        all += (all.empty() ? "" : ", ") + word;
    return all;
}

std::optional<toml::table> readToml(std::string_view text, const std::string &file, std::vector<TextProblem> &problems)
{
    if (const auto hazard = tomlHazard(text)) {
        problems.push_back({file, hazard->line, hazard->reason});
        return std::nullopt;
    }
    toml::parse_result parsed = toml::parse(text, file);
    if (parsed)
        return std::move(parsed).table();
    problems.push_back({file, parsed.error().source().begin.line, std::string(parsed.error().description())});
    return std::nullopt;
}

const toml::node *TomlTable::node(const char *key)
{
    m_taken.insert(key);
    return m_table.get(key);
}

void TomlTable::refuse(const toml::node *at, std::string reason)
{
    m_problems.push_back({m_file, at == nullptr ? line() : at->source().begin.line, std::move(reason)});
}

std::string TomlTable::text(const char *key, bool isNeeded, std::size_t most)
{
    const toml::node *at = node(key);
    const auto value = at == nullptr ? std::nullopt : at->value_exact<std::string>();
    if (value && value->size() <= most && !value->empty())
        return *value;
    if (at != nullptr)
        refuse(at, '\'' + std::string(key) + "' must be a text of 1 to " + std::to_string(most) + " bytes");
    else if (isNeeded)
        refuse(nullptr, '\'' + std::string(key) + "' is missing");
    return {};
}

std::int64_t TomlTable::integer(const char *key, std::int64_t otherwise, std::int64_t least, std::int64_t most)
{
    const toml::node *at = node(key);
    if (at == nullptr)
        return otherwise;
    const auto value = at->value_exact<std::int64_t>();
    if (value && *value >= least && *value <= most)
        return *value;
    refuse(at, '\'' + std::string(key) + "' must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return otherwise;
}

std::optional<double> TomlTable::number(const char *key, bool isNeeded)
{
    const toml::node *at = node(key);
    if (at == nullptr) {
        if (isNeeded)
            refuse(nullptr, '\'' + std::string(key) + "' is missing");
        return std::nullopt;
    }
    const auto value = at->is_number() ? at->value<double>() : std::nullopt;
    if (value && std::isfinite(*value))
        return value;
    refuse(at, '\'' + std::string(key) + "' must be a number");
    return std::nullopt;
}

bool TomlTable::flag(const char *key, bool otherwise)
{
    const toml::node *at = node(key);
    const auto value = at == nullptr ? std::nullopt : at->value_exact<bool>();
    if (at != nullptr && !value)
        refuse(at, '\'' + std::string(key) + "' is true or false");
    return value.value_or(otherwise);
}

std::vector<std::string> TomlTable::texts(const char *key, std::size_t most)
{
    const toml::node *at = node(key);
    const toml::array *list = at == nullptr ? nullptr : at->as_array();
    std::vector<std::string> all;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const auto value = list->get(i)->value_exact<std::string>();
        if (value && !value->empty() && value->size() <= most)
            all.push_back(*value);
        else
            list = nullptr;
    }
    if (at != nullptr && list == nullptr) {
        refuse(at, '\'' + std::string(key) + "' must be a list of texts of 1 to " + std::to_string(most) + " bytes");
        all.clear();
    }
    return all;
}

std::vector<const toml::table *> TomlTable::tables(const char *key)
{
    const toml::node *at = node(key);
    std::vector<const toml::table *> all;
    if (at == nullptr)
        return all;
    const toml::array *list = at->as_array();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        if (const toml::table *one = list->get(i)->as_table())
            all.push_back(one);
        else
            list = nullptr;
    }
    if (list == nullptr) {
        refuse(at, '\'' + std::string(key) + "' must be a list of tables");
        all.clear();
    }
    return all;
}

void TomlTable::end()
{
    for (const auto &[key, value] : m_table) {
        if (!m_taken.contains(std::string(key.str())))
            m_problems.push_back({m_file, key.source().begin.line,
                                  "unknown key '" + std::string(key.str()) + "'; known are "
                                      + joinedWords(std::vector<std::string>(m_taken.begin(), m_taken.end()))});
    }
}

} // namespace tapio
