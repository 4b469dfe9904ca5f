// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/session/config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "protocol/base/hostport.h"
#include "protocol/http/url.h"

namespace tapio::console {

namespace {

namespace fs = std::filesystem;

fs::path homeFolder()
{
    const char *home = std::getenv("HOME");
    return home && *home ? fs::path(home) : fs::path("/");
}

fs::path xdgFolder(const char *variable, const char *fallback)
{
    // The base directory specification: a relative path is invalid and ignored.
    const char *value = std::getenv(variable);
    return value && *value == '/' ? fs::path(value) : homeFolder() / fallback;
}

/// One file being read: collects values, stops at the first error.
class ConfigReader {
public:
    explicit ConfigReader(const fs::path &file) : m_file(file) {}

    using Setter = std::function<Status(const toml::node &)>;
    using Section = std::map<std::string_view, Setter>;

    Status readSection(const toml::node &node, std::string_view name, const Section &keys) const
    {
        const toml::table *table = node.as_table();
        if (!table)
            return failAt(node.source(), "'" + std::string(name) + "' must be a section");
        for (const auto &[key, value] : *table) {
            const auto setter = keys.find(key.str());
            if (setter == keys.end())
                return failAt(key.source(), "unknown key '" + std::string(name) + '.' + std::string(key.str()) + "'");
            if (const Status status = setter->second(value); !status)
                return failAt(value.source(), std::string(name) + '.' + std::string(key.str()) + ": " + status.error().context());
        }
        return {};
    }

    tl::unexpected<Error> failAt(const toml::source_region &where, const std::string &what) const
    {
        return fail(Errc::Malformed, m_file.string() + ':' + std::to_string(where.begin.line) + ": " + what);
    }

    Setter text(std::string &target) const
    {
        return [&target](const toml::node &node) -> Status {
            const auto value = node.value_exact<std::string>();
            if (!value)
                return fail(Errc::Malformed, "a text in quotes is needed");
            target = *value;
            return {};
        };
    }

    Setter listenAddress(std::string &target) const
    {
        return [&target](const toml::node &node) -> Status {
            const auto value = node.value_exact<std::string>();
            const auto host = value ? parseListenHost(*value) : fail(Errc::Malformed, "");
            if (!host)
                return fail(Errc::Malformed, "an IPv4 or IPv6 address in quotes is needed");
            target = *host;
            return {};
        };
    }

    /// Nothing secret belongs into this file: only where it is.
    Setter inKeyring(bool &target) const
    {
        return [&target](const toml::node &node) -> Status {
            target = node.value_exact<std::string>() == "keyring";
            if (target)
                return {};
            return fail(Errc::Malformed, "it is not to be in this file: write \"keyring\", and run 'tapio source login NAME'");
        };
    }

    Setter url(std::string &target) const
    {
        return [&target](const toml::node &node) -> Status {
            const auto value = node.value_exact<std::string>();
            if (!value)
                return fail(Errc::Malformed, "an address in quotes is needed, such as \"https://prometheus.example\"");
            if (const auto parsed = http::parseUrl(*value); !parsed)
                return fail(Errc::Malformed, parsed.error().context());
            target = *value;
            return {};
        };
    }

    Setter oneOf(std::string &target, std::vector<std::string> allowed) const
    {
        return [&target, allowed = std::move(allowed)](const toml::node &node) -> Status {
            const auto value = node.value_exact<std::string>();
            if (value && std::find(allowed.begin(), allowed.end(), *value) != allowed.end()) {
                target = *value;
                return {};
            }
            std::string list;
            for (const std::string &name : allowed)
                list += (list.empty() ? "\"" : ", \"") + name + '"';
            return fail(Errc::Malformed, "one of " + list + " is needed");
        };
    }

    Setter port(std::uint16_t &target) const
    {
        return [&target](const toml::node &node) -> Status {
            const auto value = node.value_exact<std::int64_t>();
            if (!value || *value < 1 || *value > 65'535)
                return fail(Errc::Malformed, "a port from 1 to 65535 is needed");
            target = static_cast<std::uint16_t>(*value);
            return {};
        };
    }

    Setter path(fs::path &target) const
    {
        return [this, &target](const toml::node &node) -> Status {
            const auto value = node.value_exact<std::string>();
            if (!value || value->empty())
                return fail(Errc::Malformed, "a path in quotes is needed");
            if (value->starts_with("~/"))
                target = homeFolder() / value->substr(2);
            else
                target = fs::path(*value).is_absolute() ? fs::path(*value) : m_file.parent_path() / *value;
            return {};
        };
    }

    Setter quantity(std::int64_t &target, Result<std::int64_t> (*parse)(std::string_view), std::int64_t least) const
    {
        return [&target, parse, least](const toml::node &node) -> Status {
            const auto number = node.value_exact<std::int64_t>();
            const auto words = node.value_exact<std::string>();
            if (!number && !words)
                return fail(Errc::Malformed, "a number, or a text with a unit, is needed");
            const Result<std::int64_t> value = parse(words ? *words : std::to_string(*number));
            if (!value)
                return fail(value.error());
            if (*value < least)
                return fail(Errc::Malformed, "too small");
            target = *value;
            return {};
        };
    }

private:
    fs::path m_file;
};

/// [source.NAME], each a section of its own.
Status readSources(const ConfigReader &reader, const toml::node &node, std::vector<SourceConfig> &sources)
{
    constexpr std::size_t mostSources = 64, longestName = 64;
    const toml::table *table = node.as_table();
    if (!table)
        return reader.failAt(node.source(), "'source' must have a section for each source: [source.NAME]");
    for (const auto &[key, value] : *table) {
        SourceConfig source;
        source.name = std::string(key.str());
        if (sources.size() == mostSources)
            return reader.failAt(key.source(), "more than " + std::to_string(mostSources) + " sources");
        if (source.name.empty() || source.name.size() > longestName)
            return reader.failAt(key.source(), "a source's name has 1 to " + std::to_string(longestName) + " bytes");
        bool hasToken = false, hasPassword = false;
        const ConfigReader::Section keys{{"url", reader.url(source.url)},
                                         {"ca", reader.path(source.ca)},
                                         {"cert", reader.path(source.certificate)},
                                         {"key", reader.path(source.key)},
                                         {"bearer_file", reader.path(source.bearerFile)},
                                         {"user", reader.text(source.user)},
                                         {"password_file", reader.path(source.passwordFile)},
                                         {"token", reader.inKeyring(hasToken)},
                                         {"password", reader.inKeyring(hasPassword)}};
        if (const Status status = reader.readSection(value, "source." + source.name, keys); !status)
            return status;
        if (source.url.empty())
            return reader.failAt(key.source(), "source." + source.name + " has no url");
        if (hasToken && !source.user.empty())
            return reader.failAt(key.source(), "source." + source.name + ": a user has a password, and a token is without a user");
        if (hasPassword && source.user.empty())
            return reader.failAt(key.source(), "source." + source.name + ": a password is without a user");
        source.hasKeyringSecret = hasToken || hasPassword;
        sources.push_back(std::move(source));
    }
    return {};
}

struct UnitFactor {
    std::string_view name;
    double factor;
};

/// NUMBER [UNIT], with an optional space between.
Result<std::int64_t> parseQuantity(std::string_view text, std::initializer_list<UnitFactor> units, const char *what)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    while (unit.starts_with(' '))
        unit.remove_prefix(1);
    for (const UnitFactor &known : units) {
        const double result = value * known.factor;
        if (error == std::errc() && unit == known.name && std::isfinite(result) && result >= 0 && result < 9e18)
            return static_cast<std::int64_t>(result);
    }
    return fail(Errc::Malformed, '\'' + std::string(text) + "' is not " + what);
}

} // namespace

fs::path defaultConfigFile() { return xdgFolder("XDG_CONFIG_HOME", ".config") / "tapio" / "console.toml"; }
fs::path dashboardFolder(const fs::path &config) { return (config.empty() ? defaultConfigFile() : config).parent_path() / "dashboards"; }
fs::path defaultStoreFile() { return xdgFolder("XDG_DATA_HOME", ".local/share") / "tapio" / "console.tapio"; }

Result<std::int64_t> parseBytes(std::string_view text)
{
    return parseQuantity(text,
                         {{"", 1},
                          {"B", 1},
                          {"kB", 1e3},
                          {"MB", 1e6},
                          {"GB", 1e9},
                          {"TB", 1e12},
                          {"KiB", 1024.},
                          {"MiB", 1048576.},
                          {"GiB", 1073741824.},
                          {"TiB", 1099511627776.}},
                         "a size like \"512 MiB\" or \"8 GB\"");
}

Result<std::int64_t> parseDuration(std::string_view text)
{
    return parseQuantity(text, {{"s", 1e9}, {"min", 60e9}, {"h", 3600e9}, {"d", 86400e9}},
                         "a time like \"90 s\", \"15 min\", \"6 h\" or \"7 d\"");
}

Result<ConsoleConfig> parseConsoleConfig(std::string_view text, const fs::path &file)
{
    const ConfigReader reader(file);
    const toml::parse_result parsed = toml::parse(text, file.string());
    if (!parsed)
        return reader.failAt(parsed.error().source(), std::string(parsed.error().description()));

    ConsoleConfig config;
    config.store.file = defaultStoreFile();
    const std::map<std::string_view, ConfigReader::Section> sections{
        {"listen", {{"address", reader.listenAddress(config.listen.address)}, {"port", reader.port(config.listen.port)}}},
        {"server",
         {{"host", reader.text(config.server.host)}, {"port", reader.port(config.server.port)}, {"name", reader.text(config.server.name)}}},
        {"tls",
         {{"ca", reader.path(config.tls.ca)},
          {"cert", reader.path(config.tls.certificate)},
          {"key", reader.path(config.tls.key)},
          {"crl", reader.path(config.tls.crl)}}},
        {"store",
         {{"file", reader.path(config.store.file)},
          {"max_size", reader.quantity(config.store.maxBytes, parseBytes, 16 << 20)},
          {"max_age", reader.quantity(config.store.maxAgeNs, parseDuration, 60 * nsPerSecond)}}},
        {"ui",
         {{"theme", reader.oneOf(config.ui.theme, {"system", "dark", "light"})},
          {"density", reader.oneOf(config.ui.density, {"auto", "compact", "comfortable", "presenter"})},
          {"zone", reader.oneOf(config.ui.zone, {"local", "utc"})}}},
    };
    for (const auto &[key, node] : parsed.table()) {
        if (key.str() == "source") {
            if (const Status status = readSources(reader, node, config.sources); !status)
                return fail(status.error());
            continue;
        }
        const auto section = sections.find(key.str());
        if (section == sections.end())
            return reader.failAt(key.source(), "unknown section '" + std::string(key.str()) + "'");
        if (const Status status = reader.readSection(node, section->first, section->second); !status)
            return fail(status.error());
    }
    return config;
}

Result<ConsoleConfig> loadConsoleConfig(const fs::path &file)
{
    const fs::path path = file.empty() ? defaultConfigFile() : file;
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
        const int reason = errno;
        if (file.empty() && reason == ENOENT)
            return parseConsoleConfig({}, path);
        return failErrno("configuration " + path.string(), reason);
    }
    std::ostringstream text;
    text << stream.rdbuf();
    return parseConsoleConfig(text.str(), path);
}

} // namespace tapio::console
