// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/dashboards/querytemplate.h"

#include <algorithm>
#include <array>
#include <optional>

namespace tapio::console {

namespace {

constexpr std::array<std::string_view, 6> ofEveryQuery{"__interval", "__interval_ms", "__rate_interval",
                                                       "__range",    "__range_s",     "__range_ms"};
constexpr std::int64_t sampleDistanceMs = 15'000; ///< the default of Prometheus's scrape_interval in Grafana

bool beginsName(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isOfName(char c) { return beginsName(c) || (c >= '0' && c <= '9'); }

/// One place of an expression where a variable stands.
struct Reference {
    std::size_t from = 0, to = 0; ///< bytes of the whole of it
    std::string_view name, format;
    bool isOpen = false; ///< "${" without its end
};

/// The next one from `at` on. A "$" before anything else is itself: the end in a regular expression, or "$1" of label_replace.
std::optional<Reference> nextReference(std::string_view text, std::size_t at)
{
    for (at = text.find('$', at); at != std::string_view::npos; at = text.find('$', at + 1)) {
        const bool isBraced = at + 1 < text.size() && text[at + 1] == '{';
        const std::size_t begin = at + (isBraced ? 2 : 1);
        if (begin >= text.size() || !beginsName(text[begin]))
            continue;
        std::size_t end = begin;
        while (end < text.size() && isOfName(text[end]))
            ++end;
        Reference found{at, end, text.substr(begin, end - begin), {}, false};
        if (!isBraced)
            return found;
        const std::size_t close = text.find('}', end);
        found.isOpen = close == std::string_view::npos || (close > end && text[end] != ':');
        if (found.isOpen)
            return found;
        found.format = close > end ? text.substr(end + 1, close - end - 1) : std::string_view();
        found.to = close + 1;
        return found;
    }
    return std::nullopt;
}

std::string durationOf(std::int64_t ms)
{
    ms = std::max<std::int64_t>(1, ms);
    return ms % 1000 == 0 ? std::to_string(ms / 1000) + 's' : std::to_string(ms) + "ms";
}

std::string ofQuery(std::string_view name, const TemplateValues &values)
{
    if (name == "__interval")
        return durationOf(values.stepMs);
    if (name == "__interval_ms")
        return std::to_string(values.stepMs);
    if (name == "__rate_interval")
        return durationOf(rateIntervalMs(values.stepMs));
    if (name == "__range_ms")
        return std::to_string(values.rangeMs);
    const std::int64_t seconds = std::max<std::int64_t>(1, values.rangeMs / 1000);
    return std::to_string(seconds) + (name == "__range" ? "s" : "");
}

/// As it stands between quotes.
std::string escaped(std::string_view value)
{
    std::string text;
    for (const char c : value) {
        if (c == '"' || c == '\\')
            text += '\\';
        if (c == '\n')
            text += "\\n";
        else
            text += c;
    }
    return text;
}

/// A regular expression that only this value fulfils, as it stands between quotes.
std::string escapedPattern(std::string_view value)
{
    constexpr std::string_view special = "\\^$.|?*+()[]{}";
    std::string pattern;
    for (const char c : value) {
        if (special.find(c) != std::string_view::npos)
            pattern += '\\';
        pattern += c;
    }
    return escaped(pattern);
}

std::string asPattern(const VariableValue &value)
{
    if (value.isAll)
        return ".*";
    if (value.values.size() == 1)
        return escapedPattern(value.values.front());
    std::string all;
    for (const std::string &one : value.values)
        all += (all.empty() ? "" : "|") + escapedPattern(one);
    return '(' + all + ')';
}

Result<std::string> valueText(const Reference &reference, const VariableValue &value)
{
    const std::string name(reference.name);
    const bool isPlain = reference.format.empty() && !value.isAll && !value.isPattern && value.values.size() == 1;
    if (isPlain)
        return escaped(value.values.front());
    if (reference.format.empty() || reference.format == "regex")
        return asPattern(value);
    if (reference.format != "raw" && reference.format != "pipe")
        return fail(Errc::InvalidArgument,
                    "'${" + name + ':' + std::string(reference.format) + "}': there are the formats regex, raw and pipe");
    std::string all;
    for (const std::string &one : value.values)
        all += (all.empty() ? "" : "|") + one;
    return value.isAll && value.values.empty() ? std::string(".*") : all;
}

} // namespace

bool isOfEveryQuery(std::string_view name) noexcept
{
    return std::find(ofEveryQuery.begin(), ofEveryQuery.end(), name) != ofEveryQuery.end();
}

std::int64_t rateIntervalMs(std::int64_t stepMs) noexcept { return std::max(stepMs + sampleDistanceMs, 4 * sampleDistanceMs); }

std::vector<std::string> variablesIn(std::string_view expression)
{
    std::vector<std::string> names;
    for (auto one = nextReference(expression, 0); one; one = nextReference(expression, one->to)) {
        if (std::find(names.begin(), names.end(), one->name) == names.end())
            names.emplace_back(one->name);
    }
    return names;
}

Result<std::string> filledIn(std::string_view expression, const TemplateValues &values)
{
    std::string text;
    std::size_t done = 0;
    for (auto one = nextReference(expression, 0); one; one = nextReference(expression, one->to)) {
        if (one->isOpen)
            return fail(Errc::InvalidArgument, "'${" + std::string(one->name) + "': the brace is not closed");
        text += expression.substr(done, one->from - done);
        done = one->to;
        if (isOfEveryQuery(one->name)) {
            text += ofQuery(one->name, values);
            continue;
        }
        const auto variable = values.variables.find(one->name);
        if (variable == values.variables.end())
            return fail(Errc::NotFound, "there is no variable '" + std::string(one->name) + '\'');
        auto value = valueText(*one, variable->second);
        if (!value)
            return value;
        text += *value;
    }
    return text += expression.substr(done);
}

} // namespace tapio::console
