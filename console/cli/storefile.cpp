// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/storefile.h"

#include "console/core/session/config.h"

namespace tapio::console {

std::unique_ptr<StoreReader> openStore(const CommandContext &context, const std::filesystem::path &named, int &exitCode,
                                       std::filesystem::path *opened)
{
    auto file = named;
    if (file.empty()) {
        const auto config = loadConsoleConfig(context.config);
        if (!config) {
            report(context.err, config.error(), "mend console.toml, or name the store with --store FILE");
            exitCode = ExitConfiguration;
            return nullptr;
        }
        file = config->store.file;
    }
    auto reader = StoreReader::open(file);
    if (!reader) {
        exitCode = report(context.err, reader.error(),
                          "name the file with --store FILE; tapio-console writes it, by default " + defaultStoreFile().string());
        return nullptr;
    }
    if (opened != nullptr)
        *opened = file;
    return std::move(*reader);
}

} // namespace tapio::console
