// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>

#include "agent/kube/followedobjects.h"
#include "agent/kube/kubeendpoint.h"
#include "agent/kube/kubefigures.h"
#include "agent/kube/linesplitter.h"
#include "agent/kube/tokenfile.h"
#include "protocol/base/clock.h"
#include "protocol/base/result.h"
#include "protocol/http/client.h"

namespace tapio::agent {

/// How much is asked for and taken. The defaults are for real clusters.
struct KubeLimits {
    std::size_t pageSize = 100;        ///< objects of one answer, where the server heeds it
    std::size_t pageBytes = 16u << 20; ///< all pods of a large node, managed fields and all, are some 5 MB
    std::size_t lineBytes = 4u << 20;  ///< etcd takes no object above 1.5 MiB by default
    std::size_t pages = 256;
    std::chrono::milliseconds listWait{30'000};
    std::chrono::seconds listSilence{15};
    std::chrono::seconds watchFor{300};     ///< up to twice that; the server ends it then
    std::chrono::seconds watchSilence{150}; ///< bookmarks come every minute
};

/// What one turn came to.
enum class FollowTurn : std::uint8_t {
    Listed,  ///< everything is known as of now
    Watched, ///< the watch came to its end; the next goes on where it was
    Expired, ///< the server does not know any more where to go on: a list is next
};

/// Keeps what is known of some objects as the API server tells it, or of pods the kubelet, one request after the other. No thread and no pause of its own. One thread but
/// for figures(); what is referred to outlives it.
class ObjectFollower {
public:
    ObjectFollower(const KubeEndpoint &endpoint, KubeLimits limits, http::Client &client, FollowedObjects &objects, const Clock &clock);

    /// A list where nothing is known or what is known is too old, else a watch until it ends. Errors: those of http::Client::ask and TokenFile::current,
    /// PermissionDenied (401, 403), NotFound (404), Busy (429, 5xx), Refused (any other status), Malformed.
    Result<FollowTurn> turn(const std::stop_token &stop);

    /// Of the last error: how long the server wants to be left alone. 0 = it did not say.
    std::chrono::seconds retryAfter() const noexcept { return m_retryAfter; }
    /// Any thread.
    KubeFigures figures() const;

private:
    void count(std::uint64_t KubeFigures::*figure, std::uint64_t by = 1);
    Result<FollowTurn> list(const std::stop_token &stop);
    Result<FollowTurn> watch(const std::stop_token &stop);
    Result<std::string> fetch(const std::string &path, const std::stop_token &stop);
    Result<int> request(http::Request request, const http::Client::Body &body, const std::stop_token &stop);
    Status apply(std::string_view line);
    tl::unexpected<Error> refusal(int status, std::string_view body);
    std::string listPath(const std::string &continueToken) const;
    std::string watchPath();
    std::string objectsPath() const;
    void knownAsOf(std::int64_t utcNs);
    void expire();

    const KubeEndpoint m_endpoint;
    const KubeLimits m_limits;
    http::Client &m_client;
    FollowedObjects &m_objects;
    const Clock &m_clock;
    TokenFile m_token;
    mutable std::mutex m_mutex; ///< guards m_figures
    KubeFigures m_figures;
    std::string m_resourceVersion; ///< empty = a list comes first
    bool m_everListed = false;
    bool m_expired = false; ///< during this watch
    std::chrono::seconds m_retryAfter{0};
    std::minstd_rand m_random{std::random_device()()};
};

} // namespace tapio::agent
