// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/replay/tomltable.h"

#include <cerrno>
#include <fstream>
#include <sstream>

#include "agent/correlation/duration.h"
#include "protocol/base/clock.h"
#include "protocol/base/tomlguard.h"

namespace tapio::replay {

namespace {

constexpr std::size_t mostFileBytes = 1u << 20;
constexpr std::size_t mostTextBytes = 1000;

std::string placeOf(const std::string &file, std::size_t line) { return file + ':' + std::to_string(line) + ": "; }

/// Days since 1970 of a date of the Gregorian calendar (Howard Hinnant, chrono-Compatible Low-Level Date Algorithms).
std::int64_t daysOf(std::int64_t year, unsigned month, unsigned day) noexcept
{
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = year / 400;
    const auto yearOfEra = static_cast<unsigned>(year - era * 400);
    const unsigned dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const unsigned dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
    return era * 146'097 + static_cast<std::int64_t>(dayOfEra) - 719'468;
}

std::int64_t utcNsOf(const toml::date_time &moment) noexcept
{
    const std::int64_t days = daysOf(moment.date.year, moment.date.month, moment.date.day);
    const std::int64_t minutes = days * 1440 + moment.time.hour * 60 + moment.time.minute - moment.offset->minutes;
    return (minutes * 60 + moment.time.second) * nsPerSecond + moment.time.nanosecond;
}

} // namespace

const toml::node *TomlTable::take(const char *key)
{
    m_taken.insert(key);
    return m_table.get(key);
}

void TomlTable::refuse(const toml::node *at, const std::string &reason)
{
    if (!m_error)
        m_error.emplace(Errc::Malformed, placeOf(m_file, at != nullptr ? at->source().begin.line : m_table.source().begin.line) + reason);
}

std::string TomlTable::text(const char *key, bool isNeeded)
{
    const toml::node *at = take(key);
    const auto value = at != nullptr ? at->value_exact<std::string>() : std::nullopt;
    if (value && !value->empty() && value->size() <= mostTextBytes)
        return *value;
    if (at != nullptr)
        refuse(at, '\'' + std::string(key) + "' must be a text of 1 to " + std::to_string(mostTextBytes) + " bytes");
    else if (isNeeded)
        refuse(nullptr, '\'' + std::string(key) + "' is missing");
    return {};
}

bool TomlTable::flag(const char *key)
{
    const toml::node *at = take(key);
    const auto value = at != nullptr ? at->value_exact<bool>() : std::nullopt;
    if (at != nullptr && !value)
        refuse(at, '\'' + std::string(key) + "' must be true or false");
    return value.value_or(false);
}

std::vector<std::string> TomlTable::texts(const char *key, bool isNeeded)
{
    const toml::node *at = take(key);
    std::vector<std::string> all;
    const toml::array *list = at != nullptr ? at->as_array() : nullptr;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        if (auto one = (*list)[i].value_exact<std::string>())
            all.push_back(std::move(*one));
    }
    if (at == nullptr && isNeeded)
        refuse(nullptr, '\'' + std::string(key) + "' is missing");
    else if (at != nullptr && (list == nullptr || all.size() != list->size()))
        refuse(at, '\'' + std::string(key) + "' must be a list of texts");
    return all;
}

std::optional<std::int64_t> TomlTable::integer(const char *key)
{
    const toml::node *at = take(key);
    const auto value = at != nullptr ? at->value_exact<std::int64_t>() : std::nullopt;
    if (at != nullptr && !value)
        refuse(at, '\'' + std::string(key) + "' must be a whole number");
    return value;
}

std::int64_t TomlTable::moment(const char *key)
{
    const toml::node *at = take(key);
    const auto value = at != nullptr ? at->value_exact<toml::date_time>() : std::nullopt;
    if (!value || !value->offset || value->date.year < 1970 || value->date.year >= 2096) {
        refuse(at, '\'' + std::string(key) + "' must be a moment with its zone, as 2026-03-01T12:00:05Z");
        return 0;
    }
    return utcNsOf(*value);
}

std::int64_t TomlTable::duration(const char *key, std::int64_t otherwise)
{
    const std::string value = text(key, false);
    if (value.empty())
        return otherwise;
    const auto ns = correlation::parseDuration(value);
    if (!ns)
        refuse(m_table.get(key), '\'' + std::string(key) + "' must be a time as \"500ms\", \"10s\" or \"5m\"");
    return ns.value_or(otherwise);
}

void TomlTable::each(const char *key, const std::function<Status(const toml::table &)> &take)
{
    const toml::node *at = this->take(key);
    if (at == nullptr)
        return;
    const toml::array *list = at->as_array();
    if (list == nullptr || !list->is_array_of_tables()) {
        refuse(at, '\'' + std::string(key) + "' must be tables: [[" + key + "]]");
        return;
    }
    for (const toml::node &one : *list) {
        const Status taken = take(*one.as_table());
        if (!taken && !m_error)
            m_error = taken.error();
    }
}

Status TomlTable::finish()
{
    for (const auto &[key, node] : m_table) {
        if (!m_taken.contains(std::string(key.str())))
            refuse(&node, "there is no '" + std::string(key.str()) + "'");
    }
    return m_error ? Status(tl::unexpected(*m_error)) : Status();
}

Result<toml::table> parseToml(std::string_view text, const std::string &file)
{
    if (const auto hazard = tomlHazard(text))
        return fail(Errc::Malformed, placeOf(file, hazard->line) + hazard->reason);
    toml::parse_result parsed = toml::parse(text, file);
    if (!parsed)
        return fail(Errc::Malformed, placeOf(file, parsed.error().source().begin.line) + std::string(parsed.error().description()));
    return std::move(parsed).table();
}

Result<toml::table> readToml(const std::filesystem::path &file)
{
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        return failErrno(file.native(), errno != 0 ? errno : EIO);
    std::string text(mostFileBytes + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad())
        return failErrno(file.native(), EIO);
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > mostFileBytes)
        return fail(Errc::Malformed, file.native() + " has more than " + std::to_string(mostFileBytes) + " bytes");
    return parseToml(text, file.native());
}

} // namespace tapio::replay
