// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/daemon/configsection.h"
#include "agent/kube/kubeendpoint.h"

namespace tapio::agent {

/// The section [kubernetes] of a configuration file, of agents and servers alike. What is wrong comes out of its end().
void readKubeSettings(daemon::ConfigSection &kubernetes, KubeSettings &settings);

} // namespace tapio::agent
