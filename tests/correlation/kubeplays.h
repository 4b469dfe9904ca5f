// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "tests/correlation/plays.h"

/// Of the rules about what Kubernetes does to pods.
namespace tapio::correlation {

/// `resource` empty: for a limit of the pod's own.
wire::KubernetesFact evicted(const std::string &resource);
wire::KubernetesFact changedVolume();
wire::KubernetesFact certificate(double hoursLeft);
/// As the server sees it; 0 = encrypted.
wire::TlsFailure refusedCertificate(std::uint8_t alert = 45);
/// A certificate of its client.
wire::TlsFailure refusedByServer(std::uint8_t alert);
wire::HttpRequest served(std::uint16_t status);
/// After half a minute of requests a rollout of "web:2", and then requests to it, of which every `failsEvery`th fails; 0 = none.
Script rolloutThenRequests(int failsEvery, bool isNewImage = true);
std::vector<Play> kubernetesPlays();

} // namespace tapio::correlation
