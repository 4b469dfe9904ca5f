// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/correlation/kubeplays.h"

#include <csignal>

namespace tapio::correlation {

wire::KubernetesFact evicted(const std::string &resource)
{
    wire::KubernetesFact fact;
    fact.kind = wire::KubernetesFactKind::PodEvicted;
    fact.resource = resource;
    fact.message = resource.empty() ? "Usage of EmptyDir volume \"cache\" exceeds the limit \"1Gi\"."
                                    : "The node was low on resource: " + resource + '.';
    return fact;
}

wire::KubernetesFact changedVolume()
{
    wire::KubernetesFact fact;
    fact.kind = wire::KubernetesFactKind::VolumeChanged;
    fact.source = "configmap";
    fact.volume = "settings";
    return fact;
}

wire::KubernetesFact certificate(double hoursLeft)
{
    wire::KubernetesFact fact;
    fact.kind = wire::KubernetesFactKind::CertificateExpiry;
    fact.source = "secret";
    fact.volume = "tls";
    fact.file = "tls.crt";
    fact.leftNs = static_cast<std::int64_t>(hoursLeft * 3600e9);
    return fact;
}

wire::HttpRequest served(std::uint16_t status)
{
    wire::HttpRequest http;
    http.local = address(9, 80);
    http.remote = address(1, 40'000);
    http.direction = wire::TcpDirection::Inbound;
    http.status = status;
    return http;
}

namespace {

/// The content of a volume changes, and the pod's container comes back so often.
Script changeThenRestarts(int count, double apart)
{
    return [=](Stage &stage) {
        stage.event(0, written(false), pod("a", "c0"));
        stage.event(1, changedVolume());
        for (int i = 1; i <= count; ++i)
            stage.event(1 + i * apart, written(false), pod("a", "c" + std::to_string(i)));
    };
}

wire::PrivilegeGain gained()
{
    wire::PrivilegeGain gain;
    gain.oldEuid = 1000;
    gain.how = "exec";
    gain.filename = "/tmp/id";
    return gain;
}

/// A process of this parent runs a program, which has then this name.
void run(Stage &stage, double at, std::uint32_t pid, std::uint32_t parent, const std::string &comm, const wire::Origin &origin)
{
    wire::ProcessExec exec;
    exec.parentPid = parent;
    stage.process = {pid, 0, pid * 100ull, comm};
    stage.event(at, exec, origin);
}

Script shellThatGains(bool inContainer)
{
    return [=](Stage &stage) {
        const wire::Origin origin = inContainer ? pod("a") : host();
        run(stage, 1, 20, 10, "bash", origin);
        stage.event(1.001, gained(), origin);
    };
}

/// 20 gains privileges; then `pid`, a child of `parent`, runs `comm`.
Script gainThenRun(std::uint32_t pid, std::uint32_t parent, const std::string &comm, const wire::Origin &origin = pod("a"), double at = 3)
{
    return [=](Stage &stage) {
        run(stage, 0, 10, 1, "app", origin);
        run(stage, 1, 20, 10, "helper", origin);
        stage.event(2, gained(), origin);
        run(stage, at, pid, parent, comm, origin);
    };
}

} // namespace

Script rolloutThenRequests(int failsEvery, bool isNewImage)
{
    return [=](Stage &stage) {
        for (int i = 0; i < 60; ++i)
            stage.event(i * 0.5, served(200), pod("old"));
        wire::Origin origin = pod("new", "c2");
        origin.image = isNewImage ? "web:2" : "web:1";
        for (int i = 1; i <= 60; ++i)
            stage.event(30 + i * 0.5, served(failsEvery != 0 && i % failsEvery == 0 ? 500 : 200), origin);
    };
}

wire::TlsFailure refusedCertificate(std::uint8_t alert)
{
    wire::TlsFailure failure;
    failure.direction = wire::TcpDirection::Inbound;
    failure.alert = alert;
    failure.local.bytes[15] = 9;
    failure.local.port = 443;
    return failure;
}

wire::TlsFailure refusedByServer(std::uint8_t alert)
{
    wire::TlsFailure failure = refusedCertificate(alert);
    failure.sent = true;
    return failure;
}

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<Play> kubernetesPlays()
{
    using wire::TcpOutcome;
    const auto oom = [](int) { return wire::OomKill(); };
    const auto reset = [](int i) { return connection(i % 2 == 0 ? TcpOutcome::Reset : TcpOutcome::Closed); };
    return {
        {"evictions", "find", "for lack of memory", ofPods(2, 60, [](int) { return evicted("memory"); }), 1},
        {"evictions", "find", "for lack of processes", times(1, 1, [](int) { return evicted("pids"); }), 1},
        {"evictions", "quiet", "pressure alone",
         [](Stage &stage) {
             for (int i = 0; i < 9; ++i)
                 stage.event(i, stall(wire::PressureResource::Memory, false), host());
         }},
        {"evictions", "near", "a pod above a limit of its own, while the node is under pressure",
         [](Stage &stage) {
             stage.event(0, stall(wire::PressureResource::Memory, false), host());
             stage.event(1, evicted(""));
         }},
        {"evictions", "near", "killed for lack of memory, which is no eviction", ofPods(5, 1, oom)},
        {"config-change", "find", "two restarts", changeThenRestarts(2, 20), 1},
        {"config-change", "find", "restarts of another pod of the workload",
         [](Stage &stage) {
             stage.event(0, changedVolume(), pod("b"));
             restarts(2, 20)(stage);
         },
         1},
        {"config-change", "find", "crashes",
         [](Stage &stage) {
             stage.event(0, changedVolume());
             times(3, 30, [](int) { return ended(SIGSEGV); })(stage);
         },
         1},
        {"config-change", "quiet", "a change that goes well",
         [](Stage &stage) {
             stage.event(0, changedVolume());
             times(50, 5, [](int) { return ended(0, 0); })(stage);
         }},
        {"config-change", "near", "restarts without a change", restarts(4, 20)},
        {"config-change", "near", "one restart, as reloaders make", changeThenRestarts(1, 20)},
        {"config-change", "near", "restarts after a quarter of an hour", changeThenRestarts(2, 900)},
        {"config-change", "near", "the restarts came first",
         [](Stage &stage) {
             restarts(3, 20)(stage);
             stage.event(61, changedVolume());
         }},
        {"config-change", "near", "a change of another workload",
         [](Stage &stage) {
             wire::Origin other = pod("b");
             other.workloadName = "cart";
             stage.event(0, changedVolume(), other);
             restarts(3, 20)(stage);
         }},
        {"config-change", "near", "a certificate that ends is no change",
         [](Stage &stage) {
             stage.event(0, certificate(20));
             restarts(3, 20)(stage);
         }},
        {"rollout-errors", "find", "a tenth of the answers are errors", rolloutThenRequests(10), 1},
        {"rollout-errors", "quiet", "all requests are answered", rolloutThenRequests(0)},
        {"rollout-errors", "near", "two answers are errors", rolloutThenRequests(30)},
        {"rollout-errors", "near", "errors without a rollout", rolloutThenRequests(5, false)},
        {"privilege-shell", "find", "by itself", gainThenRun(20, 10, "sh"), 1},
        {"privilege-shell", "find", "a shell itself, whose program is told before", shellThatGains(true), 1},
        {"privilege-shell", "near", "on the host, a shell itself", shellThatGains(false)},
        {"privilege-shell", "find", "by its child", gainThenRun(30, 20, "bash"), 1},
        {"privilege-shell", "quiet", "no shell", gainThenRun(30, 20, "date")},
        {"privilege-shell", "near", "by its parent's other child", gainThenRun(30, 10, "sh")},
        {"privilege-shell", "near", "on the host", gainThenRun(30, 20, "sh", host())},
        {"privilege-shell", "near", "a quarter of an hour later", gainThenRun(30, 20, "sh", pod("a"), 903)},
        {"privilege-shell", "near", "a shell without a gain",
         [](Stage &stage) {
             run(stage, 0, 10, 1, "sh", pod("a"));
             run(stage, 1, 20, 10, "bash", pod("a"));
         }},
        {"certificate-expiry", "find", "within two days", times(1, 1, [](int) { return certificate(47); }), 1},
        {"certificate-expiry", "find", "one of all pods that have it", ofPods(5, 1, [](int) { return certificate(-3); }), 1},
        {"certificate-expiry", "find", "told each day", times(4, 86'400, [](int i) { return certificate(71 - 24 * i); }), 1},
        {"certificate-expiry", "quiet", "connections that break", times(40, 0.5, reset)},
        {"tls-failures", "find", "ten", times(10, 5, [](int) { return refusedCertificate(); }), 1},
        {"tls-failures", "find", "encrypted ones of clients", times(10, 5, [](int) { return refusedCertificate(0); }), 1},
        {"tls-failures", "quiet", "connections that break", times(40, 0.5, reset)},
        {"tls-failures", "near", "nine", times(9, 5, [](int) { return refusedCertificate(); })},
        {"tls-failures", "near", "ten in two minutes", times(10, 12, [](int) { return refusedCertificate(); })},
        {"tls-failures", "near", "clients that are too old", times(40, 1, [](int) { return refusedCertificate(70); })},
        {"tls-failures", "near", "what a server keeps secret", times(40, 1, [](int) { return refusedByServer(0); })},
        {"tls-failures", "near", "certificates of clients that a server refuses", times(40, 1, [](int) { return refusedByServer(48); })},
        {"tls-failures", "near", "at ten destinations",
         times(10, 1,
               [](int i) {
                   wire::TlsFailure failure = refusedCertificate();
                   failure.local.port = static_cast<std::uint16_t>(443 + i);
                   return failure;
               })},
        {"certificate-expiry", "near", "in four days", times(1, 1, [](int) { return certificate(96); })},
        {"certificate-expiry", "near", "its volume changed", times(5, 1, [](int) { return changedVolume(); })},
    };
}

} // namespace tapio::correlation
