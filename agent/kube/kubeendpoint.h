// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "protocol/http/client.h"
#include "protocol/wire/report.h"

namespace tapio::agent {

/// Whom to ask.
enum class KubeSourceKind : std::uint8_t {
    Auto,      ///< the API server where there are credentials for it, else nobody
    ApiServer, ///< list and watch
    Kubelet,   ///< this node's kubelet, asked every ten seconds; of its pods only
    Off,
};

/// As configured: [kubernetes].
struct KubeSettings {
    KubeSourceKind source = KubeSourceKind::Auto;
    std::string address;                    ///< HOST:PORT; empty = as the cluster tells its pods, or the node's name and port 10250
    std::filesystem::path tokenFile;        ///< empty = the service account's
    std::filesystem::path ca;               ///< empty = the service account's
    std::filesystem::path certificate, key; ///< instead of a token, or besides
    std::string node;                       ///< as the cluster names it; empty = NODE_NAME of the environment, else the agent's
};

/// Everything that is needed to ask.
struct KubeEndpoint {
    KubeSourceKind kind = KubeSourceKind::ApiServer; ///< ApiServer or Kubelet
    http::Target target;
    std::filesystem::path tokenFile;
    std::string node;
};

/// Whom to ask, or why nobody is asked.
struct KubeChoice {
    std::optional<KubeEndpoint> endpoint;
    wire::HookState state = wire::HookState::Disabled;
    std::string reason;
};

/// A variable of the environment; empty = it is not set.
using Environment = std::function<std::string(const char *name)>;
std::string processEnvironment(const char *name);

/// Where the kubelet puts the credentials of a pod (kubernetes.io/docs, "Accessing the Kubernetes API from a Pod").
inline constexpr const char *serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

KubeChoice chooseKube(const KubeSettings &settings, const std::string &agentNode, const Environment &environment,
                      const std::filesystem::path &serviceAccount = serviceAccountFolder);
/// The same of who knows all nodes: the API server, or nobody. Its endpoint is of no node.
KubeChoice chooseKubeOfNodes(const KubeSettings &settings, const Environment &environment,
                             const std::filesystem::path &serviceAccount = serviceAccountFolder);

} // namespace tapio::agent
