// SPDX-License-Identifier: GPL-3.0-or-later
// The only file of console/ui that sees toml++.
#include "console/ui/theme/theme.h"

// As in every file of ours that includes it: its classes differ with and without, and one program may have only one kind.
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <optional>
#include <string>

namespace tapio::console {

namespace {

/// Reads tokens by path and remembers the first one that is missing or malformed.
class TokenReader {
public:
    explicit TokenReader(const toml::table &table) : m_table(table) {}

    QColor color(std::string_view path) { return toColor(m_table.at_path(path).value<std::string>(), path); }
    double fraction(std::string_view path)
    {
        const auto value = m_table.at_path(path).value<double>();
        if (value && *value >= 0.0 && *value <= 1.0)
            return *value;
        note(std::string(path) + " must be a number from 0 to 1");
        return 0.0;
    }
    std::array<QColor, 12> slots12(std::string_view path)
    {
        std::array<QColor, 12> colors;
        const toml::array *array = m_table.at_path(path).as_array();
        if (!array || array->size() != colors.size()) {
            note(std::string(path) + " must be a list of 12 colours");
            return colors;
        }
        for (std::size_t i = 0; i < colors.size(); ++i)
            colors[i] = toColor((*array)[i].value<std::string>(), std::string(path) + "[" + std::to_string(i) + "]");
        return colors;
    }
    template <typename T> T required(std::string_view path, const char *what)
    {
        if (const auto value = m_table.at_path(path).value<T>())
            return *value;
        note(std::string(path) + " must be " + what);
        return {};
    }
    const std::optional<std::string> &problem() const { return m_problem; }

private:
    QColor toColor(const std::optional<std::string> &text, std::string_view path)
    {
        if (text && text->size() == 7 && text->front() == '#') {
            const QColor color(QString::fromStdString(*text));
            if (color.isValid())
                return color;
        }
        note(std::string(path) + " must be a colour as #RRGGBB");
        return {};
    }
    void note(std::string text)
    {
        if (!m_problem)
            m_problem = std::move(text);
    }

    const toml::table &m_table;
    std::optional<std::string> m_problem;
};

QColor withAlpha(QColor color, double alpha)
{
    color.setAlphaF(static_cast<float>(alpha));
    return color;
}

Result<Theme> fromTable(const toml::table &table)
{
    TokenReader read(table);
    Theme t;
    t.name = QString::fromStdString(read.required<std::string>("name", "a word"));
    t.dark = read.required<bool>("dark", "true or false");
    t.surface = {read.color("surface.app"),    read.color("surface.rail"),  read.color("surface.panel"),
                 read.color("surface.raised"), read.color("surface.hover"), read.color("surface.selected")};
    t.border = {read.color("border.subtle"), read.color("border.standard"), read.color("border.strong")};
    t.text = {read.color("text.primary"), read.color("text.secondary"), read.color("text.tertiary"), read.color("text.on_fill")};
    t.accent = {read.color("accent.base"), read.color("accent.fill"), read.color("accent.subtle")};
    t.meaning = {read.color("meaning.p1"),           read.color("meaning.p2"),    read.color("meaning.p3"),
                 read.color("meaning.p4"),           read.color("meaning.ok"),    read.color("meaning.pending"),
                 read.color("meaning.acknowledged"), read.color("meaning.muted"), read.color("meaning.on_tag")};
    t.chipAlpha = read.fraction("meaning.chip_alpha");
    t.series = read.slots12("series.slots");
    t.heatLow = read.color("heat.low");
    t.heatHigh = read.color("heat.high");
    t.lossFill = withAlpha(t.meaning.p1, read.fraction("loss.fill_alpha"));
    t.lossLine = withAlpha(t.meaning.p1, read.fraction("loss.line_alpha"));
    t.shadow = withAlpha(Qt::black, read.fraction("shadow.alpha"));
    if (read.problem())
        return fail(Errc::Malformed, "theme: " + *read.problem());
    return t;
}

} // namespace

Result<Theme> parseTheme(std::string_view toml)
{
    const toml::parse_result parsed = toml::parse(toml);
    if (!parsed) {
        const toml::parse_error &error = parsed.error();
        return fail(Errc::Malformed, "theme: line " + std::to_string(error.source().begin.line) + ": " + std::string(error.description()));
    }
    return fromTable(parsed.table());
}

} // namespace tapio::console
