// SPDX-License-Identifier: GPL-3.0-or-later
// The only file of the console that sees spdlog's sinks and exceptions.
#include "console/core/session/consolelog.h"

#include <vector>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include <spdlog/async.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>

namespace tapio::console {

namespace {

constexpr std::size_t waitingLines = 8192;

/// Whether it can be written, with the reason that the operating system gives.
Status tryToWrite(const std::filesystem::path &file)
{
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (descriptor < 0)
        return failErrno("log '" + file.string() + "' cannot be written", errno);
    ::close(descriptor);
    return {};
}

} // namespace

Result<std::unique_ptr<ConsoleLog>> ConsoleLog::open(const LogOptions &options)
{
    std::vector<spdlog::sink_ptr> sinks;
    if (options.standardError)
        sinks.push_back(std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    if (!options.file.empty()) {
        if (const Status writable = tryToWrite(options.file); !writable)
            return fail(writable.error());
        try {
            sinks.push_back(
                std::make_shared<spdlog::sinks::rotating_file_sink_mt>(options.file.string(), options.maxBytes, options.keptFiles));
        } catch (const spdlog::spdlog_ex &error) {
            return fail(Errc::Io, "log '" + options.file.string() + "' cannot be written: " + error.what());
        }
    }
    auto pool = std::make_shared<spdlog::details::thread_pool>(waitingLines, 1);
    auto logger = std::make_shared<spdlog::async_logger>("tapio-console", sinks.begin(), sinks.end(), pool,
                                                         spdlog::async_overflow_policy::overrun_oldest);
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::info);
    return std::unique_ptr<ConsoleLog>(new ConsoleLog(std::move(pool), std::move(logger)));
}

ConsoleLog::ConsoleLog(std::shared_ptr<spdlog::details::thread_pool> pool, std::shared_ptr<spdlog::logger> logger)
    : m_pool(std::move(pool)), m_logger(std::move(logger))
{}

ConsoleLog::~ConsoleLog()
{
    if (const std::size_t dropped = m_pool->overrun_counter(); dropped > 0)
        m_logger->warn("{} lines are missing above: they came faster than they could be written", dropped);
}

} // namespace tapio::console
