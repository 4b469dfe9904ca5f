// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/kube/kubesource.h"

#include <utility>

namespace tapio::agent {

std::shared_ptr<KubeSource> KubeSource::start(KubeChoice choice, const Clock &clock, spdlog::logger &log, KubePace pace, KubeLimits limits)
{
    return std::shared_ptr<KubeSource>(new KubeSource(std::move(choice), clock, log, pace, limits));
}

KubeSource::KubeSource(KubeChoice &&choice, const Clock &clock, spdlog::logger &log, KubePace pace, KubeLimits limits)
    : m_pods(choice.endpoint ? choice.endpoint->node : std::string(), choice.endpoint ? choice.endpoint->kind : KubeSourceKind::Off,
             m_table),
      m_watch(std::move(choice), m_pods, clock, log, pace, limits)
{}

KubeFigures KubeSource::figures() const
{
    KubeFigures figures = m_watch.figures();
    figures.pods = m_table.pods();
    figures.podsGone = m_table.gone();
    return figures;
}

} // namespace tapio::agent
