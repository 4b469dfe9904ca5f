// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/launchoptions.h"

#include <CLI/CLI.hpp>

#include <charconv>

#include "console/app/exitcode.h"
#include "protocol/base/hostport.h"

namespace tapio::console {

namespace {

constexpr int smallestWidth = 960, smallestHeight = 600, largestSide = 8192;

/// "2560x1440" into width and height; a sentence for CLI11 when it is none.
std::string readSize(const std::string &text, LaunchOptions &options)
{
    const char *end = text.data() + text.size();
    int width = 0, height = 0;
    const auto [x, widthError] = std::from_chars(text.data(), end, width);
    if (widthError != std::errc() || x == end || *x != 'x')
        return "--size takes WIDTHxHEIGHT, as in 1280x800";
    const auto [rest, heightError] = std::from_chars(x + 1, end, height);
    if (heightError != std::errc() || rest != end)
        return "--size takes WIDTHxHEIGHT, as in 1280x800";
    if (width < smallestWidth || height < smallestHeight || width > largestSide || height > largestSide)
        return "--size must be from 960x600 to 8192x8192";
    options.width = width;
    options.height = height;
    return {};
}

/// What is wrong with an address; empty when nothing is.
std::string refuseServer(const std::string &text)
{
    const auto address = parseHostPort(text);
    return address ? std::string() : address.error().context();
}

std::string refuseListen(const std::string &text)
{
    const auto address = parseListenAddress(text, standardPort);
    return address ? std::string() : address.error().context();
}

} // namespace

std::variant<LaunchOptions, int> parseCommandLine(int argc, const char *const *argv)
{
    LaunchOptions options;
    std::string size, range;
    CLI::App app("Tapio's console: shows what agents report, live and as stored.", "tapio-console");
    app.set_version_flag("--version", "tapio-console " TAPIO_VERSION);
    app.add_option("--config", options.config, "configuration file (default ~/.config/tapio/console.toml)");
    app.add_option("--pki", options.pki, "folder of the certificate authority (default ~/.config/tapio/pki)");
    app.add_option("--data", options.data, "folder of the store (default ~/.local/share/tapio)");
    auto *server = app.add_option("--server", options.server, "HOST[:PORT] of a tapio-server to connect to; port 7117 unless one is given")
                       ->check(CLI::Validator(refuseServer, ""));
    auto *listen = app.add_option("--listen", options.listen,
                                  "ADDRESS[:PORT] on which agents are accepted (default 127.0.0.1:7117); port 7117 unless one is given")
                       ->check(CLI::Validator(refuseListen, ""));
    server->excludes(listen);
    auto *headless = app.add_flag("--headless", options.headless, "no window: print the status until Ctrl-C");
    app.add_option("--seconds", options.seconds, "with --headless: leave after this time")->check(CLI::Range(1, 864000))->needs(headless);
    auto *snapshot =
        app.add_option("--snapshot", options.snapshot, "with --headless: write a PNG of the Overview to this file")->needs(headless);
    app.add_option("--size", size, "with --snapshot: WIDTHxHEIGHT (default 1280x800)")->needs(snapshot);
    app.add_option("--theme", options.theme, "dark or light")->check(CLI::IsMember({"dark", "light"}));
    app.add_option("--range", range, "live, 15min, 1h, 6h or 24h")->check(CLI::IsMember({"live", "15min", "1h", "6h", "24h"}));
    app.footer(
        "Exit codes: 64 wrong argument, 65 the store is damaged or newer, 69 port or display not available,\n"
        "            71 no more files or memory, 73 the data folder cannot be written, 77 certificate trouble, 78 bad configuration.");
    try {
        app.parse(argc, argv);
        if (!size.empty())
            if (const std::string wrong = readSize(size, options); !wrong.empty())
                throw CLI::ValidationError(wrong);
    } catch (const CLI::ParseError &error) {
        const bool asked = error.get_exit_code() == 0; // --help, --version
        const int code = app.exit(error);
        return asked ? code : exitcode::usage;
    }
    options.range = range.empty() || range == "live" ? range : "last-" + range;
    return options;
}

} // namespace tapio::console
