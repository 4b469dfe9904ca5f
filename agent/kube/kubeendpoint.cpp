// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/kubeendpoint.h"

#include <cstdlib>
#include <system_error>

#include "protocol/base/hostport.h"

namespace tapio::agent {

namespace {

constexpr std::uint16_t apiPort = 443;
constexpr std::uint16_t kubeletPort = 10250;

std::filesystem::path ifThere(const std::filesystem::path &path)
{
    std::error_code error;
    return std::filesystem::exists(path, error) ? path : std::filesystem::path();
}

/// Of the API server, as every pod is told; empty outside of one.
std::string clusterAddress(const Environment &environment)
{
    const std::string host = environment("KUBERNETES_SERVICE_HOST");
    const std::string port = environment("KUBERNETES_SERVICE_PORT");
    if (host.empty())
        return {};
    const std::string address = host.find(':') == std::string::npos ? host : '[' + host + ']';
    return address + ':' + (port.empty() ? std::to_string(apiPort) : port);
}

KubeChoice lacking(bool isWanted, std::string what)
{
    return {std::nullopt, isWanted ? wire::HookState::Failed : wire::HookState::Disabled, std::move(what)};
}

bool isWanted(const KubeSettings &settings) { return settings.source != KubeSourceKind::Auto || !settings.address.empty(); }

/// Of an endpoint whose kind and node are known: credentials and address.
KubeChoice choose(const KubeSettings &settings, KubeEndpoint endpoint, bool needsNode, const Environment &environment,
                  const std::filesystem::path &serviceAccount)
{
    endpoint.tokenFile = !settings.tokenFile.empty() ? settings.tokenFile : ifThere(serviceAccount / "token");
    endpoint.target.ca = !settings.ca.empty() ? settings.ca : ifThere(serviceAccount / "ca.crt");
    endpoint.target.certificate = settings.certificate;
    endpoint.target.key = settings.key;
    if (endpoint.tokenFile.empty() && endpoint.target.certificate.empty())
        return lacking(isWanted(settings), "no credentials: neither a service account at " + serviceAccount.native()
                                               + " nor a token or certificate in [kubernetes]");
    if (needsNode && endpoint.node.empty())
        return lacking(isWanted(settings),
                       "no name of this node: neither kubernetes.node nor NODE_NAME in the environment, and no certificate of the agent");
    std::string address = settings.address;
    if (address.empty())
        address = endpoint.kind == KubeSourceKind::Kubelet ? endpoint.node : clusterAddress(environment);
    if (address.empty())
        return lacking(isWanted(settings), "no address: neither KUBERNETES_SERVICE_HOST in the environment nor kubernetes.address");
    const auto parsed = parseHostPort(address, endpoint.kind == KubeSourceKind::Kubelet ? kubeletPort : apiPort);
    if (!parsed)
        return lacking(true, parsed.error().within("the address of Kubernetes").message());
    endpoint.target.host = parsed->host;
    endpoint.target.port = parsed->port;
    return {std::move(endpoint), wire::HookState::Unknown, "not asked yet"};
}

} // namespace

std::string processEnvironment(const char *name)
{
    const char *const value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

KubeChoice chooseKube(const KubeSettings &settings, const std::string &agentNode, const Environment &environment,
                      const std::filesystem::path &serviceAccount)
{
    if (settings.source == KubeSourceKind::Off)
        return lacking(false, "switched off in the configuration");
    const auto kind = settings.source == KubeSourceKind::Kubelet ? KubeSourceKind::Kubelet : KubeSourceKind::ApiServer;
    std::string node = !settings.node.empty() ? settings.node : environment("NODE_NAME");
    if (node.empty())
        node = agentNode;
    return choose(settings, {kind, {}, {}, std::move(node)}, true, environment, serviceAccount);
}

KubeChoice chooseKubeOfNodes(const KubeSettings &settings, const Environment &environment, const std::filesystem::path &serviceAccount)
{
    if (settings.source == KubeSourceKind::Off)
        return lacking(false, "switched off in the configuration");
    if (settings.source == KubeSourceKind::Kubelet)
        return lacking(true, "a kubelet does not know of other nodes: kubernetes.source is to be \"apiserver\"");
    return choose(settings, {KubeSourceKind::ApiServer, {}, {}, {}}, false, environment, serviceAccount);
}

} // namespace tapio::agent
