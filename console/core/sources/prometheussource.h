// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "console/core/sources/querysource.h"
#include "protocol/http/url.h"

namespace tapio::console {

/// Whom to ask, and as whom.
struct PrometheusOptions {
    http::Url url; ///< that /api/v1 is below; its target's files as needed
    std::string bearer;
    std::string user, password; ///< Basic authentication; no user = none
    std::chrono::milliseconds longest{30'000};
    std::size_t mostBytes = 256u << 20; ///< of an answer: some eight million samples
    std::size_t mostSamples = 10'000'000;
};

/// Prometheus, or what has its API (prometheus.io/docs/prometheus/2.42/querying/api): Thanos, Mimir, VictoriaMetrics. Nothing is sent to it but the
/// question; it follows no redirect and asks no proxy.
class PrometheusSource final : public QuerySource {
public:
    /// Errors: InvalidArgument (a name or password over plain HTTP to another machine, what cannot be in a header line), Internal.
    static Result<std::unique_ptr<PrometheusSource>> open(PrometheusOptions options);

    std::string name() const override { return m_options.url.text(); }
    /// Errors: InvalidArgument (the server refused the query, in its own words), PermissionDenied (401, 403), NotFound (nothing of such an API is there),
    /// Busy (429, 5xx), Refused (other statuses; TLS), TimedOut, Disconnected, Malformed (no such answer; too long), NoSpace (too many samples), Cancelled.
    tl::expected<QueryAnswer, Unanswered> ask(const Question &question, std::stop_token stop) override;

private:
    PrometheusSource(PrometheusOptions options, std::unique_ptr<http::Client> client)
        : m_options(std::move(options)), m_client(std::move(client))
    {}
    Result<QueryAnswer> answerTo(const Question &question, const std::stop_token &stop);
    Error refusal(int status, const std::string &body) const;

    PrometheusOptions m_options;
    std::unique_ptr<http::Client> m_client;
};

} // namespace tapio::console
