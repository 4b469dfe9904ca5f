// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/observe/observer.h"

#include <utility>

#include "agent/observe/exposition.h"
#include "agent/observe/health.h"

namespace tapio::agent {

namespace {

constexpr std::int64_t renderEveryNs = 250 * nsPerMs;

Result<std::unique_ptr<HttpServer>> listenOn(const std::string &address, HttpServer::Handler handler, const Clock &clock)
{
    const auto parsed = parseListenAddress(address, {});
    if (!parsed)
        return fail(parsed.error());
    return HttpServer::start(*parsed, std::move(handler), clock);
}

HttpResponse toResponse(Health health) { return plainText(health.ok ? 200 : 503, std::move(health.text)); }

} // namespace

Observer::Observer(const std::string &address, Source source, const Clock &clock) : m_source(std::move(source)), m_clock(clock)
{
    m_hook.collector = "observe";
    m_hook.name = address.empty() ? "metrics and health" : "http://" + address;
    if (address.empty()) {
        m_hook.state = wire::HookState::Disabled;
        m_hook.reason = "disabled by configuration";
        return;
    }
    auto server = listenOn(
        address, [this](const std::string &path, const HttpFigures &figures) { return answer(path, figures); }, clock);
    if (!server) {
        m_hook.state = server.error().code() == Errc::PermissionDenied ? wire::HookState::Denied : wire::HookState::Failed;
        m_hook.reason = server.error().context();
        return;
    }
    m_server = std::move(*server);
    m_hook.state = wire::HookState::Active;
    m_hook.attachKind = "tcp";
    m_hook.name = "http://" + toText(m_server->address());
}

void Observer::announce(spdlog::logger &log) const
{
    if (m_server)
        log.info("observe: metrics and health on {}", m_hook.name);
    else if (m_hook.missing())
        log.warn("observe: {}; the agent runs without metrics and health", m_hook.reason);
}

HttpResponse Observer::answer(const std::string &path, const HttpFigures &figures)
{
    if (path == "/metrics") {
        if (const std::int64_t now = m_clock.bootNs(); m_metrics.empty() || now - m_renderedBootNs >= renderEveryNs) {
            m_metrics = renderMetrics(m_source(), figures);
            m_renderedBootNs = now;
        }
        HttpResponse response;
        response.contentType = expositionContentType;
        response.body = m_metrics;
        return response;
    }
    if (path == "/healthz")
        return toResponse(liveness(m_source()));
    if (path == "/readyz")
        return toResponse(readiness(m_source()));
    return plainText(404, "/metrics, /healthz or /readyz");
}

} // namespace tapio::agent
