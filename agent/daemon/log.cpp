// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/daemon/log.h"

#include <algorithm>
#include <array>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace tapio::daemon {

Status checkLogLevel(std::string_view level)
{
    constexpr std::array<std::string_view, 6> levels{"trace", "debug", "info", "warn", "error", "off"};
    if (std::find(levels.begin(), levels.end(), level) == levels.end())
        return fail(Errc::InvalidArgument, "log level \"" + std::string(level) + "\" is none of trace, debug, info, warn, error, off");
    return {};
}

std::shared_ptr<spdlog::logger> makeLog(const std::string &program, const std::string &level)
{
    auto log = std::make_shared<spdlog::logger>(program, std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    log->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
    log->set_level(spdlog::level::from_str(level));
    log->flush_on(spdlog::level::trace);
    return log;
}

} // namespace tapio::daemon
