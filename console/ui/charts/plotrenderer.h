// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QObject>
#include <QThreadPool>

#include <functional>
#include <optional>

#include "console/ui/charts/plotpainter.h"

namespace tapio::console {

/// Draws plots that are too heavy for the GUI thread. One job per owner at a time; of those that wait, the newest wins.
/// GUI thread; the destructor waits for jobs that run.
class PlotRenderer : public QObject {
    Q_OBJECT
public:
    using Done = std::function<void(const QImage &image, const PlotJob &job)>;

    explicit PlotRenderer(QObject *parent = nullptr);
    ~PlotRenderer() override;

    /// `done` is called on the GUI thread, unless forget(owner) comes first.
    void submit(const void *owner, PlotJob job, Done done);
    void forget(const void *owner);
    bool busy() const { return !m_slots.isEmpty(); }

private:
    struct Waiting {
        PlotJob job;
        Done done;
    };
    struct Slot {
        quint64 running = 0; ///< number of the job under way
        Done done;
        std::optional<Waiting> next;
    };
    void start(const void *owner, Waiting job);
    void finished(const void *owner, quint64 number, const QImage &image, const PlotJob &job);

    QHash<const void *, Slot> m_slots;
    QThreadPool m_pool;
    quint64 m_number = 0;
};

} // namespace tapio::console
