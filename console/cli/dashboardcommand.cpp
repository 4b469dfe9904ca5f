// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cerrno>
#include <fstream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/cli/command.h"
#include "console/core/dashboards/dashboardshelf.h"
#include "console/core/dashboards/grafana.h"
#include "console/core/session/config.h"

namespace tapio::console {

namespace {

void reportProblems(const CommandContext &context, const std::vector<TextProblem> &problems)
{
    for (const TextProblem &problem : problems)
        context.err << "tapio: " << printable(toString(problem)) << '\n';
}

std::string placeOf(const ShelvedDashboard &one)
{
    if (one.file.empty())
        return "shipped";
    return one.file.string() + (one.isShippedToo ? " (instead of the shipped one)" : "");
}

nlohmann::json asJson(const ShelvedDashboard &one)
{
    return {{"name", one.name},
            {"title", one.dashboard.title},
            {"description", one.dashboard.description},
            {"panels", one.dashboard.panels.size()},
            {"variables", one.dashboard.variables.size()},
            {"source", one.dashboard.source},
            {"file", one.file.empty() ? nlohmann::json() : nlohmann::json(one.file.string())},
            {"shipped", one.file.empty()}};
}

int runList(const CommandContext &context)
{
    const DashboardShelf shelf = readShelf(dashboardFolder(context.config));
    if (context.format == OutputFormat::Json) {
        nlohmann::json all = nlohmann::json::array(), problems = nlohmann::json::array();
        for (const ShelvedDashboard &one : shelf.dashboards)
            all.push_back(asJson(one));
        for (const TextProblem &problem : shelf.problems)
            problems.push_back(toString(problem));
        printJson(context.out, {{"dashboards", all}, {"problems", problems}});
    } else {
        Table table({{"NAME"}, {"TITLE"}, {"PANELS", Table::Align::Right}, {"FILE"}});
        for (const ShelvedDashboard &one : shelf.dashboards)
            table.add({one.name, one.dashboard.title, std::to_string(one.dashboard.panels.size()), placeOf(one)});
        table.print(context.out);
        context.out.flush();
    }
    reportProblems(context, shelf.problems);
    return shelf.problems.empty() ? ExitOk : ExitDataError;
}

/// Null: it was reported that it is not there.
const ShelvedDashboard *find(const CommandContext &context, const DashboardShelf &shelf, const std::string &name)
{
    const auto found =
        std::find_if(shelf.dashboards.begin(), shelf.dashboards.end(), [&name](const ShelvedDashboard &one) { return one.name == name; });
    if (found != shelf.dashboards.end())
        return &*found;
    reportProblems(context, shelf.problems);
    report(context.err, Error(Errc::NotFound, "there is no dashboard '" + name + '\''), "tapio dashboard list names those there are");
    return nullptr;
}

int runShow(const CommandContext &context, const std::string &name)
{
    const DashboardShelf shelf = readShelf(dashboardFolder(context.config));
    const ShelvedDashboard *found = find(context, shelf, name);
    if (found == nullptr)
        return ExitUnavailable;
    if (context.format == OutputFormat::Json)
        printJson(context.out, asJson(*found));
    else
        context.out << writeDashboard(found->dashboard);
    return ExitOk;
}

int runCheck(const CommandContext &context, const std::vector<std::string> &files)
{
    int exitCode = ExitOk;
    for (const std::string &file : files) {
        const auto dashboard = readDashboard(file);
        if (dashboard) {
            context.out << printable(file) << ": good, " << dashboard->panels.size()
                        << (dashboard->panels.size() == 1 ? " panel\n" : " panels\n");
            continue;
        }
        context.out.flush();
        reportProblems(context, dashboard.error());
        exitCode = ExitDataError;
    }
    return exitCode;
}

/// As far as it is of a size that is read at all. Errors: NotFound, PermissionDenied, Io.
Result<std::string> readGrafana(const std::string &file)
{
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    if (!in)
        return failErrno("cannot read " + file, errno);
    std::string text(mostGrafanaBytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad())
        return failErrno("cannot read " + file, EIO);
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

int refuseFile(const CommandContext &context, const std::string &file, const Error &error)
{
    context.err << "tapio: " << printable(file) << ": " << printable(error.context()) << '\n';
    return ExitDataError;
}

int runImport(const CommandContext &context, const std::string &file, const std::string &source, const std::string &into)
{
    const auto text = readGrafana(file);
    if (!text)
        return report(context.err, text.error());
    auto carried = fromGrafana(*text, source);
    if (!carried)
        return refuseFile(context, file, carried.error());
    for (const std::string &left : carried->left)
        context.err << "not carried over: " << printable(left) << '\n';
    if (into.empty()) {
        context.out << writeDashboard(carried->dashboard);
        return ExitOk;
    }
    std::error_code error;
    if (std::filesystem::exists(into, error)) {
        report(context.err, Error(Errc::AlreadyExists, into + " is there already"), "give another name with --into, or remove it");
        return ExitCannotCreate;
    }
    if (const Status saved = saveDashboard(carried->dashboard, into); !saved) {
        report(context.err, saved.error());
        return ExitCannotCreate;
    }
    context.err << carried->dashboard.panels.size() << " panels are in " << printable(into) << '\n';
    return ExitOk;
}

int runExport(const CommandContext &context, const std::string &name)
{
    const DashboardShelf shelf = readShelf(dashboardFolder(context.config));
    const ShelvedDashboard *found = find(context, shelf, name);
    if (found == nullptr)
        return ExitUnavailable;
    const GrafanaText made = toGrafana(found->dashboard);
    for (const std::string &left : made.left)
        context.err << "not carried over: " << printable(left) << '\n';
    context.out << made.json;
    return ExitOk;
}

} // namespace

void addDashboardCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    CLI::App *dashboard = app.add_subcommand("dashboard", "The dashboards of the console: pages of panels, each in a file");
    dashboard->require_subcommand(1);
    dashboard->footer(
        "One's own are the files *.toml in the folder dashboards beside console.toml (~/.config/tapio/dashboards). One that is called "
        "as a shipped one\nstands for it: 'tapio dashboard show security > ~/.config/tapio/dashboards/security.toml' is a beginning.");
    CLI::App *list = dashboard->add_subcommand("list", "Those that are shipped and those of one's own");
    list->callback([&context, &chosen] { chosen = [&context] { return runList(context); }; });
    auto name = std::make_shared<std::string>();
    CLI::App *show = dashboard->add_subcommand("show", "One of them as its file has it");
    show->add_option("name", *name, "as 'tapio dashboard list' calls it")->required()->option_text("NAME");
    show->callback([&context, &chosen, name] { chosen = [&context, name] { return runShow(context, *name); }; });
    struct Import {
        std::string file, source, into;
    };
    auto from = std::make_shared<Import>();
    CLI::App *importing = dashboard->add_subcommand("import", "A dashboard of Grafana as one of these; what it cannot have is listed");
    importing->add_option("file", from->file, "its JSON, as Grafana exports it")->required()->option_text("FILE");
    importing->add_option("--source", from->source, "whom its queries are to be asked of, by its name in console.toml (default: the store)")
        ->option_text("NAME");
    importing->add_option("--into", from->into, "the file to write (default: the standard output)")->option_text("FILE");
    importing->callback(
        [&context, &chosen, from] { chosen = [&context, from] { return runImport(context, from->file, from->source, from->into); }; });
    auto exported = std::make_shared<std::string>();
    CLI::App *out = dashboard->add_subcommand("export", "One of them as JSON that Grafana imports; what it cannot have is listed");
    out->add_option("name", *exported, "as 'tapio dashboard list' calls it")->required()->option_text("NAME");
    out->callback([&context, &chosen, exported] { chosen = [&context, exported] { return runExport(context, *exported); }; });
    auto files = std::make_shared<std::vector<std::string>>();
    CLI::App *check = dashboard->add_subcommand("check", "Whether files are dashboards: every problem with its line");
    check->add_option("file", *files, "dashboards as TOML")->required()->option_text("FILE...");
    check->callback([&context, &chosen, files] { chosen = [&context, files] { return runCheck(context, *files); }; });
}

} // namespace tapio::console
