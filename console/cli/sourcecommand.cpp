// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <termios.h>
#include <unistd.h>

#include "console/cli/command.h"
#include "console/cli/connection.h"
#include "console/cli/interrupt.h"
#include "console/cli/querysources.h"
#include "console/cli/terminalkeyring.h"
#include "console/core/session/config.h"

namespace tapio::console {

namespace {

constexpr std::size_t longestSecret = 16u << 10; ///< bytes

volatile std::sig_atomic_t endedBy = 0; // a handler can say it nowhere else

void noteEnd(int signal) { endedBy = signal; }

/// While it lives, the terminal does not show what is typed. A signal that ends the program does so once the terminal is as it was.
class SilentTerminal {
public:
    SilentTerminal()
    {
        struct sigaction noting {};
        noting.sa_handler = noteEnd; // without SA_RESTART: a read that waits ends
        for (std::size_t i = 0; i < ending.size(); ++i)
            sigaction(ending[i], &noting, &m_handlers[i]);
        m_isChanged = tcgetattr(STDIN_FILENO, &m_before) == 0;
        termios silent = m_before;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        silent.c_lflag |= ECHONL;
        m_isChanged = m_isChanged && tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    }
    ~SilentTerminal()
    {
        if (m_isChanged)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &m_before);
        for (std::size_t i = 0; i < ending.size(); ++i)
            sigaction(ending[i], &m_handlers[i], nullptr);
        if (endedBy != 0)
            raise(endedBy);
    }
    SilentTerminal(const SilentTerminal &) = delete;
    SilentTerminal &operator=(const SilentTerminal &) = delete;

private:
    static constexpr std::array ending{SIGINT, SIGTERM, SIGHUP};
    std::array<struct sigaction, ending.size()> m_handlers{};
    termios m_before{};
    bool m_isChanged = false;
};

/// Up to the end of its line.
std::string readLine()
{
    std::string line;
    while (line.size() <= longestSecret && endedBy == 0) {
        char byte = 0;
        const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || byte == '\n')
            break;
        line += byte;
    }
    return line;
}

/// A line of the standard input. Errors: InvalidArgument (nothing came, or too much).
Result<std::string> readSecret(const CommandContext &context, const std::string &prompt)
{
    constexpr std::size_t longestTyped = 4'095; // of a line that a terminal passes on (termios(3), canonical mode)
    std::string secret;
    const bool isTyped = isatty(STDIN_FILENO) != 0;
    if (isTyped) {
        context.err << prompt << std::flush;
        const SilentTerminal silent;
        secret = readLine();
    } else {
        secret = readLine();
    }
    while (secret.ends_with('\r'))
        secret.pop_back();
    if (isTyped && secret.size() >= longestTyped)
        return fail(Errc::InvalidArgument,
                    "a terminal cuts a line of more than " + std::to_string(longestTyped) + " bytes: give it from a file, with '< FILE'");
    if (secret.empty() || secret.size() > longestSecret)
        return fail(Errc::InvalidArgument,
                    "a secret has from 1 to " + std::to_string(longestSecret) + " bytes, in one line of the standard input");
    return secret;
}

std::string credentialsText(const SourceConfig &source)
{
    std::string text = source.certificate.empty() ? "" : "certificate";
    const auto add = [&text](const std::string &what) { text += (text.empty() ? "" : ", ") + what; };
    if (!source.user.empty())
        add("password of " + source.user + (source.hasKeyringSecret ? " (key ring)" : " (file)"));
    else if (source.hasKeyringSecret)
        add("token (key ring)");
    else if (!source.bearerFile.empty())
        add("token (file)");
    return text.empty() ? "none" : text;
}

std::optional<ConsoleConfig> configuration(const CommandContext &context)
{
    auto config = loadConsoleConfig(context.config);
    if (config)
        return std::move(*config);
    report(context.err, config.error(), configurationHint);
    return std::nullopt;
}

int runList(const CommandContext &context)
{
    const auto config = configuration(context);
    if (!config)
        return ExitConfiguration;
    if (context.format == OutputFormat::Json) {
        nlohmann::json all = nlohmann::json::array();
        for (const SourceConfig &one : config->sources)
            all.push_back({{"name", one.name}, {"url", one.url}, {"credentials", credentialsText(one)}});
        printJson(context.out, all);
        return ExitOk;
    }
    if (config->sources.empty()) {
        context.err << "console.toml names no source; a section [source.NAME] with its url makes one\n";
        return ExitOk;
    }
    Table table({{"NAME"}, {"URL"}, {"CREDENTIALS"}});
    for (const SourceConfig &one : config->sources)
        table.add({one.name, one.url, credentialsText(one)});
    table.print(context.out);
    return ExitOk;
}

/// Runs `work` with the source of that name.
template <typename Work> int withSource(const CommandContext &context, const std::string &name, Work &&work)
{
    const auto config = configuration(context);
    if (!config)
        return ExitConfiguration;
    const auto source = configuredSource(*config, name);
    if (!source)
        return report(context.err, source.error(), "a source is a section of console.toml: [source.NAME] with its url");
    return work(*source);
}

int testSource(const CommandContext &context, const SourceConfig &config)
{
    TerminalKeyring keyring;
    auto source = openSource(config, keyring, std::chrono::seconds(10));
    if (!source)
        return reportSource(context.err, config, source.error());
    Interrupt interrupt;
    const std::int64_t nowMs = context.clock.utcNs() / nsPerMs, beganNs = context.clock.bootNs();
    const auto answer = (*source)->ask({"vector(1)", {nowMs, nowMs, 1}, false}, interrupt.token());
    if (!answer)
        return reportAnswer(context.err, answer.error().error);
    const std::int64_t tookNs = context.clock.bootNs() - beganNs;
    if (context.format == OutputFormat::Json)
        printJson(context.out, {{"name", config.name}, {"url", config.url}, {"answers", true}, {"ms", static_cast<double>(tookNs) / 1e6}});
    else
        context.out << printable((*source)->name()) << " answers queries, the first within " << durationText(tookNs) << '\n';
    return ExitOk;
}

int login(const CommandContext &context, const SourceConfig &source)
{
    if (!source.hasKeyringSecret)
        return report(context.err, Error(Errc::InvalidArgument, "source." + source.name + " takes nothing from the key ring"),
                      "write token = \"keyring\" below [source." + source.name + "], or user = \"NAME\" and password = \"keyring\"");
    const std::string what = source.user.empty() ? "Token" : "Password of " + printable(source.user);
    const auto secret = readSecret(context, what + " for " + printable(source.url) + ": ");
    if (!secret)
        return report(context.err, secret.error());
    TerminalKeyring keyring;
    if (const Status done = keyring.write(source.secretName(), *secret); !done)
        return reportSource(context.err, source, done.error());
    context.err << "the key ring has it; 'tapio source test " << printable(source.name) << "' tries it\n";
    return ExitOk;
}

int logout(const CommandContext &context, const SourceConfig &source)
{
    TerminalKeyring keyring;
    if (const Status done = keyring.remove(source.secretName()); !done)
        return reportSource(context.err, source, done.error());
    context.err << "the key ring has it no more\n";
    return ExitOk;
}

using OfSource = int (*)(const CommandContext &, const SourceConfig &);

void addOfOne(CLI::App &sources, CommandContext &context, Chosen &chosen, const char *name, const char *what, OfSource run)
{
    CLI::App *command = sources.add_subcommand(name, what);
    auto source = std::make_shared<std::string>();
    command->add_option("name", *source, "as console.toml has it: [source.NAME]")->required()->option_text("NAME");
    command->callback([&context, &chosen, source, run] {
        chosen = [&context, source, run] {
            return withSource(context, *source, [&](const SourceConfig &one) { return run(context, one); });
        };
    });
}

} // namespace

void addSourceCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    CLI::App *sources = app.add_subcommand("source", "The Prometheus servers that console.toml names, and their secrets");
    sources->require_subcommand(1);
    CLI::App *list = sources->add_subcommand("list", "Name, address, and as whom they are asked");
    list->callback([&context, &chosen] { chosen = [&context] { return runList(context); }; });
    addOfOne(*sources, context, chosen, "test", "Asks it something, and says how that went", testSource);
    addOfOne(*sources, context, chosen, "login", "Puts its token or password, a line of the standard input, into the desktop's key ring",
             login);
    addOfOne(*sources, context, chosen, "logout", "Takes it out again", logout);
    sources->footer("A source is a section of console.toml: [source.NAME] with url, and what it needs of ca, cert, key, bearer_file, user, "
                    "password_file, or\ntoken = \"keyring\" or user = \"NAME\" with password = \"keyring\".");
}

} // namespace tapio::console
