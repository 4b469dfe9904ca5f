// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/daemon/configsection.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <sstream>

#include "protocol/base/tomlguard.h"

namespace tapio::daemon {

namespace {

constexpr std::size_t maxConfigBytes = 256u << 10;

Result<std::string> readWhole(const std::filesystem::path &path)
{
    errno = 0;
    const std::unique_ptr<std::FILE, int (*)(std::FILE *)> file(std::fopen(path.c_str(), "re"), &std::fclose);
    if (file == nullptr)
        return failErrno("configuration " + path.native(), errno);
    std::error_code problem;
    if (std::filesystem::is_directory(path, problem))
        return fail(Errc::Malformed, "configuration " + path.native() + " is a folder, not a file");
    std::string text(maxConfigBytes + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    if (std::ferror(file.get()) != 0)
        return failErrno("configuration " + path.native(), errno);
    if (text.size() > maxConfigBytes)
        return fail(Errc::Malformed, "configuration " + path.native() + " is longer than 256 KiB");
    return text;
}

/// A value as TOML; one line, whatever it holds.
template <typename Node> std::string toToml(const Node &node)
{
    std::ostringstream text;
    text << toml::toml_formatter(node, toml::format_flags::none);
    return text.str();
}

toml::value<std::string> toNode(const std::string &value) { return toml::value<std::string>(value); }
toml::value<bool> toNode(bool value) { return toml::value<bool>(value); }
toml::value<std::int64_t> toNode(std::int64_t value) { return toml::value<std::int64_t>(value); }
toml::value<double> toNode(double value) { return toml::value<double>(value); }
template <typename List> toml::array toNode(const List &values)
{
    toml::array array;
    for (const std::string &value : values)
        array.push_back(value);
    return array;
}

} // namespace

Result<toml::table> readToml(const std::filesystem::path &path)
{
    const auto text = readWhole(path);
    if (!text)
        return fail(text.error());
    return parseToml(*text, path.native());
}

Result<toml::table> parseToml(std::string_view text, const std::string &name)
{
    if (const auto hazard = tomlHazard(text))
        return fail(Errc::Malformed, name + ", line " + std::to_string(hazard->line) + ": " + hazard->reason);
    toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        return fail(Errc::Malformed, name + ", line " + std::to_string(parsed.error().source().begin.line) + ": "
                                         + std::string(parsed.error().description()));
    }
    return std::move(parsed).table();
}

template <typename Value> void ConfigSection::record(const char *key, const Value &value)
{
    if (m_values == nullptr)
        return;
    const toml::node *node = m_table == nullptr ? nullptr : m_table->get(key);
    m_values->push_back({m_prefix + key, toToml(toNode(value)), node == nullptr ? 0 : node->source().begin.line});
}

template <typename Use> void ConfigSection::take(const char *key, const std::string &wanted, Use use)
{
    m_known.insert(key);
    const toml::node *node = m_table == nullptr ? nullptr : m_table->get(key);
    if (node != nullptr && !use(*node) && m_problem.empty())
        m_problem = where(*node) + "\"" + m_prefix + key + "\" must be " + wanted;
}

void ConfigSection::refuse(const char *key, const std::string &reason)
{
    const toml::node *node = m_table == nullptr ? nullptr : m_table->get(key);
    if (m_problem.empty())
        m_problem = (node == nullptr ? m_file + ": " : where(*node)) + reason;
}

void ConfigSection::text(const char *key, std::string &target)
{
    take(key, "a text", [&](const toml::node &node) {
        const auto value = node.value_exact<std::string>();
        if (value)
            target = *value;
        return value.has_value();
    });
    record(key, target);
}

void ConfigSection::path(const char *key, std::filesystem::path &target)
{
    std::string value = target.native();
    text(key, value);
    target = value;
}

void ConfigSection::flag(const char *key, bool &target)
{
    take(key, "true or false", [&](const toml::node &node) {
        const auto value = node.value_exact<bool>();
        if (value)
            target = *value;
        return value.has_value();
    });
    record(key, target);
}

void ConfigSection::integer(const char *key, std::int64_t &target, std::int64_t least, std::int64_t most)
{
    take(key, "a number from " + std::to_string(least) + " to " + std::to_string(most), [&](const toml::node &node) {
        const auto value = node.value_exact<std::int64_t>();
        if (!value || *value < least || *value > most)
            return false;
        target = *value;
        return true;
    });
    record(key, target);
}

void ConfigSection::real(const char *key, double &target, double least, double most)
{
    std::ostringstream wanted;
    wanted << "a number from " << least << " to " << most;
    take(key, wanted.str(), [&](const toml::node &node) {
        // A whole number is one too; what is none (nan) fails both comparisons.
        const auto value = node.is_number() ? node.value<double>() : std::nullopt;
        if (!value || !(*value >= least && *value <= most))
            return false;
        target = *value;
        return true;
    });
    record(key, target);
}

void ConfigSection::oneOf(const char *key, const std::string &wanted, const std::function<bool(const std::string &)> &fits,
                          std::string &target)
{
    take(key, wanted, [&](const toml::node &node) {
        const auto value = node.value_exact<std::string>();
        if (!value || !fits(*value))
            return false;
        target = *value;
        return true;
    });
    record(key, target);
}

void ConfigSection::milliseconds(const char *key, std::chrono::milliseconds &target, std::int64_t least, std::int64_t most)
{
    std::int64_t value = target.count();
    integer(key, value, least, most);
    target = std::chrono::milliseconds(value);
}

void ConfigSection::texts(const char *key, std::set<std::string> &target)
{
    take(key, "a list of texts", [&](const toml::node &node) {
        const toml::array *list = node.as_array();
        if (list == nullptr)
            return false;
        std::set<std::string> values;
        for (const toml::node &item : *list) {
            const auto value = item.value_exact<std::string>();
            if (!value)
                return false;
            values.insert(*value);
        }
        target = std::move(values);
        return true;
    });
    record(key, target);
}

void ConfigSection::list(const char *key, const std::string &wanted, const std::function<bool(const std::string &)> &fits,
                         std::vector<std::string> &target)
{
    constexpr std::size_t mostItems = 256;
    const std::string items = "a list of at most " + std::to_string(mostItems) + " items, each " + wanted;
    take(key, items, [&](const toml::node &node) {
        const toml::array *given = node.as_array();
        if (given == nullptr || given->size() > mostItems)
            return false;
        std::vector<std::string> values;
        for (const toml::node &item : *given) {
            auto value = item.value_exact<std::string>();
            if (const auto number = item.value_exact<std::int64_t>(); number)
                value = std::to_string(*number);
            if (!value || !fits(*value)) {
                if (m_problem.empty()) // the line of the item, not that of the list
                    m_problem = where(item) + "\"" + m_prefix + key + "\" must be " + items;
                return false;
            }
            values.push_back(std::move(*value));
        }
        target = std::move(values);
        return true;
    });
    record(key, target);
}

const toml::table *ConfigSection::table(const char *key)
{
    const toml::table *found = nullptr;
    take(key, "a table", [&](const toml::node &node) {
        found = node.as_table();
        return found != nullptr;
    });
    return found;
}

Status ConfigSection::end() const
{
    if (!m_problem.empty())
        return fail(Errc::Malformed, m_problem);
    if (m_table == nullptr)
        return {};
    for (const auto &[key, node] : *m_table) {
        if (m_known.find(key.str()) == m_known.end())
            return fail(Errc::Malformed, where(node) + "there is no setting \"" + m_prefix + std::string(key.str()) + "\"");
    }
    return {};
}

std::string ConfigSection::where(const toml::node &node) const
{
    return m_file + ", line " + std::to_string(node.source().begin.line) + ": ";
}

} // namespace tapio::daemon
