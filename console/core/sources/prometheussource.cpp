// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/sources/prometheussource.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "console/core/sources/prometheusanswer.h"

namespace tapio::console {

namespace {

constexpr int ok = 200, redirection = 300, badRequest = 400, unauthorized = 401, forbidden = 403, notFound = 404, unprocessable = 422,
              tooMany = 429, serverError = 500, gatewayTimeout = 504;
constexpr std::size_t longestRefusal = 1'024; ///< bytes of what a server says
constexpr const char *narrower = ": ask for fewer series, or for a longer step";

/// RFC 6750 section 2.1 names fewer; what is sent must only not end the line.
bool fitsHeader(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool isThisMachine(const std::string &host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

/// "1700000000.123", in seconds.
std::string secondsText(std::int64_t ms)
{
    std::array<char, 40> text{};
    const long long whole = ms / 1000, rest = std::abs(static_cast<long long>(ms % 1000));
    std::snprintf(text.data(), text.size(), "%s%lld.%03lld", ms < 0 && whole == 0 ? "-" : "", whole, rest);
    return text.data();
}

std::string formOf(const Question &question, std::chrono::milliseconds longest)
{
    std::string form = "query=" + http::percentEncoded(question.expression);
    if (question.isRange)
        form += "&start=" + secondsText(question.times.startMs) + "&end=" + secondsText(question.times.endMs)
                + "&step=" + secondsText(question.times.stepMs);
    else
        form += "&time=" + secondsText(question.times.endMs);
    return form + "&timeout=" + std::to_string(longest.count()) + "ms"; // it need not go on when nobody waits
}

} // namespace

Result<std::unique_ptr<PrometheusSource>> PrometheusSource::open(PrometheusOptions options)
{
    const bool hasSecret = !options.bearer.empty() || !options.user.empty();
    if (hasSecret && !options.url.target.isTls && !isThisMachine(options.url.target.host))
        return fail(Errc::InvalidArgument, options.url.text() + ": a password or token would be sent in clear text; use https://");
    if (!options.bearer.empty() && !options.user.empty())
        return fail(Errc::InvalidArgument, options.url.text() + ": either a token or a user with a password");
    if (!fitsHeader(options.bearer))
        return fail(Errc::InvalidArgument, options.url.text() + ": its token has spaces or control characters, which no token has");
    if (options.user.find(':') != std::string::npos)
        return fail(Errc::InvalidArgument, options.url.text() + ": a user's name has no colon (RFC 7617)");
    auto client = http::Client::open(options.url.target);
    if (!client)
        return fail(client.error());
    return std::unique_ptr<PrometheusSource>(new PrometheusSource(std::move(options), std::move(*client)));
}

tl::expected<QueryAnswer, Unanswered> PrometheusSource::ask(const Question &question, std::stop_token stop)
{
    auto answer = answerTo(question, stop);
    if (!answer)
        return tl::unexpected(Unanswered{answer.error(), std::nullopt});
    return std::move(*answer);
}

Result<QueryAnswer> PrometheusSource::answerTo(const Question &question, const std::stop_token &stop)
{
    http::Request request;
    request.path = m_options.url.path + (question.isRange ? "/api/v1/query_range" : "/api/v1/query");
    request.form = formOf(question, m_options.longest);
    request.bearer = m_options.bearer;
    request.user = m_options.user;
    request.password = m_options.password;
    request.longest = m_options.longest;
    request.longestSilence = std::chrono::ceil<std::chrono::seconds>(m_options.longest);
    request.mostBytes = m_options.mostBytes + http::largestPiece; // what is too long is told apart here
    std::string body;
    bool isTooLong = false;
    const auto take = [&](int, std::string_view piece) {
        isTooLong = body.size() + piece.size() > m_options.mostBytes;
        if (!isTooLong)
            body.append(piece);
        return !isTooLong;
    };
    const auto answered = m_client->ask(request, take, stop);
    if (isTooLong)
        return fail(Errc::NoSpace, name() + ": the answer has more than " + std::to_string(m_options.mostBytes >> 20) + " MiB" + narrower);
    if (!answered)
        return fail(answered.error());
    if (answered->status != ok)
        return fail(refusal(answered->status, body));
    auto read = readPrometheusAnswer(body, m_options.mostSamples);
    if (!read && read.error().code() == Errc::NoSpace)
        return fail(Errc::NoSpace, name() + ": the answer has more than " + std::to_string(m_options.mostSamples) + " values" + narrower);
    if (!read)
        return fail(read.error().within(name() + " answers, but not as a Prometheus does"));
    if (!read->error.empty())
        return fail(Errc::InvalidArgument, name() + ": " + read->error.substr(0, longestRefusal));
    return QueryAnswer{std::move(read->result), std::move(read->warnings)};
}

/// What it says in its own words counts; who answers in another way is no Prometheus, but perhaps what stands before it.
Error PrometheusSource::refusal(int status, const std::string &body) const
{
    const auto read = readPrometheusAnswer(body, 0);
    const std::string said = read ? read->error.substr(0, longestRefusal) : std::string();
    const std::string text = name() + " answers " + std::to_string(status) + (said.empty() ? "" : ": " + said);
    if (!said.empty() && read->errorType == "timeout")
        return Error(Errc::TimedOut, text + "; it could not answer in time: ask for fewer series or a longer step");
    switch (status) {
    case badRequest:
    case unprocessable: return Error(Errc::InvalidArgument, said.empty() ? text : name() + ": " + said);
    case unauthorized:
        return Error(Errc::PermissionDenied,
                     text
                         + (m_options.bearer.empty() && m_options.user.empty() ? "; it wants a token or a password"
                                                                               : "; it does not take this token or password"));
    case forbidden: return Error(Errc::PermissionDenied, text + "; whoever asks may not do that there");
    case notFound: return Error(Errc::NotFound, text + "; an address ends before /api/v1, as in https://prometheus.example/prod");
    case tooMany:
    case gatewayTimeout: return Error(Errc::Busy, text + "; ask again later");
    default: break;
    }
    if (status >= redirection && status < badRequest)
        return Error(Errc::Refused, text + "; it sends elsewhere, where nobody follows: give that address");
    return Error(status >= serverError ? Errc::Busy : Errc::Refused, text);
}

} // namespace tapio::console
