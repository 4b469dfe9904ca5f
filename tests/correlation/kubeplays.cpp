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

} // namespace

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
        {"certificate-expiry", "find", "within two days", times(1, 1, [](int) { return certificate(47); }), 1},
        {"certificate-expiry", "find", "one of all pods that have it", ofPods(5, 1, [](int) { return certificate(-3); }), 1},
        {"certificate-expiry", "find", "told each day", times(4, 86'400, [](int i) { return certificate(71 - 24 * i); }), 1},
        {"certificate-expiry", "quiet", "connections that break", times(40, 0.5, reset)},
        {"certificate-expiry", "near", "in four days", times(1, 1, [](int) { return certificate(96); })},
        {"certificate-expiry", "near", "its volume changed", times(5, 1, [](int) { return changedVolume(); })},
    };
}

} // namespace tapio::correlation
