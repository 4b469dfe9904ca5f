// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "console/core/sources/sourceconfig.h"
#include "console/core/store/store.h"
#include "protocol/base/hostport.h"
#include "protocol/base/result.h"
#include "protocol/transport/endpoint.h"

/// The file that tapio-console and tapio share: ~/.config/tapio/console.toml (XDG_CONFIG_HOME is respected). Any thread.
///
///   [listen]  address = "127.0.0.1"  port = 7117      where the embedded server listens
///   [server]  host = "..."  port = 7117  name = "..." dial this server instead; name = its certificate's, empty = any server
///   [tls]     ca = "..."  cert = "..."  key = "..."  crl = "..."
///   [store]   file = "..."  max_size = "8 GiB"  max_age = "7 d"
///   [source.NAME]  url = "https://..."  ca = "..."  cert = "..."  key = "..."  bearer_file = "..."  user = "..."  password_file = "..."
///                  token = "keyring"  password = "keyring"
///   [ui]      theme = "system" | "dark" | "light"   density = "auto" | "compact" | "comfortable" | "presenter"   zone = "local" | "utc"
///
/// Relative paths are relative to the file's folder; "~/" is the home folder.
namespace tapio::console {

struct SessionOptions;

struct ListenConfig {
    std::string address = "127.0.0.1";
    std::uint16_t port = standardPort;
};

struct ServerConfig {
    std::string host; ///< empty = listen instead
    std::uint16_t port = standardPort;
    std::string name;
};

struct UiConfig {
    std::string theme = "system";
    std::string density = "auto";
    std::string zone = "local";
};

struct ConsoleConfig {
    ListenConfig listen;
    ServerConfig server;
    transport::TlsFiles tls;           ///< empty paths where the file says nothing
    StoreOptions store;                ///< file is defaultStoreFile() where the file says nothing
    std::vector<SourceConfig> sources; ///< by name
    UiConfig ui;
};

std::filesystem::path defaultConfigFile(); ///< ~/.config/tapio/console.toml
std::filesystem::path defaultStoreFile();  ///< ~/.local/share/tapio/console.tapio
/// Where one's own dashboards are: beside the configuration, which is the default one where none is named.
std::filesystem::path dashboardFolder(const std::filesystem::path &config);

/// Reads a configuration; an empty path means defaultConfigFile(), which may be missing. Errors: NotFound (a named file),
/// PermissionDenied, Malformed ("FILE:LINE: what": syntax, an unknown section or key, a wrong type, a value out of range).
Result<ConsoleConfig> loadConsoleConfig(const std::filesystem::path &file = {});
/// The same from text; `file` is for messages and relative paths.
Result<ConsoleConfig> parseConsoleConfig(std::string_view text, const std::filesystem::path &file);

/// "512 MiB", "8 GB", "4096": bytes. Errors: Malformed.
Result<std::int64_t> parseBytes(std::string_view text);
/// "90 s", "15 min", "6 h", "7 d": ns. Errors: Malformed.
Result<std::int64_t> parseDuration(std::string_view text);

/// Embedded unless a server is named.
SessionOptions sessionOptions(const ConsoleConfig &config, std::string userName);

} // namespace tapio::console
