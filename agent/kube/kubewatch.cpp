// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/kubewatch.h"

#include <algorithm>
#include <random>
#include <utility>

#include "protocol/transport/backoff.h"

namespace tapio::agent {

using std::chrono::milliseconds;

namespace {

/// What is known stays right, so one broken connection is no state to show; it becomes one when it does not mend.
constexpr unsigned failuresThatShow = 3;

wire::HookState stateOf(const Error &error)
{
    return error.code() == Errc::PermissionDenied ? wire::HookState::Denied : wire::HookState::Failed;
}

} // namespace

KubeWatch::KubeWatch(KubeChoice choice, FollowedObjects &objects, const Clock &clock, spdlog::logger &log, KubePace pace, KubeLimits limits)
    : m_choice(std::move(choice)), m_objects(objects), m_clock(clock), m_log(log), m_pace(pace), m_limits(limits), m_state(m_choice.state),
      m_reason(m_choice.reason)
{
    if (isAsked())
        m_thread = std::jthread([this](const std::stop_token &stop) { run(stop); });
}

KubeWatch::~KubeWatch()
{
    m_thread.request_stop();
    if (m_thread.joinable())
        m_thread.join();
}

void KubeWatch::run(const std::stop_token &stop)
{
    const KubeEndpoint &endpoint = *m_choice.endpoint;
    const auto client = http::Client::open(endpoint.target);
    if (!client) {
        setState(wire::HookState::Failed, client.error().message());
        return;
    }
    auto follower = std::make_shared<ObjectFollower>(endpoint, m_limits, **client, m_objects, m_clock);
    {
        const std::lock_guard lock(m_mutex);
        m_follower = follower;
    }
    std::minstd_rand random{std::random_device()()};
    transport::Backoff backoff(m_pace.retryLeast, m_pace.retryMost);
    while (!stop.stop_requested()) {
        const std::int64_t began = m_clock.bootNs();
        const auto done = follower->turn(stop);
        if (stop.stop_requested())
            break;
        if (!done) {
            noteFailure(done.error());
            pause(std::max(backoff.next(random), milliseconds(follower->retryAfter())), stop);
            continue;
        }
        const milliseconds took((m_clock.bootNs() - began) / nsPerMs);
        if (*done != FollowTurn::Expired) {
            noteSuccess();
            backoff.reset();
        }
        if (endpoint.kind == KubeSourceKind::Kubelet)
            pause(transport::Backoff(m_pace.betweenPolls, m_pace.betweenPolls).next(random), stop);
        else if (*done != FollowTurn::Listed && took < m_pace.betweenWatches)
            pause(m_pace.betweenWatches - took, stop);
    }
    const std::lock_guard lock(m_mutex);
    m_follower.reset();
}

void KubeWatch::noteSuccess()
{
    m_failures = 0;
    setState(wire::HookState::Active, {});
}

void KubeWatch::noteFailure(const Error &error)
{
    ++m_failures;
    wire::HookState before = wire::HookState::Unknown;
    {
        const std::lock_guard lock(m_mutex);
        before = m_state;
    }
    m_log.debug("kubernetes: {}", error.message());
    if (before != wire::HookState::Active || m_failures >= failuresThatShow)
        setState(stateOf(error), error.message());
}

void KubeWatch::setState(wire::HookState state, const std::string &reason)
{
    bool isNews = false;
    {
        const std::lock_guard lock(m_mutex);
        isNews = std::exchange(m_state, state) != state;
        m_reason = reason;
    }
    m_changed.notify_all();
    if (!isNews)
        return;
    if (state == wire::HookState::Active)
        m_log.info("kubernetes: {} are known from the {}", m_objects.described(),
                   m_choice.endpoint->kind == KubeSourceKind::Kubelet ? "kubelet" : "API server");
    else
        m_log.warn("kubernetes: {}; what is known stays, and it is tried again", reason);
}

wire::Hook KubeWatch::hook() const
{
    const std::lock_guard lock(m_mutex);
    wire::Hook hook;
    hook.collector = "kubernetes";
    hook.name = m_objects.plural();
    hook.state = m_state;
    hook.reason = m_reason;
    if (m_state == wire::HookState::Active)
        hook.attachKind = m_choice.endpoint->kind == KubeSourceKind::Kubelet ? "kubelet" : "apiserver";
    return hook;
}

KubeFigures KubeWatch::figures() const
{
    const std::lock_guard lock(m_mutex);
    return m_follower ? m_follower->figures() : KubeFigures{};
}

void KubeWatch::waitForAnswer(milliseconds longest) const
{
    std::unique_lock lock(m_mutex);
    m_changed.wait_for(lock, longest, [this] { return m_state != wire::HookState::Unknown; });
}

void KubeWatch::pause(milliseconds length, const std::stop_token &stop)
{
    std::unique_lock lock(m_mutex);
    m_changed.wait_for(lock, stop, length, [] { return false; });
}

} // namespace tapio::agent
