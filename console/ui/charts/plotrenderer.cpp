// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/charts/plotrenderer.h"

namespace tapio::console {

PlotRenderer::PlotRenderer(QObject *parent) : QObject(parent) { m_pool.setMaxThreadCount(2); }

PlotRenderer::~PlotRenderer()
{
    m_pool.clear();
    m_pool.waitForDone();
}

void PlotRenderer::submit(const void *owner, PlotJob job, Done done)
{
    if (const auto slot = m_slots.find(owner); slot != m_slots.end())
        slot->next = Waiting{std::move(job), std::move(done)};
    else
        start(owner, {std::move(job), std::move(done)});
}

void PlotRenderer::forget(const void *owner) { m_slots.remove(owner); }

void PlotRenderer::start(const void *owner, Waiting waiting)
{
    const quint64 number = ++m_number;
    m_slots.insert(owner, Slot{number, std::move(waiting.done), std::nullopt});
    m_pool.start([this, owner, number, job = std::move(waiting.job)] {
        const QImage image = renderPlot(job);
        QMetaObject::invokeMethod(
            this, [this, owner, number, image, job] { finished(owner, number, image, job); }, Qt::QueuedConnection);
    });
}

void PlotRenderer::finished(const void *owner, quint64 number, const QImage &image, const PlotJob &job)
{
    const auto slot = m_slots.find(owner);
    if (slot == m_slots.end() || slot->running != number)
        return; // forgotten meanwhile
    const Done done = std::move(slot->done);
    std::optional<Waiting> next = std::move(slot->next);
    m_slots.erase(slot);
    if (next)
        start(owner, std::move(*next));
    done(image, job);
}

} // namespace tapio::console
