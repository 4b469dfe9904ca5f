// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include "console/core/metrics/annotation.h"
#include "console/ui/theme/themestore.h"
#include "console/ui/widgets/timedisplay.h"

namespace tapio::console {

/// What happened, newest first: a row each. GUI thread.
class AnnotationsModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { When, Kind, Lasted, What, Node, columns };

    /// The arguments outlive the model.
    AnnotationsModel(const ThemeStore &themes, const TimeDisplay &time, QObject *parent = nullptr);

    /// By their begin.
    void setAnnotations(Annotations annotations);
    /// Of a row.
    const Annotation &at(int row) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    QString textOf(const Annotation &one, int column) const;
    void refreshSpan();

    const ThemeStore &m_themes;
    const TimeDisplay &m_time;
    Annotations m_annotations = std::make_shared<const std::vector<Annotation>>();
    bool m_spansDays = false;
};

} // namespace tapio::console
