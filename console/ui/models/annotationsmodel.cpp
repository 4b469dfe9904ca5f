// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/annotationsmodel.h"

#include <utility>

#include "console/ui/charts/plotmarks.h"
#include "console/ui/widgets/tableview.h"

namespace tapio::console {

AnnotationsModel::AnnotationsModel(const ThemeStore &themes, const TimeDisplay &time, QObject *parent)
    : QAbstractTableModel(parent), m_themes(themes), m_time(time)
{
    const auto repaint = [this] {
        refreshSpan();
        emit headerDataChanged(Qt::Horizontal, 0, columns - 1);
        if (rowCount() > 0)
            emit dataChanged(index(0, 0), index(rowCount() - 1, columns - 1));
    };
    connect(&themes, &ThemeStore::themeChanged, this, repaint);
    connect(&time, &TimeDisplay::changed, this, repaint);
}

void AnnotationsModel::setAnnotations(Annotations annotations)
{
    if (annotations == m_annotations)
        return;
    beginResetModel();
    m_annotations = annotations ? std::move(annotations) : std::make_shared<const std::vector<Annotation>>();
    refreshSpan();
    endResetModel();
}

void AnnotationsModel::refreshSpan()
{
    m_spansDays = !m_annotations->empty() && spansDays(m_annotations->front().fromNs, m_annotations->back().fromNs, m_time.zone());
}

const Annotation &AnnotationsModel::at(int row) const
{
    return m_annotations->at(m_annotations->size() - 1 - static_cast<std::size_t>(row));
}

int AnnotationsModel::rowCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : static_cast<int>(m_annotations->size()); }

int AnnotationsModel::columnCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : columns; }

QString AnnotationsModel::textOf(const Annotation &one, int column) const
{
    switch (column) {
    case When: return m_time.text(one.fromNs, m_spansDays ? TimeStyle::DateSecond : TimeStyle::Second);
    case Lasted:
        if (one.isOpen)
            return tr("no end");
        return one.fromNs == one.toNs ? QString() : durationText(one.toNs - one.fromNs);
    case Kind: return annotationSign(one.kind, one.severity, m_themes.theme()).word;
    case What: return annotationText(one);
    case Node: return QString::fromStdString(one.node);
    default: return {};
    }
}

QVariant AnnotationsModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const Annotation &one = at(index.row());
    switch (role) {
    case Qt::DisplayRole: return textOf(one, index.column());
    case Qt::ToolTipRole: {
        const QString from = m_time.textWithZone(one.fromNs, TimeStyle::DateSecond);
        return one.fromNs == one.toNs
                   ? QStringLiteral("%1\n%2").arg(from, annotationText(one))
                   : QStringLiteral("%1\n%2").arg(tr("%1 to %2").arg(from, m_time.textWithZone(one.toNs, TimeStyle::DateSecond)),
                                                  annotationText(one));
    }
    case cell::emphasisRole: {
        const bool isColoured = index.column() == Kind && one.kind == AnnotationKind::Insight;
        if (isColoured && one.severity >= wire::Severity::Error)
            return static_cast<int>(Emphasis::Alarm);
        return static_cast<int>(isColoured && one.severity == wire::Severity::Warning ? Emphasis::Warn : Emphasis::Normal);
    }
    case cell::exportRole: return index.column() == When ? m_time.text(one.fromNs, TimeStyle::Full) : textOf(one, index.column());
    default: return {};
    }
}

QVariant AnnotationsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case When: return m_annotations->empty() ? tr("When") : tr("When, %1").arg(m_time.zoneName(m_annotations->back().fromNs));
    case Lasted: return tr("Lasted");
    case Kind: return tr("Kind");
    case What: return tr("What");
    case Node: return tr("Node");
    default: return {};
    }
}

} // namespace tapio::console
