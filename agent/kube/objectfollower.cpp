// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/objectfollower.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "protocol/http/url.h"

namespace tapio::agent {

namespace {

constexpr int ok = 200, unauthorized = 401, forbidden = 403, notFound = 404, gone = 410, tooMany = 429, serverError = 500;
constexpr std::size_t mostRefusalBytes = 16u << 10;
constexpr std::chrono::seconds longestRetryAfter{60};

} // namespace

ObjectFollower::ObjectFollower(const KubeEndpoint &endpoint, KubeLimits limits, http::Client &client, FollowedObjects &objects,
                               const Clock &clock)
    : m_endpoint(endpoint), m_limits(limits), m_client(client), m_objects(objects), m_clock(clock), m_token(endpoint.tokenFile, clock)
{}

void ObjectFollower::count(std::uint64_t KubeFigures::*figure, std::uint64_t by)
{
    const std::lock_guard lock(m_mutex);
    m_figures.*figure += by;
}

KubeFigures ObjectFollower::figures() const
{
    const std::lock_guard lock(m_mutex);
    return m_figures;
}

void ObjectFollower::knownAsOf(std::int64_t utcNs)
{
    const std::lock_guard lock(m_mutex);
    m_figures.knownUtcNs = utcNs;
}

Result<FollowTurn> ObjectFollower::turn(const std::stop_token &stop)
{
    m_retryAfter = {};
    auto done = m_endpoint.kind == KubeSourceKind::Kubelet || m_resourceVersion.empty() ? list(stop) : watch(stop);
    if (done) {
        const std::lock_guard lock(m_mutex);
        m_figures.lastSuccessUtcNs = m_clock.utcNs();
    } else if (done.error().code() == Errc::Malformed) {
        count(&KubeFigures::malformed);
    }
    return done;
}

/// The status; what it says is the caller's to judge. A token that the server does not take any more is replaced once.
Result<int> ObjectFollower::request(http::Request request, const http::Client::Body &body, const std::stop_token &stop)
{
    for (bool again = false;; again = true) {
        const std::uint64_t readsBefore = m_token.timesRead();
        auto token = m_token.current();
        count(&KubeFigures::tokenReads, m_token.timesRead() - readsBefore);
        if (!token)
            return fail(token.error());
        request.bearer = std::move(*token);
        const auto answer = m_client.ask(request, body, stop);
        if (!answer) {
            const Errc code = answer.error().code();
            count(&KubeFigures::disconnected, code != Errc::Malformed && code != Errc::Cancelled ? 1 : 0);
            return fail(answer.error());
        }
        if (answer->status != unauthorized) {
            m_retryAfter = std::clamp(answer->retryAfter, std::chrono::seconds(0), longestRetryAfter);
            return answer->status;
        }
        count(&KubeFigures::unauthorized);
        const bool isNew = !again && m_token.refused();
        count(&KubeFigures::tokenReads, !again && !m_token.path().empty() ? 1 : 0);
        if (!isNew)
            return answer->status;
    }
}

tl::unexpected<Error> ObjectFollower::refusal(int status, std::string_view body)
{
    const std::string said = statusMessage(body);
    const std::string text = "the server answered " + std::to_string(status) + (said.empty() ? "" : ": " + said);
    if (status == unauthorized)
        return fail(Errc::PermissionDenied,
                    text + (m_token.path().empty() ? "; it wants a token" : "; it does not take the token of " + m_token.path().native()));
    if (status == forbidden) {
        count(&KubeFigures::forbidden);
        return fail(Errc::PermissionDenied,
                    text
                        + (m_endpoint.kind == KubeSourceKind::Kubelet ? "; needs get on nodes/proxy"
                                                                      : "; needs list and watch on " + std::string(m_objects.plural())));
    }
    count(&KubeFigures::refused);
    if (status == notFound)
        return fail(Errc::NotFound, text);
    return fail(status == tooMany || status >= serverError ? Errc::Busy : Errc::Refused, text);
}

Result<std::string> ObjectFollower::fetch(const std::string &path, const std::stop_token &stop)
{
    std::string text;
    int textStatus = 0;
    const auto take = [&](int status, std::string_view piece) {
        if (std::exchange(textStatus, status) != status)
            text.clear(); // of the answer before, which was about the token
        text.append(piece);
        return true;
    };
    http::Request one;
    one.path = path;
    one.longest = m_limits.listWait;
    one.longestSilence = m_limits.listSilence;
    one.mostBytes = m_limits.pageBytes;
    const auto status = request(std::move(one), take, stop);
    if (!status)
        return fail(status.error());
    if (*status == gone && m_endpoint.kind == KubeSourceKind::ApiServer) {
        expire();
        return std::string();
    }
    if (*status != ok)
        return refusal(*status, textStatus == *status ? std::string_view(text).substr(0, mostRefusalBytes) : std::string_view());
    return text;
}

void ObjectFollower::expire()
{
    count(&KubeFigures::expired);
    m_expired = true;
    m_resourceVersion.clear();
}

std::string ObjectFollower::objectsPath() const
{
    const std::string selector = m_objects.fieldSelector();
    return "/api/v1/" + std::string(m_objects.plural()) + '?'
           + (selector.empty() ? "" : "fieldSelector=" + http::percentEncoded(selector) + '&');
}

std::string ObjectFollower::listPath(const std::string &continueToken) const
{
    if (m_endpoint.kind == KubeSourceKind::Kubelet)
        return "/pods";
    std::string path = objectsPath() + "limit=" + std::to_string(m_limits.pageSize);
    if (!continueToken.empty())
        return path + "&continue=" + http::percentEncoded(continueToken);
    // Any version will do to begin with, where many may begin at once: the server has one in memory. What comes after an expiry must be newer
    // than what is known, so then it is asked for the newest.
    return m_everListed || !m_objects.isOfMany() ? path : path + "&resourceVersion=0";
}

std::string ObjectFollower::watchPath()
{
    std::uniform_int_distribution<std::int64_t> spread(m_limits.watchFor.count(), 2 * m_limits.watchFor.count());
    return objectsPath() + "watch=1&allowWatchBookmarks=true&timeoutSeconds=" + std::to_string(spread(m_random))
           + "&resourceVersion=" + http::percentEncoded(m_resourceVersion);
}

Result<FollowTurn> ObjectFollower::list(const std::stop_token &stop)
{
    std::string version, continueToken;
    std::size_t pages = 0;
    const std::string what = "a list of " + std::string(m_objects.plural());
    m_expired = false;
    m_objects.beginList();
    const std::int64_t beganUtcNs = m_clock.utcNs(); // all pages are of the first one's time
    do {
        const auto body = fetch(listPath(continueToken), stop);
        if (!body)
            return fail(body.error());
        if (m_expired) {
            m_everListed = true; // so that the next one begins with what is newest
            return FollowTurn::Expired;
        }
        auto page = m_objects.takePage(*body);
        if (!page)
            return fail(page.error());
        count(&KubeFigures::unusable, page->unusable);
        version = std::move(page->resourceVersion);
        continueToken = std::move(page->continueToken);
        if (++pages >= m_limits.pages && !continueToken.empty())
            return fail(Errc::Malformed, what + " that does not end after " + std::to_string(pages) + " pages");
    } while (!continueToken.empty());
    if (version.empty() && m_endpoint.kind == KubeSourceKind::ApiServer)
        return fail(Errc::Malformed, what + " without a version to go on from");
    count(&KubeFigures::noRoom, m_objects.endList(m_clock.bootNs()));
    knownAsOf(beganUtcNs);
    m_resourceVersion = std::move(version);
    m_everListed = true;
    count(&KubeFigures::lists);
    return FollowTurn::Listed;
}

/// Errors: Malformed, Busy.
Status ObjectFollower::apply(std::string_view line)
{
    auto heardOf = m_objects.takeLine(line, m_clock.bootNs());
    if (!heardOf)
        return fail(heardOf.error());
    WatchEvent &event = heardOf->event;
    if (event.kind == WatchEvent::Kind::Error) {
        if (event.code == gone) {
            expire();
            return {};
        }
        return fail(Errc::Busy, "the watch ended with " + std::to_string(event.code) + (event.message.empty() ? "" : ": " + event.message));
    }
    if (!event.resourceVersion.empty())
        m_resourceVersion = std::move(event.resourceVersion);
    if (event.kind == WatchEvent::Kind::Bookmark) {
        count(&KubeFigures::bookmarks);
        knownAsOf(m_clock.utcNs()); // what was before it has come; of another event what follows may be older than now
        return {};
    }
    count(&KubeFigures::events);
    count(&KubeFigures::unusable, heardOf->isUsable ? 0 : 1);
    count(&KubeFigures::noRoom, heardOf->hasRoom ? 0 : 1);
    return {};
}

Result<FollowTurn> ObjectFollower::watch(const std::stop_token &stop)
{
    LineSplitter lines(m_limits.lineBytes);
    std::string refused;
    std::optional<Error> problem;
    std::uint64_t told = 0;
    m_expired = false;
    const auto take = [&](int status, std::string_view piece) {
        if (status != ok) {
            refused.append(piece.substr(0, mostRefusalBytes - std::min(refused.size(), mostRefusalBytes)));
            return true;
        }
        const bool whole = lines.feed(piece, [&](std::string_view line) {
            ++told;
            if (const Status applied = apply(line); !applied)
                problem = applied.error();
            return !problem && !m_expired;
        });
        if (!whole && !problem && !m_expired)
            problem = Error(Errc::Malformed, "an event of a watch of more than " + std::to_string(m_limits.lineBytes) + " bytes");
        return whole;
    };
    http::Request one;
    one.path = watchPath();
    constexpr std::chrono::seconds grace{30};
    one.longest = 2 * m_limits.watchFor + grace;
    one.longestSilence = m_limits.watchSilence;
    one.mostBytes = SIZE_MAX; // a line at a time
    count(&KubeFigures::watches);
    const auto status = request(std::move(one), take, stop);
    if (m_expired)
        return FollowTurn::Expired;
    if (problem) {
        if (problem->code() == Errc::Malformed)
            m_resourceVersion.clear(); // something was said and not understood: what is known may be wrong
        return fail(*problem);
    }
    if (!status) {
        // Silence is no trouble where something came before: nodes are quiet, and old servers send no bookmarks.
        if (status.error().code() == Errc::TimedOut && told > 0)
            return FollowTurn::Watched;
        return fail(status.error());
    }
    if (*status == gone) {
        expire();
        return FollowTurn::Expired;
    }
    if (*status != ok)
        return refusal(*status, refused);
    return FollowTurn::Watched;
}

} // namespace tapio::agent
