// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/app/launchoptions.h"

#include <CLI/CLI.hpp>

#include <charconv>

#include "console/app/exitcode.h"
#include "protocol/base/ipliteral.h"

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

/// Port 0 is allowed where `zero` says so.
Result<HostPort> parseAddress(const std::string &text, bool zero)
{
    const auto wrong = [&text] { return fail(Errc::InvalidArgument, "'" + text + "' is no ADDRESS:PORT"); };
    std::string host = text, number;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string::npos || (close + 1 < text.size() && text[close + 1] != ':'))
            return wrong();
        host = text.substr(1, close - 1);
        number = close + 1 < text.size() ? text.substr(close + 2) : std::string();
        if (close + 1 < text.size() && number.empty())
            return wrong();
    } else if (const auto colon = text.rfind(':'); colon != std::string::npos) {
        if (text.find(':') != colon) // an IPv6 literal without brackets: where the port begins is a guess
            return wrong();
        host = text.substr(0, colon);
        number = text.substr(colon + 1);
        if (number.empty())
            return wrong();
    }
    if (host.empty())
        return wrong();
    std::uint16_t port = standardPort;
    if (!number.empty()) {
        const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), port);
        if (error != std::errc() || end != number.data() + number.size() || (port == 0 && !zero))
            return fail(Errc::InvalidArgument,
                        "'" + text + "': '" + number + "' is no port (1 to 65535" + (zero ? ", or 0: the system chooses)" : ")"));
    }
    return HostPort{host, port};
}

/// What is wrong with an argument; empty when nothing is.
template <Result<HostPort> (*parse)(const std::string &)> std::string refuse(const std::string &text)
{
    const auto address = parse(text);
    return address ? std::string() : address.error().context();
}

} // namespace

Result<HostPort> parseServerAddress(const std::string &text) { return parseAddress(text, false); }

Result<HostPort> parseListenAddress(const std::string &text)
{
    auto address = parseAddress(text, true);
    if (address && !isIpLiteral(address->host)) // a name would have to be looked up, and could listen elsewhere tomorrow
        return fail(Errc::InvalidArgument, "'" + address->host + "' is no IPv4 or IPv6 address to listen on");
    return address;
}

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
                       ->check(CLI::Validator(refuse<parseServerAddress>, ""));
    auto *listen = app.add_option("--listen", options.listen,
                                  "ADDRESS[:PORT] on which agents are accepted (default 127.0.0.1:7117); port 7117 unless one is given")
                       ->check(CLI::Validator(refuse<parseListenAddress>, ""));
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
