// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "protocol/base/result.h"

namespace spdlog {
class logger;
namespace details {
class thread_pool;
}
} // namespace spdlog

namespace tapio::console {

struct LogOptions {
    std::filesystem::path file; ///< empty = none
    bool standardError = false;
    std::size_t maxBytes = 4u << 20; ///< then the file is renamed to NAME.1.log, and a new one begun
    std::size_t keptFiles = 3;
};

/// What happens to links, agents and the store, one line each with UTC time and level, as tapio-server writes it. Lines are
/// written on a thread of its own: who logs never waits for a disk. When that is 8192 lines behind, the oldest are dropped and
/// their number is the log's last line.
class ConsoleLog {
public:
    /// Errors: those of open(2) for the file, which they name.
    static Result<std::unique_ptr<ConsoleLog>> open(const LogOptions &options);
    ~ConsoleLog();
    ConsoleLog(const ConsoleLog &) = delete;
    ConsoleLog &operator=(const ConsoleLog &) = delete;

    spdlog::logger &logger() const noexcept { return *m_logger; }

private:
    ConsoleLog(std::shared_ptr<spdlog::details::thread_pool> pool, std::shared_ptr<spdlog::logger> logger);

    std::shared_ptr<spdlog::details::thread_pool> m_pool; ///< its destructor writes what waits and joins
    std::shared_ptr<spdlog::logger> m_logger;
};

} // namespace tapio::console
