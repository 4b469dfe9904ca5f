// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/completion.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include <CLI/CLI.hpp>

namespace tapio::console {

namespace {

/// One place on the command line: the words so far ("tapio pki") and what may follow.
struct Place {
    std::string path;
    std::vector<std::pair<std::string, std::string>> words;  ///< word, description
    std::vector<std::pair<std::string, std::string>> values; ///< option, what may follow it, between spaces
};

/// An option's allowed values are part of its type name, as CLI11 writes them: "TEXT:{a,b}". Between spaces; empty: any.
std::string allowedValues(const CLI::Option &option)
{
    const std::string type = option.get_type_name();
    const auto open = type.find('{');
    const auto close = type.find('}', open);
    if (open == std::string::npos || close == std::string::npos)
        return {};
    std::string values = type.substr(open + 1, close - open - 1);
    std::replace(values.begin(), values.end(), ',', ' ');
    return values;
}

void collect(const CLI::App &app, const std::string &path, std::vector<Place> &places)
{
    Place place{path, {}, {}};
    const auto commands = app.get_subcommands([](const CLI::App *) { return true; });
    for (const CLI::App *command : commands)
        place.words.emplace_back(command->get_name(), command->get_description());
    for (const CLI::Option *option : app.get_options()) {
        for (const std::string &name : option->get_lnames())
            place.words.emplace_back("--" + name, option->get_description());
        const std::string allowed = allowedValues(*option);
        if (!option->get_positional()) {
            for (const std::string &name : option->get_lnames())
                if (!allowed.empty())
                    place.values.emplace_back("--" + name, allowed);
            for (const std::string &name : option->get_snames())
                if (!allowed.empty())
                    place.values.emplace_back('-' + name, allowed);
            continue;
        }
        std::istringstream values(allowed);
        for (std::string value; values >> value;)
            place.words.emplace_back(value, option->get_description());
    }
    places.push_back(std::move(place));
    for (const CLI::App *command : commands)
        collect(*command, path + ' ' + command->get_name(), places);
}

std::string wordsOf(const Place &place)
{
    std::string text;
    for (const auto &[word, description] : place.words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

std::string quoted(std::string text)
{
    std::replace(text.begin(), text.end(), '\'', ' ');
    return '\'' + text + '\'';
}

std::string bashScript(const std::vector<Place> &places)
{
    std::ostringstream out;
    out << "_tapio() {\n    local path=tapio word i\n    for ((i = 1; i < COMP_CWORD; i++)); do\n"
           "        word=${COMP_WORDS[i]}\n        case \"$path $word\" in\n";
    for (const Place &place : places)
        if (place.path != "tapio")
            out << "            '" << place.path << "') path='" << place.path << "' ;;\n";
    out << "        esac\n    done\n    local words=\n    case \"$path\" in\n";
    for (const Place &place : places)
        out << "        '" << place.path << "') words='" << wordsOf(place) << "' ;;\n";
    // After an option that takes one of a few values, these; the program's own options stand after any command.
    out << "    esac\n    case \"$path ${COMP_WORDS[COMP_CWORD-1]}\" in\n";
    for (const Place &place : places)
        for (const auto &[option, values] : place.values)
            out << "        '" << place.path << (place.path == "tapio" ? "'*' " : " ") << option << "') words='" << values << "' ;;\n";
    out << "    esac\n    COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
           "complete -o default -F _tapio tapio\n";
    return out.str();
}

std::string fishValues(const Place &place, const std::string &option)
{
    const auto found = std::find_if(place.values.begin(), place.values.end(), [&](const auto &value) { return value.first == option; });
    return found == place.values.end() ? std::string() : " -x -a " + quoted(found->second);
}

std::string fishScript(const std::vector<Place> &places)
{
    std::ostringstream out;
    out << "complete -c tapio -f\n";
    for (const Place &place : places) {
        std::istringstream parts(place.path);
        std::string part;
        std::string last;
        std::string condition;
        while (parts >> part) {
            if (part != "tapio")
                condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + part);
            last = part;
        }
        if (condition.empty())
            condition = "__fish_use_subcommand";
        for (const auto &[word, description] : place.words) {
            out << "complete -c tapio -n " << quoted(condition) << (word.starts_with("--") ? " -l " + word.substr(2) : " -a " + word)
                << " -d " << quoted(description) << fishValues(place, word) << '\n';
        }
    }
    return out.str();
}

} // namespace

std::string completionScript(const CLI::App &app, std::string_view shell)
{
    std::vector<Place> places;
    collect(app, "tapio", places);
    if (shell == "fish")
        return fishScript(places);
    // zsh runs bash completions through bashcompinit (zshcompsys(1)).
    if (shell == "zsh")
        return "#compdef tapio\nautoload -U +X bashcompinit && bashcompinit\n" + bashScript(places);
    return bashScript(places);
}

} // namespace tapio::console
