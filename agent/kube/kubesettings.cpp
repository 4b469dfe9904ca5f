// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/kubesettings.h"

#include <map>
#include <string>

namespace tapio::agent {

void readKubeSettings(daemon::ConfigSection &kubernetes, KubeSettings &settings)
{
    const std::map<std::string, KubeSourceKind> kinds{{"auto", KubeSourceKind::Auto},
                                                      {"apiserver", KubeSourceKind::ApiServer},
                                                      {"kubelet", KubeSourceKind::Kubelet},
                                                      {"off", KubeSourceKind::Off}};
    kubernetes.choice("source", kinds, settings.source);
    kubernetes.text("address", settings.address);
    kubernetes.path("token_file", settings.tokenFile);
    kubernetes.path("ca", settings.ca);
    kubernetes.path("certificate", settings.certificate);
    kubernetes.path("key", settings.key);
    kubernetes.text("node", settings.node);
    if (settings.certificate.empty() != settings.key.empty())
        kubernetes.refuse(settings.key.empty() ? "certificate" : "key", "kubernetes.certificate and kubernetes.key go together");
}

} // namespace tapio::agent
